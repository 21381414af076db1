"""Random words that open something: what a session's cookie and a one-time link hold.

They are kept as hashes only, so who reads the catalog's file can use none of them.
"""

import hashlib
import hmac
import secrets
from typing import Final

TOKEN_BYTES: Final = 32
TOKEN_LENGTH_MAX: Final = 100

_ABOUT: Final = b"footfall csrf"


def new_token() -> str:
    """256 random bits: 43 letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """SHA-256 in hex. A slow hash adds nothing to what cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """What a page must send beside the cookie to change something. Scripts of ours may know it;
    the session's token, which makes it, no script can read."""
    return hmac.new(token.encode(), _ABOUT, hashlib.sha256).hexdigest()


def matches(sent: str, wanted: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(sent.encode(), wanted.encode())
