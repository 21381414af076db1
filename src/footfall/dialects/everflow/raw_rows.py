"""Raw rows: streams, lists by pages, and one by its id."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from footfall.api.operations import Operation, operation
from footfall.core.errors import NotFound
from footfall.core.events import Event
from footfall.core.ids import ID_MAX, received_at
from footfall.core.queries import AdQuery, EventFilter, Order, Page
from footfall.core.reports import ReportQuery
from footfall.dialects.everflow import records
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.filters import Resolver
from footfall.dialects.everflow.ids import read_transaction_id
from footfall.dialects.everflow.networks import require_package
from footfall.dialects.everflow.notes import read_notes
from footfall.dialects.everflow.resources import PAGE_DEFAULT, PAGE_MAX, Paging
from footfall.dialects.everflow.rows import RowSerializer
from footfall.dialects.everflow.stream import (
    AFFILIATES_CLICKS,
    AFFILIATES_CONVERSIONS,
    CLICKS,
    CONVERSIONS,
    IMPRESSIONS,
    Cursor,
    PageQuery,
    PageRequest,
    RawRows,
    StreamRequest,
    count_of,
    of_goals,
    page_of,
    read_cursor,
    which,
)
from footfall.dialects.everflow.view import AFFILIATES, NETWORKS, OPTIONS, view_of
from footfall.dialects.everflow.zones import Span, read_span, read_zone
from footfall.jobs.deletion import policy


def streams(prefix: str, rows: RawRows) -> Operation:
    """The stream of these rows for the callers of a prefix."""

    @operation(
        f"POST {prefix}/reporting/{rows.key}/stream",
        f"Raw {rows.key}",
        body=StreamRequest,
        answer=rows.stream,
        options=OPTIONS[prefix],
    )
    async def stream(call: Call, body: StreamRequest, raw: bytes) -> bytes:
        """Raw rows, newest first.

        https://developers.everflow.io, docs/network/reporting/raw_impressions, raw_clicks
        """
        notes = await read_notes(call, body, raw)
        cursor = read_cursor(body.cursor)
        wanted = await asyncio.to_thread(read_filter, call, body, rows, rows.days_max)
        page, total = Page([], None), 0
        if wanted is not None:
            page, total = await _page_and_total(call, rows, wanted, cursor)
        return await asyncio.to_thread(
            _encoded,
            *(call, rows, rows.stream, page.events),
            incomplete_results=page.cursor is not None,
            total_count=total,
            cursor="" if page.cursor is None else Cursor(page.cursor, total).write(),
            notes=notes,
        )

    return stream


def pages(prefix: str, rows: RawRows) -> Operation:
    """These rows by pages for the callers of a prefix."""

    @operation(
        f"POST {prefix}/reporting/{rows.key}",
        f"Raw {rows.key} by pages",
        query=PageQuery,
        body=rows.request,
        answer=rows.page,
        options=OPTIONS[prefix],
    )
    async def list_page(call: Call, body: PageRequest, raw: bytes, query: PageQuery) -> bytes:
        """A page of raw rows.

        https://developers.everflow.io, docs/network/reporting/raw_clicks, raw_conversions
        """
        notes = await read_notes(call, body, raw)
        number = query.page or body.page or 1
        size = min(query.page_size or body.page_size or PAGE_DEFAULT, PAGE_MAX)
        wanted = await asyncio.to_thread(read_filter, call, body, rows, rows.days_max)
        found: Sequence[Event] = ()
        total = 0
        if wanted is not None:
            whole, rest = count_of(wanted, ID_MAX - 1, call.now())
            total = await _in_rollup(call, rows, whole) + await _in_events(call, rest)
            if (number - 1) * size < total:
                order = Order.ASCENDING if query.order_direction == "asc" else Order.DESCENDING
                start = (number - 1) * size
                part = page_of(wanted, fields=rows.fields, order=order, offset=start, limit=size)
                found = (await call.api.parts.reader.events(part)).events
        paging = Paging(number, size, total)
        return await asyncio.to_thread(
            _encoded, call, rows, rows.page, found, paging=paging, notes=notes
        )

    return list_page


def singles(prefix: str, rows: RawRows) -> Operation:
    """One of these rows for the callers of a prefix."""

    @operation(
        f"GET {prefix}/reporting/{rows.key}/{{id}}",
        f"One of the raw {rows.key}",
        answer=rows.row,
        options=OPTIONS[prefix],
    )
    async def get_row(call: Call, id: str) -> Any:
        """A click by its transaction id, a conversion by its conversion id, as lists have it.

        https://developers.everflow.io, api-reference: get-networksreportingclicks
        """
        wanted = await asyncio.to_thread(_read_one, call, rows, id)
        found: Sequence[Event] = ()
        if wanted is not None:
            page = page_of(wanted, fields=rows.fields, limit=1)
            found = (await call.api.parts.reader.events(page)).events
        if not found:
            raise NotFound(f"There is no such {rows.key[:-1]}, or it is not listed.")
        (row,) = await asyncio.to_thread(_rows, call, rows, found)
        return row

    return get_row


def _read_one(call: Call, rows: RawRows, id: str) -> EventFilter | None:
    """None for what is not an id of ours."""
    view, event = view_of(call), read_transaction_id(id.lower())
    conditions = view.confine({})
    if event is None or conditions is None:
        return None
    with call.reading() as session:
        account = policy.with_days_of(session, view.account, records.SOURCE)
    kept = policy.kept(account, call.now())
    wanted = which(kept, Span(0, received_at(ID_MAX)), conditions, rows)
    return msgspec.structs.replace(wanted, ids=(event,))


async def _page_and_total(
    call: Call, rows: RawRows, wanted: EventFilter, cursor: Cursor | None
) -> tuple[Page, int]:
    """The page, and how many match on whatever page they are. What the rollup counts is counted
    while the page is read: of many rows either takes a second."""
    now = call.now()
    reading = call.api.parts.reader.events(
        page_of(wanted, cursor, fields=rows.fields, limit=rows.rows_max)
    )
    if cursor is not None:
        return await reading, cursor.total
    whole, _ = count_of(wanted, ID_MAX, now)
    page, total = await asyncio.gather(reading, _in_rollup(call, rows, whole))
    if page.cursor is None:
        return page, len(page.events)
    _, rest = count_of(wanted, page.events[0].id, now)
    return page, total + await _in_events(call, rest)


async def _in_rollup(call: Call, rows: RawRows, whole: AdQuery | None) -> int:
    if whole is None:
        return 0
    report = await call.api.parts.reader.ad_report(whole)
    return sum(rows.counted(group.counts) for group in report.groups)


async def _in_events(call: Call, queries: Sequence[ReportQuery]) -> int:
    reader = call.api.parts.reader
    return sum([(await reader.report(query)).totals.events for query in queries])


def read_filter(
    call: Call, body: StreamRequest | PageRequest, rows: RawRows, days_max: int | None
) -> EventFilter | None:
    """None when no event can match. Raises Forbidden, InvalidRequest."""
    view = view_of(call)
    view.check(body.query, [])
    account = view.account
    with call.reading() as session:
        if rows is IMPRESSIONS:
            require_package(records.network(session, account.id))
        span = read_span(body.from_, body.to, read_zone(body.timezone_id), days_max)
        conditions = view.confine(Resolver(session, account).conditions(body.query))
        account = policy.with_days_of(session, account, records.SOURCE)
        kept = policy.kept(account, call.now())
    if conditions is not None and isinstance(body, PageRequest):
        conditions = of_goals(body, conditions)
    if conditions is None:
        return None
    return which(kept, span, conditions, rows)


def _rows(call: Call, rows: RawRows, events: Sequence[Event]) -> list[Any]:
    """Encoded."""
    view, host = view_of(call), urlsplit(call.api.public_base).netloc
    with call.reading() as session:
        own = view.affiliate != 0
        serializer = RowSerializer(session, view.account, host, events, rows.row, for_affiliate=own)
    return [serializer.row(event) for event in events]


def _encoded(call: Call, rows: RawRows, answer: Any, events: Sequence[Event], **more: Any) -> bytes:
    """An answer with rows: bytes, as it may be large."""
    return msgspec.json.encode(answer(**{rows.key: _rows(call, rows, events)}, **more))


OF_AFFILIATES: Final = (AFFILIATES_CLICKS, AFFILIATES_CONVERSIONS)
OPERATIONS: Final = (
    streams(AFFILIATES, AFFILIATES_CLICKS),
    *(pages(AFFILIATES, rows) for rows in OF_AFFILIATES),
    *(streams(NETWORKS, rows) for rows in (IMPRESSIONS, CLICKS)),
    *(pages(NETWORKS, rows) for rows in (CLICKS, CONVERSIONS)),
    *(singles(AFFILIATES, rows) for rows in OF_AFFILIATES),
    *(singles(NETWORKS, rows) for rows in (CLICKS, CONVERSIONS)),
)
