"""Entities, the configuration of their readers, and events."""

from typing import Any

from litestar import delete, get, patch, post
from litestar.params import FromPath, RawBody

from footfall.api.bodies import answer, decode
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.face import (
    Answer,
    Asked,
    OurFace,
    apply,
    may_read_passes,
    may_see_secrets,
    query_of,
    required,
)
from footfall.dialects.passentry.nouns import entities as nouns
from footfall.dialects.passentry.nouns.tables import VenueEventRow
from footfall.dialects.passentry.nouns.webhooks import delete_of_entity
from footfall.dialects.passentry.wire import readers as wire
from footfall.dialects.passentry.wire.documents import clean, read_paging


@get("/entities", sync_to_thread=True)
def list_entities(request: Asked, face: OurFace) -> Answer:
    """The oldest first: the default entity. It is made here when there is none."""
    account, paging = request.auth.account.id, read_paging(query_of(request))
    with face.writing() as session:
        nouns.default_entity(session, account, face.parts.clock())
        rows, total = nouns.page(session, nouns.entities_of(account), paging.page, paging.size)
    data = [wire.entity_body(row) for row in rows]
    return answer(wire.EntityList(data, paging.meta(total), face.links(request, paging, total)))


@post("/entities", sync_to_thread=True)
def create_entity(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A part of the account with readers of its own."""
    name = clean(decode(body, wire.EntityRequest).entity.name, "name")
    with face.writing() as session:
        row = nouns.create_entity(session, request.auth.account.id, name, face.parts.clock())
    return answer(wire.EntityDocument(wire.entity_body(row)), 201)


@get("/entities/{entity_id:str}", sync_to_thread=True)
def show_entity(request: Asked, face: OurFace, entity_id: FromPath[str]) -> Answer:
    """One entity; `default` is the account's default one."""
    with face.writing() as session:
        row = nouns.find_entity(session, request.auth.account.id, entity_id, face.parts.clock())
    return answer(wire.EntityDocument(wire.entity_body(row)))


@patch("/entities/{entity_id:str}", sync_to_thread=True)
def change_entity(request: Asked, face: OurFace, entity_id: FromPath[str], body: RawBody) -> Answer:
    """Rename it."""
    name = clean(decode(body, wire.EntityRequest).entity.name, "name")
    with face.writing() as session:
        row = nouns.find_entity(session, request.auth.account.id, entity_id, face.parts.clock())
        row.name = name
    return answer(wire.EntityDocument(wire.entity_body(row)))


@delete("/entities/{entity_id:str}", status_code=204, sync_to_thread=True)
def delete_entity(request: Asked, face: OurFace, entity_id: FromPath[str]) -> None:
    """With its webhook subscriptions; refused while it has readers or events."""
    account = request.auth.account.id
    with face.writing() as session:
        row = nouns.find_entity(session, account, entity_id, face.parts.clock())
        nouns.delete_entity(session, row, face.parts.clock())
        delete_of_entity(session, account, row.id)


# ── the configuration of readers ──────────────────────────────────────────────────────────────


@get("/entities/{entity_id:str}/readerConfiguration", sync_to_thread=True)
def show_configuration(request: Asked, face: OurFace, entity_id: FromPath[str]) -> Answer:
    """Of the API key only its beginning."""
    with face.writing() as session:
        entity = nouns.find_entity(session, request.auth.account.id, entity_id, face.parts.clock())
        row = nouns.configuration_of(session, entity)
        shown_key = nouns.key_prefix(session, row)
    return _configuration(request, row, shown_key)


def _configuration(request: Asked, row: Any, shown_key: str | None) -> Answer:
    body = wire.configuration_body(
        row, shown_key, secrets=may_see_secrets(request), reader=may_read_passes(request)
    )
    return answer(wire.ConfigurationDocument(body))


@patch("/entities/{entity_id:str}/readerConfiguration", sync_to_thread=True)
def change_configuration(
    request: Asked, face: OurFace, entity_id: FromPath[str], body: RawBody
) -> Answer:
    """The next scan meets the change."""
    asked = decode(body, wire.ConfigurationRequest).reader_configuration
    changes = wire.configuration_changes(asked)
    if url := changes.get("external_url"):
        changes["external_url"] = face.read_url(url, "externalUrl")
    now = face.parts.clock()
    with face.writing() as session:
        entity = nouns.find_entity(session, request.auth.account.id, entity_id, now)
        row = nouns.configuration_of(session, entity)
        apply(row, changes)
        if row.validation_type == "external":
            required(row.external_url, "externalUrl")
        row.updated_at = now
        shown_key = nouns.key_prefix(session, row)
    return _configuration(request, row, shown_key)


@patch("/entities/{entity_id:str}/readerConfiguration/rotate-key", sync_to_thread=True)
def rotate_key(request: Asked, face: OurFace, entity_id: FromPath[str]) -> Answer:
    """A new API key for the entity's readers, shown this once; the old one ends at once."""
    now = face.parts.clock()
    with face.writing() as session:
        entity = nouns.find_entity(session, request.auth.account.id, entity_id, now)
        row = nouns.configuration_of(session, entity)
        secret = nouns.rotate_key(session, row, now)
    return _configuration(request, row, secret)


# ── events ────────────────────────────────────────────────────────────────────────────────────


@get("/events", sync_to_thread=True)
def list_events(request: Asked, face: OurFace) -> Answer:
    """Newest first."""
    account, paging = request.auth.account.id, read_paging(query_of(request))
    with face.reading() as session:
        rows, total = nouns.page(session, nouns.events_of(account), paging.page, paging.size)
    data = [wire.event_body(row) for row in rows]
    return answer(wire.EventList(data, paging.meta(total), face.links(request, paging, total)))


@post("/events", sync_to_thread=True)
def create_event(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Something that takes place, to which passes belong."""
    asked = decode(body, wire.EventRequest).event
    required(asked.name, "name")
    changes = wire.event_changes(asked)
    account, now = request.auth.account.id, face.parts.clock()
    with face.writing() as session:
        place = asked.entity_id or nouns.DEFAULT
        entity = nouns.find_entity(session, account, place, now)
        row = nouns.create_event(session, entity, changes.pop("name"), now, **changes)
        _check_dates(row)
    return _event(row, 201)


def _check_dates(row: VenueEventRow) -> None:
    """Raises InvalidRequest for an event that ends before it begins."""
    if row.starts_at is not None and row.ends_at is not None and row.ends_at < row.starts_at:
        raise InvalidRequest("endDateTime must not be before startDateTime.")


def _event(row: Any, status: int = 200) -> Answer:
    return answer(wire.EventDocument(wire.event_body(row)), status)


@get("/events/{event_id:str}", sync_to_thread=True)
def show_event(request: Asked, face: OurFace, event_id: FromPath[str]) -> Answer:
    """One event."""
    with face.reading() as session:
        return _event(nouns.find_event(session, request.auth.account.id, event_id))


@patch("/events/{event_id:str}", sync_to_thread=True)
def change_event(request: Asked, face: OurFace, event_id: FromPath[str], body: RawBody) -> Answer:
    """What is sent; its entity stays."""
    changes = wire.event_changes(decode(body, wire.EventRequest).event)
    with face.writing() as session:
        row = nouns.find_event(session, request.auth.account.id, event_id)
        apply(row, changes)
        _check_dates(row)
    return _event(row)


@delete("/events/{event_id:str}", status_code=204, sync_to_thread=True)
def delete_event(request: Asked, face: OurFace, event_id: FromPath[str]) -> None:
    """Its passes and scans stay."""
    with face.writing() as session:
        row = nouns.find_event(session, request.auth.account.id, event_id)
        nouns.delete_event(session, row)


HANDLERS = (
    list_entities,
    create_entity,
    show_entity,
    change_entity,
    delete_entity,
    show_configuration,
    change_configuration,
    rotate_key,
    list_events,
    create_event,
    show_event,
    change_event,
    delete_event,
)
