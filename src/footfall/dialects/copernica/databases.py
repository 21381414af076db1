"""The database of profiles and the collection of subprofiles in it, as clients look them up before
they ask for profiles.

https://github.com/CopernicaMarketingSoftware/Documentation: `rest-get-databases`,
`rest-get-database-fields`, `rest-get-database-collections`, `rest-get-database-profileids`

An account has one of each. Nobody defines its fields: they are the names that its newest profiles
have, in the case in which they came first.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.dialects.copernica.dialect import Call
from footfall.dialects.copernica.endpoints import endpoint
from footfall.dialects.copernica.list_queries import read_part
from footfall.dialects.copernica.listing import Listed, listed
from footfall.dialects.copernica.profile_fields import FIELDS_BYTES_MAX
from footfall.dialects.copernica.tables import (
    COLLECTION,
    DATABASE,
    GROUP_ID,
    Part,
    ProfileRow,
    SubprofileRow,
    check_group,
)
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
    ID: str = GROUP_ID
    name: str = COLLECTION.name
    database: str = GROUP_ID
    fields: Listed


class Intentions(msgspec.Struct, frozen=True):
    """What a database is for: mail alone."""

    email: int | None = 1
    sms: int | None = None
    fax: int | None = None
    pdf: int | None = None


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """`created` is when the account was."""

    ID: str = GROUP_ID
    name: str = DATABASE.name
    description: str = ""
    archived: bool = False
    created: str
    fields: Listed
    interests: Listed
    collections: Listed
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


def _part(rows: Sequence[Any], part: Part) -> Listed:
    start, limit = max(part.start, 0), max(part.limit, 0) if part.start >= 0 else 0
    return listed(part, list(rows[start : start + limit]), len(rows) if part.total else None)


def _database(call: Call, session: Session) -> Database:
    return Database(
        created=to_local(call.caller.account.created_at, call.zone),
        fields=_part(_fields(session, call.account, ProfileRow.fields), WITHIN),
        interests=_part(_interests(session, call.account), WITHIN),
        collections=_part([_collection(session, call.account)], WITHIN),
    )


def _list(call: Call, find: Callable[[Session], list[Any]]) -> Listed:
    with call.reading() as session:
        found = find(session)
    return _part(found, read_part(call.parameters, call.rows_max))


@endpoint("GET", "databases", "List databases: one", row=Database)
def list_databases(call: Call) -> Listed:
    return _list(call, lambda session: [_database(call, session)])


@endpoint("GET", "database/{id}", "The database", answer=Database)
def get_database(call: Call) -> Database:
    check_group(DATABASE, call.id)
    with call.reading() as session:
        return _database(call, session)


@endpoint("GET", "database/{id}/collections", "List its collections: one", row=Collection)
def list_collections(call: Call) -> Listed:
    check_group(DATABASE, call.id)
    return _list(call, lambda session: [_collection(session, call.account)])


@endpoint("GET", "collection/{id}", "The collection", answer=Collection)
def get_collection(call: Call) -> Collection:
    check_group(COLLECTION, call.id)
    with call.reading() as session:
        return _collection(session, call.account)


def _check_group(call: Call) -> Any:
    """The table of what the group has. Raises NotFound."""
    check_group(DATABASE if call.entity == "database" else COLLECTION, call.id)
    return ProfileRow if call.entity == "database" else SubprofileRow


@endpoint(
    "GET", "database/{id}/fields collection/{id}/fields", "List fields of a {entity}", row=Field
)
def list_fields(call: Call) -> Listed:
    rows = _check_group(call)
    return _list(call, lambda session: _fields(session, call.account, rows.fields))


@endpoint("GET", "database/{id}/interests", "List interests", row=Interest)
def list_interests(call: Call) -> Listed:
    check_group(DATABASE, call.id)
    return _list(call, lambda session: _interests(session, call.account))


@endpoint(
    "GET",
    "database/{id}/profileids collection/{id}/subprofileids",
    "List ids",
    answer=list[str],
    open=True,
)
def list_ids(call: Call) -> list[str]:
    """Of those that are not removed; the part of the list that the request names."""
    rows = _check_group(call)
    part = read_part(call.parameters, call.rows_max)
    limit = max(part.limit, 0) if part.start >= 0 else 0
    if not limit:
        return []
    query = select(rows.id).where(rows.account_id == call.account, rows.removed_at.is_(None))
    query = query.order_by(rows.id).offset(max(part.start, 0)).limit(limit)
    with call.reading() as session:
        return [str(id) for id in session.scalars(query)]
