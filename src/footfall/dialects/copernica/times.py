"""Local times, as the vendor has them: `2024-02-14 09:30:05`, without a zone.

Once a year an hour is shown twice, and once an hour is shown never. So a local time that somebody
writes is a span of real time: from the first moment that shows it to the end of the last one that
does. Comparisons begin with the first and end with the last, so they hold everything that shows
such a time. Windows begin and end with the first, so that those that meet hold every row once. A
time that is never shown has an empty span, where the clock goes forward.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from footfall.core.ids import ID_MAX, received_at

LAST_MS: Final = received_at(ID_MAX)
"""No event happens later: ids end in 2094."""
SECOND_MS: Final = 1000

_FORM: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 (local and real times are compared as numbers)


class Span(msgspec.Struct, frozen=True):
    """Milliseconds since 1970: the first second that shows a local time begins at `first`, the
    last one at `last` and ends at `end`. They differ where the time comes twice. For a time that
    no clock shows all three are when the clock goes forward."""

    first: int
    last: int
    end: int


def to_local(milliseconds: int, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(zone)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def read_span(text: str, zone: ZoneInfo) -> Span | None:
    """The span of a local second; a date is its midnight. None for what is no time."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    try:
        local = datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
    # Before and after a change of the clock that is near, else the same.
    before, after = (_offset(local.replace(fold=fold), zone) for fold in (0, 1))
    shown = (local - _EPOCH) // timedelta(milliseconds=1)
    if before < after:
        change = _change(shown - after, shown - before, zone)
        return Span(change, change, change)
    first, last = shown - before, shown - after
    return Span(_kept(first), _kept(last), _kept(last + SECOND_MS))


def _offset(local: datetime, zone: ZoneInfo) -> int:
    offset = zone.utcoffset(local)
    assert offset is not None
    return offset // timedelta(milliseconds=1)


def _change(since: int, until: int, zone: ZoneInfo) -> int:
    """When between these two moments the clock goes forward."""

    def offset(milliseconds: int) -> timedelta | None:
        return datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(zone).utcoffset()

    early = offset(since)
    while until - since > SECOND_MS:
        middle = (since + until) // (2 * SECOND_MS) * SECOND_MS
        if offset(middle) == early:
            since = middle
        else:
            until = middle
    return _kept(until)


def _kept(milliseconds: int) -> int:
    return min(milliseconds, LAST_MS)
