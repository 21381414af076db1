"""Pass templates.

https://docs.passentry.com/api-reference/v1/pass-templates/create-pass-template
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy.orm import Session

from footfall.api.bodies import iso_time
from footfall.api.operations import operation
from footfall.dialects.passentry.barcodes import BarcodeFields
from footfall.dialects.passentry.dialect import Call, Listing, resource
from footfall.dialects.passentry.documents import (
    Document,
    Name,
    Page,
    Resource,
    check_json,
    clean,
    read_query,
)
from footfall.dialects.passentry.records import passes as records
from footfall.dialects.passentry.records.tables import TemplateRow

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


class ProcessingResource(
    Resource[ProcessingAttributes], frozen=True, tag_field="type", tag="passTemplate"
):
    links: SelfLink


class ProcessingDocument(Document[ProcessingResource], frozen=True): ...


class TemplateResource(Resource[dict[str, Any]], frozen=True, tag_field="type", tag="passTemplate"):
    """Attributes: `name`, `templateType`, `processingStatus`, `createdAt`, and what was given."""

    links: SelfLink


class TemplateDocument(Document[TemplateResource], frozen=True): ...


class TemplateList(Page[TemplateResource], frozen=True): ...


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


def template_body(row: TemplateRow, base: str, query: FieldsQuery) -> TemplateResource:
    attributes = {
        "name": row.name,
        "templateType": row.type,
        "processingStatus": "ready",
        "createdAt": iso_time(row.created_at),
        **row.definition,
    }
    if wanted := query.fields:
        names = {name.strip() for name in wanted.split(",")}
        attributes = {name: value for name, value in attributes.items() if name in names}
    return TemplateResource(row.id, attributes, SelfLink(template_url(base, row.id)))


@operation(
    "POST /pass-templates",
    "Create a pass template",
    body=TemplateRequest,
    answer=ProcessingDocument,
    status=202,
)
def create_template(call: Call, body: TemplateRequest) -> ProcessingDocument:
    """Answered as processing, as the vendor does: it is ready as soon as it can be requested."""
    fields = body.pass_template
    name, definition = clean(fields.name, "name"), read_definition(fields)
    account, now = call.account, call.now()
    with call.writing() as session:
        row = records.create_template(
            session, account, name, fields.template_type, definition, now, id=fields.id or ""
        )
    link = SelfLink(template_url(call.api.base, row.id))
    attributes = ProcessingAttributes("processing", PROCESSING)
    return ProcessingDocument(ProcessingResource(row.id, attributes, link))


def _body(call: Call, _: Session, row: TemplateRow) -> TemplateResource:
    return template_body(row, call.api.base, read_query(call.query, FieldsQuery))


TEMPLATES = resource(
    "/pass-templates",
    "template_id",
    TemplateRow,
    TemplateDocument,
    records.find_template,
    _body,
)
list_templates = Listing(
    rows=lambda call, *_: records.templates_of(call.account), body=_body, answer=TemplateList
).plain("GET /pass-templates", "Pass templates, newest first")
show_template = TEMPLATES.get("One pass template", query=FieldsQuery)
