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

from footfall.core.errors import InvalidRequest, Overloaded
from footfall.runtime.background import Background

QUIET_ZONE_MODULES: Final = 4
ERROR_CORRECTION: Final = "Q"
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
POINTS_PER_MM: Final = 72 / 25.4
AT_ONCE_MAX: Final = 2
WAITING_MAX: Final = 30


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


class Drawings:
    """Images for anybody, who needs no key: two are drawn at a time, on threads that give way to
    scans, and few may wait."""

    def __init__(self) -> None:
        self._background = Background(AT_ONCE_MAX)
        self._under_way = 0

    async def draw(self, text: str, format: str, size: Size) -> bytes:
        """As `draw`. Raises Overloaded too."""
        if self._under_way >= AT_ONCE_MAX + WAITING_MAX:
            raise Overloaded("Too many images are being drawn: ask again in a moment.")
        self._under_way += 1
        try:
            return await self._background.run(draw, text, format, size)
        finally:
            self._under_way -= 1


def draw(text: str, format: str, size: Size) -> bytes:
    """The code as `png`, `svg` or `pdf`. A PNG's modules are whole pixels, as many as fit into
    the size; the other formats have exactly the size. Raises InvalidRequest."""
    if format != "png":
        return _vectors(text, format, size.millimetres)
    modules = count_modules(len(text.encode())) + 2 * QUIET_ZONE_MODULES
    return _pixels(text, max(1, size.pixels // modules))


@lru_cache(maxsize=64)
def _pixels(text: str, scale: int) -> bytes:
    """By the pixels of a module: many sizes are the same image."""
    return _draw(text, {"kind": "png", "scale": scale})


@lru_cache(maxsize=256)
def _vectors(text: str, format: str, millimetres: int) -> bytes:
    modules = count_modules(len(text.encode())) + 2 * QUIET_ZONE_MODULES
    if format == "svg":
        return _draw(text, {"kind": format, "scale": millimetres / modules, "unit": "mm"})
    return _draw(text, {"kind": format, "scale": millimetres * POINTS_PER_MM / modules})


def _draw(text: str, options: dict[str, Any]) -> bytes:
    image = io.BytesIO()
    _symbol(text).save(image, border=QUIET_ZONE_MODULES, light="white", **options)
    return image.getvalue()
