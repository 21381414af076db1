"""`GET /events`: events of every source, page by page or all at once."""

import asyncio
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from litestar.response import Stream
from msgspec import Meta

from footfall.api.bodies import convert
from footfall.api.event_files import prefetch_first, stream
from footfall.api.notes import header_of
from footfall.api.operations import operation
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.events import COLUMNS
from footfall.core.ids import ID_MAX
from footfall.core.queries import EventFilter, EventQuery, Order
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.event_body import FILE_COLUMNS, SHOWN, Event, show
from footfall.dialects.native.filters import read_filters
from footfall.dialects.native.paging import (
    Cursor,
    Total,
    Totals,
    query_fingerprint,
    read_cursor,
    total_of,
)
from footfall.dialects.native.policies import POLICY_NUMBER_MAX, with_policy
from footfall.dialects.native.windows import WindowRequest
from footfall.jobs.reclassify.policies import PolicySelection
from footfall.parsing.numbers import read_digits
from footfall.runtime.extracts import MEDIA_TYPES, Extract, Format

LIMIT_MAX: Final = 10_000
LIMIT: Final = 100
JSON: Final = "json"
ORDERS: Final = {"newest": Order.DESCENDING, "oldest": Order.ASCENDING}
NO_MATTER_WHEN: Final = 1 << 62
"""A list has the events that are there, whatever has gone."""


class EventsQuery(WindowRequest, frozen=True, kw_only=True):
    """`filters` are parameters by column, or `column.operator`. Without a `limit` a page has 100
    events, and a file all; for more than a page may have, follow `next`."""

    filters: dict[str, str] = msgspec.field(default_factory=dict)
    order: Literal["newest", "oldest"] = "newest"
    fields: str = ""
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] | None = None
    cursor: str = ""
    as_of: str | None = None
    policy: Annotated[int, Meta(ge=0, le=POLICY_NUMBER_MAX)] | None = None
    total: Literal["auto", "exact", "none"] = "auto"
    format: Literal["json", "ndjson", "csv", "parquet", "arrow"] | None = None
    raw_cells: bool = False


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Which events a list has: those of `filter`, from the newest, or oldest, after the `cursor` of
    the page before."""

    filter: EventFilter
    order: Order
    fields: tuple[str, ...]
    cursor: Cursor | None
    as_of: int
    fingerprint: str
    policy: PolicySelection

    def page(self, limit: int, columns: tuple[str, ...] = ()) -> EventQuery:
        cursor = self.cursor.last if self.cursor else None
        given = msgspec.structs.asdict(self.filter)
        return EventQuery(**given, order=self.order, cursor=cursor, fields=columns, limit=limit)

    def next(self, last: int | None, total: Total | None = None) -> str | None:
        """The cursor of the page that follows the event `last`."""
        return None if last is None else Cursor(last, self.as_of, self.fingerprint, total).write()


class EventPage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the page after this one: no event received after `as_of` is on any of
    them. `policy` is what the verdicts are under; not `policy_applied`, some are still under the
    one before. Not `complete`: events are missing in the event store. `notes` name ids of the
    filters that match nothing known."""

    events: list[Event]  # type: ignore[valid-type]
    next: str | None
    as_of: str
    total: Total | None
    policy: int
    policy_applied: bool
    complete: bool
    notes: list[str]


@operation(
    "GET /events",
    "List events: a page as JSON, or all that match as a file",
    query=EventsQuery,
    answer=EventPage,
    also=tuple(MEDIA_TYPES.values()),
)
async def list_events(call: Call) -> bytes | Stream:
    query, filters = read_query(call, EventsQuery)
    listing = await _listing(call, query, filters)
    format = query.format or _accepted(call.request.headers.get("accept", ""))
    if format != JSON:
        return await _answer_file(call, query, listing, Format(format))
    return await _answer_page(call, query, listing)


async def _listing(call: Call, query: EventsQuery, filters: dict[str, list[str]]) -> Listing:
    """Raises InvalidRequest, naming the parameter."""
    window = query.window(call.now())
    wanted = read_filters(filters, call.account, window.zone, *query.bounds(window))
    order, fields = ORDERS[query.order], read_fields(query.fields)
    fingerprint = query_fingerprint(
        sorted(filters.items()), window.since, query.until, order, fields, query.policy
    )
    cursor = read_cursor(query.cursor, fingerprint) if query.cursor else None
    given = cursor.as_of if cursor else None
    if cursor is None and query.as_of is not None:
        given = read_id("as_of", query.as_of)
    parts = call.api.parts
    policy = await parts.policies.named(call.account, query.policy, NO_MATTER_WHEN)
    wanted = with_policy(wanted, policy)
    as_of = await parts.reader.as_of()
    as_of = as_of if given is None else min(as_of, given)
    as_of = as_of if wanted.below is None else min(as_of, wanted.below - 1)
    return Listing(
        filter=msgspec.structs.replace(wanted, below=as_of + 1),
        order=order,
        fields=fields or SHOWN,
        cursor=cursor,
        as_of=as_of,
        fingerprint=fingerprint,
        policy=policy,
    )


