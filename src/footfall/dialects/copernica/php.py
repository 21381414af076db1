"""What PHP makes of text: queries and forms as `parse_str` reads them, and its casts.

The vendor's server is written in PHP, and its clients count on how that reads `fields%5B0%5D=…`,
`limit=10abc` or `total=yes`. Tests hold all of this to a real PHP.
"""

import math
import re
from typing import Final
from urllib.parse import unquote_to_bytes

Values = dict[str, "Value"]
Value = str | Values
"""A text, or an array: PHP's arrays are maps from texts to values."""

INT_MAX: Final = (1 << 63) - 1
DEPTH_MAX: Final = 64
"""PHP's own limit of arrays within arrays: what is nested deeper is left out."""

_LEADING: Final = re.compile(
    r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
)
_NUMERIC: Final = re.compile(_LEADING.pattern + r"[ \t\n\r\v\f]*")
_WHOLE: Final = re.compile(r"([+-]?)0*([0-9]+)")
_MANGLED: Final = re.compile(r"[ .]")
_OPEN: Final = re.compile(r"\[")


def parse(text: bytes) -> Values:
    """A query string or an urlencoded form. Of a name that comes twice the last value counts."""
    values: Values = {}
    for pair in text.split(b"&"):
        before, _, value = pair.partition(b"=")
        if name := _decoded(before).partition("\0")[0].lstrip(" "):
            _store(values, name, _decoded(value))
    return values


def to_int(value: Value | None, default: int) -> int:
    """`(int)`: the number that a text begins with, else 0; 1 for an array that holds anything."""
    if value is None:
        return default
    if isinstance(value, dict):
        return int(bool(value))
    found = _LEADING.match(value)
    if found is None:
        return 0
    # Python would refuse to read 5,000 digits; beyond 19 it is only a question of the limit.
    whole = _WHOLE.fullmatch(found[1])
    if whole and len(whole[2]) <= 19:
        number: float = int(whole[1] + whole[2])
    else:
        number = float(found[1])
    if math.isinf(number):
        return 0
    # Beyond its integers PHP takes the nearest one.
    return math.trunc(max(-INT_MAX - 1, min(INT_MAX, number)))


def to_bool(value: Value | None, default: bool) -> bool:
    """As the vendor reads `total`: `yes`, `true`, an array, or a number of at least 1."""
    if value is None:
        return default
    if isinstance(value, dict) or value.lower() in ("yes", "true"):
        return True
    return is_numeric(value) and abs(to_int(value, 0)) >= 1


def is_numeric(value: str) -> bool:
    return bool(_NUMERIC.fullmatch(value))


def to_text(value: Value | None) -> str:
    """A text; "" for nothing, and for an array, which is none."""
    return value if isinstance(value, str) else ""


def to_list(value: Value | None) -> list[str]:
    """The texts of an array, whatever their keys are; what is no array has none."""
    if not isinstance(value, dict):
        return []
    return [text for text in value.values() if isinstance(text, str)]


def _decoded(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8", "replace")


def _store(values: Values, name: str, value: str) -> None:
    """`a[b][]` is a key `b` of the array `a`, in which it appends."""
    base, bracket, rest = name.partition("[")
    if bracket and base and "]" not in rest:
        # An array that is not closed is part of the name.
        base, bracket = _OPEN.sub("_", name), ""
    if not base:
        return
    keys = [_MANGLED.sub("_", base)]
    while bracket and "]" in rest:
        key, _, rest = rest.partition("]")
        # PHP skips one space before it looks whether a key is there.
        keys.append("" if len(key) == 1 and key.isspace() else key)
        bracket, rest = rest[:1], rest[1:]
        if bracket != "[":
            break
    if len(keys) > DEPTH_MAX + 1:
        return
    for key in keys[:-1]:
        inner = values.get(key := _key(values, key))
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    values[_key(values, keys[-1])] = value


def _key(values: Values, key: str) -> str:
    """The next number for an empty key."""
    if key:
        return key
    numbers = [int(one) for one in values if one.isascii() and one.isdigit() and len(one) < 19]
    return str(max(numbers, default=-1) + 1)
