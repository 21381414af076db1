"""Aggregated reports, as JSON and as files.

https://developers.everflow.io, docs/network/reporting/aggregated_data
"""

import asyncio
import csv
import io
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import Response

from footfall.api.files import guarded
from footfall.api.operations import Operation, operation
from footfall.core.errors import InvalidRequest, TooLarge
from footfall.core.queries import AdCounts, AdGroup, AdQuery, AdReport, Bucket
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.filters import Resolver
from footfall.dialects.everflow.metrics import as_affiliate, prices_of, reporting
from footfall.dialects.everflow.notes import header_of, read_notes
from footfall.dialects.everflow.report_plan import (
    DAYS_MAX,
    FILE_ROWS_MAX,
    METRICS,
    ROWS_MAX,
    Entity,
    FileRequest,
    Moment,
    Plan,
    Reporting,
    ReportRequest,
    Summary,
    Table,
    TableRow,
    plan,
    resource_of,
    table_rows,
)
from footfall.dialects.everflow.view import OPTIONS, view_of
from footfall.dialects.everflow.zones import read_span, read_zone

REPORTING: Final = "/reporting/entity"
EMPTY: Final = AdReport([], incomplete=False)


def _for_both(
    path: str, summary: str, **more: Any
) -> Callable[[Callable[..., Any]], tuple[Operation, ...]]:
    """Makes two operations of a handler: for networks, and for affiliates."""

    def make(handle: Callable[..., Any]) -> tuple[Operation, ...]:
        return tuple(
            operation(f"POST {prefix}{REPORTING}{path}", summary, options=options, **more)(handle)
            for prefix, options in OPTIONS.items()
        )

    return make


