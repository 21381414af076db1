"""Amounts of money as decimals: 1.68 / 1000 is 0.00168, not the float 0.0016799999999999999."""

from decimal import Decimal
from typing import Final

DIGITS: Final = 15
"""As many significant digits as every float of 64 bits keeps."""


def rounded(amount: float) -> float:
    """The float of the decimal that was meant: computing leaves its errors after DIGITS digits."""
    return float(f"{amount:.{DIGITS}g}")


def decimal_text(amount: float) -> str:
    """As rows and labels show it, without exponent: `0.00168`, `1.5`, `0`."""
    return f"{Decimal(f'{amount:.{DIGITS}g}'):f}"
