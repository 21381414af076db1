"""Secrets of API keys: how a new one is made, and what is kept of it."""

import hashlib
import secrets
import string
from typing import Final

KEY_PREFIX: Final = "oqr_"
"""One key serves every API. The strictest client known takes only `oqr_` and 20 to 120
letters and digits, the others take any text, so this is the form of every key."""

KEY_RANDOM_LENGTH: Final = 40
KEY_SHOWN_LENGTH: Final = 10
"""How much of a key stays readable after it was shown once: the prefix and six characters."""

_ALPHABET: Final = string.ascii_letters + string.digits


def new_secret() -> str:
    """A new key: about 238 bits of randomness."""
    return KEY_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(KEY_RANDOM_LENGTH))


def secret_hash(secret: str) -> str:
    """SHA-256 in hex. A slow hash adds nothing to a key that cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
