"""Events: what takes place at an entity, and has passes. Ours, in the vendor's style."""

from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy.orm import Session

from footfall.api.fields import body_of
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.dialect import Call, Listing, apply, required, resource
from footfall.dialects.passentry.documents import (
    Document,
    Id,
    Name,
    Page,
    Reference,
    Resource,
    Time,
    ToOne,
    clean,
    read_fields,
    read_time,
    shown_time,
)
from footfall.dialects.passentry.entities import find_entity
from footfall.dialects.passentry.records import entities as records
from footfall.dialects.passentry.records.tables import VenueEventRow


class EventFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`entityId` is read at creation only; without it an event is the default entity's."""

    name: Name | UnsetType = UNSET
    venue: Name | UnsetType | None = UNSET
    start_date_time: Time | UnsetType | None = UNSET
    end_date_time: Time | UnsetType | None = UNSET
    entity_id: Id | UnsetType = UNSET


class EventRequest(msgspec.Struct, frozen=True):
    event: EventFields


class EventAttributes(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    venue: str | None
    start_date_time: str | None
    end_date_time: str | None
    created_at: str


class EventRelationships(msgspec.Struct, frozen=True):
    entity: ToOne


class EventResource(Resource[EventAttributes], frozen=True, tag_field="type", tag="event"):
    relationships: EventRelationships


class EventDocument(Document[EventResource], frozen=True): ...


class EventList(Page[EventResource], frozen=True): ...


_READS: Final = {
    "name": clean,
    "venue": clean,
    "start_date_time": read_time,
    "end_date_time": read_time,
}
_COLUMNS: Final = {"start_date_time": "starts_at", "end_date_time": "ends_at"}


def _read(_: Call, body: EventRequest) -> dict[str, Any]:
    return read_fields(body.event, _READS, _COLUMNS) | {"entity_id": body.event.entity_id}


def event_body(_: Call, __: Session, row: VenueEventRow) -> EventResource:
    attributes = body_of(
        EventAttributes,
        row,
        start_date_time=shown_time(row.starts_at),
        end_date_time=shown_time(row.ends_at),
    )
    return EventResource(
        row.id, attributes, EventRelationships(ToOne(Reference(row.entity_id, "entity")))
    )


def _check_dates(row: VenueEventRow) -> None:
    """Raises InvalidRequest for an event that ends before it begins."""
    if row.starts_at is not None and row.ends_at is not None and row.ends_at < row.starts_at:
        raise InvalidRequest("endDateTime must not be before startDateTime.")


EVENTS = resource(
    "/events", "event_id", VenueEventRow, EventDocument, records.find_event, event_body
)
list_events = Listing(
    rows=lambda call, *_: records.events_of(call.account), body=event_body, answer=EventList
).plain("GET /events", "Events, newest first")
show_event = EVENTS.get("One event")


@EVENTS.create("Create an event", EventRequest, read=_read)
def create_event(call: Call, session: Session, body: dict[str, Any]) -> VenueEventRow:
    """Something that takes place, to which passes belong."""
    required(body.get("name"), "name")
    entity = find_entity(call, session, body.pop("entity_id") or records.DEFAULT)
    row = records.create_event(session, entity, now=call.now(), **body)
    _check_dates(row)
    return row


@EVENTS.change("PATCH", "Change an event", EventRequest, read=_read)
def change_event(row: VenueEventRow, body: dict[str, Any]) -> None:
    """What is sent; its entity stays."""
    body.pop("entity_id")
    apply(row, body)
    _check_dates(row)


@EVENTS.delete("Delete an event", status=204)
def delete_event(session: Session, row: VenueEventRow) -> None:
    """Its passes and scans stay."""
    session.delete(row)
