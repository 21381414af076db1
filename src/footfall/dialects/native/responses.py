"""The bodies of the native API's answers as types, for its OpenAPI document. Those that a route
makes as a type of its own are named where they are made."""

from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET

from footfall.core.events import NUMBERS
from footfall.dialects.native.event_body import SHOWN
from footfall.dialects.native.windows import WindowShown

# ── events ────────────────────────────────────────────────────────────────────────────────────


def _type(name: str) -> Any:
    if name == "metadata":
        return dict[str, Any]
    return int if name in NUMBERS and name != "id" else str


EventShown: Final = msgspec.defstruct(
    "EventShown", [(name, _type(name), UNSET) for name in SHOWN], frozen=True
)
"""What is empty is left out, and what `fields` does not name. Ids are text."""


class Total(msgspec.Struct, frozen=True):
    events: int
    exact: bool


class EventPage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the page after this one."""

    events: list[EventShown]  # type: ignore[valid-type]
    next: str | None
    as_of: str
    total: Total | None
    policy: int
    policy_applied: bool
    complete: bool
    notes: list[str]


class EventsQuery(msgspec.Struct, frozen=True):
    """`filters` are parameters by column, or `column.operator`."""

    filters: dict[str, str] = {}
    since: str = ""
    until: str = ""
    zone: str = ""
    order: Literal["newest", "oldest"] = "newest"
    fields: str = ""
    limit: int = 100
    cursor: str = ""
    as_of: str = ""
    policy: int | None = None
    total: Literal["auto", "exact", "none"] = "auto"
    format: Literal["json", "ndjson", "csv", "parquet", "arrow"] = "json"
    raw_cells: bool = False


class LiveQuery(msgspec.Struct, frozen=True):
    filters: dict[str, str] = {}
    after: str = ""
    fields: str = ""


class Outcome(msgspec.Struct, frozen=True):
    status: Literal["stored", "duplicate", "refused"]
    id: str = ""
    error: str = ""


class Telling(msgspec.Struct, frozen=True):
    """`events` in the order of the request."""

    stored: int
    duplicates: int
    refused: int
    durable: bool
    events: list[Outcome]


# ── counts ────────────────────────────────────────────────────────────────────────────────────


class ReportShown(msgspec.Struct, frozen=True):
    """`rows` have the dimensions and metrics that were asked for, and `previous`. `sums_of_days`
    names the metrics that count a person once for each UTC day. `time` is null where only the
    window that is compared has a bucket; `partial` is true where its window cuts a bucket, and not
    there otherwise. `relative_error` is the standard error of what is `estimated`, as a part of it:
    99 of 100 answers are within three times as much. 0 is exact, null that nothing is estimated."""

    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    other: dict[str, Any] | None
    omitted: int
    sums_of_days: list[str]
    complete: bool
    notes: list[str]
    window: WindowShown
    previous_window: WindowShown | None
    source: str
    estimated: list[str]
    relative_error: float | None
    rows_read: int
    bytes_read: int
    milliseconds: float
    policy: int
    policy_applied: bool
    as_of: str
    lag_seconds: float


class Reason(msgspec.Struct, frozen=True):
    reason: str
    events: int


class StepShown(msgspec.Struct, frozen=True):
    """What one verdict takes away, and what remains."""

    verdict: str
    events: int
    remaining: int
    reasons: list[Reason]


class Explained(msgspec.Struct, frozen=True):
    """From received to counted to unique. `uniques` are the different visitors of the
    `interactions`: the counted events that a person did, of which `with_visitor` have a visitor.
    null where none has one. `recipients` are those of the counted events that were sent."""

    received: int
    steps: list[StepShown]
    counted: int
    interactions: int
    with_visitor: int
    uniques: int | None
    recipients: int | None
    estimated: list[str]
    relative_error: float | None
    reasons_omitted: int
    sums_of_days: list[str]
    window: WindowShown
    source: str
    rows_read: int
    bytes_read: int
    policy: int
    policy_applied: bool
    as_of: str
    lag_seconds: float
    notes: list[str]


class SchemaShown(msgspec.Struct, frozen=True):
    metrics: dict[str, str]
    dimensions: dict[str, str]
    time: list[str]
    operators: list[str]
    times: list[str]
    order_by: list[str]
    week_start: list[str]
    limits: dict[str, int]
