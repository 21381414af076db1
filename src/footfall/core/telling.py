"""Events that somebody else observed and tells us of, perhaps more than once.

The teller may give an event an id of its own. The journal keeps a key of it in the commit that
keeps the event, and takes no second event with the same key within a window.
"""

import hashlib
from typing import Final

import msgspec

from footfall.core.events import Event

NEAR_CHARACTERS: Final = 3

_encode: Final = msgspec.json.Encoder().encode
_HEAD: Final = b'{"id":0'


class Told(msgspec.Struct, frozen=True):
    """`rest` is the event's JSON line but for its `id` and `delay`, which it gets with its place
    in the journal; `key` b"" when its teller gave no id. `occurred_at` in milliseconds since 1970.
    """

    key: bytes
    occurred_at: int
    rest: bytes


def key_of(account: int, id: str) -> bytes:
    """16 bytes for an account's own id of an event.

    The first half is of the id without its end. So ids that follow each other (`order-1041`,
    `order-1042`) lie together in the table of keys, and a thousand of them touch ten of its pages
    and not a thousand.
    """
    near = hashlib.blake2b(f"{account} {id[:-NEAR_CHARACTERS]}".encode(), digest_size=8)
    return near.digest() + hashlib.blake2b(f"{account} {id}".encode(), digest_size=8).digest()


def rest_of(event: Event) -> bytes:
    """The line of an event whose `id` and `delay` are 0, without them."""
    line = _encode(event)
    assert line.startswith(_HEAD)
    return line[len(_HEAD) :]


def line_of(id: int, delay: int, rest: bytes) -> bytes:
    """The event's whole JSON line."""
    return b'{"id":%d,"delay":%d%b' % (id, delay, rest)
