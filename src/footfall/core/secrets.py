"""Words that people choose (passwords, PINs): kept as argon2id hashes, never as the words."""

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# OWASP's smallest setting for argon2id: 19 MiB and about 20 ms a try. The library's default
# takes 64 MiB, and several unlock pages at once would not fit a machine of 1 GB.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_word(word: str) -> str:
    """The hash to keep, with its salt and parameters. Takes about 20 ms: not on the event loop."""
    return _hasher.hash(word)


def verify_word(hashed: str, word: str) -> bool:
    """Whether the word is the one that was hashed. Takes about 20 ms."""
    try:
        return _hasher.verify(hashed, word)
    except VerifyMismatchError:
        return False
