"""Windows and buckets of time by the calendar of any zone of the IANA list.

A day has 23, 24 or 25 hours, or none at all where a zone leapt over it. A time that the clocks
show twice is the first of the two; one that they leap over is the moment of the leap.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from footfall.core.errors import InvalidRequest
from footfall.core.queries import Bucket

QUARTER_HOUR_MS: Final = 900_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01: no event happened before it."""

OF_DAYS: Final = frozenset({Bucket.DAY, Bucket.WEEK, Bucket.MONTH, Bucket.YEAR})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DIGITS: Final = re.compile(r"\d{12,14}", re.ASCII)


class Window(msgspec.Struct, frozen=True):
    """[since, until) in milliseconds since 1970."""

    since: int
    until: int
    zone: str

    def shown(self) -> dict[str, str]:
        return {
            "since": show_local(self.since, self.zone),
            "until": show_local(self.until, self.zone),
            "zone": self.zone,
        }


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def read_zone(name: str) -> str:
    """Raises InvalidRequest."""
    if name not in _zones():
        raise InvalidRequest(f"zone: there is no {name[:60]}. Name one of the IANA list.")
    return name


def read_moment(text: str, name: str, zone: str) -> int:
    """Milliseconds since 1970 of `2026-07-03`, `2026-07-03T14:05` (in the zone, or with an offset)
    or of such a number itself. Raises InvalidRequest."""
    if _DIGITS.fullmatch(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return _instant(moment, zone)
        return _milliseconds(moment)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"{name}: not a time. Write 2026-07-03, 2026-07-03T14:05 or 2026-07-03T14:05:09+02:00."
        ) from None


def read_window(since: str, until: str, zone: str, now: int) -> Window:
    """Without `since` from the first event on, without `until` until now. Raises InvalidRequest."""
    read_zone(zone)
    first = read_moment(since, "since", zone) if since else EARLIEST_MS
    # Up to the end of the quarter-hour: that is what rollups know.
    soon = (now // QUARTER_HOUR_MS + 1) * QUARTER_HOUR_MS
    end = read_moment(until, "until", zone) if until else soon
    if end <= first:
        raise InvalidRequest("until: it must be after since. It does not belong to the window.")
    return Window(max(first, EARLIEST_MS), max(end, EARLIEST_MS), zone)


def before(window: Window) -> Window:
    """The window as long before this one: as many local days where it is of whole days."""
    local = ZoneInfo(window.zone)
    first, end = (_local(one, local) for one in (window.since, window.until))
    if first.time() == end.time():
        length = end.date() - first.date()
        start = datetime.combine(first.date() - length, first.time())
        return Window(_instant(start, window.zone), window.since, window.zone)
    return Window(2 * window.since - window.until, window.since, window.zone)


def starts(window: Window, bucket: Bucket, week_start: int) -> Iterator[int]:
    """The `Group.start` of every bucket that has a part in the window, in order."""
    zone = ZoneInfo(window.zone)
    if bucket not in OF_DAYS:
        last = None
        first = window.since // QUARTER_HOUR_MS * QUARTER_HOUR_MS
        for at in range(first, window.until, QUARTER_HOUR_MS):
            past = _local(at, zone).minute * 60_000 if bucket is Bucket.HOUR else 0
            if (start := at - past) != last:
                yield start
                last = start
        return
    day = _first_day(_local(window.since, zone).date(), bucket, week_start)
    end = _local(window.until - 1, zone).date()
    while day <= end:
        following = _next_day(day, bucket)
        if _instant_of(following, window.zone) > _instant_of(day, window.zone):
            yield (day - date(1970, 1, 1)).days * DAY_MS
        day = following


def label(start: int, bucket: Bucket, zone: str) -> str:
    """`2026-07-03` for a day and longer, else `2026-07-03T14:00:00+02:00`."""
    if bucket in OF_DAYS:
        return (date(1970, 1, 1) + timedelta(days=start // DAY_MS)).isoformat()
    return show_local(start, zone)


def show_local(milliseconds: int, zone: str) -> str:
    return _local(milliseconds, ZoneInfo(zone)).isoformat()


def show_utc(milliseconds: int) -> str:
    """`2026-07-03T14:05:09.123Z`."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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


def _instant_of(day: date, zone: str) -> int:
    return _instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001


def _instant(local: datetime, zone: str) -> int:
    """Of a local time. Where the clocks leap over it the offset before the leap would say a time
    after it: the leap is where both offsets meet."""
    there = ZoneInfo(zone)
    first = local.replace(tzinfo=there, fold=0)
    found = _milliseconds(first)
    if _local(found, there).replace(tzinfo=None) == local:
        return found
    low, high = _milliseconds(local.replace(tzinfo=there, fold=1)), found
    offset = _local(low, there).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if _local(middle, there).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def _local(milliseconds: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)


def _milliseconds(moment: datetime) -> int:
    since = moment.astimezone(UTC) - _EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000
