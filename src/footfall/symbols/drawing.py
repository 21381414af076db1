"""Symbols drawn to an exact size: segno makes the modules, this file the SVG or PNG.

segno's own writers size a PNG in whole pixels a module, so a request for 512 draws 495;
OpenQR answers the size of the request. https://openqr.uk/openapi.json
"""

import base64
import io
import re
from typing import Final

import segno
from PIL import Image

from footfall.core.errors import InvalidRequest
from footfall.symbols.looks import Look

BYTES_MAX: Final = 2953
"""What the largest symbol holds at the lowest error correction."""

LOGO_SHARE: Final = 0.2
"""Of the symbol's width. With its margin that is at most a ninth of the modules, where H restores
three tenths."""

MEDIA_TYPES: Final = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
POINTS_PER_MM: Final = 72 / 25.4
PRINT_PIXELS: Final = 2400
"""Of the image in a PDF with a logo: 600 dpi at 10 cm."""


class Symbol:
    """The modules of a text, rows of 0 and 1, `width` of them a row; `error` is the level of error
    correction, which is better than requested where that costs no room. `logo_width` in modules, 0
    without a logo: its place is light."""

    def __init__(self, data: str, look: Look) -> None:
        """Raises InvalidRequest when the text does not fit."""
        self.made = _make(data, look.error)
        self.error: str = self.made.error
        self.rows = [bytes(row) for row in self.made.matrix]
        self.width = len(self.rows)
        self.logo_width = 0.0
        if look.logo:
            self.logo_width = self.width * LOGO_SHARE
            self._clear_middle()

    def _clear_middle(self) -> None:
        """At least half a module of light around the logo. Both widths are odd."""
        cleared = int(self.logo_width + 1) // 2 * 2 + 1
        start = (self.width - cleared) // 2
        for y in range(start, start + cleared):
            row = self.rows[y]
            self.rows[y] = row[:start] + bytes(cleared) + row[start + cleared :]


def draw(data: str, format: str, look: Look) -> bytes:
    """The symbol as `svg`, `png` or `pdf`. Raises InvalidRequest when it cannot be made or read."""
    if look.dark == look.light:
        raise InvalidRequest("dark and light are the same colour: no camera could read that.")
    symbol = Symbol(data, look)
    if format == "svg":
        return _svg(symbol, look)
    if format == "pdf":
        return _pdf(symbol, look)
    return _png(symbol, look, look.size)


def _make(data: str, error: str) -> segno.QRCode:
    """Error correction M, or L when the data would not fit otherwise, unless one is requested."""
    for level in (error,) if error else ("M", "L"):
        try:
            return segno.make_qr(data, error=level, encoding="utf-8")
        except segno.DataOverflowError:
            continue
    length = len(data.encode())
    if error and error != "L":
        raise InvalidRequest(
            f"data is too long for a QR code with error correction {error}: {length} bytes. "
            "Ask for a lower level, and for no logo."
        )
    raise InvalidRequest(
        f"data is too long for a QR code: {length} bytes, at most {BYTES_MAX} fit."
    )


def _svg(symbol: Symbol, look: Look) -> bytes:
    scale = f"{look.size / (symbol.width + 2 * look.margin):.6g}"
    side = f"{look.size_mm}mm" if look.size_mm else str(look.size)
    runs = "".join(
        f"M{run.start() + look.margin} {y + look.margin}h{len(run[0])}v1h-{len(run[0])}z"
        for y, row in enumerate(symbol.rows)
        for run in re.finditer(b"\x01+", row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" '
        f'viewBox="0 0 {look.size} {look.size}" shape-rendering="crispEdges">'
        f'<path fill="#{look.light}" d="M0 0h{look.size}v{look.size}H0z"/>'
        f'<path fill="#{look.dark}" transform="scale({scale})" d="{runs}"/>'
        f"{_svg_logo(symbol, look)}</svg>"
    ).encode()


def _svg_logo(symbol: Symbol, look: Look) -> str:
    """The logo in the middle; its proportions stay."""
    if not look.logo:
        return ""
    side = look.size * symbol.logo_width / (symbol.width + 2 * look.margin)
    start = (look.size - side) / 2
    url = f"data:image/png;base64,{base64.b64encode(look.logo).decode()}"
    return (
        f'<image x="{start:.6g}" y="{start:.6g}" width="{side:.6g}" height="{side:.6g}" '
        f'href="{url}"/>'
    )


def _pdf(symbol: Symbol, look: Look) -> bytes:
    """Lines without a logo; with one an image, sharp at any size that a code is printed at."""
    page = io.BytesIO()
    width = symbol.width + 2 * look.margin
    if not look.logo:
        symbol.made.save(
            page,
            kind="pdf",
            border=look.margin,
            dark=f"#{look.dark}",
            light=f"#{look.light}",
            scale=look.print_mm * POINTS_PER_MM / width,
        )
        return page.getvalue()
    pixels = PRINT_PIXELS // width * width
    with Image.open(io.BytesIO(_png(symbol, look, pixels))) as image:
        image.save(page, "PDF", resolution=pixels / look.print_mm * 25.4, quality=95)
    return page.getvalue()


def _png(symbol: Symbol, look: Look, size: int) -> bytes:
    """One bit a pixel and a palette of two. Modules are whole pixels; what is left over goes to
    the quiet zone. Raises InvalidRequest when there are too few pixels."""
    width = symbol.width + 2 * look.margin
    if size < width:
        raise InvalidRequest(
            f"size is too small for this data: it needs at least {width} pixels, one a module."
        )
    side = symbol.width * (size // width)
    before = (size - side) // 2
    modules = Image.frombytes("P", (symbol.width, symbol.width), b"".join(symbol.rows))
    image = Image.new("P", (size, size), 0)
    image.paste(modules.resize((side, side), Image.Resampling.NEAREST), (before, before))
    image.putpalette(bytes.fromhex(look.light + look.dark))
    if look.logo:
        image = _with_logo(image.convert("RGB"), look.logo, symbol.logo_width * (size // width))
    out = io.BytesIO()
    image.save(out, "PNG", **({} if look.logo else {"bits": 1}))
    return out.getvalue()


def _with_logo(image: Image.Image, logo: bytes, side: float) -> Image.Image:
    """The logo laid over the middle, as large as fits into a square of so many pixels."""
    with Image.open(io.BytesIO(logo)) as given:
        scale = side / max(given.size)
        size = (max(1, round(given.width * scale)), max(1, round(given.height * scale)))
        laid = given.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    image.paste(laid, ((image.width - size[0]) // 2, (image.height - size[1]) // 2), laid)
    return image
