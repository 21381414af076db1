"""The list of scans. https://docs.passentry.com/api-reference/v1/scans/get-scans"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.api.bodies import answer
from footfall.api.notes import header_of, renamed
from footfall.api.operations import operation
from footfall.core.errors import InvalidRequest
from footfall.core.events import Event, EventKind
from footfall.core.queries import EventFilter, EventQuery
from footfall.core.reports import Group, counting
from footfall.dialects.passentry.bodies import (
    PassResource,
    ReaderResource,
    ScanResource,
    included_body,
    reader_body,
    scan_body,
)
from footfall.dialects.passentry.dialect import Call, links_of
from footfall.dialects.passentry.documents import (
    LATEST_MS,
    Links,
    PageQuery,
    Paging,
    Time,
    pages,
    read_time,
)
from footfall.dialects.passentry.records import scans as records
from footfall.dialects.passentry.records.passes import SOURCE, templates_named, tracker_of
from footfall.dialects.passentry.records.tables import PassRow, ReaderRow

PER_PAGE_DEFAULT: Final = 100
COLUMNS: Final[Mapping[str, str]] = {
    "entity": "entity",
    "readerId": "reader",
    "validationType": "validation",
    "scanType": "scan_medium",
    "status": "scan_status",
    "eventId": "venue_event",
    "groupTag": "group_tag",
}
"""Filters that are columns."""

PARAMETERS: Final = {
    "wallet_pass": "passId",
    **{column: parameter for parameter, column in COLUMNS.items()},
}

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "validationType": (records.INTERNAL, records.EXTERNAL),
    "scanType": ("nfc", "barcode"),
    "status": (records.SUCCESSFUL, records.FAILED),
}

SHOWN: Final = (
    "reader",
    "wallet_pass",
    "scan_medium",
    "scan_value",
    "scan_status",
    "scan_status_detail",
    "validation",
)
"""The columns that a list of scans shows."""


class ScansQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    entity: str | None = None
    reader_id: str | None = None
    pass_id: str | None = None
    validation_type: str | None = None
    scan_type: str | None = None
    status: str | None = None
    event_id: str | None = None
    pass_template_name: str | None = None
    group_tag: str | None = None
    created_after: Time | None = None
    created_before: Time | None = None


class ScansMeta(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Over the whole filter, not the page."""

    total_scans: int
    successful_scans: int
    failed_scans: int
    readers_count: int
    total_count: int
    results_per_page: int
    current_page: int
    total_pages: int


class ScanList(msgspec.Struct, frozen=True):
    data: list[ScanResource]
    meta: ScansMeta
    included: list[PassResource | ReaderResource]
    links: Links


def scans_meta(groups: Iterable[Group], paging: Paging) -> ScansMeta:
    """From the counts by (status, reader)."""
    found = list(groups)
    total = sum(group.counts.events for group in found)
    successful = sum(
        group.counts.events for group in found if group.values[0] == records.SUCCESSFUL
    )
    return ScansMeta(
        total_scans=total,
        successful_scans=successful,
        failed_scans=total - successful,
        readers_count=len({group.values[1] for group in found} - {""}),
        total_count=total,
        results_per_page=paging.size,
        current_page=paging.page,
        total_pages=pages(total, paging.size),
    )


@operation("GET /scans", "Scans, the last received first", query=ScansQuery, answer=ScanList)
async def list_scans(call: Call, query: ScansQuery) -> Response[bytes]:
    """The last received first, with counts over the whole filter and each pass and reader once."""
    paging = query.paging(PER_PAGE_DEFAULT)
    wanted = await asyncio.to_thread(_read_filter, call, query)
    events: list[Event] = []
    meta = scans_meta([], paging)
    if wanted is not None:
        conditions = msgspec.structs.asdict(wanted)
        reader = call.api.parts.reader
        counted, page = await asyncio.gather(
            reader.report(counting(wanted, ("scan_status", "reader"))),
            reader.events(
                EventQuery(**conditions, fields=SHOWN, offset=paging.offset, limit=paging.size)
            ),
        )
        meta, events = scans_meta(counted.groups, paging), page.events
    included = await asyncio.to_thread(_included, call, events)
    links = links_of(call, paging, meta.total_count)
    notes = await _notes(call, query, wanted, empty=not meta.total_count)
    content = ScanList([scan_body(one) for one in events], meta, included, links)
    return answer(content, headers=header_of(notes))


async def _notes(
    call: Call, query: ScansQuery, wanted: EventFilter | None, *, empty: bool
) -> list[str]:
    """Of filters that name what is unknown."""
    if wanted is None:
        wanted = EventFilter(account=call.account)
        if wallet_pass := query.pass_id:
            wanted = EventFilter(account=call.account, values={"wallet_pass": (wallet_pass,)})
    notes = renamed(await call.api.parts.unknown_ids(wanted, empty), PARAMETERS)
    if (template := query.pass_template_name) and not wanted.values.get("pass_template"):
        notes.append(f"passTemplateName: no pass template has the name {template[:80]!r}.")
    return notes


def _read_filter(call: Call, query: ScansQuery) -> EventFilter | None:
    """None when nothing can match: a name or id that is unknown. Raises InvalidRequest."""
    values: dict[str, tuple[str, ...]] = {}
    given = msgspec.to_builtins(query)
    for name, column in COLUMNS.items():
        value = given[name]
        if value and name in CHOICES and value not in CHOICES[name]:
            raise InvalidRequest(f"{name} must be one of {', '.join(CHOICES[name])}.")
        if value:
            values[column] = (value,)
    since, until = (
        min(read_time(given[name], name), LATEST_MS) if given[name] else None
        for name in ("createdAfter", "createdBefore")
    )
    tracker = None
    with call.reading() as session:
        if template := query.pass_template_name:
            values["pass_template"] = templates_named(session, call.account, template)
            if not values["pass_template"]:
                return None
        if wallet_pass := query.pass_id:
            tracker = tracker_of(session, call.account, wallet_pass)
            if tracker is None:
                return None
    return EventFilter(
        account=call.account,
        tracker=tracker,
        sources=(SOURCE,),
        kinds=(EventKind.SCAN,),
        values=values,
        since=since,
        until=until,
    )


def _included(call: Call, events: list[Event]) -> list[PassResource | ReaderResource]:
    """Those that are there still."""
    with call.reading() as session:
        passes = _named(call, session, PassRow, [event.wallet_pass for event in events])
        readers = _named(call, session, ReaderRow, [event.reader for event in events])
    shown = [included_body(row, call.api.base) for row in passes]
    return [*shown, *(reader_body(row) for row in readers)]


def _named(call: Call, session: Session, rows: type[Any], names: list[str]) -> list[Any]:
    """Rows with these ids, each once, in the order of the names."""
    unique = dict.fromkeys(name for name in names if name)
    query = select(rows).where(rows.account_id == call.account, rows.id.in_(unique))
    found = {row.id: row for row in session.scalars(query)}
    return [found[name] for name in unique if name in found]
