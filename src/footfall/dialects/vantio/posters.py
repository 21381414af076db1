"""Posters and the images of their codes. The vendor documents reading them; the rest happens in
its dashboard, and is here in the same style."""

import asyncio
from urllib.parse import urlsplit

from litestar import Response
from sqlalchemy.orm import Session

from footfall.api.operations import Operation, operation
from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.vantio import campaigns, drawing, records, wire
from footfall.dialects.vantio.dialect import Call, Reading
from footfall.dialects.vantio.questions import ImageQuery, PostersQuery
from footfall.dialects.vantio.records import PosterRow, ProgramRow
from footfall.dialects.vantio.requests import (
    PosterChange,
    PosterRequest,
    ProgramRequest,
    read_changes,
    read_fields,
)

# https://docs.vantio.app/api-reference/posters/list-posters and …/get-poster
list_posters, get_poster = Reading(
    path="/posters",
    one="a poster",
    rows=PosterRow,
    query=PostersQuery,
    filters=("program_id", "student_id"),
    page=wire.PosterList,
    body=wire.poster_body,
    detail=wire.poster_detail,
    answer=wire.PosterDetail,
).operations()


@operation("POST /posters", "Create a poster", body=PosterRequest, answer=wire.PosterDetail)
def create_poster(call: Call, body: PosterRequest) -> wire.PosterDetail:
    """A poster of a program and one of its ambassadors, with a code and a short link."""
    fields = read_fields(body)
    landing_url = fields.pop("landing_url")
    if (fields["program_id"] is None) == (landing_url is None):
        raise InvalidRequest("Send program_id, or landing_url where there is no program yet.")
    now = call.now()
    with call.writing() as session:
        if landing_url is not None:
            fields["program_id"] = _program_leading_to(call, session, landing_url, now).id
        if fields["student_id"] is None:
            owner = call.caller.account
            fields["student_id"] = campaigns.own_user(session, owner, fields["program_id"], now).id
        row = campaigns.create_poster(session, call.account, now, **fields)
        return wire.poster_detail(row, call.api.bases)


def _program_leading_to(call: Call, session: Session, landing_url: str, now: int) -> ProgramRow:
    """The first there is; a new one, named after its host, where there is none."""
    landing_url = campaigns.read_landing_url(landing_url, call.api.rules)
    found = campaigns.program_with(session, call.account, landing_url)
    if found is not None:
        return found
    host = urlsplit(landing_url).hostname or landing_url
    fields = read_fields(ProgramRequest(name=host, landing_url=landing_url))
    return campaigns.create_program(session, call.account, now, **fields)


@operation("PUT /posters/{id}", "Change a poster", body=PosterChange, answer=wire.PosterDetail)
def change_poster(call: Call, id: str, body: PosterChange) -> wire.PosterDetail:
    """Change what is sent. Impressions keep the location and student of their time."""
    with call.writing() as session:
        row = records.find(session, PosterRow, call.account, id)
        fields = read_changes(body, row.details)
        campaigns.change_poster(session, row, call.now(), **fields)
        return wire.poster_detail(row, call.api.bases)


@operation("DELETE /posters/{id}", "Delete a poster, erase its impressions", answer=wire.Deleted)
def delete_poster(call: Call, id: str) -> wire.Deleted:
    """The link stops at once, and its impressions are erased. Its referrals stay."""
    with call.writing() as session:
        row = records.find(session, PosterRow, call.account, id)
        campaigns.delete_poster(session, row, call.now())
    call.api.parts.wake_upkeep()
    return wire.Deleted(id)


# ── images ────────────────────────────────────────────────────────────────────────────────────


def _image(format: str) -> Operation:
    """For anybody, as anybody may see the poster: they stand in `<img>` and with the printer."""

    @operation(
        f"GET /posters/{{id}}/qr-code.{format}",
        f"A poster's code as {format.upper()}",
        query=ImageQuery,
        media_type=drawing.MEDIA_TYPES[format],
        errors=(400, 404, 503),
        keyless=True,
    )
    async def draw(call: Call, id: str, query: ImageQuery) -> Response[bytes]:
        slug = await asyncio.to_thread(_find_slug, call, id)
        size = drawing.Size(query.size, query.size_mm)
        image = await call.api.drawings.draw(f"{call.api.bases.short}{slug}", format, size)
        return Response(
            image,
            media_type=drawing.MEDIA_TYPES[format],
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
