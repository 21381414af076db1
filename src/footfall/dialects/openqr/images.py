"""Symbols as images, and whether one will be read. Nothing of it is kept."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.dialects.openqr import checking, drawing, records
from footfall.dialects.openqr.dialect import Call
from footfall.dialects.openqr.looks import (
    CheckRequest,
    ImageQuery,
    Look,
    LookQuery,
    RenderQuery,
    RenderRequest,
    read_look,
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