async def _answer_page(call: Call, query: EventsQuery, listing: Listing) -> bytes:
    parts, fields, cursor = call.api.parts, frozenset(listing.fields), listing.cursor
    columns = tuple(name for name in listing.fields if name in COLUMNS)
    page = await parts.reader.events(listing.page(query.limit or LIMIT, columns or COLUMNS))
    notes: list[str] = []
    if cursor is None:
        total = await total_of(parts.reader, listing.filter, Totals(query.total))
        notes = await parts.unknown_ids(listing.filter, not page.events)
    else:
        total = cursor.total
    return await asyncio.to_thread(
        lambda: msgspec.json.encode(
            EventPage(
                events=[show(one, fields) for one in page.events],
                next=listing.next(page.cursor, total),
                as_of=str(listing.as_of),
                total=total,
                policy=listing.policy.number,
                policy_applied=listing.policy.applied,
                complete=parts.integrity.complete,
                notes=notes,
            )
        )
    )


@operation("GET /events/{id}", "Get one event", answer=Event)
async def get_event(call: Call, id: str) -> msgspec.Struct:
    query = EventQuery(account=call.account, ids=(read_digits(id, ID_MAX) or 0,), limit=1)
    page = await call.api.parts.reader.events(query)
    if not page.events:
        raise NotFound(f"There is no event {id[:40]}.")
    return show(page.events[0], frozenset(SHOWN))


Query = TypeVar("Query", bound=msgspec.Struct)


def read_query(call: Call, type: type[Query]) -> tuple[Query, dict[str, list[str]]]:
    """The parameters of this operation, each given once at most, and the filters: all others.
    Raises InvalidRequest."""
    ours: dict[str, str] = {}
    filters: dict[str, list[str]] = {}
    names = frozenset(type.__struct_fields__) - {"filters"}
    for name, value in call.request.query_params.multi_items():
        if name not in names:
            filters.setdefault(name, []).append(value)
        elif name in ours:
            raise InvalidRequest(f"{name}: give it once.")
        else:
            ours[name] = value
    return convert(ours, type), filters


def read_fields(text: str) -> tuple[str, ...]:
    """Raises InvalidRequest."""
    fields = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in fields:
        if name not in SHOWN:
            raise InvalidRequest(f"fields: there is no {name[:60]!r}. GET /reports/schema has all.")
    return fields


async def _answer_file(call: Call, query: EventsQuery, listing: Listing, format: Format) -> Stream:
    """A page as a file, or all that matches: then the answer is written while it is read."""
    parts, oldest_first = call.api.parts, listing.order is Order.ASCENDING
    headers = {
        "Footfall-As-Of": str(listing.as_of),
        "Footfall-Policy": str(listing.policy.number),
        "Cache-Control": "no-store",
    }
    filter = listing.filter
    if listing.cursor is None:
        headers |= header_of(await parts.unknown_ids(filter, True))
    else:
        beyond = {"above" if oldest_first else "below": listing.cursor.last}
        filter = msgspec.structs.replace(filter, **beyond)
    if query.limit is not None:
        page = await parts.reader.events(listing.page(query.limit))
        if (last := page.cursor) is not None:
            headers["Footfall-Next"] = str(listing.next(last))
            beyond = {"below": last + 1} if oldest_first else {"above": last - 1}
            filter = msgspec.structs.replace(filter, **beyond)
    extract = Extract(
        query=filter,
        columns={name: FILE_COLUMNS[name] for name in listing.fields},
        format=format,
        order=listing.order,
        raw_cells=query.raw_cells,
    )
    pieces = await prefetch_first(stream(parts, extract, page=query.limit is not None))
    return Stream(pieces, media_type=MEDIA_TYPES[format], headers=headers)


def _accepted(accepted: str) -> str:
    """The format of the first media type of `Accept` that is known."""
    for part in accepted.split(","):
        media_type = part.partition(";")[0].strip().lower()
        for format, known_type in MEDIA_TYPES.items():
            if media_type == known_type:
                return format.value
    return JSON


def read_id(name: str, text: str) -> int:
    number = read_digits(text, ID_MAX)
    if number is None:
        raise InvalidRequest(f"{name}: the id of an event, a number.")
    return number


assert {*FILE_COLUMNS} <= {*SHOWN}
assert {*SHOWN} - {"occurred_at", "received_at"} <= {*COLUMNS}
