"""Events that somebody else observed and tells us of, perhaps more than once.

The teller may give an event an id of its own. The journal keeps a key of it in the commit that
keeps the event, and takes no second event with the same key within a window.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

NEAR_CHARACTERS: Final = 3

_encode: Final = msgspec.json.Encoder().encode


class Told(msgspec.Struct, frozen=True, gc=False):
    """`rest` is the event's JSON line but for its `id` and `delay`, which it gets with its place
    in the journal; `key` b"" when its teller gave no id. `occurred_at` in milliseconds since 1970.
    """

    account: int
    source: str
    key: bytes
    occurred_at: int
    rest: bytes


def key_of(account: int, id: str) -> bytes:
    """16 bytes for an account's own id of an event.

    The first half is of the id without its end. So ids that follow each other (`order-1041`,
    `order-1042`) lie together in the table of keys, and a thousand of them touch ten of its pages
    and not a thousand.
    """
    return _half(f"{account} {id[:-NEAR_CHARACTERS]}") + _digest(f"{account} {id}")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


_half = lru_cache(maxsize=1_024)(_digest)


def rest_of(fields: Mapping[str, Any]) -> bytes:
    """Of an event's fields by name, all but `id` and `delay`. Not of an `Event`: to make one takes
    three times as long as to write down the few fields that it has."""
    return b"," + _encode(fields)[1:]


def line_of(id: int, delay: int, rest: bytes) -> bytes:
    """The event's whole JSON line."""
    return b'{"id":%d,"delay":%d%b' % (id, delay, rest)
