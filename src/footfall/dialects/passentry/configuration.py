"""The configuration of an entity's readers.

https://docs.passentry.com/api-reference/v1/readers/get-reader-configuration
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.fields import body_of, given_fields
from footfall.api.operations import operation
from footfall.api.resource import Resource
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.dialect import (
    Call,
    apply,
    may_read_passes,
    may_see_secrets,
    required,
)
from footfall.dialects.passentry.documents import Document
from footfall.dialects.passentry.documents import Resource as JsonApiResource
from footfall.dialects.passentry.entities import find_entity
from footfall.dialects.passentry.records import entities as records
from footfall.dialects.passentry.records.tables import ReaderConfigurationRow

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
    JsonApiResource[ConfigurationAttributes],
    frozen=True,
    tag_field="type",
    tag="readerConfiguration",
): ...


class ConfigurationDocument(Document[ConfigurationResource], frozen=True): ...


def _read(call: Call, body: ConfigurationRequest) -> dict[str, Any]:
    """What is set, by column. Raises InvalidRequest, UnsafeDestination."""
    changes = given_fields(body.reader_configuration)
    changes |= given_fields(changes.pop("validation_configuration"))
    if not changes:
        raise InvalidRequest("Nothing to change: send a field of the reader configuration.")
    if "validity_period_seconds" in changes:
        changes["validity_seconds"] = changes.pop("validity_period_seconds") or 0
    if "external_timeout_seconds" in changes:
        changes["external_timeout_ms"] = round(changes.pop("external_timeout_seconds") * 1000)
    if url := changes.get("external_url"):
        changes["external_url"] = call.api.read_url(url, "externalUrl")
    return changes


def _body(call: Call, row: ReaderConfigurationRow, shown_key: str | None) -> ConfigurationDocument:
    """Without what signs requests for readers, who need not know it, and without what reads passes
    for who is no reader."""
    validation = body_of(
        ValidationBody,
        row,
        validity_period_seconds=row.validity_seconds,
        external_timeout_seconds=row.external_timeout_ms / 1000,
        external_secret_key=row.external_secret if may_see_secrets(call) else None,
    )
    attributes = body_of(
        ConfigurationAttributes,
        row,
        nfc_private_key=row.nfc_private_key if may_read_passes(call) else None,
        reader_configuration_api_key=shown_key,
        validation_configuration=validation,
    )
    return ConfigurationDocument(ConfigurationResource(row.id, attributes))


CONFIGURATIONS = Resource(
    path="",
    one="/entities/{entity_id}/readerConfiguration",
    rows=ReaderConfigurationRow,
    answer=ConfigurationDocument,
    find=lambda call, session, entity_id: records.configuration_of(
        session, find_entity(call, session, entity_id)
    ),
    body=lambda call, session, row: _body(call, row, records.key_prefix(session, row)),
    reads=Call.writing,
)
show_configuration = CONFIGURATIONS.get("What an entity's readers go by")


@CONFIGURATIONS.change(
    "PATCH", "Change what an entity's readers go by", ConfigurationRequest, read=_read
)
def change_configuration(call: Call, row: ReaderConfigurationRow, body: dict[str, Any]) -> None:
    """The next scan meets the change."""
    apply(row, body)
    if row.validation_type == "external":
        required(row.external_url, "externalUrl")
    row.updated_at = call.now()


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
        return _body(call, row, secret)
