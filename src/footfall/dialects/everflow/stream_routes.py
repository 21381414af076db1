"""The route of the raw stream."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import post
from litestar.params import RawBody

from footfall.core.accounts import Account, Scope
from footfall.core.ids import ID_MAX
from footfall.core.queries import EventFilter, Page
from footfall.dialects.bodies import answer
from footfall.dialects.everflow import nouns
from footfall.dialects.everflow.face import PREFIX, Answer, Asked, Face, OurFace
from footfall.dialects.everflow.filters import Resolver
from footfall.dialects.everflow.networks import require_package
from footfall.dialects.everflow.notes import Notes, decode_noting
from footfall.dialects.everflow.rows import Shower
from footfall.dialects.everflow.stream import (
    Cursor,
    Stream,
    StreamRequest,
    count_of,
    page_of,
    read_cursor,
    which,
)
from footfall.dialects.everflow.zones import read_span, read_zone
from footfall.removal import policy


@post(
    f"{PREFIX}/reporting/impressions/stream",
    status_code=200,
    opt={"scope": Scope.READ},
)
async def stream_impressions(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Raw impressions, newest first.

    https://developers.everflow.io, docs/network/reporting/raw_impressions
    """
    asked, notes = decode_noting(body, StreamRequest)
    cursor = read_cursor(asked.cursor)
    account = request.auth.account
    wanted = await asyncio.to_thread(_read, face, asked, account)
    if wanted is None:
        return answer(Stream([], False, 0, "", notes))
    page, total = await _ask(face, wanted, cursor)
    return answer(await asyncio.to_thread(_show, face, account, page, total, notes))


async def _ask(face: Face, wanted: EventFilter, cursor: Cursor | None) -> tuple[Page, int]:
    """The page, and how many match on whatever page they are. What the rollup counts is counted
    while the page is read: of many rows either takes a second."""
    reader, now = face.parts.reader, face.parts.clock()
    if cursor is not None:
        return await reader.events(page_of(wanted, cursor)), cursor.total
    whole, _ = count_of(wanted, ID_MAX, now)
    if whole is None:
        page, total = await reader.events(page_of(wanted, None)), 0
    else:
        page, counted = await asyncio.gather(
            reader.events(page_of(wanted, None)), reader.ad_report(whole)
        )
        total = sum(group.counts.impressions for group in counted.groups)
    if page.cursor is None:
        return page, len(page.events)
    _, rest = count_of(wanted, page.events[0].id, now)
    for query in rest:
        total += sum(group.events for group in await reader.count(query))
    return page, total


def _read(face: Face, asked: StreamRequest, account: Account) -> EventFilter | None:
    """None when no impression can match. Raises Forbidden, InvalidRequest."""
    with face.parts.catalog.reading() as session:
        require_package(nouns.network(session, account.id))
        span = read_span(asked.from_, asked.to, read_zone(asked.timezone_id))
        conditions = Resolver(session, account).conditions(asked.query)
        account = policy.with_days_of(session, account, nouns.SOURCE)
    return None if conditions is None else which(account, span, conditions, face.parts.clock())


def _show(face: Face, account: Account, page: Page, total: int, notes: Notes) -> bytes:
    host = urlsplit(face.public_base).netloc
    with face.parts.catalog.reading() as session:
        shower = Shower(session, account, host, page.events)
    more = page.cursor is not None
    rows: Any = [shower.row(event) for event in page.events]  # encoded
    return msgspec.json.encode(
        Stream(
            impressions=rows,
            incomplete_results=more,
            total_count=total,
            cursor=Cursor(page.cursor, total).write() if page.cursor is not None else "",
            notes=notes,
        )
    )


ROUTES = [stream_impressions]
