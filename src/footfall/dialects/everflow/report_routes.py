"""Routes of aggregated reports.

https://developers.everflow.io, docs/network/reporting/aggregated_data
"""

import asyncio
import csv
import io
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody

from footfall.api.bodies import answer
from footfall.api.files import guarded
from footfall.core.errors import InvalidRequest, TooLarge
from footfall.core.queries import AdCounts, AdGroup, AdQuery, AdReport, Bucket
from footfall.dialects.everflow.face import Answer, Asked, Face, OurFace
from footfall.dialects.everflow.filters import Resolver
from footfall.dialects.everflow.metrics import as_affiliate, prices_of, reporting
from footfall.dialects.everflow.notes import Notes, header_of, read_noting
from footfall.dialects.everflow.reports import (
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
    noun_of,
    plan,
    show_rows,
)
from footfall.dialects.everflow.view import OPTIONS, view_of
from footfall.dialects.everflow.zones import read_span, read_zone

REPORTING: Final = "/reporting/entity"
EMPTY: Final = AdReport([], incomplete=False)


def _report_entity(prefix: str) -> HTTPRouteHandler:
    @post(
        f"{prefix}{REPORTING}",
        status_code=200,
        opt=OPTIONS[prefix],
        name=f"everflow-entity-{prefix}",
    )
    async def report_entity(request: Asked, face: OurFace, body: RawBody) -> Answer:
        """A table, its days and its sum."""
        asked, notes = await read_noting(request, face, body, ReportRequest)
        planned = await asyncio.to_thread(_plan, request, face, _with_columns(asked))
        table, days, total = await asyncio.gather(
            _ask(face, planned.table(ROWS_MAX)),
            _ask(face, planned.of((), Bucket.DAY, ROWS_MAX)),
            _ask(face, planned.of((), None, 1)),
        )
        return answer(
            await asyncio.to_thread(_entity, request, face, planned, table, days, total, notes)
        )

    return report_entity


def _report_table(prefix: str) -> HTTPRouteHandler:
    @post(
        f"{prefix}{REPORTING}/table",
        status_code=200,
        opt=OPTIONS[prefix],
        name=f"everflow-table-{prefix}",
    )
    async def report_table(request: Asked, face: OurFace, body: RawBody) -> Answer:
        """The table alone."""
        asked, notes = await read_noting(request, face, body, ReportRequest)
        planned = await asyncio.to_thread(_plan, request, face, _with_columns(asked))
        table = await _ask(face, planned.table(ROWS_MAX))
        return answer(await asyncio.to_thread(_table, request, face, planned, table, notes))

    return report_table


def _report_summary(prefix: str) -> HTTPRouteHandler:
    @post(
        f"{prefix}{REPORTING}/summary",
        status_code=200,
        opt=OPTIONS[prefix],
        name=f"everflow-summary-{prefix}",
    )
    async def report_summary(request: Asked, face: OurFace, body: RawBody) -> Answer:
        """The sum alone: columns change nothing."""
        asked, notes = await read_noting(request, face, body, ReportRequest)
        planned = await asyncio.to_thread(_plan, request, face, asked)
        metrics = _reporting(request)(_sum(await _ask(face, planned.of((), None, 1))))
        return answer(Summary(**msgspec.structs.asdict(metrics), notes=notes))

    return report_summary


