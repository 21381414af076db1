"""Entities: parts of an account, and the configuration of their readers.

https://docs.passentry.com/api-reference/v1/readers/get-reader-configuration; entities are ours, in
the vendor's style.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Select
from sqlalchemy.orm import Session

from footfall.api.bodies import iso_time
from footfall.api.operations import operation
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.dialect import (
    Call,
    Listing,
    apply,
    may_read_passes,
    may_see_secrets,
    required,
)
from footfall.dialects.passentry.documents import Document, Name, Page, PageQuery, Resource, clean
from footfall.dialects.passentry.records import entities as records
from footfall.dialects.passentry.records.tables import EntityRow, ReaderConfigurationRow
from footfall.dialects.passentry.records.webhooks import delete_of_entity


class EntityFields(msgspec.Struct, frozen=True):
    name: Name


class EntityRequest(msgspec.Struct, frozen=True):
    entity: EntityFields


class EntityAttributes(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    is_default: bool
    created_at: str


class EntityResource(Resource[EntityAttributes], frozen=True, tag_field="type", tag="entity"): ...


class EntityDocument(Document[EntityResource], frozen=True): ...


class EntityList(Page[EntityResource], frozen=True): ...


def entity_body(row: EntityRow) -> EntityResource:
    return EntityResource(
        row.id, EntityAttributes(row.name, row.is_default, iso_time(row.created_at))
    )


def find_entity(call: Call, session: Session, entity_id: str) -> EntityRow:
    """`default` is the account's default one, which is created when it is first needed. Raises
    NotFound."""
    return records.find_entity(session, call.account, entity_id, call.now())


def _rows(call: Call, session: Session, _: PageQuery) -> Select[Any]:
    records.default_entity(session, call.account, call.now())
    return records.entities_of(call.account)


list_entities = Listing(
    rows=_rows, body=lambda *of: entity_body(of[-1]), answer=EntityList, writes=True
).plain("GET /entities", "Entities, the oldest first")


@operation(
    "POST /entities", "Create an entity", body=EntityRequest, answer=EntityDocument, status=201
)
def create_entity(call: Call, body: EntityRequest) -> EntityDocument:
    """A part of the account with readers of its own."""
    name = clean(body.entity.name, "name")
    with call.writing() as session:
        row = records.create_entity(session, call.account, name, call.now())
    return EntityDocument(entity_body(row))


@operation("GET /entities/{entity_id}", "One entity", answer=EntityDocument)
def show_entity(call: Call, entity_id: str) -> EntityDocument:
    """`default` is the account's default one."""
    with call.writing() as session:
        return EntityDocument(entity_body(find_entity(call, session, entity_id)))


@operation(
    "PATCH /entities/{entity_id}", "Rename an entity", body=EntityRequest, answer=EntityDocument
)
def change_entity(call: Call, entity_id: str, body: EntityRequest) -> EntityDocument:
    name = clean(body.entity.name, "name")
    with call.writing() as session:
        row = find_entity(call, session, entity_id)
        row.name = name
    return EntityDocument(entity_body(row))


@operation("DELETE /entities/{entity_id}", "Delete an entity", status=204)
def delete_entity(call: Call, entity_id: str) -> None:
    """With its webhook subscriptions; refused while it has readers or events."""
    with call.writing() as session:
        row = find_entity(call, session, entity_id)
        records.delete_entity(session, row, call.now())
        delete_of_entity(session, call.account, row.id)


# ── the configuration of readers ──────────────────────────────────────────────────────────────

Seconds = Annotated[int, Meta(ge=0, le=31_536_000)]
KeyText = Annotated[str, Meta(max_length=4000)]


class ValidationFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    validation_type: Annotated[str, Meta(pattern=r"^(internal|external)$(?!\n)")] | UnsetType = (
        UNSET
    )
    validity_period_seconds: Seconds | UnsetType | None = UNSET
    installed_only: bool | UnsetType = UNSET
    external_url: Annotated[str, Meta(max_length=2048)] | UnsetType | None = UNSET
    external_timeout_seconds: Annotated[float, Meta(ge=0.1, le=10)] | UnsetType = UNSET


class ConfigurationFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    nfc_private_key: KeyText | UnsetType | None = UNSET
    google_collector_id: KeyText | UnsetType | None = UNSET
    apple_pass_type_id: KeyText | UnsetType | None = UNSET
    google_key_version: Annotated[int, Meta(ge=0, le=1_000_000)] | UnsetType | None = UNSET
    validation_configuration: ValidationFields = ValidationFields()


