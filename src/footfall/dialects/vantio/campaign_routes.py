"""Routes of programs, users and posters. The vendor documents reading users and posters; the rest
happens in its dashboard, and is here in the same style."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, RawBody
from sqlalchemy.orm import Session

from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.bodies import answer, decode
from footfall.dialects.vantio import campaigns, drawing, nouns, wire
from footfall.dialects.vantio.face import Answer, Asked, Face, OurFace, answer_page, list_page
from footfall.dialects.vantio.nouns import PosterRow, ProgramRow, UserRow
from footfall.dialects.vantio.questions import (
    ImageQuery,
    ListQuery,
    PostersQuery,
    UsersQuery,
    read_query,
)
from footfall.dialects.vantio.requests import (
    PosterChange,
    PosterRequest,
    ProgramChange,
    ProgramRequest,
    UserChange,
    UserRequest,
    read_changes,
    read_fields,
)

# ── programs ──────────────────────────────────────────────────────────────────────────────────


@get("/programs", sync_to_thread=True)
def list_programs(request: Asked, face: OurFace) -> Answer:
    """Oldest first."""
    asked = read_query(request.query_params, ListQuery)
    rows, cursor = list_page(request, face, ProgramRow, asked)
    content = wire.ProgramList([wire.program_body(row) for row in rows])
    return answer_page(request, face, asked, content, cursor)


@post("/programs", status_code=200, sync_to_thread=True)
def create_program(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A program: where its posters lead, and what an ambassador gets."""
    fields = read_fields(decode(body, ProgramRequest))
    fields["landing_url"] = campaigns.read_landing_url(fields["landing_url"], face.rules)
    with face.parts.catalog.writing() as session:
        row = campaigns.create_program(
            session, request.auth.account.id, face.parts.clock(), **fields
        )
    return answer(wire.program_body(row))


