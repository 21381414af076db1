"""Entities, events, readers and their configuration on the wire.

https://docs.passentry.com/api-reference/v1/readers/create-reader, …/get-reader-configuration;
entities and events are ours, in the vendor's style.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import iso_time
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.nouns.tables import (
    EntityRow,
    ReaderConfigurationRow,
    ReaderRow,
    VenueEventRow,
)
from footfall.dialects.passentry.wire.documents import (
    Id,
    Links,
    Name,
    PageMeta,
    Reference,
    Time,
    ToOne,
    clean,
    read_time,
)
from footfall.members.passwords import hash_word

FLAGS: Final = (
    "qr_enabled",
    "mifare_classic_nfc_enabled",
    "scan_enabled",
    "redeem_enabled",
    "add_points_enabled",
    "ndef_tag_scanning_enabled",
)
Password = Annotated[str, Meta(min_length=4, max_length=128)]


# ── entities ──────────────────────────────────────────────────────────────────────────────────


class EntityFields(msgspec.Struct, frozen=True):
    name: Name


class EntityRequest(msgspec.Struct, frozen=True):
    entity: EntityFields


class EntityAttributes(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    is_default: bool
    created_at: str


class EntityResource(msgspec.Struct, frozen=True, tag_field="type", tag="entity"):
    id: str
    attributes: EntityAttributes


class EntityDocument(msgspec.Struct, frozen=True):
    data: EntityResource


class EntityList(msgspec.Struct, frozen=True):
    data: list[EntityResource]
    meta: PageMeta
    links: Links


def entity_body(row: EntityRow) -> EntityResource:
    return EntityResource(
        row.id, EntityAttributes(row.name, row.is_default, iso_time(row.created_at))
    )


# ── events ────────────────────────────────────────────────────────────────────────────────────


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


class EventResource(msgspec.Struct, frozen=True, tag_field="type", tag="event"):
    id: str
    attributes: EventAttributes
    relationships: EventRelationships


class EventDocument(msgspec.Struct, frozen=True):
    data: EventResource


class EventList(msgspec.Struct, frozen=True):
    data: list[EventResource]
    meta: PageMeta
    links: Links


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
    def shown(at: int | None) -> str | None:
        return None if at is None else iso_time(at)

    return EventResource(
        row.id,
        EventAttributes(
            row.name, row.venue, shown(row.starts_at), shown(row.ends_at), iso_time(row.created_at)
        ),
        EventRelationships(ToOne(Reference(row.entity_id, "entity"))),
    )


# ── readers ───────────────────────────────────────────────────────────────────────────────────


class ReaderFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`id` and `type` are read at creation only."""

    id: Id | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    type: Annotated[str, Meta(pattern=r"^(PassentryReader|VtapReader)$(?!\n)")] = "PassentryReader"
    password: Password | UnsetType | None = UNSET
    qr_enabled: bool | UnsetType = UNSET
    mifare_classic_nfc_enabled: bool | UnsetType = UNSET
    scan_enabled: bool | UnsetType = UNSET
    redeem_enabled: bool | UnsetType = UNSET
    add_points_enabled: bool | UnsetType = UNSET
    ndef_tag_scanning_enabled: bool | UnsetType = UNSET


class ReaderRequest(msgspec.Struct, frozen=True):
    reader: ReaderFields


class LoginFields(msgspec.Struct, frozen=True):
    password: Password


class LoginRequest(msgspec.Struct, frozen=True):
    reader: LoginFields


class ReaderAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    reader_type: str
    logged_in: bool
    qr_enabled: bool
    mifare_classic_nfc_enabled: bool
    scan_enabled: bool
    redeem_enabled: bool
    add_points_enabled: bool
    ndef_tag_scanning_enabled: bool
    last_seen_at: str | None


class ReaderResource(msgspec.Struct, frozen=True, tag_field="type", tag="reader"):
    id: str
    attributes: ReaderAttributes


class ReaderDocument(msgspec.Struct, frozen=True):
    data: ReaderResource


class ReaderList(msgspec.Struct, frozen=True):
    data: list[ReaderResource]
    meta: PageMeta
    links: Links


def reader_changes(fields: ReaderFields) -> dict[str, Any]:
    """What is set, by column; a password is hashed (20 ms). Raises InvalidRequest."""
    changes: dict[str, Any] = {
        name: getattr(fields, name) for name in FLAGS if getattr(fields, name) is not UNSET
    }
    if fields.name is not UNSET:
        changes["name"] = clean(fields.name, "name")
    if fields.password is not UNSET:
        word = fields.password
        changes["password_hash"] = None if word is None else hash_word(word)
    return changes


def reader_body(row: ReaderRow) -> ReaderResource:
    return ReaderResource(
        row.id,
        ReaderAttributes(
            name=row.name,
            reader_type=row.type,
            logged_in=row.logged_in,
            last_seen_at=None if row.last_seen_at is None else iso_time(row.last_seen_at),
            **{name: getattr(row, name) for name in FLAGS},
        ),
    )


# ── reader configuration ──────────────────────────────────────────────────────────────────────

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
    msgspec.Struct, frozen=True, tag_field="type", tag="readerConfiguration"
):
    id: str
    attributes: ConfigurationAttributes


class ConfigurationDocument(msgspec.Struct, frozen=True):
    data: ConfigurationResource


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


def configuration_body(
    row: ReaderConfigurationRow, shown_key: str | None, *, secrets: bool, reader: bool
) -> ConfigurationResource:
    """`secrets` False leaves out what signs requests: readers need not know it. `reader` False
    leaves out what readers need to read passes."""
    return ConfigurationResource(
        row.id,
        ConfigurationAttributes(
            nfc_private_key=row.nfc_private_key if reader else None,
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
                external_secret_key=row.external_secret if secrets else None,
            ),
        ),
    )
