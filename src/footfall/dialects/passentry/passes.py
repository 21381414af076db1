"""Passes and their points. https://docs.passentry.com/api-reference/v1/passes/create-pass,
…/show-pass, …/update-pass, …/send-notification, …/loyalty/show-loyalty-balance."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Select
from sqlalchemy.orm import Session

from footfall.api.bodies import answer, decode
from footfall.api.fields import given_fields
from footfall.api.operations import operation
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry import messages
from footfall.dialects.passentry.barcodes import (
    BarcodeFields,
    NfcFields,
    QrFields,
    check_barcode,
    read_barcode,
    read_nfc,
)
from footfall.dialects.passentry.bodies import IncludeQuery, PassResource, pass_body, shown_points
from footfall.dialects.passentry.dialect import Call, Listing
from footfall.dialects.passentry.documents import (
    Document,
    Id,
    Page,
    PageQuery,
    Time,
    as_it_is,
    check_json,
    clean,
    read_fields,
    read_id,
    read_query,
    read_time,
)
from footfall.dialects.passentry.records import passes as records
from footfall.dialects.passentry.records.tables import PassRow
from footfall.dialects.passentry.wallets import Notifications, notify, sources

FIELDS_MAX: Final = 100
FIELD_NAME_MAX: Final = 100
FIELD_LENGTH_MAX: Final = 4000
PLACES_MAX: Final = 10

Message = Annotated[str, Meta(min_length=1, max_length=350)]
Tag = Annotated[str, Meta(min_length=1, max_length=200)]


class PassFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What has a meaning of its own in `pass`; every other name is a field of the template, a
    text or `{"value": …}`. So is `qr` when it is a bare value; `barcode` wins over an object."""

    pass_content: dict[str, Any] | UnsetType = UNSET
    barcode: BarcodeFields | UnsetType | None = UNSET
    qr: QrFields | str | float | bool | UnsetType | None = UNSET
    nfc: NfcFields | UnsetType | None = UNSET
    group_tag: Tag | UnsetType | None = UNSET
    group_tags: Annotated[list[Tag], Meta(max_length=50)] | UnsetType = UNSET
    event_id: Id | UnsetType | None = UNSET
    valid_from: Time | UnsetType | None = UNSET
    expires_at: Time | UnsetType | None = UNSET
    pass_design: dict[str, Any] | UnsetType = UNSET
    locations: Annotated[list[dict[str, Any]], Meta(max_length=PLACES_MAX)] | UnsetType = UNSET
    beacons: Annotated[list[dict[str, Any]], Meta(max_length=PLACES_MAX)] | UnsetType = UNSET
    enhanced_event_data: dict[str, Any] | UnsetType = UNSET
    pass_action: Annotated[str, Meta(pattern=r"^(deactivate|reactivate)$(?!\n)")] | UnsetType = (
        UNSET
    )


class PassRequest(msgspec.Struct, frozen=True, rename={"fields": "pass"}):
    """`POST` and `PATCH /passes`. A message is shown on the pass."""

    fields: PassFields = PassFields()
    message: Message | UnsetType | None = UNSET


class NotificationFields(msgspec.Struct, frozen=True):
    message: Message


class NotificationRequest(msgspec.Struct, frozen=True):
    notification: NotificationFields


class InstalledFields(msgspec.Struct, frozen=True, rename="camel"):
    device_type: Annotated[str, Meta(pattern=r"^(iphone|android)$(?!\n)")]


class InstalledRequest(msgspec.Struct, frozen=True, rename={"fields": "pass"}):
    fields: InstalledFields


class CreateQuery(IncludeQuery, frozen=True, kw_only=True, rename="camel"):
    """Without a template the pass has the one named Default, made when it is first needed."""

    pass_template: str | None = None
    ext_id: str | None = None


class ListQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    status: str | None = None
    pass_template: str | None = None
    group_tag: str | None = None


USUAL: Final = IncludeQuery()
RESERVED: Final = frozenset(PassFields.__struct_encode_fields__)


_READS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "event_id": as_it_is,
    "valid_from": lambda text, _: read_time(text, "validFrom"),
    "expires_at": lambda text, _: read_time(text, "expiresAt"),
}
DETAILS: Final = ("pass_design", "locations", "beacons", "enhanced_event_data")


