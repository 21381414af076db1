"""The lists of events: which events each asks for, and its answer."""

import asyncio
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from footfall.api.bodies import answer
from footfall.core.errors import NotFound
from footfall.core.events import Event, Verdict
from footfall.core.queries import CountQuery, EventQuery, Order, Page
from footfall.dialects.copernica import mailing, php, wire
from footfall.dialects.copernica.face import Answer, Asked, Face
from footfall.dialects.copernica.nouns import (
    SOURCE,
    EmailingRow,
    Part,
    ProfileRow,
    SubprofileRow,
    find,
)
from footfall.dialects.copernica.questions import (
    Bounds,
    read_comparisons,
    read_part,
    read_window,
)
from footfall.dialects.copernica.rows import (
    LISTS,
    RECIPIENT,
    ProfiledImpression,
    Row,
    Titles,
    row_of,
)

VERDICTS: Final = (Verdict.COUNTED, Verdict.MACHINE_OPEN)
"""What lists and numbers hold. The vendor shows opens by mail proxies; bots, previews and the like
are kept, and not shown."""


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


def shape_of(name: str, version: int, product: str, scope: str) -> type[Row]:
    """The type of a list's rows. `product` is "" for a path without one, `scope` the noun that the
    path narrows it to, "" for none."""
    shapes = LISTS[name].shapes
    if not product:
        return shapes.old
    if product == "publisher":
        return shapes.publisher
    if name == "impressions" and (version == 2 or scope):
        return ProfiledImpression
    return shapes.ms


async def list_events(face: Face, asked: Asked, name: str, product: str, scope: str) -> Answer:
    """By id, oldest first."""
    part = read_part(asked.query, asked.rows_max)
    bounds = Bounds(face.zone)
    bounds.compare(read_comparisons(asked.query))
    if product == "ms":
        read_window(asked.query, ("begintime", "endtime"), bounds, face.zone)
    narrowing = await asyncio.to_thread(_narrow, face, asked, scope)
    conditions = bounds.conditions()
    events: list[Event] = []
    total: int | None = 0 if part.total else None
    if conditions is not None and not narrowing.nothing:
        query = EventQuery(
            account=asked.account.id,
            tracker=narrowing.tracker,
            sources=(SOURCE,),
            kinds=(LISTS[name].kind,),
            verdicts=VERDICTS,
            values={column: (value,) for column, value in narrowing.values.items()},
            fields=(*RECIPIENT, *LISTS[name].columns),
            order=Order.ASCENDING,
            offset=max(part.start, 0),
            limit=max(part.limit, 0),
            **conditions,
        )
        events, total = await _read(face, query, part)
    shape = shape_of(name, asked.version, product, scope)
    titles: Titles = {}
    if "link_title" in shape.__struct_fields__ and events:
        titles = await asyncio.to_thread(_titles, face, asked.account.id, events)
    rows = [row_of(shape, event, face.zone, titles) for event in events]
    nextid = events[-1].id + 1 if events and asked.version == 4 else None
    return answer(wire.listed(part, rows, total, nextid))


async def _read(face: Face, query: EventQuery, part: Part) -> tuple[list[Event], int | None]:
    """The rows, and how many there are in all where that is asked for. They are counted after the
    page is read: a client may rely on start + count <= total while events arrive."""
    page = Page([], None)
    wanted = part.start >= 0 and part.limit > 0
    if wanted:
        page = await face.parts.reader.events(query)
    if not part.total:
        return page.events, None
    if wanted and page.cursor is None and (page.events or not part.start):
        return page.events, part.start + len(page.events)
    filters = {name: getattr(query, name) for name in _FILTERS}
    groups = await face.parts.reader.count(CountQuery(**filters))
    return page.events, sum(group.events for group in groups)


_FILTERS: Final = tuple(set(CountQuery.__struct_fields__) - {"by"})


def _titles(face: Face, account: int, events: list[Event]) -> Titles:
    with face.parts.catalog.reading() as session:
        return mailing.titles_of(session, account, {event.link for event in events})


# ── whose events ──────────────────────────────────────────────────────────────────────────────


def _narrow(face: Face, asked: Asked, scope: str) -> Narrowing:
    """Raises NotFound when the path names something that the account has not; a filter that does
    finds nothing."""
    with face.parts.catalog.reading() as session:
        narrowing = Narrowing()
        if scope:
            _narrow_to(session, asked.account.id, narrowing, scope, asked.id)
        for name in RECIPIENT:
            if wanted := _read_filter(asked.query, name):
                try:
                    _narrow_to(session, asked.account.id, narrowing, name, wanted)
                except NotFound:
                    narrowing.nothing = True
        return narrowing


def _narrow_to(session: Session, account: int, narrowing: Narrowing, scope: str, id: str) -> None:
    if scope == "emailing":
        narrowing.by_tracker(find(session, EmailingRow, account, id).tracker_id)
    elif scope == "destination":
        row, tracker = mailing.find_emailing(session, account, id)
        narrowing.by_tracker(tracker)
        narrowing.by_value("destination", str(row.id))
    elif scope == "profile":
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