@_for_both("", "A report: table, days and sum", body=ReportRequest, answer=Entity)
async def report_entity(call: Call, body: ReportRequest, raw: bytes) -> bytes:
    """A table, its days and its sum."""
    notes = await read_notes(call, body, raw)
    planned = await asyncio.to_thread(_plan, call, _with_columns(body))
    table, days, total = await asyncio.gather(
        _counts(call, planned.table(ROWS_MAX)),
        _counts(call, planned.of((), Bucket.DAY, ROWS_MAX)),
        _counts(call, planned.of((), None, 1)),
    )

    def encode() -> bytes:
        """By a thread, as every large answer: scans do not wait for it."""
        rows, reported = _rows(call, planned, table.groups), _reporting(call)
        performance = [Moment(day.start // 1000, reported(day.counts)) for day in days.groups]
        entity = Entity(rows, performance, reported(_sum(total)), table.incomplete, notes)
        return msgspec.json.encode(entity)

    return await asyncio.to_thread(encode)


@_for_both("/table", "The table of a report", body=ReportRequest, answer=Table)
async def report_table(call: Call, body: ReportRequest, raw: bytes) -> bytes:
    """The table alone."""
    notes = await read_notes(call, body, raw)
    planned = await asyncio.to_thread(_plan, call, _with_columns(body))
    table = await _counts(call, planned.table(ROWS_MAX))

    def encode() -> bytes:
        rows = _rows(call, planned, table.groups)
        return msgspec.json.encode(Table(rows, table.incomplete, notes))

    return await asyncio.to_thread(encode)


@_for_both("/summary", "The sum of a report", body=ReportRequest, answer=Summary)
async def report_summary(call: Call, body: ReportRequest, raw: bytes) -> Summary:
    """The sum alone: columns change nothing."""
    notes = await read_notes(call, body, raw)
    planned = await asyncio.to_thread(_plan, call, body)
    metrics = _reporting(call)(_sum(await _counts(call, planned.of((), None, 1))))
    return Summary(**msgspec.structs.asdict(metrics), notes=notes)


@_for_both(
    "/table/export",
    "The table as a file",
    body=FileRequest,
    media_type="text/csv",
    also=("application/json",),
)
async def export_table(call: Call, body: FileRequest, raw: bytes) -> Response[bytes]:
    """The table as a file. Raises TooLarge when it would be cut."""
    notes = await read_notes(call, body, raw)
    metrics = body.metrics or list(METRICS)
    if unknown := [name for name in metrics if name not in METRICS]:
        raise InvalidRequest(f"Unknown metric '{unknown[0]}'. There are: {', '.join(METRICS)}.")
    planned = await asyncio.to_thread(_plan, call, _with_columns(body))
    table = await _counts(call, planned.table(FILE_ROWS_MAX))
    if table.incomplete:
        raise TooLarge(
            f"The file would have more than {FILE_ROWS_MAX} rows: ask for a shorter interval, "
            "fewer columns or more filters."
        )
    rows = await asyncio.to_thread(_rows, call, planned, table.groups)
    write = partial(_csv, raw=body.raw_cells) if body.format == "csv" else _json
    name = f"report-{body.from_.strip()[:10]}-{body.to.strip()[:10]}.{body.format}"
    return Response(
        await asyncio.to_thread(write, planned, rows, metrics),
        media_type="text/csv" if body.format == "csv" else "application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            **header_of(notes),
        },
    )


def _with_columns(body: ReportRequest) -> ReportRequest:
    if not body.columns:
        raise InvalidRequest('columns: there must be 1 to 10, as [{"column": "offer"}].')
    return body


def _plan(call: Call, body: ReportRequest) -> Plan:
    """Raises InvalidRequest."""
    view = view_of(call)
    view.check(body.query, [one.column for one in body.columns])
    account = view.account
    with call.reading() as session:
        zone = read_zone(body.timezone_id)
        span = read_span(body.from_, body.to, zone, DAYS_MAX, by_quarters=True)
        conditions = view.confine(Resolver(session, account).conditions(body.query))
        prices = prices_of(session, account.id)
        return plan(session, account.id, body, span, zone, conditions, prices)


async def _counts(call: Call, query: AdQuery | None) -> AdReport:
    return EMPTY if query is None else await call.api.parts.reader.ad_report(query)


def _reporting(call: Call) -> Callable[[AdCounts], Reporting]:
    """How the caller sees counts."""
    if view_of(call).affiliate:
        return lambda counts: as_affiliate(reporting(counts))
    return reporting


def _sum(report: AdReport) -> AdCounts:
    return report.groups[0].counts if report.groups else AdCounts()


def _rows(call: Call, planned: Plan, groups: list[AdGroup]) -> list[TableRow]:
    host = urlsplit(call.api.public_base).netloc
    with call.reading() as session:
        return table_rows(session, call.caller.account, planned, groups, host, _reporting(call))


# ── files ─────────────────────────────────────────────────────────────────────────────────────


def _csv(planned: Plan, rows: list[TableRow], metrics: list[str], *, raw: bool) -> bytes:
    """Of what has a name the id stands before it. Unless `raw`, a text that a spreadsheet would
    calculate has a `'` before it, which makes it a text there too."""
    named = [resource_of(name) is not None or name == "network" for name in planned.names]
    text = io.StringIO(newline="")
    file = csv.writer(text)
    heads = (
        [f"{name}_id"] * both + [name] for name, both in zip(planned.names, named, strict=True)
    )
    file.writerow([*(head for some in heads for head in some), *metrics])
    for row in rows:
        cells = (
            [cell.id] * both + [cell.label] for cell, both in zip(row.columns, named, strict=True)
        )
        counts = (getattr(row.reporting, name) for name in metrics)
        texts = (cell if raw else guarded(cell) for some in cells for cell in some)
        file.writerow([*texts, *counts])
    return text.getvalue().encode()


def _json(_: Plan, rows: list[TableRow], metrics: list[str]) -> bytes:
    table = [
        {
            "columns": row.columns,
            "reporting": {name: getattr(row.reporting, name) for name in metrics},
        }
        for row in rows
    ]
    return msgspec.json.encode({"table": table, "incomplete_results": False})
