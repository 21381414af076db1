"""Barcodes of passes as SVG: QR, Code 128, PDF417 and Aztec."""

import re
from typing import Final

from footfall.core.errors import InvalidRequest

TYPES: Final = {"qr": "QRCode", "code128": "Code128", "pdf417": "PDF417", "aztec": "Aztec"}
"""Each as the library names it."""

VALUE_LENGTH_MAX: Final = 500

_OPENING: Final = re.compile(r'^.*?<svg width="(\d+)" height="(\d+)"', re.DOTALL)


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
