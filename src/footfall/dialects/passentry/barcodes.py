"""Barcodes of passes as SVG: QR, Code 128, PDF417 and Aztec."""

import re
from typing import Final

import zxingcpp

from footfall.core.errors import InvalidRequest

TYPES: Final = {
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "code128": zxingcpp.BarcodeFormat.Code128,
    "pdf417": zxingcpp.BarcodeFormat.PDF417,
    "aztec": zxingcpp.BarcodeFormat.Aztec,
}
VALUE_LENGTH_MAX: Final = 500

_OPENING: Final = re.compile(r'^.*?<svg width="(\d+)" height="(\d+)"', re.DOTALL)


def draw(value: str, type: str) -> str:
    """An `<svg>` element that scales to its place. Raises InvalidRequest for a value that a
    barcode of this type cannot hold."""
    try:
        symbol = zxingcpp.create_barcode(value, TYPES[type])
        image = symbol.to_svg(scale=2, add_quiet_zones=True)
    except (ValueError, RuntimeError):
        raise InvalidRequest(
            f"A barcode of the type {type} cannot hold this value. "
            "Shorten it, use plain letters and digits, or choose the type qr."
        ) from None
    # What comes first, an XML declaration and a document type, has no place inside a page.
    return _OPENING.sub(r'<svg viewBox="0 0 \1 \2" role="img" aria-label="Barcode"', image, count=1)