@get("/programs/{id:str}", sync_to_thread=True)
def get_program(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    with face.parts.catalog.reading() as session:
        return answer(wire.program_body(nouns.find(session, ProgramRow, _account(request), id)))


@put("/programs/{id:str}", sync_to_thread=True)
def change_program(request: Asked, face: OurFace, id: FromPath[str], body: RawBody) -> Answer:
    """Change what is sent. The next scan of its posters meets a new landing URL."""
    asked = decode(body, ProgramChange)
    with face.parts.catalog.writing() as session:
        row = nouns.find(session, ProgramRow, _account(request), id)
        fields = read_changes(asked, row.details, metadata="settings")
        if "landing_url" in fields:
            fields["landing_url"] = campaigns.read_landing_url(fields["landing_url"], face.rules)
        campaigns.change_program(session, row, face.parts.clock(), **fields)
    return answer(wire.program_body(row))


# ── users ─────────────────────────────────────────────────────────────────────────────────────


@get("/users", sync_to_thread=True)
def list_users(request: Asked, face: OurFace) -> Answer:
    """Oldest first. https://docs.vantio.app/api-reference/users/list-users"""
    asked = read_query(request.query_params, UsersQuery)
    rows, cursor = list_page(request, face, UserRow, asked, program_id=asked.program_id)
    content = wire.UserList([wire.user_body(row) for row in rows])
    return answer_page(request, face, asked, content, cursor)


@post("/users", status_code=200, sync_to_thread=True)
def create_user(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A student ambassador of a program."""
    fields = read_fields(decode(body, UserRequest))
    with face.parts.catalog.writing() as session:
        row = campaigns.create_user(session, _account(request), face.parts.clock(), **fields)
    return answer(wire.user_detail(row))


@get("/users/{id:str}", sync_to_thread=True)
def get_user(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """https://docs.vantio.app/api-reference/users/get-user"""
    with face.parts.catalog.reading() as session:
        return answer(wire.user_detail(nouns.find(session, UserRow, _account(request), id)))


@put("/users/{id:str}", sync_to_thread=True)
def change_user(request: Asked, face: OurFace, id: FromPath[str], body: RawBody) -> Answer:
    """Change what is sent."""
    asked = decode(body, UserChange)
    with face.parts.catalog.writing() as session:
        row = nouns.find(session, UserRow, _account(request), id)
        nouns.change(row, face.parts.clock(), read_changes(asked, row.details))
    return answer(wire.user_detail(row))


# ── posters ───────────────────────────────────────────────────────────────────────────────────


@get("/posters", sync_to_thread=True)
def list_posters(request: Asked, face: OurFace) -> Answer:
    """Oldest first. https://docs.vantio.app/api-reference/posters/list-posters"""
    asked = read_query(request.query_params, PostersQuery)
    rows, cursor = list_page(
        request,
        face,
        PosterRow,
        asked,
        program_id=asked.program_id,
        student_id=asked.student_id,
    )
    content = wire.PosterList([wire.poster_body(row, face.bases) for row in rows])
    return answer_page(request, face, asked, content, cursor)


@post("/posters", status_code=200, sync_to_thread=True)
def create_poster(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A poster of a program and one of its ambassadors, with a code and a short link."""
    fields = read_fields(decode(body, PosterRequest))
    landing_url = fields.pop("landing_url")
    if (fields["program_id"] is None) == (landing_url is None):
        raise InvalidRequest("Send program_id, or landing_url where there is no program yet.")
    now = face.parts.clock()
    with face.parts.catalog.writing() as session:
        if landing_url is not None:
            fields["program_id"] = _program_leading_to(face, session, request, landing_url, now).id
        if fields["student_id"] is None:
            owner = request.auth.account
            fields["student_id"] = campaigns.own_user(session, owner, fields["program_id"], now).id
        row = campaigns.create_poster(session, _account(request), now, **fields)
    return answer(wire.poster_detail(row, face.bases))


def _program_leading_to(
    face: Face, session: Session, request: Asked, landing_url: str, now: int
) -> ProgramRow:
    """The first there is; a new one, named after its host, where there is none."""
    landing_url = campaigns.read_landing_url(landing_url, face.rules)
    found = campaigns.program_with(session, _account(request), landing_url)
    if found is not None:
        return found
    host = urlsplit(landing_url).hostname or landing_url
    fields = read_fields(ProgramRequest(name=host, landing_url=landing_url))
    return campaigns.create_program(session, _account(request), now, **fields)


@get("/posters/{id:str}", sync_to_thread=True)
def get_poster(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """https://docs.vantio.app/api-reference/posters/get-poster"""
    with face.parts.catalog.reading() as session:
        row = nouns.find(session, PosterRow, _account(request), id)
        return answer(wire.poster_detail(row, face.bases))


@put("/posters/{id:str}", sync_to_thread=True)
def change_poster(request: Asked, face: OurFace, id: FromPath[str], body: RawBody) -> Answer:
    """Change what is sent. Impressions keep the location and student of their time."""
    asked = decode(body, PosterChange)
    with face.parts.catalog.writing() as session:
        row = nouns.find(session, PosterRow, _account(request), id)
        fields = read_changes(asked, row.details)
        campaigns.change_poster(session, row, face.parts.clock(), **fields)
    return answer(wire.poster_detail(row, face.bases))


@delete("/posters/{id:str}", status_code=200, sync_to_thread=True)
def delete_poster(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """The link stops at once, and its impressions are erased. Its referrals stay."""
    with face.parts.catalog.writing() as session:
        row = nouns.find(session, PosterRow, _account(request), id)
        campaigns.delete_poster(session, row, face.parts.clock())
    face.parts.wake_upkeep()
    return answer(wire.Deleted(id))


# ── images ────────────────────────────────────────────────────────────────────────────────────
# Anybody may see them, as anybody may see the poster: they stand in `<img>` and with the printer.


@get("/posters/{id:str}/qr-code.png", opt={"keyless": True})
async def get_png(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """For screens: `size` in pixels."""
    return await _image(request.query_params, face, id, "png")


@get("/posters/{id:str}/qr-code.svg", opt={"keyless": True})
async def get_svg(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """For designers: `size_mm`."""
    return await _image(request.query_params, face, id, "svg")


@get("/posters/{id:str}/qr-code.pdf", opt={"keyless": True})
async def get_pdf(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """For printers: one page of `size_mm` square."""
    return await _image(request.query_params, face, id, "pdf")


async def _image(parameters: Mapping[str, str], face: Face, id: str, format: str) -> Answer:
    asked = read_query(parameters, ImageQuery)
    slug = await asyncio.to_thread(_find_slug, face, id)
    size = drawing.Size(asked.size, asked.size_mm)
    image = await face.drawings.draw(f"{face.bases.short}{slug}", format, size)
    return Response(
        image,
        media_type=drawing.MEDIA_TYPES[format],
        headers={"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"},
    )


def _find_slug(face: Face, id: str) -> str:
    with face.parts.catalog.reading() as session:
        slug = campaigns.find_slug(session, nouns.read_id(id))
    if slug is None:
        raise NotFound(f"{PosterRow.NAME} with the specified ID does not exist")
    return slug


def _account(request: Asked) -> int:
    return request.auth.account.id


ROUTES = [
    list_programs,
    create_program,
    get_program,
    change_program,
    list_users,
    create_user,
    get_user,
    change_user,
    list_posters,
    create_poster,
    get_poster,
    change_poster,
    delete_poster,
    get_png,
    get_svg,
    get_pdf,
]
