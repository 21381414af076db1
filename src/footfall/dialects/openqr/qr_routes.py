"""The routes that draw symbols, and the one that checks them. They keep nothing."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.dialects.bodies import answer, convert, decode
from footfall.dialects.openqr import checking, drawing, nouns
from footfall.dialects.openqr.face import Asked, Face, OurFace
from footfall.dialects.openqr.looks import (
    CheckRequest,
    ImageQuery,
    Look,
    LookQuery,
    RenderQuery,
    RenderRequest,
    read_look,
)

Answer = Response[bytes]


@get("/qr", sync_to_thread=True)
def render_query(request: Asked, face: OurFace) -> Answer:
    """The symbol of `data` as an image."""
    asked = convert(dict(request.query_params), RenderQuery)
    return _image(asked.data, asked, _look(request, face, asked))


@post("/qr", status_code=200, opt={"scope": Scope.READ}, sync_to_thread=True)
def render_body(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """The same from a body: it draws and keeps nothing, so a key that may read will do."""
    asked = decode(body, RenderRequest)
    return _image(asked.data, asked, _look(request, face, asked, logo=asked.logo))


@post("/qr/check", status_code=200, opt={"scope": Scope.READ}, sync_to_thread=True)
def check(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Whether such a symbol will be read, by its colours and sizes and by reading it."""
    asked = decode(body, CheckRequest)
    look = _look(request, face, asked, logo=asked.logo)
    return answer(checking.check_symbol(asked.data, look))


@get("/dynamic/{code_id:str}/qr", sync_to_thread=True)
def render_code(request: Asked, face: OurFace, code_id: FromPath[str]) -> Answer:
    """The symbol of a code's short link, in the code's own theme unless another is asked."""
    asked = convert(dict(request.query_params), ImageQuery)
    with face.parts.catalog.reading() as session:
        code, tracker = nouns.find_dynamic(session, request.auth.account.id, code_id)
        style = code.theme.style if code.theme else {}
    image = _image(f"{face.short_base}{tracker.slug}", asked, _look(request, face, asked, style))
    image.headers["Cache-Control"] = "private, no-cache"  # it changes with its slug and theme
    return image


def _look(
    request: Asked,
    face: Face,
    asked: LookQuery,
    style: Mapping[str, Any] | None = None,
    logo: str | None = None,
) -> Look:
    """What is asked over the theme that is asked, or over the `style`."""
    if asked.theme:
        with face.parts.catalog.reading() as session:
            style = nouns.find_theme(session, request.auth.account.id, asked.theme).style
    return read_look(asked, style or {}, logo)


def _image(data: str, asked: ImageQuery, look: Look) -> Answer:
    if asked.size_mm is not None and asked.format == "png":
        raise InvalidRequest("size_mm is of SVG and PDF: say size, in pixels, for a PNG.")
    return Response(
        drawing.draw(data, asked.format, look),
        media_type=drawing.MEDIA_TYPES[asked.format],
        headers={"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"},
    )


ROUTES: Final = [render_query, render_body, check, render_code]
