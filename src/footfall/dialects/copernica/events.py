"""The lists of events."""

import asyncio

import msgspec
from sqlalchemy.orm import Session

from footfall.core.errors import NotFound
from footfall.core.events import Event
from footfall.core.queries import EventQuery, Order, Page
from footfall.core.reports import counting
from footfall.dialects.copernica import php
from footfall.dialects.copernica.destinations import find_destination
from footfall.dialects.copernica.dialect import Call
from footfall.dialects.copernica.endpoints import Endpoint, endpoint
from footfall.dialects.copernica.event_rows import (
    LISTS,
    RECIPIENT,
    VERDICTS,
    ProfiledImpression,
    Row,
    Titles,
    row_of,
)
from footfall.dialects.copernica.links import titles_of
from footfall.dialects.copernica.list_queries import (
    Bounds,
    read_comparisons,
    read_part,
    read_window,
)
from footfall.dialects.copernica.listing import Listed, listed
from footfall.dialects.copernica.tables import (
    SOURCE,
    EmailingRow,
    Part,
    ProfileRow,
    SubprofileRow,
    find,
)


class Narrowing(msgspec.Struct):
    """Whose events: `tracker` is an emailing's; `values` as in an `EventFilter`. `nothing` when
    no event can be meant."""

    tracker: int | None = None
    values: dict[str, str] = {}
    nothing: bool = False

    def by_tracker(self, tracker: int) -> None:
        self.nothing |= self.tracker not in (None, tracker)
        self.tracker = tracker

    def by_value(self, column: str, value: str) -> None:
        self.nothing |= self.values.get(column, value) != value
        self.values[column] = value


def row_type(one: Endpoint) -> type[Row]:
    """The type of a list's rows."""
    types = LISTS[one.events].types
    if not one.product:
        return types.old
    if one.product == "publisher":
        return types.publisher
    if one.events == "impressions" and (one.version == 2 or one.entity):
        return ProfiledImpression
    return types.ms


@endpoint("GET", "{product}/{events}", "List {events}", row=row_type)
@endpoint(
    "GET",
    "{product}/emailing/{id}/{events} {product}/destination/{id}/{events} "
    "ms/message/{id}/{events} profile/{id}/{product}/{events} subprofile/{id}/{product}/{events}",
    "List {events} of a {entity}",
    row=row_type,
)
async def list_events(call: Call) -> Listed:
    """By id, oldest first."""
    events_of = LISTS[call.endpoint.events]
    part = read_part(call.parameters, call.rows_max)
    bounds = Bounds(call.zone)
    bounds.compare(read_comparisons(call.parameters))
    if call.product == "ms":
        read_window(call.parameters, ("begintime", "endtime"), bounds, call.zone)
    narrowing = await asyncio.to_thread(_narrow, call)
    conditions = bounds.conditions()
    events: list[Event] = []
    total: int | None = 0 if part.total else None
    if conditions is not None and not narrowing.nothing:
        query = EventQuery(
            account=call.account,
            tracker=narrowing.tracker,
            sources=(SOURCE,),
            kinds=(events_of.kind,),
            verdicts=VERDICTS,
            values={column: (value,) for column, value in narrowing.values.items()},
            fields=(*RECIPIENT, *events_of.columns),
            order=Order.ASCENDING,
            offset=max(part.start, 0),
            limit=max(part.limit, 0),
            **conditions,
        )
        events, total = await _read(call, query, part)
    type = call.endpoint.row
    titles: Titles = {}
    if "link_title" in type.__struct_fields__ and events:
        titles = await asyncio.to_thread(_titles, call, events)
    rows = [row_of(type, event, call.zone, titles) for event in events]
    nextid = events[-1].id + 1 if events and call.version == 4 else None
    return listed(part, rows, total, nextid)


async def _read(call: Call, query: EventQuery, part: Part) -> tuple[list[Event], int | None]:
    """The rows, and how many there are in all where that is requested. They are counted after the
    page is read: a client may rely on start + count <= total while events arrive."""
    page = Page([], None)
    wanted = part.start >= 0 and part.limit > 0
    if wanted:
        page = await call.api.parts.reader.events(query)
    if not part.total:
        return page.events, None
    if wanted and page.cursor is None and (page.events or not part.start):
        return page.events, part.start + len(page.events)
    report = await call.api.parts.reader.report(counting(query))
    return page.events, report.totals.events


def _titles(call: Call, events: list[Event]) -> Titles:
    with call.reading() as session:
        return titles_of(session, call.account, {event.link for event in events})


# ── whose events ──────────────────────────────────────────────────────────────────────────────


def _narrow(call: Call) -> Narrowing:
    """Raises NotFound when the path names something that the account has not; a filter that does
    finds nothing."""
    with call.reading() as session:
        narrowing = Narrowing()
        if call.entity:
            _narrow_to(session, call.account, narrowing, call.entity, call.id)
        for name in RECIPIENT:
            if wanted := _read_filter(call.parameters, name):
                try:
                    _narrow_to(session, call.account, narrowing, name, wanted)
                except NotFound:
                    narrowing.nothing = True
        return narrowing


def _narrow_to(session: Session, account: int, narrowing: Narrowing, entity: str, id: str) -> None:
    if entity == "emailing":
        narrowing.by_tracker(find(session, EmailingRow, account, id).tracker_id)
    elif entity == "destination":
        row, tracker = find_destination(session, account, id)
        narrowing.by_tracker(tracker)
        narrowing.by_value("destination", str(row.id))
    elif entity == "profile":
        narrowing.by_value("profile", str(find(session, ProfileRow, account, id).id))
    else:
        narrowing.by_value("subprofile", str(find(session, SubprofileRow, account, id).id))


def _read_filter(query: php.Values, name: str) -> str:
    """A number as PHP casts it, or a destination's hash as it is; "" for no filter."""
    value = query.get(name)
    if not value:
        return ""
    if isinstance(value, str) and len(value) in (16, 32) and not value.isdigit():
        return value
    return str(php.to_int(value, 0))
