"""Poster codes as PNG for screens, as SVG and PDF for print.

Error correction Q survives a quarter of the code torn or smudged, as posters are; the quiet zone
is the four modules that ISO/IEC 18004 asks for. https://docs.vantio.app (posters)
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
import segno

from footfall.core.errors import InvalidRequest

QUIET_ZONE_MODULES: Final = 4
ERROR_CORRECTION: Final = "Q"
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
POINTS_PER_MM: Final = 72 / 25.4


class Size(msgspec.Struct, frozen=True):
    """Of the whole image, quiet zone included: `pixels` of a PNG, `millimetres` of the others."""

    pixels: int
    millimetres: int


def _symbol(text: str) -> segno.QRCode:
    try:
        # As bytes, whatever the letters: then the width follows from the length alone.
        return segno.make_qr(text, error=ERROR_CORRECTION, mode="byte", boost_error=False)
    except segno.DataOverflowError:
        raise InvalidRequest(
            "The short link is too long for a code: choose a shorter short_url."
        ) from None


@lru_cache(maxsize=1024)
def count_modules(length: int) -> int:
    """How many modules a code of a link of so many ASCII letters is wide, without quiet zone."""
    return int(_symbol("x" * length).symbol_size(border=0)[0])


@lru_cache(maxsize=256)
def draw(text: str, format: str, size: Size) -> bytes:
    """The code as `png`, `svg` or `pdf`. A PNG's modules are whole pixels, as many as fit into
    the size; the other formats have exactly the size. Raises InvalidRequest."""
    symbol = _symbol(text)
    modules = symbol.symbol_size(border=QUIET_ZONE_MODULES)[0]
    image = io.BytesIO()
    options: dict[str, Any] = {"kind": format, "border": QUIET_ZONE_MODULES, "light": "white"}
    if format == "png":
        options["scale"] = max(1, size.pixels // modules)
    elif format == "svg":
        options |= {"scale": size.millimetres / modules, "unit": "mm"}
    else:
        options["scale"] = size.millimetres * POINTS_PER_MM / modules
    symbol.save(image, **options)
    return image.getvalue()
