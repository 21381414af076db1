"""Amounts of money as decimals: 1.68 / 1000 is 0.00168, not the float 0.0016799999999999999."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from footfall.core.events import EventKind

DIGITS: Final = 15
"""As many significant digits as every float of 64 bits keeps."""


def rounded(amount: float) -> float:
    """The float of the decimal that was meant: computing leaves its errors after DIGITS digits."""
    return float(f"{amount:.{DIGITS}g}")


def decimal_text(amount: float) -> str:
    """As rows and labels show it, without exponent: `0.00168`, `1.5`, `0`."""
    return f"{Decimal(f'{amount:.{DIGITS}g}'):f}"


PAID: Final[Mapping[EventKind, tuple[frozenset[str], int]]] = {
    EventKind.IMPRESSION: (frozenset({"cpm", "rpm"}), 1000),
    EventKind.CLICK: (frozenset({"cpc", "rpc"}), 1),
}
"""Kind → the types of payout and revenue that pay for it, and for how many of it."""


def worth(kind: EventKind | None, type: str, amount: float) -> float:
    """What one event of a kind is worth under such terms of an offer."""
    if kind is None or kind not in PAID:
        return 0.0
    types, for_many = PAID[kind]
    return amount / for_many if type.lower() in types else 0.0
