"""Passes, readers and scans as answers and messages show them.

https://docs.passentry.com/api-reference/v1/passes/show-pass, …/scans/get-scans,
…/webhooks/pass-scanned
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import iso_time
from footfall.api.fields import body_of
from footfall.core.errors import InvalidRequest
from footfall.core.events import Event
from footfall.dialects.passentry import ids
from footfall.dialects.passentry.barcodes import BarcodeBody, barcode_body, resolve
from footfall.dialects.passentry.documents import Reference, Resource, ToOne, shown_time
from footfall.dialects.passentry.records.passes import PASS_TYPES
from footfall.dialects.passentry.records.tables import PassRow, ReaderRow

Points = Annotated[float, Meta(ge=-1e9, le=1e9)]
FLAGS: Final = (
    "qr_enabled",
    "mifare_classic_nfc_enabled",
    "scan_enabled",
    "redeem_enabled",
    "add_points_enabled",
    "ndef_tag_scanning_enabled",
)


# ── passes ────────────────────────────────────────────────────────────────────────────────────


class IncludeQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What to show beside the usual."""

    include_pass_design: str | None = None
    include_locations: str | None = None
    include_beacons: str | None = None
    include_pass_source: str | None = None


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


class PassResource(Resource[PassAttributes], frozen=True, tag_field="type", tag="pass"): ...


def read_points(points: float) -> int:
    """Hundredths. Raises InvalidRequest for more than two decimals."""
    hundredths = round(points * 100)
    if abs(hundredths / 100 - points) > 1e-6:
        raise InvalidRequest("Points have at most two decimals.")
    return hundredths


def shown_points(hundredths: int) -> int | float:
    """A whole number where it is one."""
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


def download_url(base: str, pass_id: str) -> str:
    return f"{base}/download?pass={pass_id}"


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
            "added_at": shown_time(row.added_at),
            "removed_at": shown_time(row.removed_at),
            "deactivated_at": shown_time(row.deactivated_at),
        }
    return PassResource(
        row.id, PassAttributes(**_common(row, base), **added, pass_content=row.content)
    )


def pass_body(
    row: PassRow,
    base: str,
    query: IncludeQuery,
    source: dict[str, str | None] | UnsetType = UNSET,
) -> PassResource:
    """The whole of it; `query` says what else to include."""
    wanted: dict[str, tuple[str | None, Any]] = {
        "pass_design": (query.include_pass_design, {}),
        "locations": (query.include_locations, []),
        "beacons": (query.include_beacons, []),
    }
    details: dict[str, Any] = {
        name: row.details.get(name, empty)
        for name, (flag, empty) in wanted.items()
        if (flag or "").lower() in ("true", "1")
    }
    if event_data := row.details.get("enhanced_event_data"):
        details["enhanced_event_data"] = event_data
    attributes = body_of(
        PassAttributes,
        row,
        **_common(row, base),
        **{name: details.get(name, UNSET) for name in (*wanted, "enhanced_event_data")},
        device_type=_device(row),
        event_id=row.venue_event_id,
        nullified_at=None,
        valid_from=shown_time(row.valid_from),
        pass_content={name: {"value": value} for name, value in row.content.items()},
        pass_source=source,
    )
    return PassResource(row.id, attributes)


# ── readers ───────────────────────────────────────────────────────────────────────────────────


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


class ReaderResource(Resource[ReaderAttributes], frozen=True, tag_field="type", tag="reader"): ...


def reader_body(row: ReaderRow) -> ReaderResource:
    return ReaderResource(row.id, body_of(ReaderAttributes, row, reader_type=row.type))


# ── scans ─────────────────────────────────────────────────────────────────────────────────────


class ScanAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    scan_type: str
    scan_value: str
    validation_type: str
    status: str
    status_detail: str | None
    scanned_at: str


class ScanRelationships(msgspec.Struct, frozen=True, rename={"wallet_pass": "pass"}):
    wallet_pass: ToOne
    reader: ToOne


class ScanResource(Resource[ScanAttributes], frozen=True, tag_field="type", tag="scan"):
    relationships: ScanRelationships


def scan_body(event: Event) -> ScanResource:
    return ScanResource(
        ids.to_uuid(event.id),
        ScanAttributes(
            scan_type=event.scan_medium,
            scan_value=event.scan_value,
            validation_type=event.validation,
            status=event.scan_status,
            status_detail=event.scan_status_detail or None,
            scanned_at=iso_time(event.occurred_at),
        ),
        ScanRelationships(
            ToOne(Reference(event.wallet_pass, "pass") if event.wallet_pass else None),
            ToOne(Reference(event.reader, "reader") if event.reader else None),
        ),
    )
