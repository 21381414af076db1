"""The members of an account: who may sign in, and what they may do. For owners and admin keys.

GET, POST        /members
PATCH, DELETE    /members/{id}
POST             /members/{id}/link    a new one-time link, for a forgotten password
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody, SkipValidation
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import answer, decode
from footfall.api.idempotency import SHOWS_SECRET
from footfall.api.parts import Parts
from footfall.core.accounts import Caller, Role, Scope
from footfall.core.errors import NotFound
from footfall.core.ids import ID_MAX
from footfall.dialects.native.session import MemberShown, show_member
from footfall.members.members import (
    EMAIL_LENGTH_MAX,
    LINK_DAYS,
    NAME_LENGTH_MAX,
    Invited,
)

Asked = Request[Any, Caller, Any]
OurParts = NamedDependency[SkipValidation[Parts]]
Name = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]

_ADMIN: Final[dict[str, Any]] = {"scope": Scope.ADMIN}


class MemberRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=EMAIL_LENGTH_MAX)]
    name: Name = ""
    role: Role = Role.VIEWER


class MemberChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays as it is. An e-mail does not change: invite the new one."""

    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET


class MemberList(msgspec.Struct, frozen=True):
    members: list[MemberShown]


class MemberInvited(MemberShown, frozen=True, kw_only=True):
    """`link` is shown once, works once, and for `link_days`. Give it to the member."""

    link: str
    link_days: int


class MemberRemoved(msgspec.Struct, frozen=True):
    id: int
    removed: bool = True


@get("/members", opt=_ADMIN, sync_to_thread=True)
def list_members(request: Asked, parts: OurParts) -> Response[bytes]:
    members = parts.members.list(request.auth.account.id)
    return answer(MemberList([show_member(one) for one in members]))


@post("/members", opt=_ADMIN | SHOWS_SECRET, sync_to_thread=True)
def invite_member(request: Asked, parts: OurParts, body: RawBody) -> Response[bytes]:
    asked = decode(body, MemberRequest)
    caller = request.auth
    invited = parts.members.invite(
        caller.account.id, asked.email, asked.name, asked.role, caller.member
    )
    return _invited(invited, 201)


@patch("/members/{member_id:str}", opt=_ADMIN, sync_to_thread=True)
def change_member(
    request: Asked, parts: OurParts, member_id: FromPath[str], body: RawBody
) -> Response[bytes]:
    asked = decode(body, MemberChange)
    member = parts.members.change(
        request.auth.account.id,
        read_path_id(member_id, "member"),
        None if asked.name is UNSET else asked.name,
        None if asked.role is UNSET else asked.role,
    )
    return answer(show_member(member))


@delete("/members/{member_id:str}", status_code=200, opt=_ADMIN, sync_to_thread=True)
def remove_member(request: Asked, parts: OurParts, member_id: FromPath[str]) -> Response[bytes]:
    id = read_path_id(member_id, "member")
    parts.members.remove(request.auth.account.id, id)
    return answer(MemberRemoved(id))


@post(
    "/members/{member_id:str}/link",
    status_code=200,
    opt=_ADMIN | SHOWS_SECRET,
    sync_to_thread=True,
)
def make_link(request: Asked, parts: OurParts, member_id: FromPath[str]) -> Response[bytes]:
    id = read_path_id(member_id, "member")
    caller = request.auth
    return _invited(parts.members.link(caller.account.id, id, caller.member), 200)


ROUTES: Final[list[HTTPRouteHandler]] = [
    list_members,
    invite_member,
    change_member,
    remove_member,
    make_link,
]


def _invited(invited: Invited, status: int) -> Response[bytes]:
    shown = msgspec.structs.asdict(show_member(invited.member))
    return answer(MemberInvited(**shown, link=invited.link, link_days=LINK_DAYS), status)


def read_path_id(text: str, what: str) -> int:
    """Raises NotFound for what is no id."""
    if text.isascii() and text.isdigit() and len(text) <= len(str(ID_MAX)):
        number = int(text)
        if 0 < number <= ID_MAX:
            return number
    raise NotFound(f"There is no {what} with the id {text[:40]}.")
