"""Ids of scans and messages: UUIDs of version 7 that follow from event ids, and lead back."""

import hashlib
import secrets
import uuid

from footfall.core.ids import (
    EPOCH_MS,
    ID_MAX,
    NODE_BITS,
    SEQUENCE_BITS,
    TIME_SHIFT,
    received_at,
)


def to_uuid(event_id: int) -> str:
    """A UUID of version 7 (RFC 9562) of the same millisecond, that sorts as the ids do.

    `rand_a` is the sequence; `rand_b` the node and 52 bits that only follow from the id.
    """
    sequence = event_id & (1 << SEQUENCE_BITS) - 1
    node = event_id >> SEQUENCE_BITS & (1 << NODE_BITS) - 1
    digest = hashlib.blake2b(event_id.to_bytes(8, "big"), digest_size=8).digest()
    filling = int.from_bytes(digest, "big") >> 12
    number = received_at(event_id) << 80 | 7 << 76 | sequence << 64 | 2 << 62 | node << 52 | filling
    return str(uuid.UUID(int=number))


def from_uuid(text: str) -> int | None:
    """The id with this UUID, None for any other text."""
    try:
        number = uuid.UUID(text).int
    except ValueError:
        return None
    milliseconds = (number >> 80) - EPOCH_MS
    node, sequence = number >> 52 & (1 << NODE_BITS) - 1, number >> 64 & (1 << SEQUENCE_BITS) - 1
    event_id = milliseconds << TIME_SHIFT | node << SEQUENCE_BITS | sequence
    if not 0 <= event_id <= ID_MAX or to_uuid(event_id) != text.lower():
        return None
    return event_id


def new_uuid(now: int) -> str:
    """A random UUID of version 7 of this time (milliseconds since 1970)."""
    number = now << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=number))
