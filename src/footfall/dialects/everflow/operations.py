"""Every operation of this dialect, for its OpenAPI document. A test holds it to the routes."""

from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.api.openapi import Operation, document, recorded
from footfall.dialects.everflow import (
    affiliate_routes,
    dashboard,
    link_routes,
    meta,
    networks,
    offer_table,
    stream,
    stream_routes,
)
from footfall.dialects.everflow.affiliate_routes import AffiliateKey, AffiliateOffers
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
from footfall.dialects.everflow.view import AFFILIATES

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
    streams = [(PREFIX, stream.IMPRESSIONS), (PREFIX, stream.CLICKS)]
    streams.append((AFFILIATES, stream.AFFILIATES_CLICKS))
    pages = [(PREFIX, rows) for rows in (stream.CLICKS, stream.CONVERSIONS)]
    pages += [(AFFILIATES, rows) for rows in stream_routes.OF_AFFILIATES]
    found = [
        _of(
            "POST",
            f"{prefix}/reporting/{rows.key}/stream",
            f"Raw {rows.key}",
            rows.stream,
            body=stream.StreamRequest,
        )
        for prefix, rows in streams
    ]
    found += [
        _of(
            "POST",
            f"{prefix}/reporting/{rows.key}",
            f"Raw {rows.key} by pages",
            rows.page,
            query=stream.PageQuery,
            body=rows.request,
        )
        for prefix, rows in pages
    ]
    return found


def _single_rows() -> list[Operation]:
    rows = [(PREFIX, one) for one in (stream.CLICKS, stream.CONVERSIONS)]
    rows += [(AFFILIATES, one) for one in stream_routes.OF_AFFILIATES]
    return [
        _of("GET", f"{prefix}/reporting/{one.key}/{{id}}", f"One of the raw {one.key}", one.row)
        for prefix, one in rows
    ]


def _dashboards() -> list[Operation]:
    title = "Today, yesterday, this month and the last"
    return [
        _of("GET", f"{PREFIX}{dashboard.PATH}", title, dashboard.NetworkSummary),
        _of(
            "POST",
            f"{AFFILIATES}{dashboard.PATH}",
            title,
            dashboard.AffiliateSummary,
            body=dashboard.SummaryRequest,
        ),
    ]


def _reports(prefix: str) -> list[Operation]:
    path = f"{prefix}/reporting/entity"
    file = _of("POST", f"{path}/table/export", "The table as a file", None, body=FileRequest)
    return [
        _of("POST", path, "A report: table, days and sum", Entity, body=ReportRequest),
        _of("POST", f"{path}/table", "The table of a report", Table, body=ReportRequest),
        _of("POST", f"{path}/summary", "The sum of a report", Summary, body=ReportRequest),
        msgspec.structs.replace(file, media_type="text/csv", also=("application/json",)),
    ]


def _affiliates() -> list[Operation]:
    key = f"{PREFIX}/affiliates/{{id}}/apikeys"
    return [
        _of("POST", key, "Make a key of an affiliate", AffiliateKey, status=201),
        *(
            _of("GET", f"{AFFILIATES}/{path}", title, AffiliateOffers, query=TablePage)
            for path, title in affiliate_routes.LISTS.items()
        ),
        *(
            _of("GET", f"{AFFILIATES}/offers/{{id}}/{path}/{{url}}", title, link_routes.Link)
            for path, (_, title) in affiliate_routes.LINKS.items()
        ),
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
    *_single_rows(),
    *_dashboards(),
    *_reports(PREFIX),
    *_reports(AFFILIATES),
    *_affiliates(),
    *_extracts(),
)

EXAMPLES: Final = Path(__file__).with_name("examples.json")

DOCUMENT: Final = document(
    "Everflow's API",
    ErrorBody,
    recorded(OPERATIONS, EXAMPLES),
    key={"type": "apiKey", "in": "header", "name": "X-Eflow-API-Key"},
)
