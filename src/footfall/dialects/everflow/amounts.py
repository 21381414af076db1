"""Amounts of money as decimals: 1.68 / 1000 is 0.00168, not the float 0.0016799999999999999."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from footfall.core.errors import InvalidRequest
from footfall.core.events import EventKind

DIGITS: Final = 15
"""As many significant digits as every float of 64 bits keeps."""


def rounded(amount: float | Decimal) -> float:
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


# ── conversions ───────────────────────────────────────────────────────────────────────────────

MICROS: Final = 1_000_000
"""Of a unit of currency: money of events is counted in them, so that sums are exact."""
SALE_MAX: Final = 1_000_000_000
"""Units of currency. 9,000 sales of it fit the 64 bits of a sum."""
_AMOUNT: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}", re.ASCII)


def read_amount(text: str) -> int:
    """What was sold, in millionths: `19.99`, "" for nothing. Raises InvalidRequest."""
    text = text.strip()
    if not text:
        return 0
    amount = Decimal(text) if _AMOUNT.fullmatch(text) else Decimal(-1)
    if not 0 <= amount <= SALE_MAX:
        raise InvalidRequest(
            f"'amount' must be a decimal from 0 to {SALE_MAX}, as 19.99, not '{text[:40]}'."
        )
    return _rounded_micros(amount)


def micros_of(amount: float) -> int:
    """An offer's amount, of which so many digits count as `rounded` keeps."""
    return _rounded_micros(Decimal(f"{amount:.{DIGITS}g}"))


def earned(type: str, amount: float, sale_micros: int) -> int:
    """What one conversion is worth under such terms of an offer, in millionths, rounded half to
    even: an amount, or per cent of what was sold."""
    terms = Decimal(f"{amount:.{DIGITS}g}")
    match type.lower():
        case "cpa" | "rpa":
            return _rounded_micros(terms)
        case "cps" | "rps":
            return _rounded_micros(terms * sale_micros / 100 / MICROS)
        case _:
            return 0


def _rounded_micros(amount: Decimal) -> int:
    return int((amount * MICROS).to_integral_value(ROUND_HALF_EVEN))


def units_of(micros: int | Decimal) -> float:
    return rounded(Decimal(micros) / MICROS)
