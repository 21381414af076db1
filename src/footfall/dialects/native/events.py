"""`GET /events`: events of every source, page by page or all at once."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from litestar.response import Stream

from footfall.api.event_files import MEDIA_TYPES, prefetch_first, stream
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
    page_query,
    query_fingerprint,
    read_cursor,
    total_of,
)
from footfall.dialects.native.policies import with_policy
from footfall.dialects.native.windows import read_window
from footfall.jobs.reclassify.policies import Named
from footfall.runtime.extracts import Extract, Format

LIMIT_MAX: Final = 10_000
LIMIT: Final = 100
JSON: Final = "json"
SWITCH: Final = {"true": True, "false": False}
ORDERS: Final = {"newest": Order.DESCENDING, "oldest": Order.ASCENDING}
NO_MATTER_WHEN: Final = 1 << 62
"""A list has the events that are there, whatever has gone."""

OURS: Final = frozenset(
    {
        *("since", "until", "zone", "order", "fields", "limit", "cursor", "as_of", "total"),
        *("format", "policy", "raw_cells"),
    }
)
"""Parameters that are no filters."""


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a query asks. `limit` None: as many as there are, in a file."""

    filter: EventFilter
    order: Order
    fields: tuple[str, ...]
    format: str
    raw_cells: bool
    limit: int | None
    totals: Totals
    cursor: Cursor | None
    as_of: int | None
    policy: int | None
    fingerprint: str


