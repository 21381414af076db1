"""Readers: the devices at the doors."""

import asyncio
from typing import Any

from litestar import delete, get, patch, post
from litestar.params import FromPath, RawBody

from footfall.api.bodies import answer, decode
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest, RateLimited
from footfall.dialects.passentry.face import (
    Answer,
    Asked,
    Face,
    OurFace,
    apply,
    query_of,
    required,
)
from footfall.dialects.passentry.nouns import readers as nouns
from footfall.dialects.passentry.nouns.entities import find_entity, page
from footfall.dialects.passentry.wire import readers as wire
from footfall.dialects.passentry.wire.documents import read_id, read_paging
from footfall.members.passwords import verify_word
from footfall.runtime.attempts import Origin


@post("/entities/{entity_id:str}/readers", sync_to_thread=True)
def create_reader(request: Asked, face: OurFace, entity_id: FromPath[str], body: RawBody) -> Answer:
    """A reader with an id of the caller's own; without one it gets one."""
    asked = decode(body, wire.ReaderRequest).reader
    required(asked.name, "name")
    reader_id = read_id(asked.id, "id") if asked.id else ""
    changes = wire.reader_changes(asked)
    now = face.parts.clock()
    with face.writing() as session:
        entity = find_entity(session, request.auth.account.id, entity_id, now)
        name = changes.pop("name")
        row = nouns.create_reader(session, entity, reader_id, name, now, type=asked.type, **changes)
    return _reader(row, 201)


def _reader(row: Any, status: int = 200) -> Answer:
    return answer(wire.ReaderDocument(wire.reader_body(row)), status)


@get("/entities/{entity_id:str}/readers", sync_to_thread=True)
def list_readers_of_entity(request: Asked, face: OurFace, entity_id: FromPath[str]) -> Answer:
    """The oldest first."""
    return _list(request, face, entity_id)


@get("/readers", sync_to_thread=True)
def list_readers(request: Asked, face: OurFace) -> Answer:
    """Those of all entities, the oldest first."""
    return _list(request, face, "")


def _list(request: Asked, face: Face, entity_id: str) -> Answer:
    account, paging = request.auth.account.id, read_paging(query_of(request))
    with face.writing() as session:
        entity = None
        if entity_id:
            entity = find_entity(session, account, entity_id, face.parts.clock())
        rows, total = page(session, nouns.readers_of(account, entity), paging.page, paging.size)
    data = [wire.reader_body(row) for row in rows]
    return answer(wire.ReaderList(data, paging.meta(total), face.links(request, paging, total)))


@get("/readers/{reader_id:str}", sync_to_thread=True)
def show_reader(request: Asked, face: OurFace, reader_id: FromPath[str]) -> Answer:
    """One reader."""
    with face.reading() as session:
        return _reader(nouns.find_reader(session, request.auth.account.id, reader_id))


@patch("/readers/{reader_id:str}", sync_to_thread=True)
def change_reader(request: Asked, face: OurFace, reader_id: FromPath[str], body: RawBody) -> Answer:
    """What is sent; id, type and entity stay."""
    changes = wire.reader_changes(decode(body, wire.ReaderRequest).reader)
    with face.writing() as session:
        row = nouns.find_reader(session, request.auth.account.id, reader_id)
        apply(row, changes)
    return _reader(row)


@delete("/readers/{reader_id:str}", status_code=204, sync_to_thread=True)
def delete_reader(request: Asked, face: OurFace, reader_id: FromPath[str]) -> None:
    """Its scans stay."""
    with face.writing() as session:
        nouns.delete_reader(session, nouns.find_reader(session, request.auth.account.id, reader_id))


@post(
    "/readers/{reader_id:str}/login",
    status_code=200,
    opt={"scope": Scope.CAPTURE},
)
async def log_in(request: Asked, face: OurFace, reader_id: FromPath[str], body: RawBody) -> Answer:
    """The reader's app says its password; `loggedIn` is true from then on."""
    asked = decode(body, wire.LoginRequest).reader
    account = request.auth.account.id
    hashed = await asyncio.to_thread(_password_of, face, account, reader_id)
    # By key: who holds another one locks no reader of these out.
    tried = f"reader {account} {reader_id}", Origin(request.auth.id)
    _check_wait(face, tried)
    async with face.parts.lanes.known.turn():
        _check_wait(face, tried)
        if hashed is None or not await asyncio.to_thread(verify_word, hashed, asked.password):
            face.reader_tries.wrong(*tried)
            raise InvalidRequest("The password is not the reader's.")
    face.reader_tries.right(*tried)
    return await asyncio.to_thread(_set_logged_in, face, account, reader_id, True)


def _password_of(face: Face, account: int, reader_id: str) -> str | None:
    with face.reading() as session:
        return nouns.find_reader(session, account, reader_id).password_hash


def _check_wait(face: Face, tried: tuple[str, Origin]) -> None:
    """Raises RateLimited."""
    if wait := face.reader_tries.seconds_to_wait(*tried):
        raise RateLimited(f"Too many wrong passwords. Try again in {wait} seconds.", wait)


@post(
    "/readers/{reader_id:str}/logout",
    status_code=200,
    opt={"scope": Scope.CAPTURE},
    sync_to_thread=True,
)
def log_out(request: Asked, face: OurFace, reader_id: FromPath[str]) -> Answer:
    """`loggedIn` is false from then on."""
    return _set_logged_in(face, request.auth.account.id, reader_id, False)


def _set_logged_in(face: Face, account: int, reader_id: str, logged_in: bool) -> Answer:
    with face.writing() as session:
        row = nouns.find_reader(session, account, reader_id)
        row.logged_in = logged_in
    return _reader(row)


HANDLERS = (
    create_reader,
    list_readers_of_entity,
    list_readers,
    show_reader,
    change_reader,
    delete_reader,
    log_in,
    log_out,
)
