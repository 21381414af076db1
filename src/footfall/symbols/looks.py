"""How a symbol is to look: its colours and sizes, and the logo in its middle."""

import base64
import binascii
import io
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from PIL import Image, UnidentifiedImageError

from footfall.core.errors import InvalidRequest

SIZE_DEFAULT: Final = 512
SIZE_MIN: Final = 64
SIZE_MAX: Final = 4096
MARGIN_DEFAULT: Final = 4
MARGIN_MAX: Final = 16
PRINT_MM_DEFAULT: Final = 50
ERROR_WITH_LOGO: Final = "H"
LOGO_BYTES_MAX: Final = 262_144
LOGO_PIXELS_MAX: Final = 4_000_000
LOGO_SIDE_MAX: Final = 512
"""Pixels that are kept of a logo: it is at most a fifth of a symbol of 4096."""

_COLOUR: Final = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.I)
_DATA_URL: Final = re.compile(r"data:image/(?:png|jpeg);base64,")


class Look(msgspec.Struct, frozen=True):
    """`size` in pixels, `margin` in modules, colours as `rrggbb`. `size_mm` is the size in print,
    None for one in pixels. `error` is the least level of error correction, "" for M, or L when
    M does not fit. `logo` is a PNG, "" for none."""

    size: int = SIZE_DEFAULT
    margin: int = MARGIN_DEFAULT
    dark: str = "000000"
    light: str = "ffffff"
    size_mm: int | None = None
    error: str = ""
    logo: bytes = b""

    @property
    def print_mm(self) -> int:
        return self.size_mm or PRINT_MM_DEFAULT


def style_look(style: Mapping[str, Any]) -> Look:
    """What is drawn of a theme's style: `fgColor`, `bgColor`, `margin`, `error` and a `logo` that
    is a data URL of a PNG or JPEG. In other forms the last three are for clients that draw
    themselves. Raises InvalidRequest."""
    margin, error, logo = (style.get(key) for key in ("margin", "error", "logo"))
    whole = isinstance(margin, int) and not isinstance(margin, bool)
    ours = isinstance(logo, str) and _DATA_URL.match(logo) is not None
    return Look(
        margin=clamp(margin if whole else None, MARGIN_DEFAULT, 0, MARGIN_MAX),
        error=error if error in ("L", "M", "Q", "H") else "",
        logo=read_logo(str(logo), "style.logo") if ours else b"",
        dark=_read_style_colour(style, "fgColor", "000000"),
        light=_read_style_colour(style, "bgColor", "ffffff"),
    )


def _read_style_colour(style: Mapping[str, Any], key: str, default: str) -> str:
    value = style.get(key)
    if value is None:
        return default
    if not isinstance(value, str):
        raise InvalidRequest(f"style.{key} must be a hex colour, as #1a2b3c.")
    return read_colour(value, f"style.{key}")


def read_colour(text: str, name: str) -> str:
    """`rrggbb` of a hex colour with or without `#`. Raises InvalidRequest."""
    match = _COLOUR.fullmatch(text.strip())
    if match is None:
        raise InvalidRequest(f"{name} must be a hex colour of 3 or 6 digits, as 1a2b3c.")
    digits = match[1].lower()
    return digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)


def read_logo(url: str, name: str) -> bytes:
    """A PNG of at most 512 pixels a side, from a data URL: redrawn, so that nothing but its
    pixels is passed on. Raises InvalidRequest."""
    match = _DATA_URL.match(url)
    if match is None:
        raise InvalidRequest(f"{name} must be a data URL of a PNG or JPEG, in base64.")
    try:
        content = base64.b64decode(url[match.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest(f"{name} is not valid base64.") from None
    if len(content) > LOGO_BYTES_MAX:
        raise InvalidRequest(f"{name} is too large: at most {LOGO_BYTES_MAX} bytes.")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > LOGO_PIXELS_MAX:
                raise InvalidRequest(f"{name} has more than {LOGO_PIXELS_MAX} pixels.")
            drawn = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise InvalidRequest(f"{name} is no PNG or JPEG that can be read.") from None
    drawn.thumbnail((LOGO_SIDE_MAX, LOGO_SIDE_MAX))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def clamp(number: int | None, default: int, least: int, most: int) -> int:
    return default if number is None else max(least, min(most, number))
