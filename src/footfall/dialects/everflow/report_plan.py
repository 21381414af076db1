"""Aggregated reports: request and answer types, the query of a request, the rows of its answer.

https://developers.everflow.io, docs/network/reporting/aggregated_data
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta
from sqlalchemy.orm import Session

from footfall.core.accounts import Account
from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.errors import InvalidRequest
from footfall.core.queries import AD_COLUMNS, AdGroup, AdQuery, Bucket, Through
from footfall.dialects.everflow import records
from footfall.dialects.everflow.amounts import decimal_text
from footfall.dialects.everflow.columns import REPORT, columns
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.filters import (
    DEVICE_LABELS,
    IDS,
    OF_RESOURCES,
    Query,
    Resolver,
    values_of,
)
from footfall.dialects.everflow.metrics import Reporting, prices_of, reporting
from footfall.dialects.everflow.notes import Notes
from footfall.dialects.everflow.records import SOURCE, Record
from footfall.dialects.everflow.view import view_of
from footfall.dialects.everflow.zones import SpanRequest, read_span, read_zone
from footfall.parsing.country_names import NAMES

COLUMNS_MAX: Final = 10
ROWS_MAX: Final = 10_000
FILE_ROWS_MAX: Final = 50_000
"""A file cannot say that it is cut, so more than these are refused."""

DAYS_MAX: Final = 367

Word = Annotated[str, Meta(max_length=64)]

# ── requests ──────────────────────────────────────────────────────────────────────────────────


class ColumnAsked(msgspec.Struct, frozen=True):
    column: Word


class ReportRequest(SpanRequest, frozen=True, kw_only=True):
    """What else clients send is ignored. Nothing that Footfall counts has a currency."""

    currency_id: Word | None = None
    columns: Annotated[list[ColumnAsked], Meta(max_length=COLUMNS_MAX)] = msgspec.field(
        default_factory=list
    )
    query: Query | None = None


class FileRequest(ReportRequest, frozen=True, kw_only=True):
    """`metrics` are those that the file is to have, all when there are none. `raw_cells` leaves
    text of a CSV as it is, also where a spreadsheet may calculate it."""

    format: Annotated[str, Meta(pattern=r"^(csv|json)$(?!\n)")] = "csv"
    metrics: Annotated[list[Word], Meta(max_length=100)] | None = None
    raw_cells: bool = False


# ── answers ───────────────────────────────────────────────────────────────────────────────────


class Cell(msgspec.Struct, frozen=True):
    column_type: str
    id: str
    label: str


class TableRow(msgspec.Struct, frozen=True):
    columns: list[Cell]
    reporting: Reporting


class Table(msgspec.Struct, frozen=True):
    """`notes`, ours here and in the other answers, say what of the request is ignored."""

    table: list[TableRow]
    incomplete_results: bool
    notes: Notes = UNSET


class Moment(msgspec.Struct, frozen=True):
    """A day, by its first second."""

    unix: int
    reporting: Reporting


class Entity(msgspec.Struct, frozen=True):
    table: list[TableRow]
    performance: list[Moment]
    summary: Reporting
    incomplete_results: bool
    notes: Notes = UNSET


Summary: Final = msgspec.defstruct(
    "Summary", [("notes", Notes, UNSET)], bases=(Reporting,), frozen=True, kw_only=True
)


# ── columns ───────────────────────────────────────────────────────────────────────────────────

TIMES: Final[Mapping[str, tuple[Bucket, str]]] = {
    "unix_timestamp": (Bucket.QUARTER_HOUR, ""),
    "hour": (Bucket.HOUR, "%Y-%m-%d %H:%M"),
    "date": (Bucket.DAY, "%Y-%m-%d"),
    "week": (Bucket.WEEK, "%Y-%m-%d"),
    "month": (Bucket.MONTH, "%Y-%m"),
    "year": (Bucket.YEAR, "%Y"),
}
"""Columns of time: how it is cut, and the form of its label."""

TEXTS: Final = columns(REPORT)
"""Columns that are a text of the events."""

THROUGH: Final[Mapping[str, tuple[str, str, type[Record] | None]]] = {
    **{name: facts for name, facts in OF_RESOURCES.items() if name != "label"},
    "payout_type": ("offer", "payout_type", None),
    "payout_amount": ("offer", "payout", None),
    "revenue_type": ("offer", "revenue_type", None),
    "revenue_amount": ("offer", "revenue", None),
}
"""Columns that an event has through one of its resources, as that is now."""

ABSENT: Final = ("dma", "carrier")
"""Columns of which Footfall knows nothing: their id and label are empty."""

COLUMNS: Final = (
    *(*IDS, *THROUGH, *TEXTS, "country", "device_type", "tracking_domain", "network"),
    *(*ABSENT, *TIMES),
)

ToCell = Callable[[str], tuple[str, str]]
"""From a value to the id and label of its cell."""


def resource_of(name: str) -> type[Record] | None:
    """Whose name a column shows, if any."""
    return IDS[name][1] if name in IDS else THROUGH[name][2] if name in THROUGH else None


class Plan(msgspec.Struct, frozen=True):
    """`query` is the event store's, None when no event can match. `by` is the value of a group that
    each column shows: None for what no event has, and for times."""

    query: AdQuery | None
    names: tuple[str, ...]
    by: tuple[str | Through | None, ...]
    zone: ZoneInfo

    def of(self, by: Sequence[str | Through], bucket: Bucket | None, limit: int) -> AdQuery | None:
        if self.query is None:
            return None
        return msgspec.structs.replace(self.query, by=tuple(by), bucket=bucket, limit=limit)

    def table(self, limit: int) -> AdQuery | None:
        times = [TIMES[name][0] for name in self.names if name in TIMES]
        return self.of([one for one in self.by if one], times[0] if times else None, limit)


def plan(call: Call, request: ReportRequest) -> Plan:
    """The rollups count by quarter-hours, so a span begins and ends with one. Raises
    InvalidRequest."""
    view, names = view_of(call), tuple(one.column for one in request.columns)
    view.check(request.query, names)
    zone = read_zone(request.timezone_id)
    span = read_span(request.from_, request.to, zone, DAYS_MAX, by_quarters=True)
    with call.reading() as session:
        conditions = view.confine(Resolver(session, view.account).conditions(request.query))
        for name in names:
            if name not in COLUMNS:
                raise InvalidRequest(f"Unknown column '{name}'. There are: {', '.join(COLUMNS)}.")
        if sum(name in TIMES for name in set(names)) > 1:
            raise InvalidRequest(f"columns: only one of {', '.join(TIMES)} at a time.")
        query = None
        if conditions is not None:
            if strange := sorted(set(conditions) - set(AD_COLUMNS)):
                raise InvalidRequest(
                    f"Reports cannot be filtered by {', '.join(strange)}: ask the raw stream."
                )
            query = AdQuery(
                account=call.account,
                since=span.since // QUARTER_HOUR_MS * QUARTER_HOUR_MS,
                until=-(-span.until // QUARTER_HOUR_MS) * QUARTER_HOUR_MS,
                zone=zone.key,
                sources=(SOURCE,),
                prices=prices_of(session, call.account),
                **values_of(conditions),
            )
        by = tuple(_by(session, call.account, name) for name in names)
    return Plan(query=query, names=names, by=by, zone=zone)


def _by(session: Session, account: int, name: str) -> str | Through | None:
    if name in IDS:
        return IDS[name][0]
    if name in TEXTS:
        return TEXTS[name]
    if name in THROUGH:
        column, attribute, _ = THROUGH[name]
        rows = records.rows_of(session, IDS[column][1], account)
        return Through(column, {str(row.id): _text(getattr(row, attribute)) for row in rows})
    return {"country": "country", "device_type": "device"}.get(name)


def _text(value: object) -> str:
    if isinstance(value, float):
        return decimal_text(value)
    return "" if value is None else str(value)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


def table_rows(call: Call, planned: Plan, groups: Sequence[AdGroup]) -> list[TableRow]:
    host, own = urlsplit(call.api.public_base).netloc, view_of(call).affiliate != 0
    with call.reading() as session:
        columns = _columns(session, call.caller.account, planned, groups, host)
    return [
        TableRow(
            [
                Cell(name, *column[number])
                for name, column in zip(planned.names, columns, strict=True)
            ],
            reporting(group.counts, for_affiliate=own),
        )
        for number, group in enumerate(groups)
    ]


def _columns(
    session: Session, account: Account, planned: Plan, groups: Sequence[AdGroup], host: str
) -> list[list[tuple[str, str]]]:
    """Id and label of every cell. `host` is that of the tracking links."""
    columns: list[list[tuple[str, str]]] = []
    place = 0
    for name, by in zip(planned.names, planned.by, strict=True):
        if name in TIMES:
            columns.append([_time(name, group.start, planned.zone) for group in groups])
            continue
        values = [""] * len(groups)
        if by is not None:
            values = [group.values[place] for group in groups]
            place += 1
        to_cell = _to_cell(session, account, name, values, host)
        columns.append([to_cell(value) for value in values])
    return columns


def _time(name: str, start: int, zone: ZoneInfo) -> tuple[str, str]:
    unix = str(start // 1000)
    form = TIMES[name][1]
    return unix, datetime.fromtimestamp(start // 1000, zone).strftime(form) if form else unix


def _to_cell(
    session: Session, account: Account, name: str, values: Sequence[str], host: str
) -> ToCell:
    if (named := resource_of(name)) is not None:
        ids = {int(value) for value in set(values) if value.isascii() and value.isdigit()}
        found = records.find_all(session, named, account.id, ids)
        labels = {str(id): row.name for id, row in found.items()}
        return lambda value: (value or "0", labels.get(value, ""))
    if name == "country":
        return lambda value: (value, NAMES.get(value, value))
    if name == "device_type":
        return lambda value: (DEVICE_LABELS.get(value, value),) * 2
    if name == "tracking_domain":
        return lambda _: ("1", host)
    if name == "network":
        return lambda _: (str(account.id), account.name)
    return lambda value: (value, value)
