"""Passes on the wire. https://docs.passentry.com/api-reference/v1/passes/create-pass,
…/show-pass, …/update-pass, …/send-notification, …/loyalty/show-loyalty-balance."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import iso_time
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.nouns.passes import PASS_TYPES, Changes
from footfall.dialects.passentry.nouns.tables import PassRow
from footfall.dialects.passentry.wire.barcodes import (
    BarcodeBody,
    BarcodeFields,
    NfcFields,
    QrFields,
    barcode_body,
    read_barcode,
    read_nfc,
    resolve,
)
from footfall.dialects.passentry.wire.documents import (
    Id,
    Links,
    PageMeta,
    PageQuery,
    Time,
    check_json,
    clean,
    read_time,
)

FIELDS_MAX: Final = 100
FIELD_NAME_MAX: Final = 100
FIELD_LENGTH_MAX: Final = 4000
PLACES_MAX: Final = 10

Message = Annotated[str, Meta(min_length=1, max_length=350)]
Tag = Annotated[str, Meta(min_length=1, max_length=200)]
Points = Annotated[float, Meta(ge=-1e9, le=1e9)]


# ── requests ──────────────────────────────────────────────────────────────────────────────────


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


class LoyaltyRequest(msgspec.Struct, frozen=True, rename="camel"):
    """One of the two: a change, or the new balance."""

    balance: Points | UnsetType = UNSET
    override_balance: Points | UnsetType = UNSET
    message: Message | UnsetType | None = UNSET


class IncludeQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What to show beside the usual."""

    include_pass_design: str | None = None
    include_locations: str | None = None
    include_beacons: str | None = None
    include_pass_source: str | None = None


class CreateQuery(IncludeQuery, frozen=True, kw_only=True, rename="camel"):
    """Without a template the pass has the one named Default, made when it is first needed."""

    pass_template: str | None = None
    ext_id: str | None = None


class DownloadQuery(msgspec.Struct, frozen=True, rename={"wallet_pass": "pass"}):
    """The page of a pass, by its uuid."""

    wallet_pass: str | None = None


class ListQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    status: str | None = None
    pass_template: str | None = None
    group_tag: str | None = None


RESERVED: Final = frozenset(PassFields.__struct_encode_fields__)


def read_changes(fields: PassFields, raw: Mapping[str, Any], message: Any = UNSET) -> Changes:
    """Checked and translated. `raw` is `pass` as it was sent. Raises InvalidRequest."""
    content = {name: value for name, value in raw.items() if name not in RESERVED}
    if fields.pass_content is not UNSET:
        content |= fields.pass_content
    details = {
        name: getattr(fields, name)
        for name in ("pass_design", "locations", "beacons", "enhanced_event_data")
        if getattr(fields, name) is not UNSET
    }
    check_json(details, "pass")
    event, barcode, nfc = fields.event_id, fields.barcode, fields.nfc
    if isinstance(fields.qr, QrFields):
        barcode = fields.qr.as_barcode() if barcode is UNSET else barcode
    elif fields.qr is not UNSET:
        content["qr"] = fields.qr
    return Changes(
        content=read_content(content),
        details=details,
        barcode=UNSET if barcode is UNSET else read_barcode(barcode),
        nfc=UNSET if nfc is UNSET else read_nfc(nfc),
        group_tags=_read_tags(fields),
        venue_event=event,
        valid_from=_optional_time(fields.valid_from, "validFrom"),
        expires_at=_optional_time(fields.expires_at, "expiresAt"),
        message=clean(message, "message") if message else UNSET,
    )


def _optional_time(text: str | UnsetType | None, name: str) -> int | UnsetType | None:
    return read_time(text, name) if isinstance(text, str) else text


def _read_tags(fields: PassFields) -> list[str] | UnsetType:
    """Each once; `groupTag` is the first of them."""
    if fields.group_tag is UNSET and fields.group_tags is UNSET:
        return UNSET
    tags = (
        [] if fields.group_tags is UNSET else [clean(one, "groupTags") for one in fields.group_tags]
    )
    if isinstance(fields.group_tag, str):
        tags = [clean(fields.group_tag, "groupTag"), *tags]
    return list(dict.fromkeys(tags))


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


def read_points(points: float) -> int:
    """Hundredths. Raises InvalidRequest for more than two decimals."""
    hundredths = round(points * 100)
    if abs(hundredths / 100 - points) > 1e-6:
        raise InvalidRequest("Points have at most two decimals.")
    return hundredths


def shown_points(hundredths: int) -> int | float:
    """A whole number where it is one."""
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


# ── answers ───────────────────────────────────────────────────────────────────────────────────


class PassAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """In `included` without most of the fields that may be absent."""

    download_url: str
    pass_type: str
    device_type: str | UnsetType = UNSET
    created_at: str
    status: str
    ext_id: str
    group_tag: str | UnsetType | None = UNSET
    group_tags: list[str] | UnsetType = UNSET
    event_id: str | UnsetType | None = UNSET
    added_at: str | UnsetType | None = UNSET
    removed_at: str | UnsetType | None = UNSET
    deactivated_at: str | UnsetType | None = UNSET
    nullified_at: str | UnsetType | None = UNSET
    valid_from: str | UnsetType | None = UNSET
    expires_at: str | UnsetType | None = UNSET
    pass_template_uuid: str
    pass_template_name: str
    nfc: str | None
    barcode: BarcodeBody | None
    latest_message: str | UnsetType | None = UNSET
    pass_content: dict[str, Any]
    pass_design: dict[str, Any] | UnsetType = UNSET
    locations: list[dict[str, Any]] | UnsetType = UNSET
    beacons: list[dict[str, Any]] | UnsetType = UNSET
    enhanced_event_data: dict[str, Any] | UnsetType = UNSET
    pass_source: dict[str, str | None] | UnsetType = UNSET


class PassResource(msgspec.Struct, frozen=True, tag_field="type", tag="pass"):
    id: str
    attributes: PassAttributes


class Notifications(msgspec.Struct, frozen=True):
    status: str
    message: str


class Loyalty(msgspec.Struct, frozen=True):
    balance: int | float


class PassMeta(msgspec.Struct, frozen=True):
    notifications: Notifications | UnsetType = UNSET
    loyalty: Loyalty | UnsetType = UNSET


class PassDocument(msgspec.Struct, frozen=True):
    data: PassResource
    meta: PassMeta | UnsetType = UNSET


class PassList(msgspec.Struct, frozen=True):
    data: list[PassResource]
    meta: PageMeta
    links: Links


def download_url(base: str, pass_id: str) -> str:
    return f"{base}/download?pass={pass_id}"


def _shown(at: int | None) -> str | None:
    return None if at is None else iso_time(at)


def _common(row: PassRow, base: str) -> dict[str, Any]:
    nfc = resolve(row, row.nfc) if row.nfc and row.nfc.get("enabled", True) else None
    return {
        "download_url": download_url(base, row.id),
        "pass_type": PASS_TYPES[row.template.type],
        "created_at": iso_time(row.created_at),
        "status": row.status,
        "ext_id": row.ext_id,
        "pass_template_uuid": row.template_id,
        "pass_template_name": row.template.name,
        "nfc": nfc,
        "barcode": barcode_body(row),
    }


def _device(row: PassRow) -> str | UnsetType:
    return UNSET if row.device_type is None else row.device_type


def included_body(row: PassRow, base: str, *, times: bool = False) -> PassResource:
    """As `included` of scans has it, with bare texts; of webhooks with its `times`."""
    added: dict[str, Any] = {}
    if times:
        added = {
            "device_type": _device(row),
            "added_at": _shown(row.added_at),
            "removed_at": _shown(row.removed_at),
            "deactivated_at": _shown(row.deactivated_at),
        }
    return PassResource(
        row.id, PassAttributes(**_common(row, base), **added, pass_content=row.content)
    )


def pass_body(
    row: PassRow,
    base: str,
    query: Mapping[str, str],
    source: dict[str, str | None] | UnsetType = UNSET,
) -> PassResource:
    """The whole of it; `query` says what else to include."""
    wanted: dict[str, tuple[str, Any]] = {
        "pass_design": ("includePassDesign", {}),
        "locations": ("includeLocations", []),
        "beacons": ("includeBeacons", []),
    }
    details: dict[str, Any] = {
        name: row.details.get(name, empty)
        for name, (flag, empty) in wanted.items()
        if query.get(flag, "").lower() in ("true", "1")
    }
    if event_data := row.details.get("enhanced_event_data"):
        details["enhanced_event_data"] = event_data
    return PassResource(
        row.id,
        PassAttributes(
            **_common(row, base),
            **details,
            device_type=_device(row),
            group_tag=row.group_tag,
            group_tags=row.group_tags,
            event_id=row.venue_event_id,
            added_at=_shown(row.added_at),
            removed_at=_shown(row.removed_at),
            deactivated_at=_shown(row.deactivated_at),
            nullified_at=None,
            valid_from=_shown(row.valid_from),
            expires_at=_shown(row.expires_at),
            latest_message=row.latest_message,
            pass_content={name: {"value": value} for name, value in row.content.items()},
            pass_source=source,
        ),
    )
