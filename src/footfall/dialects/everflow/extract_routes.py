"""Routes of large extracts: ask for a file, look how far it is, fetch it."""

import asyncio

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Stream

from footfall.api.bodies import answer
from footfall.api.files import answer_file
from footfall.core.accounts import Account, Scope
from footfall.core.queries import EventFilter
from footfall.dialects.everflow import nouns
from footfall.dialects.everflow.extracts import (
    EXPORTS,
    MEDIA_TYPES,
    ExportRequest,
    extract_of,
    show_export,
)
from footfall.dialects.everflow.face import Answer, Asked, Face, OurFace
from footfall.dialects.everflow.filters import Resolver
from footfall.dialects.everflow.networks import require_package
from footfall.dialects.everflow.notes import read_noting
from footfall.dialects.everflow.nouns import SOURCE
from footfall.dialects.everflow.stream import which
from footfall.dialects.everflow.zones import read_span, read_zone
from footfall.jobs.deletion import policy


@post(EXPORTS, status_code=202, opt={"scope": Scope.READ})
async def create_export(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """The same impressions as the stream's of this moment, all of them."""
    asked, notes = await read_noting(request, face, body, ExportRequest)
    wanted = await asyncio.to_thread(_read, face, asked, request.auth.account)
    export = await face.parts.exports.create(SOURCE, extract_of(asked, wanted))
    shown = msgspec.structs.replace(show_export(export, face.public_base), notes=notes)
    return answer(shown, 202, {"Location": f"{EXPORTS}/{export.id}"})


def _read(face: Face, asked: ExportRequest, account: Account) -> EventFilter:
    """Raises Forbidden, InvalidRequest."""
    with face.parts.catalog.reading() as session:
        require_package(nouns.network(session, account.id))
        span = read_span(asked.from_, asked.to, read_zone(asked.timezone_id), None)
        conditions = Resolver(session, account).conditions(asked.query)
        account = policy.with_days_of(session, account, SOURCE)
    if conditions is None:
        return EventFilter(account=account.id, below=0)  # no impression can match
    return which(policy.kept(account, face.parts.clock()), span, conditions)


@get(f"{EXPORTS}/{{id:str}}", sync_to_thread=True)
def get_export(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """How far it is."""
    export = face.parts.exports.find(request.auth.account.id, SOURCE, id)
    return answer(show_export(export, face.public_base))


@get(f"{EXPORTS}/{{id:str}}/download")
async def download_export(request: Asked, face: OurFace, id: FromPath[str]) -> Stream:
    """The file, or what a broken download still needs of it (`Range`)."""
    exports = face.parts.exports
    export, file = await asyncio.to_thread(exports.open, request.auth.account.id, SOURCE, id)
    headers = {
        "Content-Type": MEDIA_TYPES[export.format],
        "Content-Disposition": f'attachment; filename="impressions-{export.id}.{export.format}"',
    }
    return answer_file(request, file, export.size, export.id, headers)


@delete(f"{EXPORTS}/{{id:str}}", status_code=204, sync_to_thread=True)
def delete_export(request: Asked, face: OurFace, id: FromPath[str]) -> None:
    """Stop it, or remove its file: a key that only reads removes nothing."""
    face.parts.exports.delete(request.auth.account.id, SOURCE, id)


ROUTES = [create_export, get_export, download_export, delete_export]
