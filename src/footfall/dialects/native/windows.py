"""Windows of time as requests name them, and times as answers show them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

import msgspec

from footfall.core import calendar
from footfall.core.calendar import (
    EARLIEST_MS,
    LATEST_MS,
    OF_DAYS,
    QUARTER_HOUR_MS,
    day_of,
    local_time,
)
from footfall.core.errors import InvalidRequest
from footfall.core.queries import Bucket

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LocalWindow(msgspec.Struct, frozen=True):
    since: str
    until: str
    zone: str


class Window(msgspec.Struct, frozen=True):
    """[since, until) in milliseconds since 1970."""

    since: int
    until: int
    zone: str

    def shown(self) -> LocalWindow:
        return LocalWindow(
            show_local(self.since, self.zone), show_local(self.until, self.zone), self.zone
        )


class WindowRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `since` from the first event on, without `until` until now; `until` does not belong
    to the window. Times without an offset are local to the `zone`."""

    since: str = ""
    until: str = ""
    zone: str = "UTC"

    def window(self, now: int) -> Window:
        """Raises InvalidRequest."""
        return read_window(self.since, self.until, self.zone, now)

    def bounds(self, window: Window) -> tuple[int | None, int | None]:
        """Those of its window that are given: a list has no others."""
        return window.since if self.since else None, window.until if self.until else None


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def read_zone(name: str) -> str:
    """Raises InvalidRequest."""
    if name not in _zones():
        raise InvalidRequest(f"zone: there is no {name[:60]}. Name one of the IANA list.")
    return name


def read_moment(text: str, name: str, zone: str = "") -> int:
    """Milliseconds since 1970 of a time as `calendar.parse_time` reads it; without a zone it names
    its offset. Raises InvalidRequest."""
    try:
        return calendar.parse_time(text, zone)
    except ValueError as error:
        raise InvalidRequest(f"{name}: {error}") from None


def read_window(since: str, until: str, zone: str, now: int) -> Window:
    """Without `since` from the first event on, without `until` until now. Raises InvalidRequest."""
    read_zone(zone)
    first = read_moment(since, "since", zone) if since else EARLIEST_MS
    # Up to the end of the quarter-hour: that is what rollups know.
    soon = (now // QUARTER_HOUR_MS + 1) * QUARTER_HOUR_MS
    end = read_moment(until, "until", zone) if until else soon
    if end <= first:
        raise InvalidRequest("until: it must be after since. It does not belong to the window.")
    first, end = (min(max(one, EARLIEST_MS), LATEST_MS) for one in (first, end))
    return Window(first, end, zone)


def starts(window: Window, bucket: Bucket, week_start: int) -> Iterator[int]:
    """The `Group.start` of every bucket that has a part in the window, in order."""
    return calendar.starts(window.since, window.until, window.zone, bucket, week_start)


def label(start: int, bucket: Bucket, zone: str) -> str:
    """`2026-07-03` for a day and longer, else `2026-07-03T14:00:00+02:00`."""
    if bucket in OF_DAYS:
        return day_of(start, zone).isoformat()
    return show_local(start, zone)


def show_local(milliseconds: int, zone: str) -> str:
    return local_time(milliseconds, zone).isoformat()


def show_utc(milliseconds: int) -> str:
    """`2026-07-03T14:05:09.123Z`."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
