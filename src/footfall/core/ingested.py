"""Events that somebody else observed and sends to us, perhaps more than once.

The sender may give an event an id of its own. The journal keeps a key of it in the commit that
keeps the event, and takes no second event with the same key within a window.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from footfall.core.ids import EPOCH_MS, TIME_SHIFT

NEAR_CHARACTERS: Final = 3


class IngestedEvent(msgspec.Struct, frozen=True, gc=False):
    """`members` are those of the event's JSON line but for its `id` and `delay`, which it gets with
    its place in the journal; `key` b"" when its sender gave no id. `occurred_at` in milliseconds
    since 1970.

    Not an `Event`: to make one takes three times as long as to write down the few fields it has.
    """

    account: int
    source: str
    key: bytes
    occurred_at: int
    members: bytes


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


def line_of(id: int, ingested: IngestedEvent) -> bytes:
    """The event's whole JSON line."""
    delay = (id >> TIME_SHIFT) + EPOCH_MS - ingested.occurred_at
    return b'{"id":%d,"delay":%d%b}' % (id, delay if delay > 0 else 0, ingested.members)


def without(
    firsts: Mapping[int, int], ids: Sequence[int], ingested: Sequence[IngestedEvent]
) -> tuple[Sequence[int], Sequence[IngestedEvent]]:
    """Those that are not duplicates: `firsts` has the ids of those that are."""
    if not firsts:
        return ids, ingested
    kept = [(id, one) for id, one in zip(ids, ingested, strict=True) if id not in firsts]
    return [id for id, _ in kept], [one for _, one in kept]
