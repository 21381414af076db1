"""`GET /integrity`: whether the books balance, by source and hour."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from footfall.api.bodies import convert, iso_time
from footfall.api.fields import body_of
from footfall.api.operations import operation
from footfall.core import books
from footfall.core.calendar import HOUR_MS, LATEST_MS
from footfall.core.errors import InvalidRequest
from footfall.core.ids import EPOCH_MS
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.windows import read_moment
from footfall.integrity.audit import Checked
from footfall.integrity.integrity import Account

WINDOW_MS: Final = 48 * HOUR_MS
WINDOW_MS_MAX: Final = 3_660 * 24 * HOUR_MS
"""Ten years: by day that is as much as an answer may hold."""

MAYBE: Final = ("answered", "journalled", "unexplained")
"""Null where they are not known."""

COUNTS: Final = ("stored", "waiting", "other", "removed", "unrecorded", "missing")


class BooksQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times with their offset, as `calendar.parse_time` reads them."""

    since: str = ""
    until: str = ""


class Freshness(msgspec.Struct, frozen=True):
    waiting: int
    oldest_waiting_seconds: float | None


class BookRow(msgspec.Struct, frozen=True):
    """`null` is not known. Of the `removed`, no receipt explains those that are `unexplained`."""

    source: str
    start: str
    balanced: bool
    answered: int | None
    journalled: int | None
    unexplained: int | None
    stored: int
    waiting: int
    other: int
    removed: int
    unrecorded: int
    missing: int


class Gap(msgspec.Struct, frozen=True):
    """Groups of a journal that never entered the event store: `missing` of those from `first` to
    `last`, written between `after` and `before`, null where that is not known."""

    journal: str
    first: int
    last: int
    missing: int
    after: str | None
    before: str | None


class Difference(msgspec.Struct, frozen=True):
    """A table that does not hold what the raw rows of an hour say, in `rows` rows."""

    table: str
    hour: str
    expected: int
    found: int
    rows: int


class Rollups(msgspec.Struct, frozen=True):
    """How far counts are compared with the raw rows. `checked_since` null is the first event, or
    nothing yet where `checked_until` is null too; before `whole_from` nothing can be compared."""

    checked_since: str | None
    checked_until: str | None
    whole_from: str | None
    differences: list[Difference]


class Books(msgspec.Struct, frozen=True):
    since: str
    until: str
    by: Literal["hour", "day"]
    balanced: bool
    answered_since: str
    freshness: Freshness
    totals: dict[str, int | None]
    gaps: list[Gap]
    rollups: Rollups
    rows: list[BookRow]


@operation(
    "GET /integrity",
    "Whether the books balance, by source and hour",
    query=BooksQuery,
    answer=Books,
)
async def get_integrity(call: Call) -> Books:
    query, now = convert(dict(call.query), BooksQuery), call.now()
    until = read_time(query.until, "until", now)
    since = read_time(query.since, "since", until - WINDOW_MS)
    if since >= until:
        raise InvalidRequest("since must be before until.")
    if until - since > WINDOW_MS_MAX:
        raise InvalidRequest("At most ten years at once.")
    return _body(await call.api.parts.integrity.close_books(call.account, since, until), now)


def read_time(text: str, name: str, default: int) -> int:
    """Milliseconds since 1970, from 2025 on: there are no events before. Raises InvalidRequest."""
    if not text:
        return max(default, EPOCH_MS)
    milliseconds = read_moment(text, name)
    if milliseconds > LATEST_MS:
        raise InvalidRequest(f"{name}: {text[:40]!r} is after the year 2100.")
    return max(milliseconds, EPOCH_MS)


def _body(account: Account, now: int) -> Books:
    oldest = account.oldest_waiting
    totals: dict[str, int | None] = {
        name: sum(getattr(one, name) for one in account.rows) for name in COUNTS
    }
    for name in MAYBE:
        known = [getattr(one, name) for one in account.rows if getattr(one, name) is not None]
        totals[name] = sum(known) if known or not account.rows else None
    waiting_seconds = None if oldest is None else max(0, now - oldest) / 1000
    return Books(
        since=iso_time(account.since * HOUR_MS),
        until=iso_time(account.until * HOUR_MS),
        by="hour" if account.hours == 1 else "day",
        balanced=account.balanced,
        answered_since=iso_time(account.answered_since),
        freshness=Freshness(account.waiting, waiting_seconds),
        totals=totals,
        gaps=[
            body_of(Gap, one, after=_time(one.after), before=_time(one.before))
            for one in account.gaps
        ],
        rollups=_rollups(account.checked, account.differences),
        rows=[body_of(BookRow, one, start=iso_time(one.hour * HOUR_MS)) for one in account.rows],
    )


def _rollups(checked: Checked | None, differences: Sequence[books.Difference]) -> Rollups:
    if checked is None or checked.since == checked.until:
        return Rollups(None, None, None, [])
    return Rollups(
        checked_since=_hour(checked.since),
        checked_until=_hour(checked.until),
        whole_from=_hour(checked.whole_from),
        differences=[body_of(Difference, one, hour=_hour(one.hour)) for one in differences],
    )


def _hour(hour: int) -> str | None:
    return iso_time(hour * HOUR_MS) if hour else None


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else iso_time(milliseconds)
