"""Readers: the devices at the doors. https://docs.passentry.com/api-reference/v1/readers/create-reader"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Select
from sqlalchemy.orm import Session

from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest, RateLimited
from footfall.dialects.passentry.bodies import FLAGS, ReaderResource, reader_body
from footfall.dialects.passentry.dialect import Call, Listing, apply, required, resource
from footfall.dialects.passentry.documents import (
    Document,
    Id,
    Name,
    Page,
    PageQuery,
    as_it_is,
    clean,
    read_fields,
    read_id,
)
from footfall.dialects.passentry.entities import find_entity
from footfall.dialects.passentry.records import readers as records
from footfall.dialects.passentry.records.tables import ReaderRow
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


_READS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    **dict.fromkeys(FLAGS, as_it_is),
    "name": clean,
    "password": lambda word, _: hash_password(word),
}


def _read(_: Call, body: ReaderRequest) -> dict[str, Any]:
    """What is set, by column; a password is hashed (20 ms). Raises InvalidRequest."""
    return read_fields(body.reader, _READS, {"password": "password_hash"})


def _read_new(call: Call, body: ReaderRequest) -> dict[str, Any]:
    fields = body.reader
    required(fields.name, "name")
    id = read_id(fields.id, "id") if fields.id else ""
    return _read(call, body) | {"reader_id": id, "type": fields.type}


def _body(_: Call, __: Session, row: ReaderRow) -> ReaderResource:
    return reader_body(row)


READERS = resource("/readers", "reader_id", ReaderRow, ReaderDocument, records.find_reader, _body)
show_reader = READERS.get("One reader")


@READERS.create(
    "Create a reader", ReaderRequest, path="/entities/{entity_id}/readers", read=_read_new
)
def create_reader(call: Call, session: Session, body: dict[str, Any], entity_id: str) -> ReaderRow:
    """A reader with an id of the caller's own; without one it gets one."""
    entity = find_entity(call, session, entity_id)
    return records.create_reader(session, entity, now=call.now(), **body)


def _rows(call: Call, session: Session, _: PageQuery, entity_id: str = "") -> Select[Any]:
    entity = find_entity(call, session, entity_id) if entity_id else None
    return records.readers_of(call.account, entity)


_LISTING = Listing(rows=_rows, body=_body, answer=ReaderList, writes=True)
list_readers = _LISTING.plain("GET /readers", "Readers, the oldest first")


@operation(
    "GET /entities/{entity_id}/readers", "An entity's readers", query=PageQuery, answer=ReaderList
)
def list_readers_of_entity(call: Call, entity_id: str, query: PageQuery) -> Page[ReaderResource]:
    """The oldest first."""
    return _LISTING.read(call, query, entity_id=entity_id)


@READERS.change("PATCH", "Change a reader", ReaderRequest, read=_read)
def change_reader(row: ReaderRow, body: dict[str, Any]) -> None:
    """What is sent; id, type and entity stay."""
    apply(row, body)


@READERS.delete("Delete a reader", status=204)
def delete_reader(session: Session, row: ReaderRow) -> None:
    """Its scans stay."""
    session.delete(row)


@operation(
    "POST /readers/{reader_id}/login",
    "Log a reader in",
    body=LoginRequest,
    answer=ReaderDocument,
    scope=Scope.CAPTURE,
)
async def log_in(call: Call, reader_id: str, body: LoginRequest) -> Any:
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
    return await asyncio.to_thread(READERS.changed, call, {"reader_id": reader_id}, _log_in)


def _log_in(row: ReaderRow) -> None:
    row.logged_in = True


def _password_of(call: Call, reader_id: str) -> str | None:
    with call.reading() as session:
        return records.find_reader(session, call.account, reader_id).password_hash


def _check_wait(call: Call, tried: tuple[str, Origin]) -> None:
    """Raises RateLimited."""
    if wait := call.api.reader_tries.seconds_to_wait(*tried):
        raise RateLimited(f"Too many wrong passwords. Try again in {wait} seconds.", wait)


@READERS.act("POST /logout", "Log a reader out", scope=Scope.CAPTURE)
def log_out(row: ReaderRow) -> None:
    """`loggedIn` is false from then on."""
    row.logged_in = False
