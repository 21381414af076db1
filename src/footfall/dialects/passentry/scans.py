"""Scans: at the door, and listed."""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import get, post
from litestar.params import RawBody
from sqlalchemy import select

from footfall.api.bodies import answer, decode
from footfall.api.notes import header_of, renamed
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.core.events import Event, EventKind
from footfall.core.queries import CountQuery, EventFilter, EventQuery
from footfall.dialects.passentry import external, gate
from footfall.dialects.passentry.face import Answer, Asked, Face, OurFace, query_of
from footfall.dialects.passentry.nouns import scans as nouns
from footfall.dialects.passentry.nouns.passes import SOURCE, templates_named, tracker_of
from footfall.dialects.passentry.nouns.tables import PassRow, ReaderRow
from footfall.dialects.passentry.wire import scans as wire
from footfall.dialects.passentry.wire.documents import (
    LATEST_MS,
    clean,
    read_id,
    read_paging,
    read_time,
)
from footfall.dialects.passentry.wire.passes import PassResource, included_body, read_points
from footfall.dialects.passentry.wire.readers import ReaderResource, reader_body

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
    "validationType": (nouns.INTERNAL, nouns.EXTERNAL),
    "scanType": ("nfc", "barcode"),
    "status": (nouns.SUCCESSFUL, nouns.FAILED),
}


# ── at the door ───────────────────────────────────────────────────────────────────────────────


