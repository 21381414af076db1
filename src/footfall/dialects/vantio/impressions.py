"""Impressions: the scans of posters.

https://docs.vantio.app/api-reference/impressions/list-impressions
"""

import asyncio
from typing import Final

import msgspec
from litestar import Response

from footfall.api.bodies import iso_time
from footfall.api.notes import renamed
from footfall.api.operations import operation
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.events import Event, Verdict
from footfall.core.ids import from_text, to_text
from footfall.core.queries import EventFilter, EventQuery, Order
from footfall.dialects.vantio import records
from footfall.dialects.vantio.campaigns import IMPRESSION_PREFIX
from footfall.dialects.vantio.dialect import Call, answer_page
from footfall.dialects.vantio.queries import ImpressionsQuery, read_bound
from footfall.dialects.vantio.records import SOURCE, PosterRow, read_id

NO_IMPRESSION: Final = "Impression with the specified ID does not exist"

PARAMETERS: Final = {"poster": "posterId", "program": "programId", "ambassador": "studentId"}
"""By the column of an event, the filter of a list that names its values."""


class ImpressionMetadata(msgspec.Struct, frozen=True):
    """`device_type` is mobile, tablet, desktop or unknown; `location` the poster's at the time."""

    device_type: str
    location: str | None


class Impression(msgspec.Struct, frozen=True, kw_only=True):
    """`user_agent` and `ip_address` are null where the account's privacy mode keeps them out."""

    id: str
    poster_id: str
    program_id: str
    student_id: str
    scanned_at: str
    user_agent: str | None
    ip_address: str | None
    metadata: ImpressionMetadata


class ImpressionList(msgspec.Struct, frozen=True):
    impressions: list[Impression]


class _Placed(msgspec.Struct, frozen=True):
    location: str | None = None


_read_placed: Final = msgspec.json.Decoder(_Placed).decode
IMPRESSION_FIELDS: Final = (
    "poster",
    "program",
    "ambassador",
    "user_agent",
    "ip",
    "device",
    "metadata",
)
"""The columns of an event that an impression shows."""


def impression_id(event_id: int) -> str:
    return IMPRESSION_PREFIX + to_text(event_id)


def read_impression_id(text: str) -> int | None:
    """None for what is no impression's id."""
    if not text.startswith(IMPRESSION_PREFIX):
        return None
    return from_text(text.removeprefix(IMPRESSION_PREFIX))


def impression_body(event: Event) -> Impression:
    placed = _read_placed(event.metadata) if event.metadata else _Placed()
    return Impression(
        id=impression_id(event.id),
        poster_id=event.poster,
        program_id=event.program,
        student_id=event.ambassador,
        scanned_at=iso_time(event.occurred_at),
        user_agent=event.user_agent or None,
        ip_address=event.ip or None,
        metadata=ImpressionMetadata(event.device or "unknown", placed.location),
    )


def one_impression(account: int, impression_id: str) -> EventQuery | None:
    """For the impression with this id, whatever its verdict: an app holds the id of whoever came
    to its landing page. None for what is no such id."""
    event_id = read_impression_id(impression_id)
    if event_id is None:
        return None
    return EventQuery(
        account=account,
        ids=(event_id,),
        sources=(SOURCE,),
        fields=IMPRESSION_FIELDS,
        limit=1,
    )


def query_of(
    account: int, query: ImpressionsQuery, tracker: int | None, rows_max: int
) -> EventQuery:
    """At most `rows_max` counted ones, oldest first. `tracker` is that of the poster, None for all.

    Raises InvalidRequest.
    """
    cursor = read_impression_id(query.cursor) if query.cursor else None
    if query.cursor and cursor is None:
        raise InvalidRequest("cursor must be the id of the last impression that you read.")
    named = {"program": query.program_id, "ambassador": query.student_id}
    return EventQuery(
        account=account,
        tracker=tracker,
        sources=(SOURCE,),
        verdicts=(Verdict.COUNTED,),
        values={column: (read_id(id),) for column, id in named.items() if id},
        since=read_bound(query.since, "since"),
        until=read_bound(query.until, "until"),
        fields=IMPRESSION_FIELDS,
        order=Order.ASCENDING,
        cursor=cursor,
        offset=query.offset,
        limit=min(query.limit, rows_max),
    )


# ── operations ────────────────────────────────────────────────────────────────────────────────


@operation("GET /impressions", "List impressions", query=ImpressionsQuery, answer=ImpressionList)
async def list_impressions(call: Call, query: ImpressionsQuery) -> Response[bytes]:
    """Oldest first: https://docs.vantio.app/api-reference/impressions/list-impressions"""
    tracker = None
    if query.poster_id:
        tracker = await asyncio.to_thread(_tracker, call, query.poster_id)
    of_events = query_of(call.account, query, tracker, call.api.rows_max)
    if query.poster_id and tracker is None:
        notes = await _notes(call, query, empty=True)
        return answer_page(call, query, ImpressionList([]), None, notes)
    page = await call.api.parts.reader.events(call.api.ends.shorten(of_events))
    call.api.ends.remember(of_events, page)
    rows = [impression_body(event) for event in page.events]
    cursor = None if page.cursor is None else impression_id(page.cursor)
    first = not (query.cursor or query.offset)
    notes = await _notes(call, query, empty=not rows) if first else []
    return answer_page(call, query, ImpressionList(rows), cursor, notes)


async def _notes(call: Call, query: ImpressionsQuery, *, empty: bool) -> list[str]:
    """Of ids that are unknown."""
    named = {
        "poster": query.poster_id,
        "program": query.program_id,
        "ambassador": query.student_id,
    }
    values = {column: (id,) for column, id in named.items() if id}
    wanted = EventFilter(account=call.account, values=values)
    return renamed(await call.api.parts.unknown_ids(wanted, empty), PARAMETERS)


@operation("GET /impressions/{id}", "Get an impression", answer=Impression)
async def get_impression(call: Call, id: str) -> Impression:
    """https://docs.vantio.app/api-reference/impressions/get-impression"""
    event = await find_impression(call, id)
    if event is None:
        raise NotFound(NO_IMPRESSION)
    return impression_body(event)


def _tracker(call: Call, poster_id: str) -> int | None:
    with call.reading() as session:
        try:
            return records.find(session, PosterRow, call.account, poster_id).tracker_id
        except NotFound:
            return None


async def find_impression(call: Call, id: str) -> Event | None:
    query = one_impression(call.account, id)
    page = None if query is None else await call.api.parts.reader.events(query)
    return page.events[0] if page and page.events else None
