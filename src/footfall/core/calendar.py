"""The calendar of any zone of the IANA list, as numbers: offsets, local times and buckets.

The one place that asks `zoneinfo`. The event store never learns the name of a zone: it gets
offsets from UTC. Its engine has a time zone database of its own, keeps about 5 MB for each zone
that it meets, and may disagree with this one.

A day has 23, 24 or 25 hours, or none at all where a zone leapt over it. A time that the clocks
show twice is the first of the two; one that they leap over is the moment of the leap.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from footfall.core.ids import HOUR_MS as HOUR_MS
from footfall.core.queries import Bucket

QUARTER_HOUR_MS: Final = 900_000
DAY_MS: Final = 86_400_000
DAY_HOURS: Final = 24
EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01: no event happened before it."""

LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01. The offset of a later moment is that of the last change before it."""

OF_DAYS: Final = frozenset({Bucket.DAY, Bucket.WEEK, Bucket.MONTH, Bucket.YEAR})

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS: Final = re.compile(r"0|\d{12,14}", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"(?P<offset>[Zz]|([+-]\d\d)(?::?([0-5]\d))?)?)?",
    re.ASCII,
)
_ALLOWED: Final = (
    "Write 2026-07-03T14:05:09+02:00 (in a query, + is %2B), 2026-07-03T12:05:09Z or milliseconds"
    " since 1970"
)
_QUARTER_SECONDS: Final = QUARTER_HOUR_MS // 1000
_STEP_SECONDS: Final = 2 * 86_400
"""Since 2000 no zone changed its offset twice within 6.9 days."""

_YEARS_KEPT: Final = 16_384
"""Of zones, together: all zones over 27 years."""


class Offsets(NamedTuple):
    """From each of the `edges` on, until the next one, clocks are this many seconds ahead of UTC.
    Edges are seconds since 1970; the first one is not after the span that was requested."""

    edges: tuple[int, ...]
    seconds: tuple[int, ...]

    def at(self, seconds: int) -> int:
        return self.seconds[max(0, bisect_right(self.edges, seconds) - 1)]


def offsets(zone: str, since: int, until: int) -> Offsets:
    """Of a zone over [since, until), milliseconds since 1970."""
    first = min(max(since, EARLIEST_MS), LATEST_MS) // 1000
    end = min(max(until, EARLIEST_MS + 1), LATEST_MS) // 1000
    years = range(_year(first), _year(end) + 1)
    changes = [(first, _offset(ZoneInfo(zone), first))]
    changes += [one for year in years for one in _changes(zone, year) if first < one[0] < end]
    edges, seconds = zip(*changes, strict=True)
    return Offsets(edges, seconds)


@lru_cache(maxsize=_YEARS_KEPT)
def _changes(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """(when, the offset from then on) of a year, in UTC."""
    there = ZoneInfo(zone)
    begin, end = (int(datetime(one, 1, 1, tzinfo=UTC).timestamp()) for one in (year, year + 1))
    found = []
    before = _offset(there, begin - 1)
    for low in range(begin - 1, end - 1, _STEP_SECONDS):
        high = min(low + _STEP_SECONDS, end - 1)
        if (after := _offset(there, high)) != before:
            at = low + bisect_left(range(low, high), 1, key=_is_at(there, after))
            found.append((at, after))
            before = after
    return tuple(found)


def _is_at(zone: ZoneInfo, offset: int) -> Callable[[int], int]:
    return lambda seconds: int(_offset(zone, seconds) == offset)


def _offset(zone: ZoneInfo, seconds: int) -> int:
    found = datetime.fromtimestamp(seconds, zone).utcoffset()
    assert found is not None
    return int(found.total_seconds())


def _year(seconds: int) -> int:
    return datetime.fromtimestamp(seconds, UTC).year


def starts(since: int, until: int, zone: str, bucket: Bucket, week_start: int = 1) -> Iterator[int]:
    """The `Group.start` of every bucket that has a part in [since, until), in order: when it
    begins, milliseconds since 1970. Only the first one may be before `since`."""
    first = since // QUARTER_HOUR_MS * QUARTER_HOUR_MS
    if bucket is Bucket.QUARTER_HOUR:
        yield from range(first, until, QUARTER_HOUR_MS)
    elif bucket is Bucket.HOUR:
        yield from _hours(first, until, offsets_by_quarter(zone, since, until))
    else:
        day = _first_day(local_time(since, zone).date(), bucket, week_start)
        begin = midnight(day, zone)
        if begin > since:  # the clocks were set back over a midnight
            day = _first_day(day - timedelta(days=1), bucket, week_start)
            begin = midnight(day, zone)
        while begin < until:
            following = _next_day(day, bucket)
            end = midnight(following, zone)
            if end > since and end > begin:
                yield begin
            day, begin = following, end


def offsets_by_quarter(zone: str, since: int, until: int) -> Offsets:
    """As `offsets`, from an hour before. A quarter-hour has the offset with which it begins."""
    first = since // QUARTER_HOUR_MS * QUARTER_HOUR_MS
    edges, seconds = offsets(zone, first - HOUR_MS, until)
    rounded = (-(-edge // _QUARTER_SECONDS) * _QUARTER_SECONDS for edge in edges[1:])
    return Offsets(((first - HOUR_MS) // 1000, *rounded), seconds)


def _hours(first: int, until: int, known: Offsets) -> Iterator[int]:
    """Where a clock changes within an hour, what is before and what is after are two pieces."""
    ends = (*(edge * 1000 for edge in known.edges[1:]), until)
    for edge, end, seconds in zip(known.edges, ends, known.seconds, strict=True):
        if end > first:
            begin = max(edge * 1000, first)
            hour = begin - (begin + seconds * 1000) % HOUR_MS
            yield from (max(one, edge * 1000) for one in range(hour, min(end, until), HOUR_MS))


def _first_day(day: date, bucket: Bucket, week_start: int) -> date:
    if bucket is Bucket.WEEK:
        return day - timedelta(days=(day.isoweekday() - week_start) % 7)
    if bucket is Bucket.MONTH:
        return day.replace(day=1)
    return day.replace(month=1, day=1) if bucket is Bucket.YEAR else day


def _next_day(day: date, bucket: Bucket) -> date:
    if bucket is Bucket.MONTH:
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    if bucket is Bucket.YEAR:
        return day.replace(year=day.year + 1)
    return day + timedelta(days=7 if bucket is Bucket.WEEK else 1)


def day_of(start: int, zone: str) -> date:
    """The local day that a `Group.start` of days begins with."""
    return local_time(start, zone).date()


def midnight(day: date, zone: str) -> int:
    """When a local day begins: milliseconds since 1970."""
    return moment(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001


def moment(local: datetime, zone: str) -> int:
    """Of a local time: milliseconds since 1970. Where the clocks leap over it the offset before
    the leap would say a time after it: the leap is where both offsets meet."""
    there = ZoneInfo(zone)
    first = local.replace(tzinfo=there, fold=0)
    found = milliseconds(first)
    if local_time(found, zone).replace(tzinfo=None) == local:
        return found
    low, high = milliseconds(local.replace(tzinfo=there, fold=1)), found
    offset = local_time(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if local_time(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def local_time(milliseconds: int, zone: str) -> datetime:
    """Aware, in the zone."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(ZoneInfo(zone))


