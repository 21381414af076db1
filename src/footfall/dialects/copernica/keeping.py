"""Endpoints of emailings, their destinations and links; those of profiles are in `profiles.py`.

The vendor documents reading emailings and destinations; making them happens in its dashboard, and
is here in the same style.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from footfall.api.bodies import answer
from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.copernica import mailing, nouns, php, statistics, wire
from footfall.dialects.copernica.face import (
    Answer,
    Asked,
    Face,
    answer_changed,
    answer_created,
    answer_deleted,
)
from footfall.dialects.copernica.nouns import (
    INVALID,
    Condition,
    DestinationRow,
    EmailingRow,
    LinkRow,
    Part,
    ProfileRow,
    SubprofileRow,
)
from footfall.dialects.copernica.questions import (
    Bounds,
    read_comparisons,
    read_part,
    read_window,
)
from footfall.dialects.copernica.requests import (
    DestinationRequest,
    EmailingRequest,
    LinksRequest,
    NewLinksRequest,
    read_columns,
)

Listing = tuple[Sequence[Any], int | None]


async def show_identity(_: Face, asked: Asked) -> Answer:
    return answer(wire.identity_body(asked.account))


# ── lists ─────────────────────────────────────────────────────────────────────────────────────


async def read_list(
    face: Face,
    asked: Asked,
    rows: Any,
    narrow: Callable[[Session], Sequence[Condition]],
    *,
    time: str = "timestamp",
    window: tuple[str, str] | None = None,
    order: Callable[[Session], Sequence[Any]] = lambda _: (),
) -> tuple[Part, Listing]:
    """A part of a list of nouns. `fields[]` and the `window` bound its id and its `time`; `narrow`
    says what else has to hold, `order` how it is sorted where that is not by id."""
    part = read_part(asked.query, asked.rows_max)
    bounds = Bounds(face.zone)
    bounds.compare(read_comparisons(asked.query), time)
    if window:
        read_window(asked.query, window, bounds, face.zone)
    clock = EmailingRow.sent_at if rows is EmailingRow else rows.created_at
    # A negative start or limit is no row, as the vendor has it.
    reading = Part(max(part.start, 0), max(part.limit, 0) if part.start >= 0 else 0, part.total)

    def read() -> Listing:
        with face.parts.catalog.reading() as session:
            extra = narrow(session)
            conditions = bounds.row_conditions(rows.id, clock)
            if conditions is None:
                return [], 0 if part.total else None
            conditions = [*conditions, *extra]
            by = order(session)
            return nouns.list_rows(session, rows, asked.account.id, conditions, reading, by)

    return part, await asyncio.to_thread(read)


def everything(_: Session) -> Sequence[Condition]:
    return ()


def answer_list(
    asked: Asked, part: Part, listing: Listing, shown: list[Any], *, by_id: bool = True
) -> Answer:
    """`shown` is what the wire has of the rows. In another order than `by_id` there is no next
    id."""
    rows, total = listing
    nextid = rows[-1].id + 1 if by_id and rows and asked.version == 4 else None
    return answer(wire.listed(part, shown, total, nextid))


async def list_emailings(face: Face, asked: Asked, product: str) -> Answer:
    """Filters as `rest-get-publisher-emailings` has them."""
    conditions = _emailing_filters(asked.query)
    part, listing = await read_list(
        face, asked, EmailingRow, lambda _: conditions, window=("fromdate", "todate")
    )
    rows = listing[0]
    if product == "ms":
        shown: list[Any] = [wire.marketing_emailing_body(row, face.zone) for row in rows]
    else:
        counts = await statistics.count_events(face, asked.account.id, list(rows))
        shown = [wire.emailing_body(row, face.zone, counts[row.id]) for row in rows]
    return answer_list(asked, part, listing, shown)


def _emailing_filters(query: php.Values) -> list[Condition]:
    conditions: list[Condition] = []
    if type := php.to_text(query.get("type")):
        conditions.append(EmailingRow.type == type)
    for name, column in (("followups", EmailingRow.followup), ("test", EmailingRow.test)):
        asked = php.to_text(query.get(name)).lower()
        if asked in ("yes", "no"):
            conditions.append(column.is_(asked == "yes"))
    if php.to_text(query.get("mindestinations")):
        conditions.append(EmailingRow.destinations >= php.to_int(query["mindestinations"], 0))
    if php.to_text(query.get("maxdestinations")):
        conditions.append(EmailingRow.destinations <= php.to_int(query["maxdestinations"], 0))
    return conditions


async def list_destinations(face: Face, asked: Asked, product: str, scope: str) -> Answer:
    if php.to_bool(asked.query.get("Unsubscribed"), False):
        raise InvalidRequest(f"{INVALID}: Unsubscribed is not served, read the unsubscribes")

    def narrow(session: Session) -> Sequence[Condition]:
        account = asked.account.id
        if scope == "emailing":
            emailing = nouns.find(session, EmailingRow, account, asked.id)
            return [DestinationRow.emailing_id == emailing.id]
        if scope == "profile":
            profile = nouns.find(session, ProfileRow, account, asked.id)
            return [DestinationRow.profile == profile.id]
        if scope == "subprofile":
            subprofile = nouns.find(session, SubprofileRow, account, asked.id)
            return [DestinationRow.subprofile == subprofile.id]
        return ()

    part, listing = await read_list(
        face, asked, DestinationRow, narrow, time="timestampsent", window=("from", "to")
    )
    body = wire.marketing_destination_body if product == "ms" else wire.destination_body
    return answer_list(asked, part, listing, [body(row, face.zone) for row in listing[0]])


async def list_links(face: Face, asked: Asked) -> Answer:
    def narrow(session: Session) -> Sequence[Condition]:
        emailing = nouns.find(session, EmailingRow, asked.account.id, asked.id)
        return [LinkRow.emailing_id == emailing.id]

    part, listing = await read_list(face, asked, LinkRow, narrow)
    return answer_list(asked, part, listing, [wire.link_body(row) for row in listing[0]])


# ── one ───────────────────────────────────────────────────────────────────────────────────────


async def find_row(face: Face, asked: Asked, rows: type[nouns.Row]) -> nouns.Row:
    def find() -> nouns.Row:
        with face.parts.catalog.reading() as session:
            return nouns.find(session, rows, asked.account.id, asked.id)

    return await asyncio.to_thread(find)


async def show_emailing(face: Face, asked: Asked, product: str) -> Answer:
    row = await find_row(face, asked, EmailingRow)
    if product == "ms":
        return answer(wire.tagged_emailing_body(row, face.zone))
    counts = await statistics.count_events(face, asked.account.id, [row])
    return answer(wire.emailing_body(row, face.zone, counts[row.id]))


async def show_destination(face: Face, asked: Asked, product: str) -> Answer:
    row = await find_row(face, asked, DestinationRow)
    body = wire.marketing_destination_body if product == "ms" else wire.destination_body
    return answer(body(row, face.zone))


# ── writes ────────────────────────────────────────────────────────────────────────────────────


async def write(face: Face, change: Callable[[Session, int], Any]) -> Any:
    """In one transaction, on a thread: all of it or nothing."""

    def write() -> Any:
        with face.parts.catalog.writing() as session:
            return change(session, face.parts.clock())

    return await asyncio.to_thread(write)


async def create_emailing(face: Face, asked: Asked, path: str) -> Answer:
    fields = read_columns(await asked.read(EmailingRequest), face.zone)
    row = await write(
        face,
        lambda session, now: mailing.create_emailing(session, asked.account.id, now, fields),
    )
    return answer_created(face, asked, path, row.id)


async def create_destination(face: Face, asked: Asked, path: str) -> Answer:
    body = await asked.read(DestinationRequest)

    def make(session: Session, now: int) -> int:
        account = asked.account.id
        emailing = nouns.find(session, EmailingRow, account, asked.id)
        persons = mailing.read_persons(session, account, [(body.profile, body.subprofile)])
        return mailing.create_destinations(session, emailing, now, persons)[0]

    return answer_created(face, asked, path, await write(face, make))


async def write_links(face: Face, asked: Asked) -> Answer:
    """What a mailing tool asks once for up to 10,000 mails."""
    body = await asked.read(LinksRequest)

    def make(session: Session, now: int) -> mailing.Addressing:
        emailing = nouns.find(session, EmailingRow, asked.account.id, asked.id)
        return mailing.address(session, emailing, now, body, face.rules)

    return await _answer_addressed(face, await write(face, make))


async def write_first_links(face: Face, asked: Asked) -> Answer:
    """The same with the emailing: all that a first mail needs, in one call."""
    body = await asked.read(NewLinksRequest)
    fields = read_columns(EmailingRequest(subject=body.subject), face.zone)

    def make(session: Session, now: int) -> mailing.Addressing:
        emailing = mailing.create_emailing(session, asked.account.id, now, fields)
        return mailing.address(session, emailing, now, body, face.rules)

    return await _answer_addressed(face, await write(face, make))


async def _answer_addressed(face: Face, made: mailing.Addressing) -> Answer:
    # After the transaction: signing takes longer than it, and others wait to write.
    return answer(await asyncio.to_thread(lambda: msgspec.json.encode(_addressed(face, made))))


def _addressed(face: Face, made: mailing.Addressing) -> wire.AddressedList:
    tracker = made.emailing.tracker_id
    data = [
        wire.Addressed(
            destination=str(destination),
            profile=None if person.profile is None else str(person.profile),
            subprofile=None if person.subprofile is None else str(person.subprofile),
            pixel=face.writer.pixel(tracker, destination, person),
            links=[face.writer.click(tracker, destination, person, link) for link in made.links],
        )
        for destination, person in made.destinations
    ]
    links = [wire.link_body(link) for link in made.links]
    return wire.AddressedList(str(made.emailing.id), links, len(data), data)


async def change_emailing(face: Face, asked: Asked, path: str) -> Answer:
    fields = read_columns(await asked.read(EmailingRequest), face.zone)

    def make(session: Session, now: int) -> int:
        row = nouns.find(session, EmailingRow, asked.account.id, asked.id)
        nouns.change(row, now, fields)
        return row.id

    return answer_changed(face, asked, path, await write(face, make))


async def delete_emailing(face: Face, asked: Asked) -> Answer:
    """Its events are erased; its links go on to lead where they did."""

    def remove(session: Session, now: int) -> int | None:
        try:
            row = nouns.find(session, EmailingRow, asked.account.id, asked.id)
        except NotFound:
            if asked.version > 1:
                raise
            return None
        id = row.id
        mailing.delete_emailing(session, row, now)
        return id

    deleted = await write(face, remove)
    face.parts.wake_upkeep()
    return answer_deleted(asked, "emailing", deleted)
