"""Barcodes of passes: on the wire, with their NFC messages, and as SVG.

QR, Code 128, PDF417 and Aztec.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.records.tables import PassRow

TYPES: Final = {"qr": "QRCode", "code128": "Code128", "pdf417": "PDF417", "aztec": "Aztec"}
"""Each as the library names it."""

VALUE_LENGTH_MAX: Final = 500

_OPENING: Final = re.compile(r'^.*?<svg width="(\d+)" height="(\d+)"', re.DOTALL)

Source = Annotated[str, Meta(pattern=r"^(uuid|extId|custom)$(?!\n)")]


class BarcodeFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`value` counts with the source `custom` only; `%{passData.name}` in it is replaced."""

    enabled: bool = True
    type: Annotated[str, Meta(pattern=r"^(qr|qrCode|code128|aztec|pdf417)$(?!\n)")] = "qr"
    source: Source = "uuid"
    value: Annotated[str, Meta(max_length=VALUE_LENGTH_MAX)] | None = None
    display_text: bool = False


class QrFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The earlier form of `barcode`, which the vendor's plugin for WooCommerce sends. Without a
    value the symbol carries the id of the pass."""

    enabled: bool = True
    value: Annotated[str, Meta(max_length=VALUE_LENGTH_MAX)] | None = None
    display_text: bool = False

    def as_barcode(self) -> BarcodeFields:
        return BarcodeFields(
            enabled=self.enabled,
            source="custom" if self.value else "uuid",
            value=self.value or None,
            display_text=self.display_text,
        )


class NfcFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`customValue` is the earlier name of `value`. A value without a source is a custom one."""

    enabled: bool = True
    source: Source | None = None
    value: Annotated[str, Meta(max_length=VALUE_LENGTH_MAX)] | None = None
    custom_value: Annotated[str, Meta(max_length=VALUE_LENGTH_MAX)] | None = None


def read_nfc(nfc: NfcFields | None) -> dict[str, Any]:
    if nfc is None:
        return {}
    value = nfc.value or nfc.custom_value
    source = nfc.source or ("custom" if value else "uuid")
    return {"enabled": nfc.enabled, "source": source, "value": value}


def read_barcode(barcode: BarcodeFields | None) -> dict[str, Any]:
    if barcode is None:
        return {"enabled": False}
    found: dict[str, Any] = msgspec.to_builtins(barcode)
    if barcode.type == "qrCode":
        found["type"] = "qr"
    if barcode.source == "custom" and not barcode.value:
        raise InvalidRequest("barcode.value is needed with the source custom.")
    return found


class BarcodeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    enabled: bool
    type: str
    source: str
    value: str
    display_text: bool


_FIELD: Final = re.compile(r"%\{passData\.([^}]{1,100})\}")


def resolve(row: PassRow, chosen: Mapping[str, Any]) -> str:
    """The value of a barcode or of an NFC message."""
    source = chosen.get("source", "uuid")
    if source == "custom":

        def field(found: re.Match[str]) -> str:
            value = row.content.get(found.group(1))
            return "" if value is None else str(value)

        return _FIELD.sub(field, chosen.get("value") or "")
    return row.ext_id if source == "extId" else row.id


def barcode_body(row: PassRow) -> BarcodeBody | None:
    chosen = row.barcode
    if not chosen.get("enabled", True):
        return None
    return BarcodeBody(
        enabled=True,
        type=chosen.get("type", "qr"),
        source=chosen.get("source", "uuid"),
        value=resolve(row, chosen),
        display_text=chosen.get("displayText", False),
    )


def check_barcode(row: PassRow) -> None:
    """Raises InvalidRequest when the pass's barcode cannot hold its value."""
    barcode = barcode_body(row)
    if barcode is not None and (barcode.source != "uuid" or barcode.type != "qr"):
        draw(barcode.value, barcode.type)


def draw(value: str, type: str) -> str:
    """An `<svg>` element that scales to its place. Raises InvalidRequest for a value that a
    barcode of this type cannot hold."""
    import zxingcpp  # not before the server stands: else it tells of leaks when that stops

    try:
        symbol = zxingcpp.create_barcode(value, getattr(zxingcpp.BarcodeFormat, TYPES[type]))
        image = symbol.to_svg(scale=2, add_quiet_zones=True)
    except (ValueError, RuntimeError):
        raise InvalidRequest(
            f"A barcode of the type {type} cannot hold this value. "
            "Shorten it, use plain letters and digits, or choose the type qr."
        ) from None
    # What comes first, an XML declaration and a document type, has no place inside a page.
    return _OPENING.sub(r'<svg viewBox="0 0 \1 \2" role="img" aria-label="Barcode"', image, count=1)