class ConfigurationRequest(msgspec.Struct, frozen=True, rename="camel"):
    reader_configuration: ConfigurationFields


class ValidationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    validation_type: str
    validity_period_seconds: int
    installed_only: bool
    external_url: str | None
    external_timeout_seconds: float
    external_secret_key: str | None


class ConfigurationAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    nfc_private_key: str | None
    google_collector_id: str | None
    apple_pass_type_id: str | None
    google_key_version: int | None
    reader_configuration_api_key: str | None
    validation_configuration: ValidationBody


class ConfigurationResource(
    Resource[ConfigurationAttributes], frozen=True, tag_field="type", tag="readerConfiguration"
): ...


class ConfigurationDocument(Document[ConfigurationResource], frozen=True): ...


def configuration_changes(fields: ConfigurationFields) -> dict[str, Any]:
    """What is set, by column; the URL is not checked yet."""
    inner = fields.validation_configuration
    seconds, timeout = inner.validity_period_seconds, inner.external_timeout_seconds
    changes = {
        "nfc_private_key": fields.nfc_private_key,
        "google_collector_id": fields.google_collector_id,
        "apple_pass_type_id": fields.apple_pass_type_id,
        "google_key_version": fields.google_key_version,
        "validation_type": inner.validation_type,
        "validity_seconds": 0 if seconds is None else seconds,
        "installed_only": inner.installed_only,
        "external_url": inner.external_url,
        "external_timeout_ms": UNSET if timeout is UNSET else round(timeout * 1000),
    }
    found = {name: value for name, value in changes.items() if value is not UNSET}
    if not found:
        raise InvalidRequest("Nothing to change: send a field of the reader configuration.")
    return found


def _document(
    call: Call, row: ReaderConfigurationRow, shown_key: str | None
) -> ConfigurationDocument:
    """Without what signs requests for readers, who need not know it, and without what reads passes
    for who is no reader."""
    resource = ConfigurationResource(
        row.id,
        ConfigurationAttributes(
            nfc_private_key=row.nfc_private_key if may_read_passes(call) else None,
            google_collector_id=row.google_collector_id,
            apple_pass_type_id=row.apple_pass_type_id,
            google_key_version=row.google_key_version,
            reader_configuration_api_key=shown_key,
            validation_configuration=ValidationBody(
                validation_type=row.validation_type,
                validity_period_seconds=row.validity_seconds,
                installed_only=row.installed_only,
                external_url=row.external_url,
                external_timeout_seconds=row.external_timeout_ms / 1000,
                external_secret_key=row.external_secret if may_see_secrets(call) else None,
            ),
        ),
    )
    return ConfigurationDocument(resource)


@operation(
    "GET /entities/{entity_id}/readerConfiguration",
    "What an entity's readers go by",
    answer=ConfigurationDocument,
)
def show_configuration(call: Call, entity_id: str) -> ConfigurationDocument:
    """Of the API key only its beginning."""
    with call.writing() as session:
        row = records.configuration_of(session, find_entity(call, session, entity_id))
        return _document(call, row, records.key_prefix(session, row))


@operation(
    "PATCH /entities/{entity_id}/readerConfiguration",
    "Change what an entity's readers go by",
    body=ConfigurationRequest,
    answer=ConfigurationDocument,
)
def change_configuration(
    call: Call, entity_id: str, body: ConfigurationRequest
) -> ConfigurationDocument:
    """The next scan meets the change."""
    changes = configuration_changes(body.reader_configuration)
    if url := changes.get("external_url"):
        changes["external_url"] = call.api.read_url(url, "externalUrl")
    with call.writing() as session:
        row = records.configuration_of(session, find_entity(call, session, entity_id))
        apply(row, changes)
        if row.validation_type == "external":
            required(row.external_url, "externalUrl")
        row.updated_at = call.now()
        shown_key = records.key_prefix(session, row)
    return _document(call, row, shown_key)


@operation(
    "PATCH /entities/{entity_id}/readerConfiguration/rotate-key",
    "A new API key for an entity's readers, shown once",
    answer=ConfigurationDocument,
)
def rotate_key(call: Call, entity_id: str) -> ConfigurationDocument:
    """The old one ends at once."""
    with call.writing() as session:
        row = records.configuration_of(session, find_entity(call, session, entity_id))
        secret = records.rotate_key(session, row, call.now())
    return _document(call, row, secret)
