"""Symbols as images, and whether one will be read. Nothing of it is kept."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from msgspec import Meta

from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.dialects.openqr import records
from footfall.dialects.openqr.dialect import Call
from footfall.dialects.openqr.payloads import PAYLOAD_LENGTH_MAX
from footfall.symbols import checking, drawing
from footfall.symbols.looks import (
    ERROR_WITH_LOGO,
    MARGIN_MAX,
    SIZE_DEFAULT,
    SIZE_MAX,
    SIZE_MIN,
    Look,
    clamp,
    read_colour,
    read_logo,
    style_look,
)

Reference = Annotated[str, Meta(max_length=80)]
Colour = Annotated[str, Meta(max_length=80)]
Level = Annotated[str, Meta(pattern=r"^[LMQH]$(?!\n)")]
Millimetres = Annotated[int, Meta(ge=5, le=2000)]


class LookQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says of the look. What it leaves out is the theme's."""

    size: int | None = None
    size_mm: Millimetres | None = None
    margin: int | None = None
    dark: Colour | None = None
    light: Colour | None = None
    error: Level | None = None
    theme: Reference | None = None


class ImageQuery(LookQuery, frozen=True, kw_only=True):
    """`GET /v1/dynamic/{id}/qr`."""

    format: Annotated[str, Meta(pattern=r"^(svg|png|pdf)$(?!\n)")] = "svg"


class RenderQuery(ImageQuery, frozen=True, kw_only=True):
    """`GET /v1/qr`."""

    data: Annotated[str, Meta(min_length=1, max_length=PAYLOAD_LENGTH_MAX)]


class RenderRequest(RenderQuery, frozen=True, kw_only=True):
    """`POST /v1/qr`. `logo` is a data URL of a PNG or JPEG."""

    logo: str | None = None


class CheckRequest(LookQuery, frozen=True, kw_only=True):
    """`POST /v1/qr/check`."""

    data: Annotated[str, Meta(min_length=1, max_length=PAYLOAD_LENGTH_MAX)]
    logo: str | None = None


def read_look(query: LookQuery, style: Mapping[str, Any], logo: str | None = None) -> Look:
    """The look of a request over that of a theme's style. Raises InvalidRequest."""
    given = style_look(style)
    image = read_logo(logo, "logo") if logo else given.logo
    return Look(
        size=clamp(query.size, SIZE_DEFAULT, SIZE_MIN, SIZE_MAX),
        size_mm=query.size_mm,
        margin=clamp(query.margin, given.margin, 0, MARGIN_MAX),
        dark=read_colour(query.dark, "dark") if query.dark else given.dark,
        light=read_colour(query.light, "light") if query.light else given.light,
        error=ERROR_WITH_LOGO if image else query.error or given.error,
        logo=image,
    )


_IMAGE: Final[dict[str, Any]] = {
    "media_type": "image/svg+xml",
    "also": ("image/png", "application/pdf"),
}


@operation("GET /qr", "Draw a code", query=RenderQuery, **_IMAGE)
def render_query(call: Call, query: RenderQuery) -> Response[bytes]:
    """The symbol of `data` as an image."""
    return _image(query.data, query, _look(call, query))


@operation("POST /qr", "Draw a code from a body", body=RenderRequest, scope=Scope.READ, **_IMAGE)
def render_body(call: Call, body: RenderRequest) -> Response[bytes]:
    """The same from a body: it draws and keeps nothing, so a key that may read will do."""
    return _image(body.data, body, _look(call, body, logo=body.logo))


@operation(
    "POST /qr/check",
    "See whether a code will be read",
    body=CheckRequest,
    answer=checking.Check,
    scope=Scope.READ,
)
def check(call: Call, body: CheckRequest) -> checking.Check:
    """By its colours and sizes, and by reading it."""
    return checking.check_symbol(body.data, _look(call, body, logo=body.logo))


@operation(
    "GET /dynamic/{id}/qr",
    "Draw the short link of a code in its own theme",
    query=ImageQuery,
    **_IMAGE,
)
def render_code(call: Call, id: str, query: ImageQuery) -> Response[bytes]:
    """In the code's own theme unless the query has another."""
    with call.reading() as session:
        code, tracker = records.find_dynamic(session, call.account, id)
        style = code.theme.style if code.theme else {}
    image = _image(f"{call.api.short_base}{tracker.slug}", query, _look(call, query, style))
    image.headers["Cache-Control"] = "private, no-cache"  # it changes with its slug and theme
    return image


def _look(
    call: Call,
    query: LookQuery,
    style: Mapping[str, Any] | None = None,
    logo: str | None = None,
) -> Look:
    """What the request has, over its theme, or over the `style`."""
    if query.theme:
        with call.reading() as session:
            style = records.find_theme(session, call.account, query.theme).style
    return read_look(query, style or {}, logo)


def _image(data: str, query: ImageQuery, look: Look) -> Response[bytes]:
    if query.size_mm is not None and query.format == "png":
        raise InvalidRequest("size_mm applies to SVG and PDF only; use size (pixels) for PNG.")
    return Response(
        drawing.draw(data, query.format, look),
        media_type=drawing.MEDIA_TYPES[query.format],
        headers={"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"},
    )
