"""Readers: the devices at the doors. https://docs.passentry.com/api-reference/v1/readers/create-reader"""

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Select
from sqlalchemy.orm import Session

from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest, RateLimited
from footfall.dialects.passentry.bodies import FLAGS, ReaderResource, reader_body
from footfall.dialects.passentry.dialect import Call, Listing, apply, required
from footfall.dialects.passentry.documents import (
    Document,
    Id,
    Name,
    Page,
    PageQuery,
    clean,
    read_id,
)
from footfall.dialects.passentry.entities import find_entity
from footfall.dialects.passentry.records import readers as records
from footfall.members.passwords import hash_password, verify_password
from footfall.runtime.attempts import Origin

Password = Annotated[str, Meta(min_length=4, max_length=128)]


class ReaderFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`id` and `type` are read at creation only."""

    id: Id | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    type: Annotated[str, Meta(pattern=r"^(PassentryReader|VtapReader)$(?!\n)")] = "PassentryReader"
    password: Password | UnsetType | None = UNSET
    qr_enabled: bool | UnsetType = UNSET
    mifare_classic_nfc_enabled: bool | UnsetType = UNSET
    scan_enabled: bool | UnsetType = UNSET
    redeem_enabled: bool | UnsetType = UNSET
    add_points_enabled: bool | UnsetType = UNSET
    ndef_tag_scanning_enabled: bool | UnsetType = UNSET


class ReaderRequest(msgspec.Struct, frozen=True):
    reader: ReaderFields


class LoginFields(msgspec.Struct, frozen=True):
    password: Password


class LoginRequest(msgspec.Struct, frozen=True):
    reader: LoginFields


class ReaderDocument(Document[ReaderResource], frozen=True): ...


class ReaderList(Page[ReaderResource], frozen=True): ...


def reader_changes(fields: ReaderFields) -> dict[str, Any]:
    """What is set, by column; a password is hashed (20 ms). Raises InvalidRequest."""
    changes: dict[str, Any] = {
        name: getattr(fields, name) for name in FLAGS if getattr(fields, name) is not UNSET
    }
    if fields.name is not UNSET:
        changes["name"] = clean(fields.name, "name")
    if fields.password is not UNSET:
        word = fields.password
        changes["password_hash"] = None if word is None else hash_password(word)
    return changes


@operation(
    "POST /entities/{entity_id}/readers",
    "Create a reader",
    body=ReaderRequest,
    answer=ReaderDocument,
    status=201,
)
def create_reader(call: Call, entity_id: str, body: ReaderRequest) -> ReaderDocument:
    """A reader with an id of the caller's own; without one it gets one."""
    fields = body.reader
    required(fields.name, "name")
    reader_id = read_id(fields.id, "id") if fields.id else ""
    changes = reader_changes(fields)
    now = call.now()
    with call.writing() as session:
        entity = find_entity(call, session, entity_id)
        name = changes.pop("name")
        row = records.create_reader(
            session, entity, reader_id, name, now, type=fields.type, **changes
        )
    return ReaderDocument(reader_body(row))


def _rows(call: Call, session: Session, _: PageQuery, entity_id: str = "") -> Select[Any]:
    entity = find_entity(call, session, entity_id) if entity_id else None
    return records.readers_of(call.account, entity)


_LISTING = Listing(rows=_rows, body=lambda *of: reader_body(of[-1]), answer=ReaderList, writes=True)
list_readers = _LISTING.plain("GET /readers", "Readers, the oldest first")


@operation(
    "GET /entities/{entity_id}/readers", "An entity's readers", query=PageQuery, answer=ReaderList
)
def list_readers_of_entity(call: Call, entity_id: str, query: PageQuery) -> Page[ReaderResource]:
    """The oldest first."""
    return _LISTING.read(call, query, entity_id=entity_id)


@operation("GET /readers/{reader_id}", "One reader", answer=ReaderDocument)
def show_reader(call: Call, reader_id: str) -> ReaderDocument:
    with call.reading() as session:
        return ReaderDocument(reader_body(records.find_reader(session, call.account, reader_id)))


@operation(
    "PATCH /readers/{reader_id}", "Change a reader", body=ReaderRequest, answer=ReaderDocument
)
def change_reader(call: Call, reader_id: str, body: ReaderRequest) -> ReaderDocument:
    """What is sent; id, type and entity stay."""
    return _change(call, reader_id, reader_changes(body.reader))


def _change(call: Call, reader_id: str, changes: dict[str, Any]) -> ReaderDocument:
    with call.writing() as session:
        row = records.find_reader(session, call.account, reader_id)
        apply(row, changes)
    return ReaderDocument(reader_body(row))


@operation("DELETE /readers/{reader_id}", "Delete a reader", status=204)
def delete_reader(call: Call, reader_id: str) -> None:
    """Its scans stay."""
    with call.writing() as session:
        records.delete_reader(session, records.find_reader(session, call.account, reader_id))


@operation(
    "POST /readers/{reader_id}/login",
    "Log a reader in",
    body=LoginRequest,
    answer=ReaderDocument,
    scope=Scope.CAPTURE,
)
async def log_in(call: Call, reader_id: str, body: LoginRequest) -> ReaderDocument:
    """The reader's app says its password; `loggedIn` is true from then on."""
    hashed = await asyncio.to_thread(_password_of, call, reader_id)
    # By key: who holds another one locks no reader of these out.
    tried = f"reader {call.account} {reader_id}", Origin(call.caller.id)
    _check_wait(call, tried)
    async with call.api.parts.lanes.known.turn():
        _check_wait(call, tried)
        password = body.reader.password
        if hashed is None or not await asyncio.to_thread(verify_password, hashed, password):
            call.api.reader_tries.wrong(*tried)
            raise InvalidRequest("The password is not the reader's.")
    call.api.reader_tries.right(*tried)
    return await asyncio.to_thread(_change, call, reader_id, {"logged_in": True})


def _password_of(call: Call, reader_id: str) -> str | None:
    with call.reading() as session:
        return records.find_reader(session, call.account, reader_id).password_hash


def _check_wait(call: Call, tried: tuple[str, Origin]) -> None:
    """Raises RateLimited."""
    if wait := call.api.reader_tries.seconds_to_wait(*tried):
        raise RateLimited(f"Too many wrong passwords. Try again in {wait} seconds.", wait)


@operation(
    "POST /readers/{reader_id}/logout",
    "Log a reader out",
    answer=ReaderDocument,
    scope=Scope.CAPTURE,
)
def log_out(call: Call, reader_id: str) -> ReaderDocument:
    """`loggedIn` is false from then on."""
    return _change(call, reader_id, {"logged_in": False})
