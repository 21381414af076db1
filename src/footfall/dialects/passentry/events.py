"""Events: what takes place at an entity, and has passes. Ours, in the vendor's style."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from footfall.api.bodies import iso_time
from footfall.api.operations import operation
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.dialect import Call, Listing, apply, required
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


def event_changes(fields: EventFields) -> dict[str, Any]:
    """What is set, by column. Raises InvalidRequest."""
    changes: dict[str, Any] = {}
    if fields.name is not UNSET:
        changes["name"] = clean(fields.name, "name")
    if fields.venue is not UNSET:
        changes["venue"] = None if fields.venue is None else clean(fields.venue, "venue")
    for column, name in (("starts_at", "start_date_time"), ("ends_at", "end_date_time")):
        text = getattr(fields, name)
        if text is not UNSET:
            changes[column] = None if text is None else read_time(text, name)
    return changes


def event_body(row: VenueEventRow) -> EventResource:
    return EventResource(
        row.id,
        EventAttributes(
            row.name,
            row.venue,
            shown_time(row.starts_at),
            shown_time(row.ends_at),
            iso_time(row.created_at),
        ),
        EventRelationships(ToOne(Reference(row.entity_id, "entity"))),
    )


def _check_dates(row: VenueEventRow) -> None:
    """Raises InvalidRequest for an event that ends before it begins."""
    if row.starts_at is not None and row.ends_at is not None and row.ends_at < row.starts_at:
        raise InvalidRequest("endDateTime must not be before startDateTime.")


list_events = Listing(
    rows=lambda call, *_: records.events_of(call.account),
    body=lambda *of: event_body(of[-1]),
    answer=EventList,
).plain("GET /events", "Events, newest first")


@operation("POST /events", "Create an event", body=EventRequest, answer=EventDocument, status=201)
def create_event(call: Call, body: EventRequest) -> EventDocument:
    """Something that takes place, to which passes belong."""
    required(body.event.name, "name")
    changes = event_changes(body.event)
    with call.writing() as session:
        entity = find_entity(call, session, body.event.entity_id or records.DEFAULT)
        row = records.create_event(session, entity, changes.pop("name"), call.now(), **changes)
        _check_dates(row)
    return EventDocument(event_body(row))


@operation("GET /events/{event_id}", "One event", answer=EventDocument)
def show_event(call: Call, event_id: str) -> EventDocument:
    with call.reading() as session:
        return EventDocument(event_body(records.find_event(session, call.account, event_id)))


@operation("PATCH /events/{event_id}", "Change an event", body=EventRequest, answer=EventDocument)
def change_event(call: Call, event_id: str, body: EventRequest) -> EventDocument:
    """What is sent; its entity stays."""
    changes = event_changes(body.event)
    with call.writing() as session:
        row = records.find_event(session, call.account, event_id)
        apply(row, changes)
        _check_dates(row)
    return EventDocument(event_body(row))


@operation("DELETE /events/{event_id}", "Delete an event", status=204)
def delete_event(call: Call, event_id: str) -> None:
    """Its passes and scans stay."""
    with call.writing() as session:
        records.delete_event(session, records.find_event(session, call.account, event_id))
