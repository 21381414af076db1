"""Every operation of this dialect, for its OpenAPI document. A test holds it to the routes."""

from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.dialects.everflow import link_routes, meta, networks, offer_table, stream
from footfall.dialects.everflow.extracts import EXPORTS, ExportRequest, ExportShown
from footfall.dialects.everflow.face import PREFIX
from footfall.dialects.everflow.failures import ErrorBody as ErrorBody
from footfall.dialects.everflow.offer_table import OfferTable, TablePage, TableRequest
from footfall.dialects.everflow.reports import (
    Entity,
    FileRequest,
    ReportRequest,
    Summary,
    Table,
)
from footfall.dialects.everflow.resources import ANSWERS, CHANGES, LISTS, QUERIES, RESOURCES
from footfall.dialects.openapi import Operation, document, recorded

KEYED: Final = (400, 401, 403, 429, 503)
"""What any request with a key may be answered with."""


def _of(
    method: str,
    path: str,
    summary: str,
    answer: Any,
    *,
    query: Any = None,
    body: Any = None,
    status: int = 200,
) -> Operation:
    errors = {*KEYED, *([404] if "{" in path or body is not None else ())}
    errors |= {409, 413} if body is not None else set()
    return Operation(
        method=method,
        path=path,
        summary=summary,
        answer=answer,
        query=query,
        body=body,
        status=status,
        errors=tuple(sorted(errors)),
    )


def _nouns() -> list[Operation]:
    found = []
    for one in RESOURCES:
        path, called = f"{PREFIX}/{one.path}", one.rows.WORD
        row = ANSWERS[one.path]
        found += [
            _of("GET", path, f"List: {called}", LISTS[one.path], query=QUERIES[one.path]),
            _of("POST", path, f"Create: {called}", row, body=one.fields, status=201),
            _of("GET", f"{path}/{{id}}", f"Get: {called}", row),
            _of("PUT", f"{path}/{{id}}", f"Change: {called}", row, body=CHANGES[one.path]),
        ]
    return found


def _raw_rows() -> list[Operation]:
    path = f"{PREFIX}/reporting"
    found = [
        _of(
            "POST",
            f"{path}/{rows.key}/stream",
            f"Raw {rows.key}",
            rows.stream,
            body=stream.StreamRequest,
        )
        for rows in (stream.IMPRESSIONS, stream.CLICKS)
    ]
    found += [
        _of(
            "POST",
            f"{path}/{rows.key}",
            f"Raw {rows.key} by pages",
            rows.page,
            query=stream.PageQuery,
            body=rows.request,
        )
        for rows in (stream.CLICKS, stream.CONVERSIONS)
    ]
    return found


def _reports() -> list[Operation]:
    path = f"{PREFIX}/reporting/entity"
    file = _of("POST", f"{path}/table/export", "The table as a file", None, body=FileRequest)
    return [
        _of("POST", path, "A report: table, days and sum", Entity, body=ReportRequest),
        _of("POST", f"{path}/table", "The table of a report", Table, body=ReportRequest),
        _of("POST", f"{path}/summary", "The sum of a report", Summary, body=ReportRequest),
        msgspec.structs.replace(file, media_type="text/csv", also=("application/json",)),
    ]


def _extracts() -> list[Operation]:
    one = f"{EXPORTS}/{{id}}"
    file = _of("GET", f"{one}/download", "The file of an export", None)
    return [
        _of(
            "POST",
            EXPORTS,
            "All impressions as a file",
            ExportShown,
            body=ExportRequest,
            status=202,
        ),
        _of("GET", one, "How far an export is", ExportShown),
        msgspec.structs.replace(
            file,
            media_type="text/csv",
            also=("application/x-ndjson", "application/vnd.apache.parquet"),
            errors=(*file.errors, 409, 416),
        ),
        _of("DELETE", one, "Remove an export", None, status=204),
    ]


OPERATIONS: Final = (
    *_nouns(),
    _of("GET", f"{PREFIX}/info", "The network", networks.Network),
    _of("PUT", f"{PREFIX}/info", "Change it", networks.Network, body=networks.NetworkChange),
    *(
        Operation(
            method="GET",
            path=f"{meta.META}/{path}",
            summary=title,
            answer=type,
            errors=(),
            keyless=True,
        )
        for path, (title, type) in meta.ANSWERS.items()
    ),
    *(
        msgspec.structs.replace(
            _of(method, path, "The table of offers", OfferTable, query=query, body=body),
            errors=KEYED,
        )
        for path in offer_table.PATHS
        for method, query, body in (
            ("GET", QUERIES["offers"], None),
            ("POST", TablePage, TableRequest),
        )
    ),
    *(
        _of(
            "POST",
            f"{PREFIX}/tracking/offers/{what}",
            f"Make a link for {what}",
            link_routes.Link,
            body=link_routes.LinkRequest,
        )
        for what in ("clicks", "impressions")
    ),
    *_raw_rows(),
    *_reports(),
    *_extracts(),
)

EXAMPLES: Final = Path(__file__).with_name("examples.json")

DOCUMENT: Final = document(
    "Everflow's API",
    ErrorBody,
    recorded(OPERATIONS, EXAMPLES),
    key={"type": "apiKey", "in": "header", "name": "X-Eflow-API-Key"},
)
