"""`GET /integrity`: whether the books balance, by source and hour."""

from typing import Any, Final, Literal

import msgspec

from footfall.api.bodies import convert, iso_time
from footfall.api.operations import operation
from footfall.core.books import Difference
from footfall.core.calendar import HOUR_MS, LATEST_MS
from footfall.core.errors import InvalidRequest
from footfall.core.ids import EPOCH_MS
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.windows import read_moment
from footfall.integrity.audit import Checked
from footfall.integrity.balance import Gap, Row
from footfall.integrity.integrity import Account

WINDOW_MS: Final = 48 * HOUR_MS
WINDOW_MS_MAX: Final = 3_660 * 24 * HOUR_MS
"""Ten years: by day that is as much as an answer may hold."""

MAYBE: Final = ("answered", "journalled", "unexplained")
"""Null where they are not known."""

COUNTS: Final = ("stored", "waiting", "other", "removed", "unrecorded", "missing")


class BooksQuery(msgspec.Struct, frozen=True):
    since: str = ""
    until: str = ""


class StrictQuery(BooksQuery, frozen=True, forbid_unknown_fields=True):
    """Times with their offset, as `calendar.parse_time` reads them."""


class Freshness(msgspec.Struct, frozen=True):
    waiting: int
    oldest_waiting_seconds: float | None


class BookRow(msgspec.Struct, frozen=True):
    source: str
    start: str
    balanced: bool
    answered: int | None
    journalled: int | None
    stored: int
    waiting: int
    other: int
    removed: int
    unrecorded: int
    missing: int


class ExplainedRow(BookRow, frozen=True):
    """As it is answered."""

    unexplained: int | None


class Books(msgspec.Struct, frozen=True):
    since: str
    until: str
    by: Literal["hour", "day"]
    balanced: bool
    answered_since: str
    freshness: Freshness
    totals: dict[str, int | None]
    gaps: list[dict[str, Any]]
    rollups: dict[str, Any]
    rows: list[BookRow]


@operation(
    "GET /integrity",
    "Whether the books balance, by source and hour",
    query=BooksQuery,
    answer=Books,
)
async def get_integrity(call: Call) -> Books:
    query, now = convert(dict(call.query), StrictQuery), call.now()
    until = read_time(query.until, "until", now)
    since = read_time(query.since, "since", until - WINDOW_MS)
    if since >= until:
        raise InvalidRequest("since must be before until.")
    if until - since > WINDOW_MS_MAX:
        raise InvalidRequest("At most ten years at once.")
    return show(await call.api.parts.integrity.close_books(call.account, since, until), now)


def read_time(text: str, name: str, default: int) -> int:
    """Milliseconds since 1970, from 2025 on: there are no events before. Raises InvalidRequest."""
    if not text:
        return max(default, EPOCH_MS)
    milliseconds = read_moment(text, name)
    if milliseconds > LATEST_MS:
        raise InvalidRequest(f"{name}: {text[:40]!r} is after the year 2100.")
    return max(milliseconds, EPOCH_MS)


def show(books: Account, now: int) -> Books:
    oldest = books.oldest_waiting
    totals: dict[str, int | None] = {
        name: sum(getattr(one, name) for one in books.rows) for name in COUNTS
    }
    for name in MAYBE:
        known = [getattr(one, name) for one in books.rows if getattr(one, name) is not None]
        totals[name] = sum(known) if known or not books.rows else None
    waiting_seconds = None if oldest is None else max(0, now - oldest) / 1000
    return Books(
        since=iso_time(books.since * HOUR_MS),
        until=iso_time(books.until * HOUR_MS),
        by="hour" if books.hours == 1 else "day",
        balanced=books.balanced,
        answered_since=iso_time(books.answered_since),
        freshness=Freshness(books.waiting, waiting_seconds),
        totals=totals,
        gaps=[_gap(one) for one in books.gaps],
        rollups=_rollups(books.checked, books.differences),
        rows=[_row(one) for one in books.rows],
    )


def _row(row: Row) -> ExplainedRow:
    return ExplainedRow(
        source=row.source,
        start=iso_time(row.hour * HOUR_MS),
        balanced=row.balanced,
        **{name: getattr(row, name) for name in (*MAYBE, *COUNTS)},
    )


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "journal": gap.journal,
        "first": gap.first,
        "last": gap.last,
        "missing": gap.missing,
        "after": None if gap.after is None else iso_time(gap.after),
        "before": None if gap.before is None else iso_time(gap.before),
    }


def _rollups(checked: Checked | None, differences: Any) -> dict[str, Any]:
    """`checked_since` null is the very first event."""
    if checked is None or checked.since == checked.until:
        return {"checked_since": None, "checked_until": None, "whole_from": None, "differences": []}
    return {
        "checked_since": iso_time(checked.since * HOUR_MS) if checked.since else None,
        "checked_until": iso_time(checked.until * HOUR_MS),
        "whole_from": iso_time(checked.whole_from * HOUR_MS) if checked.whole_from else None,
        "differences": [_difference(one) for one in differences],
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "table": one.table,
        "hour": iso_time(one.hour * HOUR_MS),
        "expected": one.expected,
        "found": one.found,
        "rows": one.rows,
    }
