"""Event ids: 63-bit integers that sort by the time of receipt.

    41 bits  milliseconds since 2025-01-01 UTC (until 2094)
    10 bits  node
    12 bits  sequence within the millisecond

Id order is journal order on a node. Whatever form a dialect shows leads back to this integer.
"""

from collections.abc import Callable
from typing import Final

EPOCH_MS: Final = 1_735_689_600_000
NODE_BITS: Final = 10
SEQUENCE_BITS: Final = 12
TIME_SHIFT: Final = NODE_BITS + SEQUENCE_BITS
ID_MAX: Final = (1 << 63) - 1
HOUR_MS: Final = 3_600_000

IDS_OF_HOUR: Final = HOUR_MS << TIME_SHIFT
EPOCH_HOUR: Final = EPOCH_MS // HOUR_MS

Clock = Callable[[], int]
"""Now, in milliseconds since 1970, UTC."""


def first_id_at(milliseconds: int) -> int:
    """The smallest id that can be given at or after this time (0 for a time before 2025)."""
    return max(0, milliseconds - EPOCH_MS) << TIME_SHIFT


def received_at(event_id: int) -> int:
    """When the event with this id was received: milliseconds since 1970, UTC."""
    return (event_id >> TIME_SHIFT) + EPOCH_MS


def hour_received(event_id: int) -> int:
    """Likewise in whole hours since 1970."""
    return event_id // IDS_OF_HOUR + EPOCH_HOUR


# ── the forms in which APIs show ids ─────────────────────────────────────────────────────────

_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)}
TEXT_LENGTH: Final = 13


def to_text(event_id: int) -> str:
    """Thirteen digits and letters (Crockford's base 32) that sort as the ids do."""
    shifts = range(5 * (TEXT_LENGTH - 1), -1, -5)
    return "".join(_DIGITS[event_id >> shift & 31] for shift in shifts)


def from_text(text: str) -> int | None:
    """The id with this text, None for any other text."""
    if len(text) != TEXT_LENGTH or not all(digit in _VALUES for digit in text):
        return None
    event_id = 0
    for digit in text:
        event_id = event_id << 5 | _VALUES[digit]
    return event_id if event_id <= ID_MAX else None