def read_changes(
    fields: PassFields, raw: Mapping[str, Any], message: str | UnsetType | None = UNSET
) -> dict[str, Any]:
    """Checked and translated, by column. `raw` is `pass` as it was sent. Raises InvalidRequest."""
    given = given_fields(fields)
    content = {name: value for name, value in raw.items() if name not in RESERVED}
    content |= given.get("pass_content", {})
    details = {name: given[name] for name in DETAILS if name in given}
    check_json(details, "pass")
    if isinstance(fields.qr, QrFields):
        given.setdefault("barcode", fields.qr.as_barcode())
    elif fields.qr is not UNSET:
        content["qr"] = fields.qr
    changes = read_fields(fields, _READS, {"event_id": "venue_event_id"})
    if "barcode" in given:
        changes["barcode"] = read_barcode(given["barcode"])
    if "nfc" in given:
        changes["nfc"] = read_nfc(given["nfc"])
    if "group_tag" in given or "group_tags" in given:
        tags = _read_tags(given.get("group_tag"), given.get("group_tags", ()))
        changes |= {"group_tags": tags, "group_tag": tags[0] if tags else None}
    if message:
        changes["latest_message"] = clean(message, "message")
    return {**changes, "content": read_content(content), "details": details}


def _read_tags(first: str | None, others: Iterable[str]) -> list[str]:
    """Each once; `groupTag` is the first of them."""
    tags = [clean(first, "groupTag")] if first is not None else []
    return list(dict.fromkeys([*tags, *(clean(one, "groupTags") for one in others)]))


def read_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a template, each a text, a number, true, false or null."""
    if len(content) > FIELDS_MAX:
        raise InvalidRequest(f"pass has too many fields: at most {FIELDS_MAX}.")
    found: dict[str, Any] = {}
    for name, given in content.items():
        value = given.get("value") if isinstance(given, dict) else given
        if isinstance(value, dict | list):
            raise InvalidRequest(f'pass.{name[:50]} must be a text or {{"value": a text}}.')
        if len(name) > FIELD_NAME_MAX or len(str(value)[: FIELD_LENGTH_MAX + 1]) > FIELD_LENGTH_MAX:
            raise InvalidRequest(
                f"pass.{name[:50]} is too long: a name has at most {FIELD_NAME_MAX} characters, "
                f"a text {FIELD_LENGTH_MAX}."
            )
        found[name] = value
    check_json(found, "pass")
    return found


# ── answers ───────────────────────────────────────────────────────────────────────────────────


class Loyalty(msgspec.Struct, frozen=True):
    balance: int | float


class PassMeta(msgspec.Struct, frozen=True):
    notifications: Notifications | UnsetType = UNSET
    loyalty: Loyalty | UnsetType = UNSET


class PassDocument(Document[PassResource], frozen=True):
    meta: PassMeta | UnsetType = UNSET


class PassList(Page[PassResource], frozen=True): ...


def answer_pass(
    call: Call,
    row: PassRow,
    query: IncludeQuery = USUAL,
    *,
    status: int = 200,
    message: object = None,
    loyalty: bool = False,
) -> Response[bytes]:
    """The pass; with a message, what became of it."""
    headers: dict[str, str] = {}
    notifications: Notifications | UnsetType = UNSET
    if message:
        notifications = notify(call.api.wallets, row)
        headers["X-Notification-Status"] = notifications.status
    meta: PassMeta | UnsetType = UNSET
    if loyalty or message:
        meta = PassMeta(notifications, Loyalty(shown_points(row.balance)) if loyalty else UNSET)
    source = sources(call.api.wallets, row, query.include_pass_source)
    document = PassDocument(pass_body(row, call.api.base, query, source), meta)
    return answer(document, status, headers)


# ── operations ────────────────────────────────────────────────────────────────────────────────


@operation(
    "POST /passes",
    "Create a pass",
    query=CreateQuery,
    body=PassRequest,
    answer=PassDocument,
    status=201,
)
def create_pass(call: Call, body: PassRequest, raw: bytes, query: CreateQuery) -> Response[bytes]:
    """A pass of the template that the query names, or the default one, with an extId of the
    caller's own."""
    ext_id = read_id(query.ext_id, "extId") if query.ext_id else ""
    if len(ext_id) > 200:
        raise InvalidRequest("extId is too long: at most 200 characters.")
    changes, now = _changes(body, raw), call.now()
    with call.writing() as session:
        if query.pass_template:
            template = records.find_template(session, call.account, query.pass_template)
        else:
            template = records.default_template(session, call.account, now)
        row = records.create_pass(session, template, ext_id, changes, now)
        _act(row, body, now)
        check_barcode(row)
        waiting = messages.queue_pass(session, call.api.base, "passCreated", row, now)
    if waiting:
        call.api.parts.wake_webhooks()
    return answer_pass(call, row, query, status=201, message=body.message)


