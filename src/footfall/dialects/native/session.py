"""Signing in with e-mail and password: the session of a browser, in a cookie.

None of them takes an API key.
"""

import asyncio
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar import Response
from msgspec import Meta

from footfall.api.bodies import answer, decode, iso_time
from footfall.api.dialect import KEYED
from footfall.api.fields import body_of
from footfall.api.operations import operation
from footfall.capture.client_address import peer_address
from footfall.core.accounts import Role, Scope
from footfall.core.errors import InvalidRequest, Unauthorized
from footfall.dialects.native.current_key import Account
from footfall.dialects.native.dialect import Call
from footfall.members.browsers import (
    BROWSER_COOKIE,
    COOKIE,
    check_site,
    cookie,
    find_signed_in,
    session_token,
)
from footfall.members.members import EMAIL_LENGTH_MAX
from footfall.members.sessions import PASSWORD_LENGTH_MAX, Link, SignedIn, WrongPassword
from footfall.members.tokens import TOKEN_LENGTH_MAX

SMALL_BODY_BYTES_MAX: Final = 16_384
"""Anybody may send one."""

BROWSER_SECONDS: Final = 400 * 86_400
"""How long a browser is known. Browsers keep no cookie longer (RFC 6265bis)."""

Email = Annotated[str, Meta(max_length=EMAIL_LENGTH_MAX)]
Password = Annotated[str, Meta(max_length=PASSWORD_LENGTH_MAX)]
Token = Annotated[str, Meta(max_length=TOKEN_LENGTH_MAX)]


class SignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Email
    password: Password


class LinkRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`token` is what follows `#` in the link."""

    token: Token


class WelcomeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`email` is needed for the first owner alone, `name` may be left out."""

    token: Token
    email: Email | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    password: Password


class PasswordRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    old: Password
    new: Password


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """`joined`: has chosen a password. Times are ISO 8601, null for never."""

    id: int
    email: str
    name: str
    role: Role
    joined: bool
    created_at: str
    last_seen_at: str | None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """`csrf` is what the header `X-Footfall-Csrf` must have beside the cookie, in every request
    that is no GET."""

    member: Member
    account: Account
    role: Role
    scopes: list[Scope]
    csrf: str


class OneTimeLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a one-time link is for. `email` null: the link makes the first owner, who says which it
    is. `joined`: the member has a password, which the link replaces. `invited_by` is the e-mail
    address of the member who made the link, null where a key or the command line did."""

    account: Account
    email: str | None
    name: str
    role: Role
    joined: bool
    invited_by: str | None
    expires_at: str


# ── operations ────────────────────────────────────────────────────────────────────────────────

_OPEN: Final[dict[str, Any]] = {
    "keyless": True,
    "errors": (*KEYED, 413),
    "body_bytes_max": SMALL_BODY_BYTES_MAX,
}
"""Of an operation that reads a body."""


@operation(
    "POST /session",
    "Sign in with e-mail and password",
    body=SignInRequest,
    answer=Session,
    **_OPEN,
)
async def sign_in(call: Call, raw: bytes) -> Response[bytes]:
    body, attempts, parts = _read(call, raw, SignInRequest), call.api.attempts, call.api.parts
    who = body.email, _address(call), cookie(call.request.scope, BROWSER_COOKIE)
    attempts.check(*who)
    known = attempts.knows(body.email, who[2])
    async with (parts.lanes.known if known else parts.lanes.sign_in).turn():
        attempts.check(*who)  # others may have tried while this one waited for its turn
        try:
            signed_in = await asyncio.to_thread(parts.sessions.sign_in, body.email, body.password)
        except Unauthorized:
            attempts.wrong(*who)
            raise
    attempts.right(*who)
    return _signed_in_here(call, signed_in)


@operation(
    "GET /session",
    "Who is signed in, by cookie",
    answer=Session,
    keyless=True,
    errors=(*KEYED,),
)
async def get_session(call: Call) -> Response[bytes]:
    """The cookie is sent again: its end moves with every visit."""
    return _with_cookie(call, await _signed_in(call))


@operation("DELETE /session", "Sign out", status=204, keyless=True, errors=(*KEYED,))
async def sign_out(call: Call) -> Response[None]:
    """Also when the session ended before."""
    sessions, scope = call.api.parts.sessions, call.request.scope
    try:
        if await find_signed_in(scope, sessions) is not None:
            await asyncio.to_thread(sessions.end, session_token(scope))
    except Unauthorized:
        pass
    response: Response[None] = Response(None, status_code=204)
    _set_cookie(call, response, COOKIE, "", 0)
    return response


@operation(
    "POST /session/link",
    "See what a one-time link is for",
    body=LinkRequest,
    answer=OneTimeLink,
    **_OPEN,
)
async def look_at_link(call: Call, raw: bytes) -> OneTimeLink:
    link = await _look(call, _read(call, raw, LinkRequest).token)
    member = link.member
    return OneTimeLink(
        account=body_of(Account, link.account),
        email=member.email if member else None,
        name=member.name if member else "",
        role=member.role if member else Role.OWNER,
        joined=member is not None and member.joined,
        invited_by=link.invited_by.email if link.invited_by else None,
        expires_at=iso_time(link.expires_at),
    )


@operation(
    "POST /session/welcome",
    "Use a one-time link: choose a password, and be signed in",
    body=WelcomeRequest,
    answer=Session,
    **{**_OPEN, "errors": (*KEYED, 409, 413)},
)
async def welcome(call: Call, raw: bytes) -> Response[bytes]:
    body, parts = _read(call, raw, WelcomeRequest), call.api.parts
    await _look(call, body.token)  # before it costs anything
    async with parts.lanes.known.turn():
        signed_in = await asyncio.to_thread(
            parts.sessions.welcome, body.token, body.email or "", body.name or "", body.password
        )
    return _signed_in_here(call, signed_in)


@operation(
    "POST /session/password",
    "Change the own password",
    body=PasswordRequest,
    answer=Session,
    **_OPEN,
)
async def change_password(call: Call, raw: bytes) -> Response[bytes]:
    """Every session of the member ends, and this browser gets a new one."""
    body, attempts, parts = _read(call, raw, PasswordRequest), call.api.attempts, call.api.parts
    member = (await _signed_in(call)).member
    attempts.check_member(member.id)
    async with parts.lanes.known.turn(2):
        try:
            changed = await asyncio.to_thread(
                parts.sessions.change_password, member, body.old, body.new
            )
        except WrongPassword:
            attempts.wrong_member(member.id)
            raise
    return _signed_in_here(call, changed)


# ── what they share ───────────────────────────────────────────────────────────────────────────

T = TypeVar("T", bound=msgspec.Struct)


def _read(call: Call, body: bytes, type: type[T]) -> T:
    """Only what is declared as JSON: a form on another page cannot do that. Raises InvalidRequest,
    Forbidden."""
    check_site(call.request.scope)
    declared = call.request.headers.get("content-type", "")
    if declared.partition(";")[0].strip().lower() != "application/json":
        raise InvalidRequest("Send a JSON object with Content-Type: application/json.")
    return decode(body, type)


async def _look(call: Call, token: str) -> Link:
    """What a one-time link is for. A token that works is looked up by its hash, one that does not
    counts as a wrong password of its network. Raises Unauthorized, RateLimited."""
    address = _address(call)
    call.api.attempts.check_network(address)
    try:
        return await asyncio.to_thread(call.api.parts.sessions.look, token)
    except Unauthorized:
        call.api.attempts.wrong_network(address)
        raise


async def _signed_in(call: Call) -> SignedIn:
    """Raises Unauthorized, Forbidden."""
    signed_in = await find_signed_in(call.request.scope, call.api.parts.sessions)
    if signed_in is None:
        raise Unauthorized("Nobody has signed in here.")
    return signed_in


def _with_cookie(call: Call, signed_in: SignedIn) -> Response[bytes]:
    member = signed_in.member
    response = answer(
        Session(
            member=body_of(Member, member),
            account=body_of(Account, signed_in.account),
            role=member.role,
            scopes=sorted(member.scopes),
            csrf=signed_in.csrf,
        )
    )
    _set_cookie(call, response, COOKIE, signed_in.token, call.api.parts.sessions.seconds)
    return response


def _signed_in_here(call: Call, signed_in: SignedIn) -> Response[bytes]:
    """With a second cookie, by which the browser is known when it signs in again."""
    response = _with_cookie(call, signed_in)
    token = call.api.attempts.new_token(signed_in.member.email)
    _set_cookie(call, response, BROWSER_COOKIE, token, BROWSER_SECONDS, "session")
    return response


def _set_cookie(
    call: Call, response: Response[Any], name: str, value: str, seconds: int, below: str = ""
) -> None:
    """For the paths of this server, or those `below` one of them."""
    parts = call.api.parts
    secure = parts.settings.public_base.startswith("https:")
    response.set_cookie(
        key=name,
        value=value,
        max_age=seconds,
        path=f"{parts.settings.public_path}/{below}",
        httponly=True,
        samesite="strict",
        secure=secure or parts.proxies.came_by_https(call.request.scope),
    )


def _address(call: Call) -> str:
    """Of who did not come through the trusted proxies, the other end of the connection."""
    scope = call.request.scope
    return call.api.parts.proxies.client_address(scope) or peer_address(scope)
