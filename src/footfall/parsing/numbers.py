"""Numbers as JSON writes them (RFC 8259, section 6), read from text."""

import re
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Final

_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_LEADING_ZEROS: Final = re.compile(r"^0+(?=\d)", re.ASCII)


def read_number(text: str) -> Decimal | None:
    """The exact value. None for text that is not a number in JSON, and for a number beyond every
    double, such as 1e999."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent of 19 digits or more
        return None
    return number if isfinite(float(number)) else None


def read_whole(text: str, number_max: int) -> int | None:
    """A whole number however it is written: 100, 100.0, 1e2, 00100. None for any other text, and
    for a number that is further from 0 than the largest one."""
    number = read_number(_LEADING_ZEROS.sub("", text))
    if number is None or abs(number) > number_max or number != number.to_integral_value():
        return None
    return int(number)


def read_digits(text: str, number_max: int) -> int | None:
    """A whole number from 0 up, written with digits alone. None for any other text, and for a
    number that is larger than the largest one."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(number_max))):
        return None
    number = int(text)
    return number if number <= number_max else None
