"""The raw stream: which impressions a request asks for, and its answer.

https://developers.everflow.io, docs/network/reporting/raw_impressions
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET

from footfall.core.accounts import Account
from footfall.core.errors import InvalidRequest
from footfall.core.events import EventKind, Verdict
from footfall.core.ids import from_text, to_text
from footfall.core.queries import AD_COLUMNS, AdQuery, CountQuery, EventFilter, EventQuery
from footfall.dialects.everflow.filters import Among, Query, values_of
from footfall.dialects.everflow.notes import Notes
from footfall.dialects.everflow.nouns import SOURCE
from footfall.dialects.everflow.rows import FIELDS
from footfall.dialects.everflow.shapes import Impression
from footfall.dialects.everflow.zones import Span, SpanRequest, Text

ROWS_MAX: Final = 10_000
DAY_MS: Final = 86_400_000
QUARTER_MS: Final = 900_000

_CURSOR: Final = re.compile(r"([0-9a-z]{13})-([0-9]{1,18})")


class StreamRequest(SpanRequest, frozen=True, kw_only=True):
    """What else clients send is ignored. `cursor`, ours, goes on where an answer ended."""

    query: Query | None = None
    cursor: Text | None = None


class Stream(msgspec.Struct, frozen=True):
    """All but the first are ours. `total_count` counts all that match, on whatever page they are;
    `cursor` is "" when there are no more. `notes` say what of the request is ignored."""

    impressions: list[Impression]
    incomplete_results: bool
    total_count: int
    cursor: str
    notes: Notes = UNSET


class Cursor(msgspec.Struct, frozen=True):
    """Where a page ended, and how many rows its first page told of: they are not counted again."""

    event: int
    total: int

    def write(self) -> str:
        return f"{to_text(self.event)}-{self.total}"


def read_cursor(text: str | None) -> Cursor | None:
    """Raises InvalidRequest."""
    if not text:
        return None
    match = _CURSOR.fullmatch(text)
    event = from_text(match[1]) if match else None
    if match is None or event is None:
        raise InvalidRequest("'cursor' must be the cursor of an answer, or be left out.")
    return Cursor(event, int(match[2]))


def which(account: Account, span: Span, conditions: Mapping[str, Among], now: int) -> EventFilter:
    """The counted impressions of a span of time. What is older than the account keeps raw events
    is gone, also while the store has not removed it yet."""
    offers = conditions.get("offer")
    tracker = None
    if offers is not None and not offers.negated and len(offers.texts) == 1:
        # The events of one tracker lie together: an offer has its tracker's id.
        (only,) = offers.texts
        tracker = int(only) if only.isascii() and only.isdigit() and len(only) <= 16 else None
    return EventFilter(
        account=account.id,
        tracker=tracker,
        sources=(SOURCE,),
        kinds=(EventKind.IMPRESSION,),
        verdicts=(Verdict.COUNTED,),
        values=values_of(conditions, lambda among: not among.negated),
        without=values_of(conditions, lambda among: among.negated),
        since=None if account.raw_days is None else max(0, now - account.raw_days * DAY_MS),
        occurred_since=span.since,
        occurred_until=span.until,
    )


def page_of(wanted: EventFilter, cursor: Cursor | None) -> EventQuery:
    """Newest first."""
    return EventQuery(
        **_as_given(wanted),
        fields=FIELDS,
        cursor=None if cursor is None else cursor.event,
        limit=ROWS_MAX,
    )


def count_of(wanted: EventFilter, newest: int, now: int) -> tuple[AdQuery | None, list[CountQuery]]:
    """What adds up to how many match, up to the newest event that the first page has: the rollup's
    count of the whole quarter-hours that are over, and the events of what is left at both ends.
    Of many rows the rollup reads a fraction; what it does not know is counted in events alone."""
    since, until = wanted.occurred_since, wanted.occurred_until
    assert since is not None
    assert until is not None
    in_events = _as_given(wanted) | {"below": newest + 1}
    first, end = -(-since // QUARTER_MS) * QUARTER_MS, min(until, now) // QUARTER_MS * QUARTER_MS
    known = {*wanted.values, *wanted.without} <= {*AD_COLUMNS}
    # Counts outlive the events that an account keeps for some days only.
    if first >= end or not known or (wanted.since is not None and since < wanted.since):
        return None, [CountQuery(**in_events)]
    whole = AdQuery(
        account=wanted.account,
        since=first,
        until=end,
        sources=wanted.sources,
        values=wanted.values,
        without=wanted.without,
    )
    return whole, [
        CountQuery(**in_events | {"occurred_since": begin, "occurred_until": limit})
        for begin, limit in ((since, first), (end, until))
        if begin < limit
    ]


def _as_given(wanted: EventFilter) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in wanted.__struct_fields__}