# No event received after `as_of` is on any page that follows. `policy` is what the verdicts are
# under; not `policy_applied`, some are still under the one before. Not `complete`: events are
# missing in the event store. `notes` name ids of the filters that match nothing known.
class EventPage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the page after this one."""

    events: list[Event]  # type: ignore[valid-type]
    next: str | None
    as_of: str
    total: Total | None
    policy: int
    policy_applied: bool
    complete: bool
    notes: list[str]


class EventsQuery(msgspec.Struct, frozen=True):
    """`filters` are parameters by column, or `column.operator`."""

    filters: dict[str, str] = {}
    since: str = ""
    until: str = ""
    zone: str = ""
    order: Literal["newest", "oldest"] = "newest"
    fields: str = ""
    limit: int = 100
    cursor: str = ""
    as_of: str = ""
    policy: int | None = None
    total: Literal["auto", "exact", "none"] = "auto"
    format: Literal["json", "ndjson", "csv", "parquet", "arrow"] = "json"
    raw_cells: bool = False


@operation(
    "GET /events",
    "List events: a page as JSON, or all that match as a file",
    query=EventsQuery,
    answer=EventPage,
    also=tuple(MEDIA_TYPES.values()),
)
async def list_events(call: Call) -> bytes | Stream:
    parts = call.api.parts
    query = grouped(call.request.query_params.multi_items())
    accepted = call.request.headers.get("accept", "")
    wanted = read_request(query, accepted, call.account, call.now())
    named = await parts.policies.named(call.account, wanted.policy, NO_MATTER_WHEN)
    filter = with_policy(wanted.filter, named)
    wanted = msgspec.structs.replace(wanted, filter=filter)
    as_of = await _as_of(call, wanted)
    columns = tuple(name for name in wanted.fields or COLUMNS if name in COLUMNS)
    query_of_page = page_query(filter, as_of, wanted.order, columns, wanted.limit or LIMIT_MAX)
    if wanted.cursor is not None:
        query_of_page = msgspec.structs.replace(query_of_page, cursor=wanted.cursor.last)
    if wanted.format != JSON:
        return await _answer_file(call, wanted, query_of_page, as_of, named)
    fields = frozenset(wanted.fields) or frozenset(SHOWN)
    page = await parts.reader.events(query_of_page)
    first = wanted.cursor is None
    total = wanted.cursor.total if wanted.cursor else None
    if first:
        counted = msgspec.structs.replace(filter, below=as_of + 1)
        total = await total_of(parts.reader, counted, wanted.totals)
    following = None
    if page.cursor is not None:
        following = Cursor(page.cursor, as_of, wanted.fingerprint, total).write()
    notes = await parts.unknown_ids(filter, not page.events) if first else []
    return await asyncio.to_thread(
        lambda: msgspec.json.encode(
            EventPage(
                events=[show(one, fields) for one in page.events],
                next=following,
                as_of=str(as_of),
                total=total,
                policy=named.number,
                policy_applied=named.applied,
                complete=parts.integrity.complete,
                notes=notes,
            )
        )
    )


@operation("GET /events/{id}", "Get one event", answer=Event)
async def get_event(call: Call, id: str) -> msgspec.Struct:
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 20 else 0
    query = EventQuery(account=call.account, ids=(min(number, ID_MAX),), limit=1)
    page = await call.api.parts.reader.events(query)
    if not page.events:
        raise NotFound(f"There is no event {id[:40]}.")
    return show(page.events[0], frozenset(SHOWN))


def grouped(items: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in items:
        found.setdefault(name, []).append(value)
    return found


def read_request(
    query: Mapping[str, Sequence[str]], accepted: str, account: int, now: int
) -> ListRequest:
    """Raises InvalidRequest, naming the parameter."""
    ours = {name: only(name, query[name]) for name in query.keys() & OURS}
    window = read_window(ours.get("since", ""), ours.get("until", ""), ours.get("zone", "UTC"), now)
    filters = {name: values for name, values in query.items() if name not in OURS}
    wanted = read_filters(
        filters,
        account,
        window.zone,
        window.since if ours.get("since") else None,
        window.until if ours.get("until") else None,
    )
    order = _one_of("order", ours.get("order", "newest"), ORDERS)
    fields = read_fields(ours.get("fields", ""))
    format = _format(ours.get("format"), accepted)
    policy = _policy(ours["policy"]) if "policy" in ours else None
    question = [sorted(filters.items()), window.since, ours.get("until"), order, fields]
    fingerprint = query_fingerprint(*question, *([] if policy is None else [policy]))
    cursor = ours.get("cursor")
    return ListRequest(
        filter=wanted,
        order=order,
        fields=fields,
        format=format,
        raw_cells=_one_of("raw_cells", ours.get("raw_cells", "false"), SWITCH),
        limit=_limit(ours.get("limit"), format),
        totals=_one_of("total", ours.get("total", "auto"), {one.value: one for one in Totals}),
        cursor=read_cursor(cursor, fingerprint) if cursor else None,
        as_of=read_id("as_of", ours["as_of"]) if "as_of" in ours else None,
        policy=policy,
        fingerprint=fingerprint,
    )


def read_fields(text: str) -> tuple[str, ...]:
    """Raises InvalidRequest."""
    fields = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in fields:
        if name not in SHOWN:
            raise InvalidRequest(f"fields: there is no {name[:60]!r}. GET /reports/schema has all.")
    return fields


def only(name: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise InvalidRequest(f"{name}: give it once.")
    return values[0]


async def _as_of(call: Call, wanted: ListRequest) -> int:
    now = await call.api.parts.reader.as_of()
    given = wanted.cursor.as_of if wanted.cursor else wanted.as_of
    ends = wanted.filter.below
    return min(now, now if given is None else given, now if ends is None else ends - 1)


async def _answer_file(
    call: Call, wanted: ListRequest, query: EventQuery, as_of: int, named: Named
) -> Stream:
    """A page as a file, or all that matches: then the answer is written while it is read."""
    parts, format = call.api.parts, Format(wanted.format)
    headers = {
        "Footfall-As-Of": str(as_of),
        "Footfall-Policy": str(named.number),
        "Cache-Control": "no-store",
    }
    if wanted.cursor is None:
        headers |= header_of(await parts.unknown_ids(wanted.filter, True))
    edge = query.cursor
    filter = EventFilter(**{name: getattr(query, name) for name in EventFilter.__struct_fields__})
    if edge is not None:
        beyond = {"above": edge} if wanted.order is Order.ASCENDING else {"below": edge}
        filter = msgspec.structs.replace(filter, **beyond)
    columns = {name: FILE_COLUMNS[name] for name in wanted.fields or SHOWN}
    extract = Extract(
        query=filter,
        columns=columns,
        format=format,
        order=wanted.order,
        raw_cells=wanted.raw_cells,
    )
    if wanted.limit is not None:
        page = await parts.reader.events(msgspec.structs.replace(query, fields=()))
        last = page.cursor
        if last is not None:
            headers["Footfall-Next"] = Cursor(last, as_of, wanted.fingerprint, None).write()
            beyond = {"below": last + 1} if wanted.order is Order.ASCENDING else {"above": last - 1}
            extract = msgspec.structs.replace(
                extract, query=msgspec.structs.replace(filter, **beyond)
            )
    pieces = await prefetch_first(stream(parts, extract, page=wanted.limit is not None))
    return Stream(pieces, media_type=MEDIA_TYPES[format], headers=headers)


def _format(text: str | None, accepted: str) -> str:
    if text is not None:
        known = {JSON: JSON, **{one.value: one.value for one in Format}}
        return str(_one_of("format", text, known))
    for part in accepted.split(","):
        media_type = part.partition(";")[0].strip().lower()
        for format, known_type in MEDIA_TYPES.items():
            if media_type == known_type:
                return format.value
    return JSON


def _limit(text: str | None, format: str) -> int | None:
    if text is None:
        return LIMIT if format == JSON else None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LIMIT_MAX):
        raise InvalidRequest(
            f"limit: a whole number from 1 to {LIMIT_MAX}. For more follow `next`, or ask for"
            " format=ndjson without a limit."
        )
    return int(text)


def _policy(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest("policy: the number of a policy. See GET /policies.")
    return int(text)


def read_id(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= ID_MAX):
        raise InvalidRequest(f"{name}: the id of an event, a number.")
    return int(text)


def _one_of(name: str, text: str, known: Mapping[str, Any]) -> Any:
    if text not in known:
        raise InvalidRequest(f"{name}: one of {', '.join(known)}.")
    return known[text]


assert {*FILE_COLUMNS} <= {*SHOWN}
assert {*SHOWN} - {"occurred_at", "received_at"} <= {*COLUMNS}
