"""Aggregated reports, as JSON and as files.

https://developers.everflow.io, docs/network/reporting/aggregated_data
"""

import asyncio
import csv
import io
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from litestar import Response

from footfall.api.files import guarded
from footfall.api.notes import header_of
from footfall.api.operations import Operation, operation
from footfall.core.errors import InvalidRequest, TooLarge
from footfall.core.queries import AdCounts, AdGroup, AdQuery, AdReport, Bucket
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.metrics import METRICS, reporting
from footfall.dialects.everflow.notes import read_notes
from footfall.dialects.everflow.report_plan import (
    FILE_ROWS_MAX,
    ROWS_MAX,
    Entity,
    FileRequest,
    Moment,
    Plan,
    ReportRequest,
    Summary,
    Table,
    TableRow,
    plan,
    resource_of,
    table_rows,
)
from footfall.dialects.everflow.view import OPTIONS, view_of

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
    planned = await asyncio.to_thread(plan, call, _with_columns(body))
    table, days, total = await asyncio.gather(
        _counts(call, planned.table(ROWS_MAX)),
        _counts(call, planned.of((), Bucket.DAY, ROWS_MAX)),
        _counts(call, planned.of((), None, 1)),
    )

    def encode() -> bytes:
        """By a thread, as every large answer: scans do not wait for it."""
        rows = table_rows(call, planned, table.groups)
        performance = [Moment(day.start // 1000, _reporting(call, day)) for day in days.groups]
        summary = _reporting(call, *total.groups)
        return msgspec.json.encode(Entity(rows, performance, summary, table.incomplete, notes))

    return await asyncio.to_thread(encode)


@_for_both("/table", "The table of a report", body=ReportRequest, answer=Table)
async def report_table(call: Call, body: ReportRequest, raw: bytes) -> bytes:
    """The table alone."""
    notes = await read_notes(call, body, raw)
    planned = await asyncio.to_thread(plan, call, _with_columns(body))
    table = await _counts(call, planned.table(ROWS_MAX))

    def encode() -> bytes:
        rows = table_rows(call, planned, table.groups)
        return msgspec.json.encode(Table(rows, table.incomplete, notes))

    return await asyncio.to_thread(encode)


@_for_both("/summary", "The sum of a report", body=ReportRequest, answer=Summary)
async def report_summary(call: Call, body: ReportRequest, raw: bytes) -> Any:
    """The sum alone: columns change nothing."""
    notes = await read_notes(call, body, raw)
    planned = await asyncio.to_thread(plan, call, body)
    total = await _counts(call, planned.of((), None, 1))
    metrics = _reporting(call, *total.groups)
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
    planned = await asyncio.to_thread(plan, call, _with_columns(body))
    table = await _counts(call, planned.table(FILE_ROWS_MAX))
    if table.incomplete:
        raise TooLarge(
            f"The file would have more than {FILE_ROWS_MAX} rows: ask for a shorter interval, "
            "fewer columns or more filters."
        )
    rows = await asyncio.to_thread(table_rows, call, planned, table.groups)
    write = partial(_csv, raw=body.raw_cells) if body.format == "csv" else _json
    name = f"report-{body.from_.strip()[:10]}-{body.to.strip()[:10]}.{body.format}"
    return Response(
        await asyncio.to_thread(write, planned, rows, metrics),
        media_type="text/csv" if body.format == "csv" else "application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            **header_of(notes or ()),
        },
    )


def _with_columns(body: ReportRequest) -> ReportRequest:
    if not body.columns:
        raise InvalidRequest('columns: there must be 1 to 10, as [{"column": "offer"}].')
    return body


async def _counts(call: Call, query: AdQuery | None) -> AdReport:
    return EMPTY if query is None else await call.api.parts.reader.ad_report(query)


def _reporting(call: Call, group: AdGroup | None = None) -> Any:
    """As the caller sees it."""
    counts = group.counts if group else AdCounts()
    return reporting(counts, for_affiliate=view_of(call).affiliate != 0)


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
