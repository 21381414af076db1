"""Raw rows: request and answer types, and the queries of a request, as a stream and by pages.

https://developers.everflow.io, docs/network/reporting/raw_impressions, raw_clicks
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, structs

from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.errors import InvalidRequest
from footfall.core.events import EventKind, Verdict
from footfall.core.ids import from_text, to_text
from footfall.core.queries import (
    AD_COLUMNS,
    AdCounts,
    AdQuery,
    EventFilter,
    EventQuery,
)
from footfall.core.reports import ReportQuery, counting
from footfall.dialects.everflow.filters import ANYTHING, Among, Query, values_of
from footfall.dialects.everflow.notes import Notes
from footfall.dialects.everflow.records import SOURCE
from footfall.dialects.everflow.resources import Paging
from footfall.dialects.everflow.rows import CONVERSION_FIELDS, FIELDS
from footfall.dialects.everflow.shapes import (
    AffiliateClick,
    AffiliateConversion,
    Click,
    Conversion,
    Impression,
)
from footfall.dialects.everflow.zones import DAYS_MAX, Span, SpanRequest, Text

ROWS_MAX: Final = 10_000

PageNumber = Annotated[int, Meta(ge=1, le=1 << 31)]

_CURSOR: Final = re.compile(r"([0-9a-z]{13})-([0-9]{1,18})")


class StreamRequest(SpanRequest, frozen=True, kw_only=True):
    """What else clients send is ignored. `cursor`, ours, goes on where an answer ended."""

    query: Query | None = None
    cursor: Text | None = None


class PageRequest(SpanRequest, frozen=True, kw_only=True):
    """`page` and `page_size` may stand in the body too; what the path has counts."""

    query: Query | None = None
    page: PageNumber | None = None
    page_size: PageNumber | None = None


class ConversionRequest(PageRequest, frozen=True, kw_only=True):
    """`show_conversions` asks for conversions, `show_events` for the events after them."""

    show_conversions: bool = True
    show_events: bool = False


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Rows are ordered by time, whatever `order_field` says."""

    page: PageNumber | None = None
    page_size: PageNumber | None = None
    order_field: Text | None = None
    order_direction: Literal["asc", "desc"] = "desc"


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """All but the rows, which have a name of their own, are ours. `total_count` counts all that
    match, on whatever page they are; `cursor` is "" when there are no more. `notes` say what of
    the request is ignored."""

    incomplete_results: bool
    total_count: int
    cursor: str
    notes: Notes = UNSET


class RawPage(msgspec.Struct, frozen=True, kw_only=True):
    """`notes` are ours."""

    paging: Paging
    notes: Notes = UNSET