def _changes(body: PassRequest, raw: bytes) -> dict[str, Any]:
    fields = decode(raw, dict[str, Any]).get("pass", {})
    return read_changes(body.fields, fields, body.message)


def _act(row: PassRow, body: PassRequest, now: int) -> None:
    action = body.fields.pass_action
    if action == "deactivate":
        records.deactivate(row, now)
    elif action == "reactivate":
        records.reactivate(row)


def _rows(call: Call, _: Session, query: ListQuery) -> Select[Any]:
    if query.status and query.status not in list(records.PassStatus):
        raise InvalidRequest(f"status must be one of {', '.join(records.PassStatus)}.")
    filters = {
        PassRow.status: query.status,
        PassRow.template_id: query.pass_template,
        PassRow.group_tag: query.group_tag,
    }
    equal = [column == value for column, value in filters.items() if value]
    return records.passes_of(call.account).where(*equal)


list_passes = Listing(
    rows=_rows,
    body=lambda call, _, row: pass_body(row, call.api.base, read_query(call.query, IncludeQuery)),
    answer=PassList,
    query=ListQuery,
).plain("GET /passes", "Passes, newest first")


@operation(
    "GET /passes/{pass_id}", "One pass, by id or extId", query=IncludeQuery, answer=PassDocument
)
def show_pass(call: Call, pass_id: str, query: IncludeQuery) -> Response[bytes]:
    with call.reading() as session:
        return answer_pass(call, records.find_pass(session, call.account, pass_id), query)


@operation(
    "PATCH /passes/{pass_id}",
    "Change a pass",
    query=IncludeQuery,
    body=PassRequest,
    answer=PassDocument,
)
def change_pass(
    call: Call, pass_id: str, body: PassRequest, raw: bytes, query: IncludeQuery
) -> Response[bytes]:
    """What is sent; `passAction` deactivates and reactivates, a `message` is shown on it. As the
    vendor does, the answer to every change says what became of a notification."""
    changes, now = _changes(body, raw), call.now()
    with call.writing() as session:
        row = records.find_pass(session, call.account, pass_id)
        records.change_pass(session, row, changes)
        _act(row, body, now)
        check_barcode(row)
    return answer_pass(call, row, query, message=True)


@operation("DELETE /passes/{pass_id}", "Delete a pass and erase its scans", status=204)
def delete_pass(call: Call, pass_id: str) -> None:
    """The pass is gone at once, its scans are then erased."""
    with call.writing() as session:
        row = records.find_pass(session, call.account, pass_id)
        records.delete_pass(session, row, call.now())
    call.api.parts.wake_upkeep()


@operation(
    "POST /passes/{pass_id}/notification",
    "Send a message to a pass",
    body=NotificationRequest,
    answer=PassDocument,
)
def send_notification(call: Call, pass_id: str, body: NotificationRequest) -> Response[bytes]:
    """A message to who has the pass."""
    message = clean(body.notification.message, "message")
    with call.writing() as session:
        row = records.find_pass(session, call.account, pass_id)
        row.latest_message = message
    return answer_pass(call, row, read_query(call.query, IncludeQuery), message=message)


# ── what wallets report ───────────────────────────────────────────────────────────────────────


@operation(
    "POST /passes/{pass_id}/installed",
    "A wallet has the pass",
    body=InstalledRequest,
    answer=PassDocument,
)
def report_installed(call: Call, pass_id: str, body: InstalledRequest) -> Response[bytes]:
    """A wallet integration says that a phone has the pass now."""
    device = body.fields.device_type
    return _report(call, pass_id, "passInstalled", partial(records.install, device_type=device))


@operation("POST /passes/{pass_id}/removed", "No wallet has the pass", answer=PassDocument)
def report_removed(call: Call, pass_id: str) -> Response[bytes]:
    """A wallet integration says that no phone has the pass any longer."""
    return _report(call, pass_id, "passRemoved", records.remove)


def _report(call: Call, pass_id: str, event: str, change: Callable[..., None]) -> Response[bytes]:
    now = call.now()
    with call.writing() as session:
        row = records.find_pass(session, call.account, pass_id)
        change(row, now=now)
        waiting = messages.queue_pass(session, call.api.base, event, row, now)
    if waiting:
        call.api.parts.wake_webhooks()
    return answer_pass(call, row)