@post("/scans", status_code=200, opt={"scope": Scope.CAPTURE})
async def create_scan(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Validate and record, in one transaction: two gates never both admit one pass.

    Always 200, also when the pass is refused or the reader unknown.
    """
    asked = decode(body, wire.ScanRequest).scan
    scan = nouns.Scan(
        reader=clean(asked.reader_id, "readerId"),
        medium=asked.scan_type,
        value=asked.pass_id,
        points=read_points(asked.loyalty.balance) if asked.loyalty else None,
    )
    judgement = None

    def respond(outcome: nouns.Outcome) -> Answer:
        message = ""
        if judgement is not None:
            agreed = judgement.successful == (outcome.event.scan_status == nouns.SUCCESSFUL)
            message = judgement.message if agreed else ""
        response = wire.validation_response(outcome, scan.points, message)
        return answer(wire.ScanAnswer(response, wire.scan_info(outcome)))

    attempt = gate.Asked(request.auth.account.id, scan, respond=respond)
    if query_of(request).get("newReader", "").lower() == "true":
        request.auth.require(Scope.WRITE)
        attempt.new_reader = read_id(asked.reader_id, "readerId")
    outcome = await face.gate.decide(attempt)
    if isinstance(outcome, gate.AskOutside):
        # Asked outside of any transaction, and while no id is open: nobody waits for it.
        judgement = await external.ask(face.parts.outbound, outcome.door, scan, face.parts.clock())
        attempt.judgement = judgement
        outcome = await face.gate.decide(attempt)
    assert isinstance(outcome, nouns.Outcome)
    return respond(outcome)


@post("/scans/log", status_code=200, opt={"scope": Scope.CAPTURE})
async def log_scan(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Record a scan that another system validated."""
    asked = decode(body, wire.LogRequest).scan
    points = read_points(asked.loyalty.balance) if asked.loyalty else None
    scan = nouns.Scan(
        reader=clean(asked.reader_id, "readerId"),
        medium=asked.scan_type,
        value=asked.scan_value,
        points=points,
    )
    judgement = external.Judgement(
        successful=asked.status == nouns.SUCCESSFUL,
        detail=asked.status_detail or "",
        wallet_pass=asked.pass_id or "",
    )

    def respond(outcome: nouns.Outcome) -> Answer:
        return answer(wire.LogAnswer(wire.scan_info(outcome)))

    attempt = gate.Asked(request.auth.account.id, scan, judgement, respond=respond)
    outcome = await face.gate.decide(attempt)
    assert isinstance(outcome, nouns.Outcome)
    return respond(outcome)


# ── listed ────────────────────────────────────────────────────────────────────────────────────


@get("/scans")
async def list_scans(request: Asked, face: OurFace) -> Answer:
    """The last received first, with counts over the whole filter and each pass and reader once."""
    query = query_of(request)
    account, paging = request.auth.account.id, read_paging(query, PER_PAGE_DEFAULT)
    wanted = await asyncio.to_thread(_read_filter, face, account, query)
    events: list[Event] = []
    meta = wire.scans_meta([], paging)
    if wanted is not None:
        conditions = msgspec.structs.asdict(wanted)
        groups, page = await asyncio.gather(
            face.parts.reader.count(CountQuery(**conditions, by=("scan_status", "reader"))),
            face.parts.reader.events(
                EventQuery(**conditions, fields=wire.SHOWN, offset=paging.offset, limit=paging.size)
            ),
        )
        meta, events = wire.scans_meta(groups, paging), page.events
    included = await asyncio.to_thread(_included, face, account, events)
    links = face.links(request, paging, meta.total_count)
    notes = await _notes(face, account, query, wanted, empty=not meta.total_count)
    content = wire.ScanList([wire.scan_body(one) for one in events], meta, included, links)
    return answer(content, headers=header_of(notes))


async def _notes(
    face: Face, account: int, query: Mapping[str, str], wanted: EventFilter | None, *, empty: bool
) -> list[str]:
    """Of filters that name what is unknown."""
    if wanted is None:
        wanted = EventFilter(account=account)
        if wallet_pass := query.get("passId"):
            wanted = EventFilter(account=account, values={"wallet_pass": (wallet_pass,)})
    notes = renamed(await face.parts.unknown_ids(wanted, empty), PARAMETERS)
    if (template := query.get("passTemplateName")) and not wanted.values.get("pass_template"):
        notes.append(f"passTemplateName: no pass template has the name {template[:80]!r}.")
    return notes


def _read_filter(face: Face, account: int, query: Mapping[str, str]) -> EventFilter | None:
    """None when nothing can match: a name or id that is unknown. Raises InvalidRequest."""
    values: dict[str, tuple[str, ...]] = {}
    for name, column in COLUMNS.items():
        value = query.get(name)
        if value and name in CHOICES and value not in CHOICES[name]:
            raise InvalidRequest(f"{name} must be one of {', '.join(CHOICES[name])}.")
        if value:
            values[column] = (value,)
    since, until = (
        min(read_time(query[name], name), LATEST_MS) if query.get(name) else None
        for name in ("createdAfter", "createdBefore")
    )
    tracker = None
    with face.reading() as session:
        if template := query.get("passTemplateName"):
            values["pass_template"] = templates_named(session, account, template)
            if not values["pass_template"]:
                return None
        if wallet_pass := query.get("passId"):
            tracker = tracker_of(session, account, wallet_pass)
            if tracker is None:
                return None
    return EventFilter(
        account=account,
        tracker=tracker,
        sources=(SOURCE,),
        kinds=(EventKind.SCAN,),
        values=values,
        since=since,
        until=until,
    )


def _included(face: Face, account: int, events: list[Event]) -> list[PassResource | ReaderResource]:
    """Those that are there still."""
    passes, readers = wire.passes_of(events), wire.readers_of(events)
    with face.reading() as session:
        found_passes = {
            row.id: row
            for row in session.scalars(
                select(PassRow).where(PassRow.account_id == account, PassRow.id.in_(passes))
            )
        }
        found_readers = {
            row.id: row
            for row in session.scalars(
                select(ReaderRow).where(ReaderRow.account_id == account, ReaderRow.id.in_(readers))
            )
        }
    included: list[PassResource | ReaderResource] = [
        included_body(found_passes[one], face.base) for one in passes if one in found_passes
    ]
    included += [reader_body(found_readers[one]) for one in readers if one in found_readers]
    return included


HANDLERS = (create_scan, log_scan, list_scans)
