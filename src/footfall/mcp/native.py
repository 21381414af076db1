"""The native API's tools: first what can be queried, then reports, events and explanations."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from footfall.core.accounts import Scope
from footfall.mcp.tools import Arguments, Nothing, Scalar, Tool

Moment = Annotated[
    str, Meta(description="ISO 8601 date or time, local to `zone` unless it names an offset.")
]
Zone = Annotated[str, Meta(description="An IANA name such as Europe/Berlin; UTC by default.")]
Filters = Annotated[
    dict[str, Scalar | list[Scalar]],
    Meta(
        description="By column: a value, or a list of which any may be there. `column.not`, "
        "`.prefix`, `.contains`, `.present`, `.from`, `.to`; `metadata.a.b` for a path inside. "
        'As {"country": ["DE", "AT"], "verdict": "counted", "metadata.store": "7"}.'
    ),
]


class Report(Arguments, frozen=True):
    metrics: (
        Annotated[list[str | dict[str, Any]], Meta(description="From get_report_schema; counted.")]
        | UnsetType
    ) = UNSET
    dimensions: (
        Annotated[
            list[str | dict[str, Any]],
            Meta(description='At most three: a column, or {"time": "day"}.'),
        ]
        | UnsetType
    ) = UNSET
    since: Moment | UnsetType = UNSET
    until: Moment | UnsetType = UNSET
    zone: Zone | UnsetType = UNSET
    week_start: Annotated[str, Meta(description="monday by default.")] | UnsetType = UNSET
    filters: Filters | UnsetType = UNSET
    top: Annotated[int, Meta(ge=1, description="Groups; the rest is in `other`.")] | UnsetType = (
        UNSET
    )
    compare: (
        Annotated[str, Meta(description="previous, year or year_by_weekday.")]
        | dict[str, str]
        | UnsetType
    ) = UNSET
    fill: (
        Annotated[bool, Meta(description="Buckets without events too (true by default).")]
        | UnsetType
    ) = UNSET
    order_by: Annotated[str, Meta(description="A metric of this report.")] | UnsetType = UNSET


class Events(Arguments, frozen=True):
    filters: Filters | UnsetType = UNSET
    since: Moment | UnsetType = UNSET
    until: Moment | UnsetType = UNSET
    zone: Zone | UnsetType = UNSET
    order: Literal["newest", "oldest"] | UnsetType = UNSET
    fields: (
        Annotated[str, Meta(description="Columns with commas between; all by default.")] | UnsetType
    ) = UNSET
    limit: Annotated[int, Meta(ge=1, le=10_000, description="20 by default.")] = 20
    cursor: Annotated[str, Meta(description="`cut.next` of the answer before.")] | UnsetType = UNSET
    as_of: (
        Annotated[str, Meta(description="`fresh.as_of` of an answer: nothing received later.")]
        | UnsetType
    ) = UNSET
    total: Literal["auto", "exact", "none"] | UnsetType = UNSET


class Explained(Arguments, frozen=True):
    since: Moment | UnsetType = UNSET
    until: Moment | UnsetType = UNSET
    zone: Zone | UnsetType = UNSET
    filters: Filters | UnsetType = UNSET


Instant = Annotated[str, Meta(description="ISO 8601 with an offset, as 2026-07-03T14:00:00Z.")]


class Books(Arguments, frozen=True):
    since: Instant | UnsetType = UNSET
    until: Instant | UnsetType = UNSET


class IngestArguments(Arguments, frozen=True):
    events: Annotated[
        list[dict[str, Any]],
        Meta(
            description="Each with `kind`, and an `id` of your own so that it is stored once; "
            "docs/native.md has the other fields."
        ),
    ]


TOOLS: Final = (
    Tool(
        name="get_report_schema",
        description="What can be queried: metrics, dimensions, operators and buckets. Call this "
        "first.",
        arguments=Nothing,
        path="/reports/schema",
    ),
    Tool(
        name="run_report",
        description="Counts of events by up to three dimensions, of any window in any time zone. "
        "Numbers count what people did: explain_count shows what was left out and why.",
        arguments=Report,
        method="POST",
        path="/reports",
        rows="rows",
    ),
    Tool(
        name="list_events",
        description="Single events with every column, newest first, of any verdict.",
        arguments=Events,
        path="/events",
        spread="filters",
        rows="events",
        next="next",
    ),
    Tool(
        name="explain_count",
        description="From received to counted to unique: how many events each verdict took away, "
        "with the reasons. Filters must not name the verdict: that is what is explained.",
        arguments=Explained,
        method="POST",
        path="/counts/explain",
    ),
    Tool(
        name="get_integrity",
        description="Whether every event that was answered is stored: the account's books by "
        "source and hour, the last 48 hours by default.",
        arguments=Books,
        path="/integrity",
        rows="rows",
    ),
    Tool(
        name="ingest_events",
        description="Store events that somebody else observed, 10,000 at most. An event whose id "
        "was sent before is not stored again.",
        arguments=IngestArguments,
        scope=Scope.CAPTURE,
        method="POST",
        path="/events",
        whole="events",
    ),
)
