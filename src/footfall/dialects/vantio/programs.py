"""Programs and users. The vendor documents reading users; the rest happens in its dashboard, and
is here in the same style."""

from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from footfall.api.fields import body_of, change_type
from footfall.dialects.vantio import campaigns, records
from footfall.dialects.vantio.dialect import Call, list_of, resource
from footfall.dialects.vantio.queries import ListQuery, UsersQuery
from footfall.dialects.vantio.records import ProgramRow, UserRow
from footfall.dialects.vantio.requests import (
    CURRENCY,
    AmountOrNone,
    Commission,
    Currency,
    Details,
    Email,
    FlatCommission,
    Id,
    Link,
    Name,
    Prose,
    Schedule,
    read_changes,
    read_fields,
)

MINIMUM_PAYOUT: Final = 5000


# ── programs ──────────────────────────────────────────────────────────────────────────────────


class ProgramRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /programs`."""

    name: Name
    landing_url: Link
    description: Prose | None = None
    commission: Commission = FlatCommission(0)
    payout_schedule: Schedule = "manual"
    minimum_payout: AmountOrNone = MINIMUM_PAYOUT
    currency: Currency = CURRENCY
    settings: Details = {}


ProgramChange = change_type(
    ProgramRequest, "`PUT /programs/{id}`: only what is to change. `settings` are merged."
)


class Program(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str | None
    landing_url: str
    commission: Commission
    payout_schedule: str
    minimum_payout: int
    currency: str
    settings: Details
    created_at: str
    updated_at: str


class ProgramList(msgspec.Struct, frozen=True):
    programs: list[Program]


def program_body(_: Call, __: Session, row: ProgramRow) -> Program:
    commission: Any = msgspec.convert(row.commission, Commission)
    return body_of(Program, row, commission=commission, settings=row.details)


PROGRAMS = resource("/programs", ProgramRow, Program, body=program_body)
list_programs = list_of(PROGRAMS, ListQuery, ProgramList)
get_program = PROGRAMS.get("Get a program")


@PROGRAMS.create("Create a program", ProgramRequest)
def create_program(call: Call, session: Session, body: ProgramRequest) -> ProgramRow:
    """Where its posters lead, and what an ambassador gets."""
    fields = campaigns.with_landing_url(read_fields(body), call.api.rules)
    return records.create(session, ProgramRow, call.account, call.now(), **fields)


@PROGRAMS.change("PUT", "Change a program", ProgramChange)
def change_program(call: Call, session: Session, row: ProgramRow, body: msgspec.Struct) -> None:
    """The next scan of its posters meets a new landing URL."""
    fields = read_changes(body, row.details, metadata="settings")
    fields = campaigns.with_landing_url(fields, call.api.rules)
    campaigns.change_program(session, row, call.now(), **fields)


# ── users ─────────────────────────────────────────────────────────────────────────────────────


class UserRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /users`."""

    program_id: Id
    first_name: Name
    last_name: Name
    email: Email
    profile_picture: Link | None = None
    metadata: Details | None = None


UserChange = change_type(
    UserRequest,
    "`PUT /users/{id}`: only what is to change. `metadata` is merged, here as everywhere.",
    program_id=None,
)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """In a list."""

    id: str
    first_name: str
    last_name: str
    email: str
    program_id: str
    created_at: str


class UserDetail(User, frozen=True, kw_only=True):
    profile_picture: str | None
    updated_at: str
    metadata: dict[str, Any]


class UserList(msgspec.Struct, frozen=True):
    users: list[User]


def user_body(_: Call, __: Session, row: UserRow) -> UserDetail:
    return body_of(UserDetail, row, metadata=row.details)


# https://docs.vantio.app/api-reference/users/list-users and …/get-user
USERS = resource("/users", UserRow, UserDetail, body=user_body)
list_users = list_of(
    USERS, UsersQuery, UserList, ("program_id",), lambda *of: body_of(User, of[-1])
)
get_user = USERS.get("Get a user")


@USERS.create("Create a user", UserRequest)
def create_user(call: Call, session: Session, body: UserRequest) -> UserRow:
    """A student ambassador of a program."""
    return campaigns.create_user(session, call.account, call.now(), **read_fields(body))


@USERS.change("PUT", "Change a user", UserChange)
def change_user(call: Call, row: UserRow, body: msgspec.Struct) -> None:
    records.change(row, call.now(), read_changes(body, row.details))
