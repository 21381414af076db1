"""Pass templates on the wire.

https://docs.passentry.com/api-reference/v1/pass-templates/create-pass-template
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import iso_time
from footfall.dialects.passentry.nouns.tables import TemplateRow
from footfall.dialects.passentry.wire.barcodes import BarcodeFields
from footfall.dialects.passentry.wire.documents import Links, Name, PageMeta, check_json

PROCESSING = "Your pass template is being processed. It is ready when GET says so."


class TemplateFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`id` is the caller's own, as when templates of another system are imported; drawn without
    one. The other fields of a template are kept as they are given."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,80}$(?!\n)")] | None = None
    name: Name
    template_type: Annotated[
        str, Meta(pattern=r"^(generic|loyalty|eventTicket|transit)$(?!\n)")
    ] = "generic"
    default_language: str | UnsetType | None = UNSET
    central_title: Any = UNSET
    notification_header: Any = UNSET
    description: Any = UNSET
    colors: dict[str, Any] | UnsetType | None = UNSET
    images: dict[str, Any] | UnsetType | None = UNSET
    fields: dict[str, Any] | UnsetType | None = UNSET
    app_linking: Any = UNSET
    barcode: BarcodeFields | UnsetType | None = UNSET
    locations: list[dict[str, Any]] | UnsetType | None = UNSET
    beacons: list[dict[str, Any]] | UnsetType | None = UNSET


class TemplateRequest(msgspec.Struct, frozen=True, rename="camel"):
    pass_template: TemplateFields


class ProcessingAttributes(msgspec.Struct, frozen=True, rename="camel"):
    processing_status: str
    message: str


class SelfLink(msgspec.Struct, frozen=True, rename={"own": "self"}):
    own: str


class ProcessingResource(msgspec.Struct, frozen=True, tag_field="type", tag="passTemplate"):
    id: str
    attributes: ProcessingAttributes
    links: SelfLink


class ProcessingDocument(msgspec.Struct, frozen=True):
    data: ProcessingResource


class TemplateResource(msgspec.Struct, frozen=True, tag_field="type", tag="passTemplate"):
    """Attributes: `name`, `templateType`, `processingStatus`, `createdAt`, and what was given."""

    id: str
    attributes: dict[str, Any]
    links: SelfLink


class TemplateDocument(msgspec.Struct, frozen=True):
    data: TemplateResource


class TemplateList(msgspec.Struct, frozen=True):
    data: list[TemplateResource]
    meta: PageMeta
    links: Links


class FieldsQuery(msgspec.Struct, frozen=True):
    """Names of attributes, by commas: only these are shown."""

    fields: str | None = None


def read_definition(fields: TemplateFields) -> dict[str, Any]:
    """What to keep. Raises InvalidRequest when it is too large or too deep."""
    found: dict[str, Any] = msgspec.to_builtins(fields)
    check_json(found, "passTemplate")
    if fields.barcode is None:
        found["barcode"] = {"enabled": False}
    elif found.get("barcode", {}).get("type") == "qrCode":
        found["barcode"]["type"] = "qr"
    return {
        name: value for name, value in found.items() if name not in ("id", "name", "templateType")
    }


def template_url(base: str, template_id: str) -> str:
    return f"{base}/api/v1/pass-templates/{template_id}"


def processing_body(row: TemplateRow, base: str) -> ProcessingResource:
    return ProcessingResource(
        row.id,
        ProcessingAttributes("processing", PROCESSING),
        SelfLink(template_url(base, row.id)),
    )


def template_body(row: TemplateRow, base: str, query: Mapping[str, str]) -> TemplateResource:
    attributes = {
        "name": row.name,
        "templateType": row.type,
        "processingStatus": "ready",
        "createdAt": iso_time(row.created_at),
        **row.definition,
    }
    if wanted := query.get("fields"):
        names = {name.strip() for name in wanted.split(",")}
        attributes = {name: value for name, value in attributes.items() if name in names}
    return TemplateResource(row.id, attributes, SelfLink(template_url(base, row.id)))
