"""Comparisons of a report: the other window, and which buckets of both belong together."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import islice, zip_longest
from typing import Final

import msgspec

from footfall.core import calendar
from footfall.core.calendar import DAY_MS, EARLIEST_MS, QUARTER_HOUR_MS, local_time
from footfall.core.errors import InvalidRequest
from footfall.core.queries import Bucket
from footfall.dialects.native.windows import Window

COMPARISONS: Final = {
    "previous": "the period before: as many months before whole months, otherwise as many days",
    "year": "the same dates one year before",
    "year_by_weekday": "the same weekdays one year before: 364 days",
}
_BY_CLOCK: Final = (Bucket.QUARTER_HOUR, Bucket.HOUR, Bucket.DAY)
_YEAR_MONTHS: Final = 12
_YEAR_OF_WEEKS_DAYS: Final = 364
_LONGEST_BUCKET_MS: Final = 370 * DAY_MS

Shift = Callable[[datetime], datetime]
"""From a local time of the report to the one that it is compared with."""

Line = tuple[int | None, int | None]
"""Two buckets that are compared, by their `Group.start`. None: the window has no such bucket."""


class Comparison(msgspec.Struct, frozen=True):
    """The window to compare with. Without a `shift` the n-th bucket is compared with the n-th."""

    window: Window
    shift: Shift | None


def compare_with(name: str, window: Window) -> Comparison:
    """By a name of COMPARISONS. Raises InvalidRequest for another one."""
    if name not in COMPARISONS:
        names = ", ".join(f'"{one}"' for one in COMPARISONS)
        raise InvalidRequest(
            f"compare: {name[:40]!r} is not a comparison. Write {names},"
            ' or {"since": …, "until": …}.'
        )
    first, end = _local(window.since, window.zone), _local(window.until, window.zone)
    if name == "year":
        shift = _months_back(_YEAR_MONTHS)
    elif name == "year_by_weekday":
        shift = _days_back(_YEAR_OF_WEEKS_DAYS)
    elif months := _whole_months(first, end):
        shift = _months_back(months)
    elif days := _days(first, end):
        shift = _days_back(days)
    else:
        length = window.until - window.since
        return Comparison(_clamped(window.since - length, window.since, window.zone), None)
    since, until = shift(first), shift(end)
    if name == "year" and until.day != end.day and first.date() != end.date():
        until += timedelta(days=1)  # up to 29 February is up to 1 March
    begin, stop = (calendar.moment(one, window.zone) for one in (since, until))
    return Comparison(_clamped(begin, stop, window.zone), shift)


def compare_with_window(other: Window, window: Window) -> Comparison:
    """With any window of the same zone."""
    first, before = (_local(one.since, window.zone) for one in (window, other))
    same_clock = first.time() == before.time()
    return Comparison(other, _days_back((first - before).days) if same_clock else None)


def _local(milliseconds: int, zone: str) -> datetime:
    return local_time(milliseconds, zone).replace(tzinfo=None)


def _clamped(since: int, until: int, zone: str) -> Window:
    """Not before any event: an empty window there is the first quarter-hour."""
    return Window(max(since, EARLIEST_MS), max(until, EARLIEST_MS + QUARTER_HOUR_MS), zone)


def _whole_months(first: datetime, end: datetime) -> int:
    """0 where the window is not of whole months."""
    if any(one.time() != time.min or one.day != 1 for one in (first, end)):
        return 0
    return (end.year - first.year) * 12 + end.month - first.month


def _days(first: datetime, end: datetime) -> int:
    """How many days before a window the same times of day are free of it. 0: it has no days."""
    days = (end.date() - first.date()).days
    if first.time() == end.time():
        return days
    return days + 1 if first.time() == time.min else 0


def _days_back(days: int) -> Shift:
    return lambda local: local - timedelta(days=days)


def _months_back(months: int) -> Shift:
    """A day that the month does not have is its last day."""

    def shift(local: datetime) -> datetime:
        year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
        _, last = monthrange(year, month + 1)
        return local.replace(year=year, month=month + 1, day=min(local.day, last))

    return shift


# ── buckets ───────────────────────────────────────────────────────────────────────────────────


def pair_buckets(
    starts: list[int], before: list[int], bucket: Bucket, zone: str, shift: Shift | None
) -> list[Line]:
    """Every bucket of both windows once, in the order of time. Days and what is shorter are
    compared by calendar and clock where there is a `shift`, the others in their order."""
    if shift is None or bucket not in _BY_CLOCK:
        return list(zip_longest(starts, before))
    of_clock = {_clock(_local(start, zone), bucket): start for start in reversed(before)}
    wanted = (_clock(shift(_local(start, zone)), bucket) for start in starts)
    partners = [of_clock.pop(clock, None) for clock in wanted]
    return list(_in_order(zip(starts, partners, strict=True), before))


def _clock(local: datetime, bucket: Bucket) -> datetime:
    if bucket is Bucket.DAY:
        return datetime.combine(local.date(), time.min)
    return local.replace(minute=0) if bucket is Bucket.HOUR else local


def _in_order(pairs: Iterable[tuple[int, int | None]], before: list[int]) -> Iterator[Line]:
    """The pairs, and between them those of `before` that none of them has."""
    place = 0
    for start, partner in pairs:
        if partner is not None:
            at = bisect_left(before, partner)
            yield from ((None, one) for one in before[place:at])
            place = max(place, at + 1)
        yield start, partner
    yield from ((None, one) for one in before[place:])


def cut_buckets(window: Window, bucket: Bucket, week_start: int) -> set[int]:
    """Those of the window's buckets that it has only a part of, by their `Group.start`."""
    cut = set()
    for at in (window.since, window.until - 1):
        near = calendar.starts(at, at + _LONGEST_BUCKET_MS, window.zone, bucket, week_start)
        begin, end = islice(near, 2)
        if begin < window.since or end > window.until:
            cut.add(begin)
    return cut
