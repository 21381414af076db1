"""`GET /integrity`: whether the books balance, by source and hour."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from footfall.api.bodies import answer, convert, iso_time
from footfall.api.parts import Parts
from footfall.core.accounts import Caller, Scope
from footfall.core.books import Difference
from footfall.core.calendar import LATEST_MS
from footfall.core.errors import InvalidRequest
from footfall.core.ids import EPOCH_MS, HOUR_MS
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


class IntegrityQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times with their offset, as `calendar.parse_time` reads them."""

    since: str = ""
    until: str = ""


@get("/integrity", opt={"scope": Scope.READ})
async def tell_integrity(
    request: Request[Any, Caller, Any], parts: NamedDependency[SkipValidation[Parts]]
) -> Response[bytes]:
    asked = convert(dict(request.query_params), IntegrityQuery)
    now = parts.clock()
    until = read_time(asked.until, "until", now)
    since = read_time(asked.since, "since", until - WINDOW_MS)
    if since >= until:
        raise InvalidRequest("since must be before until.")
    if until - since > WINDOW_MS_MAX:
        raise InvalidRequest("At most ten years at once.")
    account = request.auth.account.id
    return answer(show(await parts.integrity.close_books(account, since, until), now))


def read_time(text: str, name: str, default: int) -> int:
    """Milliseconds since 1970, from 2025 on: there are no events before. Raises InvalidRequest."""
    if not text:
        return max(default, EPOCH_MS)
    milliseconds = read_moment(text, name)
    if milliseconds > LATEST_MS:
        raise InvalidRequest(f"{name}: {text[:40]!r} is after the year 2100.")
    return max(milliseconds, EPOCH_MS)


def show(books: Account, now: int) -> dict[str, Any]:
    oldest = books.oldest_waiting
    totals: dict[str, Any] = {
        name: sum(getattr(one, name) for one in books.rows) for name in COUNTS
    }
    for name in MAYBE:
        known = [getattr(one, name) for one in books.rows if getattr(one, name) is not None]
        totals[name] = sum(known) if known or not books.rows else None
    return {
        "since": iso_time(books.since * HOUR_MS),
        "until": iso_time(books.until * HOUR_MS),
        "by": "hour" if books.hours == 1 else "day",
        "balanced": books.balanced,
        "answered_since": iso_time(books.answered_since),
        "freshness": {
            "waiting": books.waiting,
            "oldest_waiting_seconds": None if oldest is None else max(0, now - oldest) / 1000,
        },
        "totals": totals,
        "gaps": [_gap(one) for one in books.gaps],
        "rollups": _rollups(books.checked, books.differences),
        "rows": [_row(one) for one in books.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "source": row.source,
        "start": iso_time(row.hour * HOUR_MS),
        "balanced": row.balanced,
        **{name: getattr(row, name) for name in MAYBE},
        **{name: getattr(row, name) for name in COUNTS},
    }


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
