"""The query of a list: which part of it, and which of its rows.

https://github.com/CopernicaMarketingSoftware/Documentation: `rest-paging`, `rest-fields-parameter`
"""

import re
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement

from footfall.core.errors import InvalidRequest
from footfall.core.ids import ID_MAX
from footfall.core.queries import Like
from footfall.dialects.copernica import php
from footfall.dialects.copernica.tables import INVALID, Part
from footfall.dialects.copernica.times import SECOND_MS, Span, read_span

ROWS: Final = 100

_EXPRESSION: Final = re.compile(r"\s*(\w+)(==|!=|<>|<=|>=|=~|!~|<|>)(.*)", re.DOTALL)
_LIKE_LENGTH_MAX: Final = 200
COMPARISONS_MAX: Final = 50
"""Each pattern costs the event store memory, and some hundred all that it has."""


def read_part(query: php.Values, most: int) -> Part:
    """`start`, `limit` and `total` as PHP casts them; a greater limit is `most`."""
    return Part(
        start=php.to_int(query.get("start"), 0),
        limit=min(php.to_int(query.get("limit"), ROWS), most),
        total=php.to_bool(query.get("total"), True),
    )


class Comparison(msgspec.Struct, frozen=True):
    """One of `fields[]`: `name` in lower case, `operator` with `!=` for `<>` too."""

    name: str
    operator: str
    value: str


def read_comparisons(query: php.Values) -> list[Comparison]:
    """`fields[]`: all of them have to hold. What is none is left out, as the vendor does.

    Raises InvalidRequest for too many of them.
    """
    found = map(_EXPRESSION.fullmatch, php.to_list(query.get("fields")))
    read = [
        Comparison(one[1].lower(), "!=" if one[2] == "<>" else one[2], one[3].strip())
        for one in found
        if one is not None
    ]
    if len(read) > COMPARISONS_MAX:
        raise InvalidRequest(
            f"{INVALID}: fields has at most {COMPARISONS_MAX} comparisons, not {len(read)}"
        )
    return read


def check_pattern(pattern: str) -> None:
    """Raises InvalidRequest."""
    if len(pattern) > _LIKE_LENGTH_MAX or "\0" in pattern:
        raise InvalidRequest(f"{INVALID}: a pattern has at most {_LIKE_LENGTH_MAX} characters.")


class Bounds:
    """Comparisons, filters and a window as a window of ids, one of time, and patterns."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self.above = -1
        self.below = ID_MAX + 1
        self.ids: set[int] | None = None
        self.not_ids: set[int] = set()
        self.since: int | None = None
        self.until: int | None = None
        self.likes: list[Like] = []

    def compare(self, comparisons: list[Comparison], time: str = "timestamp") -> None:
        """`time` is what the list calls the time of its rows."""
        for one in comparisons:
            if one.operator in ("=~", "!~"):
                if one.name in ("id", time):
                    self._like(one.value, one.operator == "!~", by_time=one.name == time)
            elif one.name == "id":
                if php.is_numeric(one.value):
                    self._compare_id(one.operator, php.to_int(one.value, 0))
            elif one.name == time and (span := read_span(one.value, self._zone)):
                self._compare_time(one, span)

    def _compare_id(self, operator: str, id: int) -> None:
        if operator in (">", ">="):
            self.above = max(self.above, id - (operator == ">="))
        elif operator in ("<", "<="):
            self.below = min(self.below, id + (operator == "<="))
        elif operator == "==":
            self.ids = {id} if self.ids is None else self.ids & {id}
        elif 0 <= id <= ID_MAX:
            self.not_ids.add(id)

    def _compare_time(self, one: Comparison, span: Span) -> None:
        if one.operator == "!=":
            shown = read_shown(one.value)
            self.likes.append(Like(shown, zone=str(self._zone), negated=True))
            return
        if one.operator in (">=", "=="):
            self.begin(span.first)
        elif one.operator == ">":
            self.begin(min(span.first + SECOND_MS, span.end))
        if one.operator == "<":
            self.end(span.last)
        elif one.operator in ("<=", "=="):
            self.end(span.end)
        if one.operator == "==" and span.first < span.last:
            self.likes.append(Like(read_shown(one.value), zone=str(self._zone)))

    def _like(self, pattern: str, negated: bool, *, by_time: bool) -> None:
        check_pattern(pattern)
        # The engine refuses a backslash at the end, which stands for nothing there.
        if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
            pattern += "\\"
        zone = str(self._zone) if by_time else ""
        self.likes.append(Like(pattern, zone=zone, negated=negated))

    def begin(self, since: int) -> None:
        self.since = since if self.since is None else max(self.since, since)

    def end(self, until: int) -> None:
        self.until = until if self.until is None else min(self.until, until)

    @property
    def empty(self) -> bool:
        """Whether no row can be meant."""
        if self.ids is not None:
            self.ids = {id for id in self.ids if self.above < id < self.below}
        if self.since is not None and self.until is not None and self.since >= self.until:
            return True
        return self.ids == set() or self.above >= self.below

    def conditions(self) -> dict[str, Any] | None:
        """As fields of an `EventFilter`; None when no event can be meant."""
        if self.empty:
            return None
        return {
            "ids": tuple(self.ids or ()),
            "not_ids": tuple(self.not_ids),
            "above": self.above if 0 <= self.above <= ID_MAX else None,
            "below": max(self.below, 0) if self.below <= ID_MAX else None,
            "occurred_since": self.since,
            "occurred_until": self.until,
            "likes": tuple(self.likes),
        }

    def row_conditions(self, id: Any, time: Any) -> list[ColumnElement[bool]] | None:
        """On columns of the catalog, without patterns; None when no row can be meant."""
        if self.empty:
            return None
        found = []
        if self.above >= 0:
            found.append(id > min(self.above, ID_MAX))
        if self.below <= ID_MAX:
            found.append(id < max(self.below, 0))
        if self.ids is not None:
            found.append(id.in_(self.ids))
        if self.not_ids:
            found.append(id.not_in(self.not_ids))
        if self.since is not None:
            found.append(time >= self.since)
        if self.until is not None:
            found.append(time < self.until)
        return found


def read_shown(text: str) -> str:
    """A time in full, as rows show it."""
    date, _, time = text.strip().replace("T", " ").partition(" ")
    year, month, day = date.split("-")
    hour, minute, second = (*time.split(":"), "0", "0", "0")[:3] if time else ("0", "0", "0")
    return f"{year}-{int(month):02}-{int(day):02} {int(hour):02}:{int(minute):02}:{int(second):02}"


def read_window(query: php.Values, names: tuple[str, str], bounds: Bounds, zone: ZoneInfo) -> None:
    """[the first, the second), such as `begintime` and `endtime`. Both mean the first occurrence
    of their time, so that a row is in one alone of two windows that meet. Raises InvalidRequest."""
    for name in names:
        if not (text := php.to_text(query.get(name))):
            continue
        span = read_span(text, zone)
        if span is None:
            raise InvalidRequest(f"{INVALID}: {name} must be a time such as 2024-02-14 09:30:05")
        if name == names[0]:
            bounds.begin(span.first)
        else:
            bounds.end(span.first)
