"""The bodies of the native API's answers as types, for its OpenAPI document. Those that a route
makes as a type of its own are named where they are made."""

from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET

from footfall.core.events import NUMBERS
from footfall.dialects.native.event_body import SHOWN

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
