"""Entities: parts of an account. Ours, in the vendor's style."""

from typing import Any

import msgspec
from sqlalchemy import Select
from sqlalchemy.orm import Session

from footfall.api.fields import body_of
from footfall.api.resource import Resource
from footfall.dialects.passentry import documents
from footfall.dialects.passentry.dialect import Call, Listing
from footfall.dialects.passentry.documents import Document, Name, Page, PageQuery, clean
from footfall.dialects.passentry.records import entities as records
from footfall.dialects.passentry.records.tables import EntityRow
from footfall.dialects.passentry.records.webhooks import delete_of_entity


class EntityFields(msgspec.Struct, frozen=True):
    name: Name


class EntityRequest(msgspec.Struct, frozen=True):
    entity: EntityFields


class EntityAttributes(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    is_default: bool
    created_at: str


class EntityResource(
    documents.Resource[EntityAttributes], frozen=True, tag_field="type", tag="entity"
): ...


class EntityDocument(Document[EntityResource], frozen=True): ...


class EntityList(Page[EntityResource], frozen=True): ...


def entity_body(_: Call, __: Session, row: EntityRow) -> EntityResource:
    return EntityResource(row.id, body_of(EntityAttributes, row))


def find_entity(call: Call, session: Session, entity_id: str) -> EntityRow:
    """`default` is the account's default one, which is created when it is first needed. Raises
    NotFound."""
    return records.find_entity(session, call.account, entity_id, call.now())


def _rows(call: Call, session: Session, _: PageQuery) -> Select[Any]:
    records.default_entity(session, call.account, call.now())
    return records.entities_of(call.account)


ENTITIES = Resource(
    path="/entities",
    one="/entities/{entity_id}",
    rows=EntityRow,
    answer=EntityDocument,
    find=find_entity,
    body=lambda *of: EntityDocument(entity_body(*of)),
    created=201,
    reads=Call.writing,
)
list_entities = Listing(rows=_rows, body=entity_body, answer=EntityList, writes=True).plain(
    "GET /entities", "Entities, the oldest first"
)
show_entity = ENTITIES.get("One entity")


def _read_name(_: Call, body: EntityRequest) -> str:
    return clean(body.entity.name, "name")


@ENTITIES.create("Create an entity", EntityRequest, read=_read_name)
def create_entity(call: Call, session: Session, body: str) -> EntityRow:
    """A part of the account with readers of its own."""
    return records.create_entity(session, call.account, body, call.now())


@ENTITIES.change("PATCH", "Rename an entity", EntityRequest, read=_read_name)
def change_entity(row: EntityRow, body: str) -> None:
    row.name = body


@ENTITIES.delete("Delete an entity", status=204)
def delete_entity(call: Call, session: Session, row: EntityRow) -> None:
    """With its webhook subscriptions; refused while it has readers or events."""
    records.delete_entity(session, row, call.now())
    delete_of_entity(session, call.account, row.id)