def _export_table(prefix: str) -> HTTPRouteHandler:
    @post(
        f"{prefix}{REPORTING}/table/export",
        status_code=200,
        opt=OPTIONS[prefix],
        name=f"everflow-table-export-{prefix}",
    )
    async def export_table(request: Asked, face: OurFace, body: RawBody) -> Answer:
        """The table as a file. Raises TooLarge when it would be cut."""
        asked, notes = await read_noting(request, face, body, FileRequest)
        metrics = asked.metrics or list(METRICS)
        if unknown := [name for name in metrics if name not in METRICS]:
            raise InvalidRequest(f"Unknown metric '{unknown[0]}'. There are: {', '.join(METRICS)}.")
        planned = await asyncio.to_thread(_plan, request, face, _with_columns(asked))
        table = await _ask(face, planned.table(FILE_ROWS_MAX))
        if table.incomplete:
            raise TooLarge(
                f"The file would have more than {FILE_ROWS_MAX} rows: ask for a shorter interval, "
                "fewer columns or more filters."
            )
        rows = await asyncio.to_thread(_show, request, face, planned, table.groups)
        write = partial(_csv, raw=asked.raw_cells) if asked.format == "csv" else _json
        name = f"report-{asked.from_.strip()[:10]}-{asked.to.strip()[:10]}.{asked.format}"
        return Response(
            await asyncio.to_thread(write, planned, rows, metrics),
            media_type="text/csv" if asked.format == "csv" else "application/json",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
                **header_of(notes),
            },
        )

    return export_table


def _with_columns(asked: ReportRequest) -> ReportRequest:
    if not asked.columns:
        raise InvalidRequest('columns: there must be 1 to 10, as [{"column": "offer"}].')
    return asked


def _plan(request: Asked, face: Face, asked: ReportRequest) -> Plan:
    """Raises InvalidRequest."""
    view = view_of(request)
    view.check(asked.query, [one.column for one in asked.columns])
    account = view.account
    with face.parts.catalog.reading() as session:
        zone = read_zone(asked.timezone_id)
        span = read_span(asked.from_, asked.to, zone, DAYS_MAX, by_quarters=True)
        conditions = view.confine(Resolver(session, account).conditions(asked.query))
        prices = prices_of(session, account.id)
        return plan(session, account.id, asked, span, zone, conditions, prices)


async def _ask(face: Face, query: AdQuery | None) -> AdReport:
    return EMPTY if query is None else await face.parts.reader.ad_report(query)


def _reporting(request: Asked) -> Callable[[AdCounts], Reporting]:
    """How the caller is shown counts."""
    if view_of(request).affiliate:
        return lambda counts: as_affiliate(reporting(counts))
    return reporting


def _sum(report: AdReport) -> AdCounts:
    return report.groups[0].counts if report.groups else AdCounts()


def _show(request: Asked, face: Face, planned: Plan, groups: list[AdGroup]) -> list[TableRow]:
    host = urlsplit(face.public_base).netloc
    with face.parts.catalog.reading() as session:
        shown = _reporting(request)
        return show_rows(session, request.auth.account, planned, groups, host, shown)


def _entity(
    request: Asked,
    face: Face,
    planned: Plan,
    table: AdReport,
    days: AdReport,
    total: AdReport,
    notes: Notes,
) -> bytes:
    """Encoded by the thread that makes it, as every large answer: scans do not wait for it."""
    rows = _show(request, face, planned, table.groups)
    shown = _reporting(request)
    performance = [Moment(day.start // 1000, shown(day.counts)) for day in days.groups]
    entity = Entity(rows, performance, shown(_sum(total)), table.incomplete, notes)
    return msgspec.json.encode(entity)


def _table(request: Asked, face: Face, planned: Plan, table: AdReport, notes: Notes) -> bytes:
    rows = _show(request, face, planned, table.groups)
    return msgspec.json.encode(Table(rows, table.incomplete, notes))


# ── files ─────────────────────────────────────────────────────────────────────────────────────


def _csv(planned: Plan, rows: list[TableRow], metrics: list[str], *, raw: bool) -> bytes:
    """Of what has a name the id stands before it. Unless `raw`, a text that a spreadsheet would
    calculate has a `'` before it, which makes it a text there too."""
    named = [noun_of(name) is not None or name == "network" for name in planned.names]
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


ROUTES: Final = [
    make(prefix)
    for prefix in OPTIONS
    for make in (_report_entity, _report_table, _report_summary, _export_table)
]
