"""Symbols drawn to an exact size: segno makes the modules, this file the SVG or PNG.

segno's own writers size a PNG in whole pixels a module, so 512 asked is 495 drawn; OpenQR
answers the size that was asked. https://openqr.uk/openapi.json
"""

import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import segno

from footfall.core.errors import InvalidRequest

SIZE_MIN: Final = 64
SIZE_MAX: Final = 4096
MARGIN_MAX: Final = 16
BYTES_MAX: Final = 2953
"""What the largest symbol holds at the lowest error correction."""

_COLOUR: Final = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.I)


class Look(msgspec.Struct, frozen=True):
    """`size` in pixels, `margin` in modules, colours as `rrggbb`."""

    size: int = 512
    margin: int = 4
    dark: str = "000000"
    light: str = "ffffff"


def read_colour(text: str, name: str) -> str:
    """`rrggbb` of a hex colour with or without `#`. Raises InvalidRequest."""
    match = _COLOUR.fullmatch(text.strip())
    if match is None:
        raise InvalidRequest(f"{name} must be a hex colour of 3 or 6 digits, as 1a2b3c.")
    digits = match[1].lower()
    return digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)


def style_colours(style: Mapping[str, Any]) -> dict[str, str]:
    """The colours of a theme's style, as fields of Look. Raises InvalidRequest."""
    colours = {}
    for key, field in (("fgColor", "dark"), ("bgColor", "light")):
        value = style.get(key)
        if value is not None:
            if not isinstance(value, str):
                raise InvalidRequest(f"style.{key} must be a hex colour, as #1a2b3c.")
            colours[field] = read_colour(value, f"style.{key}")
    return colours


def draw(data: str, format: str, look: Look) -> bytes:
    """The symbol as `svg` or `png`. Raises InvalidRequest when it cannot be made or read."""
    if look.dark == look.light:
        raise InvalidRequest("dark and light are the same colour: no camera could read that.")
    modules = _modules(data)
    width = len(modules) + 2 * look.margin
    if format == "svg":
        return _svg(modules, width, look)
    if look.size < width:
        raise InvalidRequest(
            f"size is too small for this data: it needs at least {width} pixels, one a module."
        )
    return _png(modules, width, look)


def _modules(data: str) -> list[bytes]:
    """Rows of 0 and 1. Error correction M, or L when the data would not fit otherwise."""
    for level in ("m", "l"):
        try:
            symbol = segno.make_qr(data, error=level, encoding="utf-8")
        except segno.DataOverflowError:
            continue
        return [bytes(row) for row in symbol.matrix]
    raise InvalidRequest(
        f"data is too long for a QR code: {len(data.encode())} bytes, at most {BYTES_MAX} fit."
    )


def _svg(modules: list[bytes], width: int, look: Look) -> bytes:
    scale = f"{look.size / width:.6g}"
    runs = "".join(
        f"M{run.start() + look.margin} {y + look.margin}h{len(run[0])}v1h-{len(run[0])}z"
        for y, row in enumerate(modules)
        for run in re.finditer(b"\x01+", row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{look.size}" height="{look.size}" '
        f'viewBox="0 0 {look.size} {look.size}" shape-rendering="crispEdges">'
        f'<path fill="#{look.light}" d="M0 0h{look.size}v{look.size}H0z"/>'
        f'<path fill="#{look.dark}" transform="scale({scale})" d="{runs}"/></svg>'
    ).encode()


def _png(modules: list[bytes], width: int, look: Look) -> bytes:
    """One bit a pixel and a palette of two. Modules are whole pixels; what is left over goes to
    the quiet zone."""
    pixels = look.size // width
    before = (look.size - len(modules) * pixels) // 2
    light_row = bytes(1 + (look.size + 7) // 8)
    rows = [light_row] * before
    for row in modules:
        bits = "0" * before + "".join(str(module) * pixels for module in row)
        packed = int(bits.ljust(8 * (len(light_row) - 1), "0"), 2)
        rows += [b"\0" + packed.to_bytes(len(light_row) - 1, "big")] * pixels
    rows += [light_row] * (look.size - len(rows))
    header = struct.pack(">IIBBBBB", look.size, look.size, 1, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"PLTE", bytes.fromhex(look.light + look.dark))
        + _chunk(b"IDAT", zlib.compress(b"".join(rows), 6))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
