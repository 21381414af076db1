"""`GET /events`: events of every source, page by page or all at once."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Stream

from footfall.api.bodies import answer
from footfall.api.notes import header_of
from footfall.api.parts import Parts
from footfall.core.accounts import Caller, Scope
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.events import COLUMNS
from footfall.core.ids import ID_MAX
from footfall.core.queries import EventFilter, EventQuery, Extract, Format, Order
from footfall.dialects.native.budgets import Budgets
from footfall.dialects.native.event_body import FILE_COLUMNS, SHOWN, show
from footfall.dialects.native.file_stream import MEDIA_TYPES, begun, stream
from footfall.dialects.native.filters import read_filters
from footfall.dialects.native.paging import (
    Cursor,
    Total,
    Totals,
    asked_for,
    page_query,
    read_cursor,
    total_of,
)
from footfall.dialects.native.policies import under
from footfall.dialects.native.windows import read_window
from footfall.jobs.reclassify.policies import Named

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

OurParts = NamedDependency[SkipValidation[Parts]]
OurBudgets = NamedDependency[SkipValidation[Budgets]]
Asked = Request[Any, Caller, Any]


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a query asks. `limit` None: as many as there are, in a file."""

    wanted: EventFilter
    order: Order
    fields: tuple[str, ...]
    format: str
    raw_cells: bool
    limit: int | None
    totals: Totals
    cursor: Cursor | None
    as_of: int | None
    policy: int | None
    asked: str


class EventPage(msgspec.Struct, frozen=True):
    """`next` goes on after the last of `events`, null when there are no more. No event that was
    received after `as_of` is on any page that follows. `policy` is what their verdicts are under;
    not `policy_applied`, some are still under the one before. Not `complete`: events are missing in
    the event store. `notes` name ids of the filters that match nothing known."""

    events: list[dict[str, Any]]
    next: str | None
    as_of: str
    total: Total | None
    policy: int
    policy_applied: bool
    complete: bool
    notes: list[str]


@get("/events", opt={"scope": Scope.READ})
async def list_events(request: Asked, parts: OurParts) -> Response[bytes] | Stream:
    query = grouped(request.query_params.multi_items())
    accepted = request.headers.get("accept", "")
    asked = read_request(query, accepted, request.auth.account.id, parts.clock())
    named = await parts.policies.named(request.auth.account.id, asked.policy, NO_MATTER_WHEN)
    asked = msgspec.structs.replace(
        asked, wanted=msgspec.structs.replace(asked.wanted, **under(asked.wanted, named))
    )
    as_of = await _as_of(parts, asked)
    columns = tuple(name for name in asked.fields or COLUMNS if name in COLUMNS)
    query_of_page = page_query(asked.wanted, as_of, asked.order, columns, asked.limit or LIMIT_MAX)
    if asked.cursor is not None:
        query_of_page = msgspec.structs.replace(query_of_page, cursor=asked.cursor.last)
    if asked.format != JSON:
        return await _answer_file(parts, asked, query_of_page, as_of, named)
    fields = frozenset(asked.fields) or frozenset(SHOWN)
    page = await parts.reader.events(query_of_page)
    total = asked.cursor.total if asked.cursor else None
    if asked.cursor is None:
        counted = msgspec.structs.replace(asked.wanted, below=as_of + 1)
        total = await total_of(parts.reader, counted, asked.totals)
    following = None
    if page.cursor is not None:
        following = Cursor(page.cursor, as_of, asked.asked, total).write()
    of_policy = named.number, named.applied
    first = asked.cursor is None
    notes = await parts.unknown_ids(asked.wanted, not page.events) if first else []
    body = await asyncio.to_thread(
        lambda: msgspec.json.encode(
            EventPage(
                *([show(one, fields) for one in page.events], following, str(as_of), total),
                *of_policy,
                *(parts.integrity.complete, notes),
            )
        )
    )
    return answer(body)


@get("/events/{id:str}", opt={"scope": Scope.READ})
async def get_event(request: Asked, parts: OurParts, id: FromPath[str]) -> Response[bytes]:
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 20 else 0
    query = EventQuery(account=request.auth.account.id, ids=(min(number, ID_MAX),), limit=1)
    page = await parts.reader.events(query)
    if not page.events:
        raise NotFound(f"There is no event {id[:40]}.")
    return answer(show(page.events[0], frozenset(SHOWN)))


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
    asked = asked_for(*question, *([] if policy is None else [policy]))
    cursor = ours.get("cursor")
    return ListRequest(
        wanted=wanted,
        order=order,
        fields=fields,
        format=format,
        raw_cells=_one_of("raw_cells", ours.get("raw_cells", "false"), SWITCH),
        limit=_limit(ours.get("limit"), format),
        totals=_one_of("total", ours.get("total", "auto"), {one.value: one for one in Totals}),
        cursor=read_cursor(cursor, asked) if cursor else None,
        as_of=read_id("as_of", ours["as_of"]) if "as_of" in ours else None,
        policy=policy,
        asked=asked,
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


async def _as_of(parts: Parts, asked: ListRequest) -> int:
    now = await parts.reader.as_of()
    given = asked.cursor.as_of if asked.cursor else asked.as_of
    ends = asked.wanted.below
    return min(now, now if given is None else given, now if ends is None else ends - 1)


async def _answer_file(
    parts: Parts, asked: ListRequest, query: EventQuery, as_of: int, named: Named
) -> Response[bytes] | Stream:
    """A page as a file, or all that matches: then the answer is written while it is read."""
    format = Format(asked.format)
    headers = {
        "Footfall-As-Of": str(as_of),
        "Footfall-Policy": str(named.number),
        "Cache-Control": "no-store",
    }
    if asked.cursor is None:
        headers |= header_of(await parts.unknown_ids(asked.wanted, True))
    edge = query.cursor
    filter = EventFilter(**{name: getattr(query, name) for name in EventFilter.__struct_fields__})
    if edge is not None:
        beyond = {"above": edge} if asked.order is Order.ASCENDING else {"below": edge}
        filter = msgspec.structs.replace(filter, **beyond)
    columns = {name: FILE_COLUMNS[name] for name in asked.fields or SHOWN}
    extract = Extract(
        query=filter,
        columns=columns,
        format=format,
        order=asked.order,
        raw_cells=asked.raw_cells,
    )
    if asked.limit is not None:
        page = await parts.reader.events(msgspec.structs.replace(query, fields=()))
        last = page.cursor
        if last is not None:
            headers["Footfall-Next"] = Cursor(last, as_of, asked.asked, None).write()
            beyond = {"below": last + 1} if asked.order is Order.ASCENDING else {"above": last - 1}
            extract = msgspec.structs.replace(
                extract, query=msgspec.structs.replace(filter, **beyond)
            )
    pieces = await begun(stream(parts, extract, page=asked.limit is not None))
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
