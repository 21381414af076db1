"""The database of profiles and the collection of subprofiles in it, as clients look them up before
they ask for profiles.

https://github.com/CopernicaMarketingSoftware/Documentation: `rest-get-databases`,
`rest-get-database-fields`, `rest-get-database-collections`, `rest-get-database-profileids`

An account has one of each. Nobody defines its fields: they are the names that its newest profiles
have, in the case in which they came first.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.api.bodies import answer
from footfall.dialects.copernica import nouns, wire
from footfall.dialects.copernica.face import Answer, Asked, Face
from footfall.dialects.copernica.nouns import Part, ProfileRow, SubprofileRow
from footfall.dialects.copernica.questions import read_part
from footfall.dialects.copernica.requests import FIELDS_BYTES_MAX
from footfall.dialects.copernica.times import to_local

PROFILES_READ_MAX: Final = 10_000
"""The newest ones, whose names are looked at: about 50 ms."""
WITHIN: Final = Part(0, 1000, total=True)
"""The part of a list that stands in its owner's answer."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """All fields are texts. `ID` follows from the name, whatever its case."""

    ID: str
    name: str
    type: str = "text"
    value: str = ""
    displayed: bool = True
    ordered: bool = False
    length: str = str(FIELDS_BYTES_MAX)
    textlines: str = "1"
    hidden: bool = False
    index: bool = False


class Interest(msgspec.Struct, frozen=True, kw_only=True):
    ID: str
    name: str
    group: str = ""


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    ID: str = nouns.GROUP_ID
    name: str = nouns.COLLECTION.name
    database: str = nouns.GROUP_ID
    fields: wire.Listed


class Intentions(msgspec.Struct, frozen=True):
    """What a database is for: mail alone."""

    email: int | None = 1
    sms: int | None = None
    fax: int | None = None
    pdf: int | None = None


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """`created` is when the account was."""

    ID: str = nouns.GROUP_ID
    name: str = nouns.DATABASE.name
    description: str = ""
    archived: bool = False
    created: str
    fields: wire.Listed
    interests: wire.Listed
    collections: wire.Listed
    intentions: Intentions = Intentions()


def names_of(session: Session, account: int, column: Any) -> dict[str, list[str]]:
    """The names of fields (or interests), by their casefolded form: each in all the spellings that
    the newest profiles have, the oldest first."""
    rows = column.class_
    query = select(column).where(rows.account_id == account, rows.removed_at.is_(None))
    newest = session.scalars(query.order_by(rows.id.desc()).limit(PROFILES_READ_MAX)).all()
    found: dict[str, list[str]] = {}
    for value in reversed(newest):
        for name in value:
            spellings = found.setdefault(str(name).casefold(), [])
            if name not in spellings:
                spellings.append(name)
    return found


def _id(name: str) -> str:
    return str(zlib.crc32(name.encode("utf-8", "surrogatepass")) or 1)


def _fields(session: Session, account: int, column: Any) -> list[Any]:
    names = names_of(session, account, column)
    return [Field(ID=_id(folded), name=all[0]) for folded, all in names.items()]


def _interests(session: Session, account: int) -> list[Any]:
    names = names_of(session, account, ProfileRow.interests)
    return [Interest(ID=_id(folded), name=all[0]) for folded, all in names.items()]


def _collection(session: Session, account: int) -> Collection:
    return Collection(fields=_part(_fields(session, account, SubprofileRow.fields), WITHIN))


def _part(rows: Sequence[Any], part: Part) -> wire.Listed:
    start, limit = max(part.start, 0), max(part.limit, 0) if part.start >= 0 else 0
    return wire.listed(part, list(rows[start : start + limit]), len(rows) if part.total else None)


def _database(face: Face, asked: Asked, session: Session) -> Database:
    account = asked.account.id
    return Database(
        created=to_local(asked.account.created_at, face.zone),
        fields=_part(_fields(session, account, ProfileRow.fields), WITHIN),
        interests=_part(_interests(session, account), WITHIN),
        collections=_part([_collection(session, account)], WITHIN),
    )


async def _read(face: Face, read: Callable[[Session], Any]) -> Any:
    def run() -> Any:
        with face.parts.catalog.reading() as session:
            return read(session)

    return await asyncio.to_thread(run)


async def list_databases(face: Face, asked: Asked) -> Answer:
    found = await _read(face, lambda session: _database(face, asked, session))
    return answer(_part([found], read_part(asked.query, asked.rows_max)))


async def show_database(face: Face, asked: Asked) -> Answer:
    nouns.check_group(nouns.DATABASE, asked.id)
    return answer(await _read(face, lambda session: _database(face, asked, session)))


async def list_collections(face: Face, asked: Asked) -> Answer:
    nouns.check_group(nouns.DATABASE, asked.id)
    found = await _read(face, lambda session: _collection(session, asked.account.id))
    return answer(_part([found], read_part(asked.query, asked.rows_max)))


async def show_collection(face: Face, asked: Asked) -> Answer:
    nouns.check_group(nouns.COLLECTION, asked.id)
    return answer(await _read(face, lambda session: _collection(session, asked.account.id)))


async def list_fields(face: Face, asked: Asked, of: str) -> Answer:
    """Of the database, or of the collection."""
    group, rows = _GROUPS[of]
    nouns.check_group(group, asked.id)
    found = await _read(face, lambda session: _fields(session, asked.account.id, rows.fields))
    return answer(_part(found, read_part(asked.query, asked.rows_max)))


async def list_interests(face: Face, asked: Asked) -> Answer:
    nouns.check_group(nouns.DATABASE, asked.id)
    found = await _read(face, lambda session: _interests(session, asked.account.id))
    return answer(_part(found, read_part(asked.query, asked.rows_max)))


async def list_ids(face: Face, asked: Asked, of: str) -> Answer:
    """An array of ids of those that are not removed; the part of it that the request names."""
    group, rows = _GROUPS[of]
    nouns.check_group(group, asked.id)
    part = read_part(asked.query, asked.rows_max)
    wanted = max(part.limit, 0) if part.start >= 0 else 0

    def read(session: Session) -> list[str]:
        query = select(rows.id).where(
            rows.account_id == asked.account.id, rows.removed_at.is_(None)
        )
        found: Iterable[int] = ()
        if wanted:
            found = session.scalars(
                query.order_by(rows.id).offset(max(part.start, 0)).limit(wanted)
            )
        return [str(id) for id in found]

    return answer(await _read(face, read))


_GROUPS: Final[dict[str, tuple[nouns.Group, Any]]] = {
    "database": (nouns.DATABASE, ProfileRow),
    "collection": (nouns.COLLECTION, SubprofileRow),
}
