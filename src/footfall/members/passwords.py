"""Passwords and PINs: argon2id hashes, never the words, and how many are compared.

A comparison takes 19 MiB and about 20 ms of a core, and anybody may ask for one. So each purpose
has a lane: one comparison at a time, a stated number a second, a short queue, and then 429. A
flood in one lane holds up neither another lane nor scans nor the APIs.
"""

import asyncio
import contextlib
import math
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from footfall.core.errors import RateLimited
from footfall.parsing.folding import normalize

BURST: Final = 10
"""Comparisons that a lane makes without a pause when it had nothing to do before."""

WAIT_SECONDS_MAX: Final = 2.0

# OWASP's smallest setting for argon2id: 19 MiB and about 20 ms a try. The library's default
# takes 64 MiB, and several unlock pages at once would not fit a machine of 1 GB.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(word: str) -> str:
    """The hash to keep, with its salt and parameters, of the word in normal form C (RFC 8265,
    4.2.2): systems write one letter in several ways. Takes about 20 ms: not on the event loop."""
    return _hasher.hash(normalize(word))


def verify_password(hashed: str, word: str) -> bool:
    """Whether the word is the one that was hashed. Takes about 20 ms for each of its spellings."""
    for spelling in spellings(word):
        with contextlib.suppress(VerifyMismatchError):
            return _hasher.verify(hashed, spelling)
    return False


def spellings(word: str) -> list[str]:
    """The forms of a word that may have been hashed: until the normal form was, whatever a system
    had sent."""
    forms = (normalize(word), word, unicodedata.normalize("NFD", word))
    return list(dict.fromkeys(forms))


class Lane:
    """Comparisons of one purpose, one after another. On one event loop. `clock` gives seconds that
    only go forward."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds_each = 1 / per_second
        self._clock = clock
        self._next = -math.inf
        """When the lane would be at rest, by its rate."""
        self._lock = asyncio.Lock()
        self.checked = 0
        self.refused = 0

    @asynccontextmanager
    async def turn(self, comparisons: int = 1) -> AsyncIterator[None]:
        """The lane for so many comparisons. Raises RateLimited at once when the queue is longer
        than `WAIT_SECONDS_MAX`."""
        now = self._clock()
        rest = max(self._next, now)
        wait = rest - now - BURST * self._seconds_each
        if wait > WAIT_SECONDS_MAX:
            self.refused += 1
            raise RateLimited(
                "The server compares as many passwords as it may. Try again in a few seconds.",
                math.ceil(wait),
            )
        self._next = rest + comparisons * self._seconds_each
        if wait > 0:
            await asyncio.sleep(wait)
        async with self._lock:
            self.checked += comparisons
            yield


class Lanes:
    """`sign_in` is for strangers, `known` for those that a key, a session, a one-time link or a
    known browser speaks for, `unlock` for visitors of locked codes."""

    def __init__(self, per_second: int) -> None:
        self.sign_in = Lane(per_second)
        self.known = Lane(per_second)
        self.unlock = Lane(per_second)
