"""Posters and the images of their codes. The vendor documents reading them; the rest happens in
its dashboard, and is here in the same style."""

import asyncio
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import Response
from sqlalchemy.orm import Session

from footfall.api.fields import body_of, change_type
from footfall.api.operations import Operation, operation
from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.vantio import campaigns, records
from footfall.dialects.vantio.dialect import Call, Deleted, list_of, resource
from footfall.dialects.vantio.programs import ProgramRequest
from footfall.dialects.vantio.queries import ImageQuery, PostersQuery
from footfall.dialects.vantio.records import PosterRow, ProgramRow
from footfall.dialects.vantio.requests import Details, Id, Line, Link, read_changes, read_fields
from footfall.symbols.drawing import MEDIA_TYPES
from footfall.symbols.looks import Look
from footfall.symbols.public_images import count_modules

SCAN_DISTANCES_MM: Final = (300, 1000, 3000, 5000)
"""A flyer in the hand, a poster on a door, one across a corridor, one across a hall."""
ERROR_CORRECTION: Final = "Q"
"""Survives a quarter of the code torn or smudged, as posters are."""
QUIET_ZONE_MODULES: Final = 4
"""What ISO/IEC 18004 asks for."""
DISTANCE_PER_WIDTH: Final = 10
"""A code is read from about ten times its width."""


class PosterRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /posters`. Without a program it leads to `landing_url`, without a student it is the
    account's own."""

    program_id: Id | None = None
    landing_url: Link | None = None
    student_id: Id | None = None
    location: Line | None = None
    metadata: Details | None = None


PosterChange = change_type(
    PosterRequest, "`PUT /posters/{id}`.", program_id=None, landing_url=None, student_id=Id
)


class Width(msgspec.Struct, frozen=True):
    """How wide a code is at least to be read from `distance_mm`: itself, and the whole image with
    its quiet zone (the `size_mm` to ask for)."""

    distance_mm: int
    code_width_mm: int
    image_width_mm: int


class Print(msgspec.Struct, frozen=True, kw_only=True):
    """`modules` is the width of the code, without the quiet zone on each side."""

    svg_url: str
    pdf_url: str
    modules: int
    quiet_zone_modules: int
    error_correction: str
    minimum_widths: list[Width]


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """In a list. `qr_code_url` is a PNG, for anybody."""

    id: str
    program_id: str
    student_id: str
    qr_code_url: str
    short_url: str
    location: str | None
    created_at: str
    metadata: dict[str, Any]
    print: Print


class PosterDetail(Poster, frozen=True, kw_only=True):
    updated_at: str


class PosterList(msgspec.Struct, frozen=True):
    posters: list[Poster]


def _body(answer: type[Poster], call: Call, _: Session, row: PosterRow) -> Poster:
    image = f"{call.api.images_base}{row.id}/qr-code"
    short_url = f"{call.api.short_base}{row.tracker.slug}"
    modules = count_modules(len(short_url), ERROR_CORRECTION)
    return body_of(
        answer,
        row,
        qr_code_url=f"{image}.png",
        short_url=short_url,
        metadata=row.details,
        print=Print(
            svg_url=f"{image}.svg",
            pdf_url=f"{image}.pdf",
            modules=modules,
            quiet_zone_modules=QUIET_ZONE_MODULES,
            error_correction=ERROR_CORRECTION,
            minimum_widths=[_width(distance, modules) for distance in SCAN_DISTANCES_MM],
        ),
    )


def _width(distance_mm: int, modules: int) -> Width:
    code = distance_mm // DISTANCE_PER_WIDTH
    image = -(-code * (modules + 2 * QUIET_ZONE_MODULES) // modules)
    return Width(distance_mm, code, image)


# https://docs.vantio.app/api-reference/posters/list-posters and …/get-poster
POSTERS = resource("/posters", PosterRow, PosterDetail, body=partial(_body, PosterDetail))
list_posters = list_of(
    POSTERS, PostersQuery, PosterList, ("program_id", "student_id"), partial(_body, Poster)
)
get_poster = POSTERS.get("Get a poster")


@POSTERS.create("Create a poster", PosterRequest)
def create_poster(call: Call, session: Session, body: PosterRequest) -> PosterRow:
    """A poster of a program and one of its ambassadors, with a code and a short link."""
    fields, now = read_fields(body), call.now()
    landing_url = fields.pop("landing_url")
    if (fields["program_id"] is None) == (landing_url is None):
        raise InvalidRequest("Send program_id, or landing_url where there is no program yet.")
    if landing_url is not None:
        fields["program_id"] = _program_leading_to(call, session, landing_url, now).id
    if fields["student_id"] is None:
        owner = call.caller.account
        fields["student_id"] = campaigns.own_user(session, owner, fields["program_id"], now).id
    return campaigns.create_poster(session, call.account, now, **fields)


def _program_leading_to(call: Call, session: Session, landing_url: str, now: int) -> ProgramRow:
    """The first there is; a new one, named after its host, where there is none."""
    landing_url = campaigns.read_landing_url(landing_url, call.api.rules)
    found = campaigns.program_with(session, call.account, landing_url)
    if found is not None:
        return found
    host = urlsplit(landing_url).hostname or landing_url
    fields = read_fields(ProgramRequest(name=host, landing_url=landing_url))
    return records.create(session, ProgramRow, call.account, now, **fields)


@POSTERS.change("PUT", "Change a poster", PosterChange)
def change_poster(call: Call, session: Session, row: PosterRow, body: msgspec.Struct) -> None:
    """Impressions keep the location and student of their time."""
    campaigns.change_poster(session, row, call.now(), **read_changes(body, row.details))


@POSTERS.delete("Delete a poster, erase its impressions", answer=Deleted)
def delete_poster(call: Call, session: Session, row: PosterRow) -> Deleted:
    """The link stops at once, and its impressions are erased. Its referrals stay."""
    campaigns.delete_poster(session, row, call.now())
    call.api.parts.wake_upkeep()
    return Deleted(row.id)


# ── images ────────────────────────────────────────────────────────────────────────────────────


def _image(format: str) -> Operation:
    """For anybody, as anybody may see the poster: they stand in `<img>` and with the printer."""

    @operation(
        f"GET /posters/{{id}}/qr-code.{format}",
        f"A poster's code as {format.upper()}",
        query=ImageQuery,
        media_type=MEDIA_TYPES[format],
        errors=(400, 404, 503),
        keyless=True,
    )
    async def draw(call: Call, id: str, query: ImageQuery) -> Response[bytes]:
        slug = await asyncio.to_thread(_find_slug, call, id)
        short_url = f"{call.api.short_base}{slug}"
        width = count_modules(len(short_url), ERROR_CORRECTION) + 2 * QUIET_ZONE_MODULES
        look = Look(
            size=query.size // width * width,
            size_mm=query.size_mm,
            margin=QUIET_ZONE_MODULES,
            error=ERROR_CORRECTION,
        )
        image = await call.api.images.draw(short_url, format, look)
        return Response(
            image,
            media_type=MEDIA_TYPES[format],
            headers={"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"},
        )

    return draw


get_png, get_svg, get_pdf = map(_image, ("png", "svg", "pdf"))


def _find_slug(call: Call, id: str) -> str:
    with call.reading() as session:
        slug = campaigns.find_slug(session, records.read_id(id))
    if slug is None:
        raise NotFound(f"{PosterRow.NAME} with the specified ID does not exist")
    return slug
