"""Whether a symbol will be read: colours, sizes, and a reader that tries.

Contrast as WCAG 2.2 defines it; the other limits are those that printers of codes go by.
"""

import io
from typing import Any, Final

import msgspec
from PIL import Image

from footfall.symbols.drawing import Symbol, draw
from footfall.symbols.looks import SIZE_MAX, Look

CONTRAST_MIN: Final = 4.5
MARGIN_MIN: Final = 4
MODULE_MM_MIN: Final = 0.4
DISTANCE_PER_WIDTH: Final = 10
"""A phone reads a code from about ten times its width."""

PIXELS_PER_MODULE: Final = 4


class Warned(msgspec.Struct, frozen=True):
    """Something that keeps readers from it: a stable code, and a sentence that says what to do."""

    code: str
    text: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """`ok` is: it was read, and there is nothing to warn of. `modules` is the width without the
    margin; `module_mm` and `scan_distance_mm` are of the size in print."""

    ok: bool
    decodes: bool
    contrast_ratio: float
    error: str
    modules: int
    module_mm: float
    scan_distance_mm: int
    warnings: list[Warned]


def check_symbol(data: str, look: Look) -> Check:
    """Raises InvalidRequest for data that does not fit into a symbol."""
    symbol = Symbol(data, look)
    module_mm = look.print_mm / (symbol.width + 2 * look.margin)
    contrast = contrast_ratio(look.dark, look.light)
    decodes = _is_read(data, look, symbol)
    warnings = [*_warn_of_colours(look, contrast), *_warn_of_sizes(look, module_mm)]
    if not decodes:
        warnings.append(_explain_unread(data, look, symbol))
    return Check(
        ok=decodes and not warnings,
        decodes=decodes,
        contrast_ratio=round(contrast, 2),
        error=symbol.error,
        modules=symbol.width,
        module_mm=round(module_mm, 3),
        scan_distance_mm=round(module_mm * symbol.width * DISTANCE_PER_WIDTH),
        warnings=warnings,
    )


def _explain_unread(data: str, look: Look, symbol: Symbol) -> Warned:
    if look.logo and _is_read(data, msgspec.structs.replace(look, logo=b""), symbol):
        return Warned("logo", "The logo hides more than error correction restores: change it.")
    return Warned("unreadable", "A reader could not read it: change the colours.")


def _warn_of_colours(look: Look, contrast: float) -> list[Warned]:
    warnings = []
    if contrast < CONTRAST_MIN:
        text = f"The contrast is {contrast:.2f}: take colours with {CONTRAST_MIN} or more."
        warnings.append(Warned("contrast", text))
    if luminance(look.dark) > luminance(look.light):
        text = "The modules are lighter than their ground: many readers expect the reverse."
        warnings.append(Warned("inverted", text))
    return warnings


def _warn_of_sizes(look: Look, module_mm: float) -> list[Warned]:
    warnings = []
    if look.margin < MARGIN_MIN:
        text = f"The margin is {look.margin} modules: readers expect {MARGIN_MIN}."
        warnings.append(Warned("margin", text))
    if module_mm < MODULE_MM_MIN:
        text = f"A module is {module_mm:.2f} mm wide: print it larger, at {MODULE_MM_MIN} or more."
        warnings.append(Warned("module_size", text))
    return warnings


def _is_read(data: str, look: Look, symbol: Symbol) -> bool:
    """What is drawn, read again."""
    import zxingcpp  # not before the server stands: else it tells of leaks when that stops

    if look.dark == look.light:
        return False
    width = (symbol.width + 2 * look.margin) * PIXELS_PER_MODULE
    drawn = draw(data, "png", msgspec.structs.replace(look, size=min(width, SIZE_MAX)))
    with Image.open(io.BytesIO(drawn)) as image:
        pixels: Any = image.convert("RGB")
        found = zxingcpp.read_barcodes(
            pixels,
            formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
            text_mode=zxingcpp.TextMode.Plain,
        )
    return [one.text for one in found] == [data]


def contrast_ratio(one: str, other: str) -> float:
    """From 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """From 0 to 1, of `rrggbb`. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (_linear(part / 255) for part in bytes.fromhex(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