class RawRows(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A kind of rows: which events they are, how an answer shows them, and how many of them are in
    the counts of a report. `key` names them in an answer."""

    key: str
    kind: EventKind
    verdicts: tuple[Verdict, ...]
    counted: Callable[[AdCounts], int]
    row: type[msgspec.Struct]
    fields: tuple[str, ...] = FIELDS
    request: type[PageRequest] = PageRequest
    days_max: int = DAYS_MAX
    rows_max: int = ROWS_MAX

    @cached_property
    def stream(self) -> Any:
        return self._answer(Stream)

    @cached_property
    def page(self) -> Any:
        return self._answer(RawPage)

    def _answer(self, base: type[Stream] | type[RawPage]) -> Any:
        """The type, such as ClickStream."""
        rows: Any = list[self.row]  # type: ignore[name-defined]
        name = self.row.__name__ + base.__name__.removeprefix("Raw")
        return msgspec.defstruct(name, [(self.key, rows)], bases=(base,), frozen=True, kw_only=True)


IMPRESSIONS: Final = RawRows(
    key="impressions",
    kind=EventKind.IMPRESSION,
    verdicts=(Verdict.COUNTED,),
    counted=lambda counts: counts.impressions,
    row=Impression,
)
CLICKS: Final = RawRows(
    key="clicks",
    kind=EventKind.CLICK,
    verdicts=(Verdict.COUNTED, Verdict.DUPLICATE, Verdict.REPEAT),
    counted=lambda counts: counts.clicks + counts.duplicate_clicks,
    row=Click,
)
"""Those of `total_click`: a repeated one is in it, that of a bot is not."""
CONVERSIONS: Final = RawRows(
    key="conversions",
    kind=EventKind.CONVERSION,
    verdicts=(Verdict.COUNTED,),
    counted=lambda counts: counts.conversions + counts.goals,
    row=Conversion,
    fields=CONVERSION_FIELDS,
    request=ConversionRequest,
    days_max=366,
)


AFFILIATES_CLICKS: Final = structs.replace(CLICKS, row=AffiliateClick, rows_max=5_000)
AFFILIATES_CONVERSIONS: Final = structs.replace(CONVERSIONS, row=AffiliateConversion)


class Cursor(msgspec.Struct, frozen=True):
    """Where a page ended, and how many rows its first page counted: they are not counted again."""

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


def of_goals(request: PageRequest, conditions: Mapping[str, Among]) -> Mapping[str, Among] | None:
    """With the condition of `show_conversions` and `show_events`; None when neither is wanted."""
    if not isinstance(request, ConversionRequest):
        return conditions
    wanted = conditions.get("goal", ANYTHING)
    if not request.show_events:
        wanted &= Among(frozenset({""}))
    if not request.show_conversions:
        wanted &= Among(frozenset({""}), True)
    if wanted.impossible:
        return None
    return conditions if wanted.anything else {**conditions, "goal": wanted}


def which(
    kept: EventFilter,
    span: Span,
    conditions: Mapping[str, Among],
    rows: RawRows = IMPRESSIONS,
) -> EventFilter:
    """The rows of a span of time, of the events that an account keeps."""
    offers = conditions.get("offer")
    tracker = None
    if offers is not None and not offers.negated and len(offers.texts) == 1:
        # The events of one tracker lie together: an offer has its tracker's id.
        (only,) = offers.texts
        tracker = int(only) if only.isascii() and only.isdigit() and len(only) <= 16 else None
    return EventFilter(
        account=kept.account,
        tracker=tracker,
        sources=(SOURCE,),
        kinds=(rows.kind,),
        verdicts=rows.verdicts,
        **values_of(conditions),
        since=kept.since,
        occurred_since=max(span.since, kept.occurred_since or 0),
        occurred_until=span.until,
    )


def page_of(wanted: EventFilter, cursor: Cursor | None = None, **more: Any) -> EventQuery:
    """Newest first; `more` are fields of the query."""
    after = None if cursor is None else cursor.event
    return EventQuery(**{**structs.asdict(wanted), "cursor": after, **more})


def count_of(
    wanted: EventFilter, newest: int, now: int
) -> tuple[AdQuery | None, list[ReportQuery]]:
    """What adds up to how many match, up to the newest event that the first page has: the rollup's
    count of the whole quarter-hours that are over, and the events of what is left at both ends.
    Of many rows the rollup reads a fraction; what it does not know is counted in events alone."""
    since, until = wanted.occurred_since, wanted.occurred_until
    assert since is not None
    assert until is not None
    in_events = structs.asdict(wanted) | {"below": newest + 1}
    first, end = (
        -(-since // QUARTER_HOUR_MS) * QUARTER_HOUR_MS,
        min(until, now) // QUARTER_HOUR_MS * QUARTER_HOUR_MS,
    )
    known = {*wanted.values, *wanted.without} <= {*AD_COLUMNS}
    # Counts outlive the events that an account keeps for some days only.
    if first >= end or not known or (wanted.since is not None and since < wanted.since):
        return None, [counting(EventFilter(**in_events))]
    whole = AdQuery(
        account=wanted.account,
        since=first,
        until=end,
        sources=wanted.sources,
        values=wanted.values,
        without=wanted.without,
    )
    return whole, [
        counting(EventFilter(**in_events | {"occurred_since": begin, "occurred_until": limit}))
        for begin, limit in ((since, first), (end, until))
        if begin < limit
    ]