def milliseconds(moment: datetime) -> int:
    """Of an aware time, since 1970."""
    since = moment.astimezone(UTC) - _EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def read_time(text: str) -> int:
    """Milliseconds since 1970 of any ISO 8601 time, as vendors' clients write it; UTC without an
    offset. Digits beyond milliseconds are cut off. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text.strip())
        return milliseconds(at if at.tzinfo else at.replace(tzinfo=UTC))
    except OverflowError as error:  # by its offset
        raise ValueError(text) from error


class OffsetMissing(ValueError):
    """A time that names no offset from UTC, where no zone says it."""


def parse_time(text: str, zone: str = "") -> int:
    """Milliseconds since 1970. The one grammar of times as text, in our own requests and imports:

    - RFC 3339: `2026-07-03T14:05:09.123+02:00`. `T` and `Z` may be lower case, `T` a space. A leap
      second, `23:59:60Z` at the end of a month, is the moment after it, as POSIX counts.
    - ISO 8601: a date alone, which is its midnight; seconds left out; a comma before the fraction;
      the offsets `+0200` and `+02`; no offset: local to the `zone`.
    - 12 to 14 digits, or 0: milliseconds since 1970. Fewer may be seconds, a date or a year.

    Digits beyond milliseconds are cut off. Raises ValueError, whose text says what is allowed;
    OffsetMissing for a time without an offset when there is no `zone`.
    """
    if _MILLISECONDS.fullmatch(text):
        return int(text)
    found = _TIME.fullmatch(text)
    if found and found["offset"] is None and not zone:
        raise OffsetMissing(f"{text!r} names no offset from UTC. {_ALLOWED}.")
    try:
        at = _moment_of(found, zone) if found else None
    except OverflowError:  # by its offset
        where = "past" if text.startswith("0") else "future"
        raise ValueError(f"{text[:40]!r} is too far in the {where}.") from None
    except ValueError:  # no such day, hour or offset
        at = None
    if at is None:
        local = "; local times are 2026-07-03 and 2026-07-03T14:05" if zone else ""
        raise ValueError(f"{text[:40]!r} is not a time. {_ALLOWED}{local}.")
    return at


def _moment_of(found: re.Match[str], zone: str) -> int | None:
    """None for a second 60 where no leap second can be: they end months, in UTC."""
    day, hour, minute, second, fraction, offset, hours, minutes = found.groups()
    leaps = second == "60"
    seconds = "59" if leaps else second or "00"
    local = datetime.fromisoformat(f"{day}T{hour or '00'}:{minute or '00'}:{seconds}")
    if offset is None:
        at = moment(local, zone)
    else:
        ahead = timedelta(hours=int(hours or 0), minutes=int(f"{(hours or '+')[0]}{minutes or 0}"))
        at = milliseconds(local.replace(tzinfo=timezone(ahead)))
    if leaps:
        at += 1000
        following = _EPOCH + timedelta(milliseconds=at)
        if (following.day, at % DAY_MS) != (1, 0):
            return None
    return at + int((fraction or "0").ljust(3, "0")[:3])
