"""What PHP makes of text: queries and forms as `parse_str` reads them, and its casts.

The vendor's server is written in PHP, and its clients count on how that reads `fields%5B0%5D=…`,
`limit=10abc` or `total=yes`. Tests hold all of this to a real PHP.
"""

import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import unquote_to_bytes

Values = dict[str, "Value"]
Value = str | Values
"""A text, or an array: PHP's arrays are maps from texts to values."""

INT_MAX: Final = (1 << 63) - 1
VARIABLES_MAX: Final = 1000
"""PHP's own limit (`max_input_vars`): what comes after so many variables is left out."""
DEPTH_MAX: Final = 64
"""PHP's own limit of arrays within arrays: what is nested deeper is left out."""
NUMBER_LENGTH_MAX: Final = 8192
"""Of a longer text only so much is looked at for a number."""

_LEADING: Final = re.compile(
    r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
)
_NUMERIC: Final = re.compile(_LEADING.pattern + r"[ \t\n\r\v\f]*")
_MANGLED: Final = re.compile(r"[ .]")
_OPEN: Final = re.compile(r"\[")
_PAIR: Final = re.compile(rb"[^&]+")
_INDEX: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")


class _Array(dict[str, Value]):
    """Knows the number that `[]` takes next: to look for it each time would cost a look at all
    keys for each of them."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        super().__init__()
        self._next: int | None = None

    def key(self, key: str) -> str | None:
        """The next number for an empty key; None when there is none left."""
        if key:
            return key
        return None if (number := str(self._next or 0)) in self else number

    def put(self, key: str, value: Value) -> None:
        self[key] = value
        if _INDEX.fullmatch(key) and -INT_MAX - 1 <= (number := int(key)) <= INT_MAX:
            following = min(number + 1, INT_MAX)
            self._next = following if self._next is None else max(self._next, following)


def parse(text: bytes) -> Values:
    """A query string or an urlencoded form. Of a name that comes twice the last value counts."""
    values = _Array()
    for before, value in _pairs(text):
        if name := _read_name(before):
            _store(values, name, _decoded(value))
    return values


def read_text(text: bytes, name: str) -> str:
    """What `parse` has by this name where that is a text, else "". The rest is neither stored nor
    are its values decoded: who asks may not be known yet."""
    values = _Array()
    for before, value in _pairs(text):
        found = _read_name(before)
        if _MANGLED.sub("_", found[: len(name)]) == name:
            _store(values, found, _decoded(value))
    return to_text(values.get(name))


def to_int(value: Value | None, default: int) -> int:
    """`(int)`: the number that a text begins with, else 0; 1 for an array that holds anything."""
    if value is None:
        return default
    if isinstance(value, dict):
        return int(bool(value))
    found = _LEADING.match(value[:NUMBER_LENGTH_MAX])
    if found is None:
        return 0
    text = found[1]
    digits = text.lstrip("+-").lstrip("0") or "0"
    # Python would refuse to read 5,000 digits; beyond 19 it is only a question of the limit.
    if digits.isdigit() and len(digits) <= 19:
        number: float = -int(digits) if text[0] == "-" else int(digits)
    else:
        number = float(text)
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
    return len(value) <= NUMBER_LENGTH_MAX and bool(_NUMERIC.fullmatch(value))


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


def _pairs(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    for pair in islice(_PAIR.finditer(text), VARIABLES_MAX):
        name, _, value = pair[0].partition(b"=")
        yield name, value


def _read_name(text: bytes) -> str:
    return _decoded(text).partition("\0")[0].lstrip(" ")


def _store(values: _Array, name: str, value: str) -> None:
    """`a[b][]` is a key `b` of the array `a`, in which it appends."""
    base, bracket, rest = name.partition("[")
    if bracket and base and "]" not in rest:
        # An array that is not closed is part of the name.
        base, bracket = _OPEN.sub("_", name), ""
    if not base:
        return
    keys = [_MANGLED.sub("_", base)]
    while bracket and "]" in rest:
        if len(keys) > DEPTH_MAX:
            # PHP takes out what the name had before. Each bracket copies the rest of the name.
            values.pop(keys[0], None)
            return
        key, _, rest = rest.partition("]")
        # PHP skips one space before it looks whether a key is there.
        keys.append("" if len(key) == 1 and key.isspace() else key)
        bracket, rest = rest[:1], rest[1:]
        if bracket != "[":
            break
    for one in keys[:-1]:
        if (key_here := values.key(one)) is None:
            return
        inner = values.get(key_here)
        if not isinstance(inner, _Array):
            inner = _Array()
            values.put(key_here, inner)
        values = inner
    if (last := values.key(keys[-1])) is not None:
        values.put(last, value)
