"""The members of an account: who may sign in, and what they may do. For owners and admin keys."""

from typing import Annotated

import msgspec
from msgspec import Meta

from footfall.api.fields import body_of, change_type, given_fields
from footfall.api.idempotency import SHOWS_SECRET
from footfall.core.accounts import Role
from footfall.core.errors import NotFound
from footfall.core.ids import ID_MAX
from footfall.dialects.native.dialect import Call, admin_operation
from footfall.dialects.native.session import Member
from footfall.members.members import EMAIL_LENGTH_MAX, LINK_DAYS, NAME_LENGTH_MAX, Invited
from footfall.parsing.numbers import read_digits

Name = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]


class MemberRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=EMAIL_LENGTH_MAX)]
    name: Name = ""
    role: Role = Role.VIEWER


MemberChange = change_type(
    MemberRequest,
    "What is not given stays as it is. An e-mail does not change: invite the new one.",
    email=None,
)


class MemberList(msgspec.Struct, frozen=True):
    members: list[Member]


class MemberInvited(Member, frozen=True, kw_only=True):
    """`link` is shown once, works once, and for `link_days`. Give it to the member."""

    link: str
    link_days: int


class MemberRemoved(msgspec.Struct, frozen=True):
    id: int
    removed: bool = True


@admin_operation("GET /members", "List who may sign in", answer=MemberList)
def list_members(call: Call) -> MemberList:
    return MemberList([body_of(Member, one) for one in call.api.parts.members.list(call.account)])


@admin_operation(
    "POST /members",
    "Invite somebody",
    body=MemberRequest,
    answer=MemberInvited,
    status=201,
    errors=(409,),
    options=SHOWS_SECRET,
)
def invite_member(call: Call, body: MemberRequest) -> MemberInvited:
    members, by = call.api.parts.members, call.caller.member
    return _invited(members.invite(call.account, body.email, body.name, body.role, by))


@admin_operation(
    "PATCH /members/{member_id}",
    "Change a member's name or role",
    body=MemberChange,
    answer=Member,
    errors=(409,),
)
def change_member(call: Call, member_id: str, body: msgspec.Struct) -> Member:
    id = read_path_id(member_id, "member")
    changed = call.api.parts.members.change(call.account, id, **given_fields(body))
    return body_of(Member, changed)


@admin_operation(
    "DELETE /members/{member_id}",
    "Remove a member, and end the sessions",
    answer=MemberRemoved,
    errors=(409,),
)
def remove_member(call: Call, member_id: str) -> MemberRemoved:
    id = read_path_id(member_id, "member")
    call.api.parts.members.remove(call.account, id)
    return MemberRemoved(id)


@admin_operation(
    "POST /members/{member_id}/link",
    "Make a new one-time link for a member",
    answer=MemberInvited,
    options=SHOWS_SECRET,
)
def make_link(call: Call, member_id: str) -> MemberInvited:
    id = read_path_id(member_id, "member")
    return _invited(call.api.parts.members.link(call.account, id, call.caller.member))


def _invited(invited: Invited) -> MemberInvited:
    return body_of(MemberInvited, invited.member, link=invited.link, link_days=LINK_DAYS)


def read_path_id(text: str, what: str) -> int:
    """Raises NotFound for what is no id."""
    number = read_digits(text, ID_MAX)
    if number is None:
        raise NotFound(f"There is no {what} with the id {text[:40]}.")
    return number
