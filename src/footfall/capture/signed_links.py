"""Signed links: what a pixel or a link is about stands in its own URL.

So nothing has to be looked up, millions of destinations of a mailing need no row in memory, and
nobody can guess or forge one: it ends with a message authentication code.
"""

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from footfall.core.events import EventKind

CODE_BYTES: Final = 16
LINK_LENGTH_MAX: Final = 8_192


def visitor_of(tracker: int, unique: str) -> int:
    """32 bits of `unique`, 0 without: the number by which different visitors are counted."""
    if not unique:
        return 0
    digest = hashlib.blake2b(f"{tracker} {unique}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") or 1


class SignedLink(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What happens when it is fetched: an event of this kind, of the tracker with this id, with
    these references (columns of `core.events.REFERENCES`). `landing` is where a click goes.

    `unique` names whom the event is counted for once, such as a destination of a mailing.
    """

    tracker: int
    kind: EventKind
    references: Mapping[str, str] = {}
    unique: str = ""
    landing: str = ""

    @property
    def visitor(self) -> int:
        return visitor_of(self.tracker, self.unique)


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(SignedLink).decode


class Signer:
    """Writes and reads the text of signed links with one key of 32 bytes. `keep` is called before
    anything is signed, and raises Unavailable while the key would not outlive a restart."""

    def __init__(self, key: bytes, keep: Callable[[], None] = lambda: None) -> None:
        self._key = key
        self._keep = keep

    def write(self, link: SignedLink) -> str:
        """Letters, digits, `-` and `_`. Raises Unavailable."""
        self._keep()
        content = _encode(link)
        return urlsafe_b64encode(self._code(content) + content).decode().rstrip("=")

    def read(self, text: str) -> SignedLink | None:
        """None for what this key did not sign, or a Footfall with other links did."""
        if len(text) > LINK_LENGTH_MAX or not text.isascii():
            return None
        try:
            signed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            return None
        content = signed[CODE_BYTES:]
        if not hmac.compare_digest(signed[:CODE_BYTES], self._code(content)):
            return None
        try:
            return _decode(content)
        except msgspec.MsgspecError:
            return None

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for something else that is signed. Raises Unavailable."""
        self._keep()
        return hashlib.blake2b(purpose.encode(), digest_size=32, key=self._key).digest()

    def _code(self, content: bytes) -> bytes:
        return hashlib.blake2b(content, digest_size=CODE_BYTES, key=self._key).digest()
