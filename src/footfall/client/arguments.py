"""What may be queried, and how it is written: filters, times, the fields of a report."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypedDict

Value = str | int | float | bool
Values = Value | Sequence[Value]
Filters = Mapping[str, Values]
"""By column, or `column.operator`: a value, or several of which any may be there."""

Order = Literal["newest", "oldest"]

Moment = str | date | datetime
"""Text is ISO 8601. Without an offset it is local time of the zone."""


class Selection(TypedDict, total=False):
    """Which events: `filters` in a window of occurrence, [since, until)."""

    filters: Filters
    since: Moment
    until: Moment
    zone: str


class Explained(Selection, total=False):
    """`as_of` is the id of an event: nothing received after it counts. `policy` is the number of
    an earlier one, whose verdicts are taken."""

    as_of: str
    policy: int


class ReportArguments(Explained, total=False):
    """A report: at most three dimensions, each a column or `{"time": "day"}`."""

    metrics: Sequence[str | Mapping[str, Any]]
    dimensions: Sequence[str | Mapping[str, str]]
    week_start: str
    top: int
    compare: Literal["previous", "year", "year_by_weekday"] | Mapping[str, str]
    fill: bool
    order_by: str


class Wanted(Selection, total=False):
    """What an export holds. `raw_cells` leaves text of a CSV that a spreadsheet would calculate."""

    format: Literal["ndjson", "csv", "parquet"]
    fields: Sequence[str]
    raw_cells: bool


class Rules(TypedDict, total=False):
    """Text that makes a user agent a bot's, or a person's; networks whose visits are our own."""

    bots: Sequence[str]
    not_bots: Sequence[str]
    internal: Sequence[str] | None


class Previewed(TypedDict, total=False):
    """`rules`, or the number of a `policy`."""

    rules: Rules
    policy: int
    since: Moment
    until: Moment
    zone: str


class TrackerFields(TypedDict, total=False):
    name: str
    kind: str
    slug: str
    destination: str | None
    references: Mapping[str, str]
    metadata: Mapping[str, Any]
    paused: bool
    privacy: str | None


def write_moment(moment: Moment) -> str:
    return moment if isinstance(moment, str) else moment.isoformat()


def write_body(given: Mapping[str, Any]) -> dict[str, Any]:
    """A given as the body of a request."""
    body = dict(given)
    for name in ("since", "until"):
        if body.get(name) is not None:
            body[name] = write_moment(body[name])
    return body


def write_query(filters: Filters, columns: Mapping[str, Values]) -> Iterable[tuple[str, str]]:
    """Filters as parameters. Of `columns`, given by keyword, `__` stands for the dot."""
    for name, values in {**filters, **_dotted(columns)}.items():
        several = values if isinstance(values, list | tuple | set) else [values]
        for value in several:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _dotted(columns: Mapping[str, Values]) -> dict[str, Values]:
    return {name.replace("__", "."): values for name, values in columns.items()}
