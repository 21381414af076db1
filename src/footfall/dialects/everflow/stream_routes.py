"""The routes of raw rows: streams, and lists by pages."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody

from footfall.api.bodies import answer, convert
from footfall.core.errors import NotFound
from footfall.core.events import Event
from footfall.core.ids import ID_MAX, received_at
from footfall.core.queries import EventFilter, Page
from footfall.dialects.everflow import nouns
from footfall.dialects.everflow.face import PREFIX, Answer, Asked, Face, OurFace
from footfall.dialects.everflow.filters import Resolver
from footfall.dialects.everflow.ids import read_transaction_id
from footfall.dialects.everflow.networks import require_package
from footfall.dialects.everflow.notes import Notes, read_noting
from footfall.dialects.everflow.resources import PAGE_DEFAULT, PAGE_MAX, Paging
from footfall.dialects.everflow.rows import Shower
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
    numbered_page_of,
    of_goals,
    page_of,
    read_cursor,
    which,
)
from footfall.dialects.everflow.view import AFFILIATES, OPTIONS, View, view_of
from footfall.dialects.everflow.zones import Span, read_span, read_zone
from footfall.jobs.deletion import policy


def streams(prefix: str, rows: RawRows) -> HTTPRouteHandler:
    """The stream of these rows for the callers of a prefix."""

    @post(
        f"{prefix}/reporting/{rows.key}/stream",
        status_code=200,
        opt=OPTIONS[prefix],
        name=f"everflow-stream-{prefix}-{rows.key}",
    )
    async def stream(request: Asked, face: OurFace, body: RawBody) -> Answer:
        """Raw rows, newest first.

        https://developers.everflow.io, docs/network/reporting/raw_impressions, raw_clicks
        """
        asked, notes = await read_noting(request, face, body, StreamRequest)
        cursor = read_cursor(asked.cursor)
        view = view_of(request)
        wanted = await asyncio.to_thread(_read, face, asked, view, rows)
        if wanted is None:
            page, total = Page([], None), 0
        else:
            page, total = await _ask(face, rows, wanted, cursor)
        return answer(await asyncio.to_thread(_show, face, view, rows, page, total, notes))

    return stream


def pages(prefix: str, rows: RawRows) -> HTTPRouteHandler:
    """These rows by pages for the callers of a prefix."""

    @post(
        f"{prefix}/reporting/{rows.key}",
        status_code=200,
        opt=OPTIONS[prefix],
        name=f"everflow-list-{prefix}-{rows.key}",
    )
    async def list_page(request: Asked, face: OurFace, body: RawBody) -> Answer:
        """A page of raw rows.

        https://developers.everflow.io, docs/network/reporting/raw_clicks, raw_conversions
        """
        asked, notes = await read_noting(request, face, body, rows.request)
        query = convert(dict(request.query_params), PageQuery)
        number = query.page or asked.page or 1
        size = min(query.page_size or asked.page_size or PAGE_DEFAULT, PAGE_MAX)
        view = view_of(request)
        wanted = await asyncio.to_thread(_read, face, asked, view, rows)
        found: Sequence[Event] = ()
        total = 0
        if wanted is not None:
            total = await _count(face, rows, wanted, ID_MAX - 1)
            if (number - 1) * size < total:
                oldest_first = query.order_direction == "asc"
                part = numbered_page_of(
                    wanted, rows.fields, number, size, oldest_first=oldest_first
                )
                found = (await face.parts.reader.events(part)).events
        paging = Paging(number, size, total)
        return answer(await asyncio.to_thread(_show_page, face, view, rows, found, paging, notes))

    return list_page


def singles(prefix: str, rows: RawRows) -> HTTPRouteHandler:
    """One of these rows for the callers of a prefix."""

    @get(
        f"{prefix}/reporting/{rows.key}/{{id:str}}",
        opt=OPTIONS[prefix],
        name=f"everflow-get-{prefix}-{rows.key}",
    )
    async def show_row(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
        """A click by its transaction id, a conversion by its conversion id, as lists have it.

        https://developers.everflow.io, api-reference: get-networksreportingclicks
        """
        view = view_of(request)
        wanted = await asyncio.to_thread(_read_one, face, view, rows, id)
        found: Sequence[Event] = ()
        if wanted is not None:
            page = numbered_page_of(wanted, rows.fields, 1, 1, oldest_first=False)
            found = (await face.parts.reader.events(page)).events
        if not found:
            raise NotFound(f"There is no such {rows.key[:-1]}, or it is not listed.")
        (row,) = await asyncio.to_thread(_rows, face, view, rows, found)
        return answer(row)

    return show_row


def _read_one(face: Face, view: View, rows: RawRows, id: str) -> EventFilter | None:
    """None for what is not an id of ours."""
    event = read_transaction_id(id.lower())
    conditions = view.confine({})
    if event is None or conditions is None:
        return None
    with face.parts.catalog.reading() as session:
        account = policy.with_days_of(session, view.account, nouns.SOURCE)
    kept = policy.kept(account, face.parts.clock())
    wanted = which(kept, Span(0, received_at(ID_MAX)), conditions, rows)
    return msgspec.structs.replace(wanted, ids=(event,))


async def _ask(
    face: Face, rows: RawRows, wanted: EventFilter, cursor: Cursor | None
) -> tuple[Page, int]:
    """The page, and how many match on whatever page they are. What the rollup counts is counted
    while the page is read: of many rows either takes a second."""
    reader, now = face.parts.reader, face.parts.clock()
    part = page_of(wanted, cursor, rows.fields, rows.rows_max)
    if cursor is not None:
        return await reader.events(part), cursor.total
    whole, _ = count_of(wanted, ID_MAX, now)
    if whole is None:
        page, total = await reader.events(part), 0
    else:
        page, counted = await asyncio.gather(
            reader.events(part),
            reader.ad_report(whole),
        )
        total = sum(rows.counted(group.counts) for group in counted.groups)
    if page.cursor is None:
        return page, len(page.events)
    _, rest = count_of(wanted, page.events[0].id, now)
    for query in rest:
        total += sum(group.events for group in await reader.count(query))
    return page, total


async def _count(face: Face, rows: RawRows, wanted: EventFilter, newest: int) -> int:
    """How many match, up to this event."""
    reader = face.parts.reader
    whole, rest = count_of(wanted, newest, face.parts.clock())
    total = 0
    if whole is not None:
        report = await reader.ad_report(whole)
        total = sum(rows.counted(group.counts) for group in report.groups)
    for query in rest:
        total += sum(group.events for group in await reader.count(query))
    return total


def _read(
    face: Face, asked: StreamRequest | PageRequest, view: View, rows: RawRows
) -> EventFilter | None:
    """None when no event can match. Raises Forbidden, InvalidRequest."""
    view.check(asked.query, [])
    account = view.account
    with face.parts.catalog.reading() as session:
        if rows is IMPRESSIONS:
            require_package(nouns.network(session, account.id))
        span = read_span(asked.from_, asked.to, read_zone(asked.timezone_id), rows.days_max)
        conditions = view.confine(Resolver(session, account).conditions(asked.query))
        account = policy.with_days_of(session, account, nouns.SOURCE)
        kept = policy.kept(account, face.parts.clock())
    if conditions is not None and isinstance(asked, PageRequest):
        conditions = of_goals(asked, conditions)
    if conditions is None:
        return None
    return which(kept, span, conditions, rows)


def _rows(face: Face, view: View, rows: RawRows, events: Sequence[Event]) -> list[Any]:
    """Encoded."""
    host = urlsplit(face.public_base).netloc
    with face.parts.catalog.reading() as session:
        own = view.affiliate != 0
        shower = Shower(session, view.account, host, events, rows.row, for_affiliate=own)
    return [shower.row(event) for event in events]


def _show(face: Face, view: View, rows: RawRows, page: Page, total: int, notes: Notes) -> bytes:
    more: dict[str, Any] = {rows.key: _rows(face, view, rows, page.events)}
    return msgspec.json.encode(
        rows.stream(
            **more,
            incomplete_results=page.cursor is not None,
            total_count=total,
            cursor=Cursor(page.cursor, total).write() if page.cursor is not None else "",
            notes=notes,
        )
    )


def _show_page(
    face: Face,
    view: View,
    rows: RawRows,
    events: Sequence[Event],
    paging: Paging,
    notes: Notes,
) -> bytes:
    shown: dict[str, Any] = {rows.key: _rows(face, view, rows, events)}
    return msgspec.json.encode(rows.page(**shown, paging=paging, notes=notes))


OF_AFFILIATES: Final = (AFFILIATES_CLICKS, AFFILIATES_CONVERSIONS)
ROUTES: Final = [
    streams(AFFILIATES, AFFILIATES_CLICKS),
    *(pages(AFFILIATES, rows) for rows in OF_AFFILIATES),
    *(streams(PREFIX, rows) for rows in (IMPRESSIONS, CLICKS)),
    *(pages(PREFIX, rows) for rows in (CLICKS, CONVERSIONS)),
    *(singles(AFFILIATES, rows) for rows in OF_AFFILIATES),
    *(singles(PREFIX, rows) for rows in (CLICKS, CONVERSIONS)),
]
