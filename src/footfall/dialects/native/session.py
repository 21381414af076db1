"""Signing in with e-mail and password: the session of a browser, in a cookie.

    POST             /session            sign in
    GET, DELETE      /session            who is signed in; sign out
    POST             /session/link       what a one-time link is for
    POST             /session/welcome    use it: choose a password, and be signed in
    POST             /session/password   change one's own

None of them takes an API key.
"""

import asyncio
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody, SkipValidation
from msgspec import Meta

from footfall.api.bodies import answer, decode, iso_time
from footfall.api.parts import Parts
from footfall.capture.client_address import peer_address
from footfall.core.accounts import Member, Role, Scope
from footfall.core.errors import InvalidRequest, Unauthorized
from footfall.dialects.native.current_key import AccountShown, show_account
from footfall.members.attempts import Attempts
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

OurParts = NamedDependency[SkipValidation[Parts]]
OurAttempts = NamedDependency[SkipValidation[Attempts]]
Asked = Request[Any, Any, Any]
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


class MemberShown(msgspec.Struct, frozen=True, kw_only=True):
    """`joined`: has chosen a password. Times are ISO 8601, null for never."""

    id: int
    email: str
    name: str
    role: Role
    joined: bool
    created_at: str
    last_seen_at: str | None


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """`csrf` is what the header `X-Footfall-Csrf` must have beside the cookie, in every request
    that is no GET."""

    member: MemberShown
    account: AccountShown
    role: Role
    scopes: list[Scope]
    csrf: str


class LinkShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a one-time link is for. `email` null: the link makes the first owner, who says which it
    is. `joined`: the member has a password, which the link replaces. `invited_by` is the e-mail
    address of the member who made the link, null where a key or the command line did."""

    account: AccountShown
    email: str | None
    name: str
    role: Role
    joined: bool
    invited_by: str | None
    expires_at: str


# ── routes ────────────────────────────────────────────────────────────────────────────────────

_OPEN: Final[dict[str, Any]] = {"keyless": True}


@post("/session", status_code=200, opt=_OPEN, request_max_body_size=SMALL_BODY_BYTES_MAX)
async def sign_in(
    request: Asked, parts: OurParts, attempts: OurAttempts, body: RawBody
) -> Response[bytes]:
    asked = _read(request, body, SignInRequest)
    who = asked.email, _address(request, parts), cookie(request.scope, BROWSER_COOKIE)
    attempts.check(*who)
    known = attempts.knows(asked.email, who[2])
    async with (parts.lanes.known if known else parts.lanes.sign_in).turn():
        attempts.check(*who)  # others may have tried while this one waited for its turn
        try:
            signed_in = await asyncio.to_thread(parts.sessions.sign_in, asked.email, asked.password)
        except Unauthorized:
            attempts.wrong(*who)
            raise
    attempts.right(*who)
    return _signed_in_here(request, parts, attempts, signed_in)


@get("/session", opt=_OPEN)
async def get_session(request: Asked, parts: OurParts) -> Response[bytes]:
    """The cookie is sent anew: its end moves with every visit."""
    return _with_cookie(request, parts, await _signed_in(request, parts))


@delete("/session", status_code=204, opt=_OPEN)
async def sign_out(request: Asked, parts: OurParts) -> Response[None]:
    """Also when the session ended before."""
    try:
        if await find_signed_in(request.scope, parts.sessions) is not None:
            await asyncio.to_thread(parts.sessions.end, session_token(request.scope))
    except Unauthorized:
        pass
    response: Response[None] = Response(None, status_code=204)
    response.set_cookie(
        key=COOKIE,
        value="",
        max_age=0,
        path=f"{parts.settings.public_path}/",
        **_attributes(request, parts),
    )
    return response


@post("/session/link", status_code=200, opt=_OPEN, request_max_body_size=SMALL_BODY_BYTES_MAX)
async def look_at_link(
    request: Asked, parts: OurParts, attempts: OurAttempts, body: RawBody
) -> Response[bytes]:
    asked = _read(request, body, LinkRequest)
    link = await _look(request, parts, attempts, asked.token)
    member = link.member
    return answer(
        LinkShown(
            account=show_account(link.account),
            email=member.email if member else None,
            name=member.name if member else "",
            role=member.role if member else Role.OWNER,
            joined=member is not None and member.joined,
            invited_by=link.invited_by.email if link.invited_by else None,
            expires_at=iso_time(link.expires_at),
        )
    )


@post("/session/welcome", status_code=200, opt=_OPEN, request_max_body_size=SMALL_BODY_BYTES_MAX)
async def welcome(
    request: Asked, parts: OurParts, attempts: OurAttempts, body: RawBody
) -> Response[bytes]:
    asked = _read(request, body, WelcomeRequest)
    await _look(request, parts, attempts, asked.token)  # before it costs anything
    async with parts.lanes.known.turn():
        signed_in = await asyncio.to_thread(
            parts.sessions.welcome, asked.token, asked.email or "", asked.name or "", asked.password
        )
    return _signed_in_here(request, parts, attempts, signed_in)


@post("/session/password", status_code=200, opt=_OPEN, request_max_body_size=SMALL_BODY_BYTES_MAX)
async def change_password(
    request: Asked, parts: OurParts, attempts: OurAttempts, body: RawBody
) -> Response[bytes]:
    """Every session of the member ends, and this browser gets a new one."""
    asked = _read(request, body, PasswordRequest)
    member = (await _signed_in(request, parts)).member
    attempts.check_member(member.id)
    async with parts.lanes.known.turn(2):
        try:
            changed = await asyncio.to_thread(
                parts.sessions.change_password, member, asked.old, asked.new
            )
        except WrongPassword:
            attempts.wrong_member(member.id)
            raise
    return _signed_in_here(request, parts, attempts, changed)


ROUTES: Final[list[HTTPRouteHandler]] = [
    sign_in,
    get_session,
    sign_out,
    look_at_link,
    welcome,
    change_password,
]


# ── what they share ───────────────────────────────────────────────────────────────────────────

T = TypeVar("T", bound=msgspec.Struct)


def _read(request: Asked, body: bytes, type: type[T]) -> T:
    """Only what is declared as JSON: a form on another page cannot do that. Raises InvalidRequest,
    Forbidden."""
    check_site(request.scope)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise InvalidRequest("Send a JSON object with Content-Type: application/json.")
    return decode(body, type)


async def _look(request: Asked, parts: Parts, attempts: Attempts, token: str) -> Link:
    """What a one-time link is for. A token that works is looked up by its hash, one that does not
    counts as a wrong password of its network. Raises Unauthorized, RateLimited."""
    address = _address(request, parts)
    attempts.check_network(address)
    try:
        return await asyncio.to_thread(parts.sessions.look, token)
    except Unauthorized:
        attempts.wrong_network(address)
        raise


async def _signed_in(request: Asked, parts: Parts) -> SignedIn:
    """Raises Unauthorized, Forbidden."""
    signed_in = await find_signed_in(request.scope, parts.sessions)
    if signed_in is None:
        raise Unauthorized("Nobody has signed in here.")
    return signed_in


def _with_cookie(request: Asked, parts: Parts, signed_in: SignedIn) -> Response[bytes]:
    member = signed_in.member
    response = answer(
        SessionShown(
            member=show_member(member),
            account=show_account(signed_in.account),
            role=member.role,
            scopes=sorted(member.scopes),
            csrf=signed_in.csrf,
        )
    )
    response.set_cookie(
        key=COOKIE,
        value=signed_in.token,
        max_age=parts.sessions.seconds,
        path=f"{parts.settings.public_path}/",
        **_attributes(request, parts),
    )
    return response


def _signed_in_here(
    request: Asked, parts: Parts, attempts: Attempts, signed_in: SignedIn
) -> Response[bytes]:
    """With a second cookie, by which the browser is known when it signs in again."""
    response = _with_cookie(request, parts, signed_in)
    response.set_cookie(
        key=BROWSER_COOKIE,
        value=attempts.new_token(signed_in.member.email),
        max_age=BROWSER_SECONDS,
        path=f"{parts.settings.public_path}/session",
        **_attributes(request, parts),
    )
    return response


def _attributes(request: Asked, parts: Parts) -> dict[str, Any]:
    secure = parts.settings.public_base.startswith("https:")
    secure = secure or parts.proxies.came_by_https(request.scope)
    return {"httponly": True, "samesite": "strict", "secure": secure}


def _address(request: Asked, parts: Parts) -> str:
    """Of who did not come through the trusted proxies, the other end of the connection."""
    return parts.proxies.client_address(request.scope) or peer_address(request.scope)


def show_member(member: Member) -> MemberShown:
    seen = member.last_seen_at
    return MemberShown(
        id=member.id,
        email=member.email,
        name=member.name,
        role=member.role,
        joined=member.joined,
        created_at=iso_time(member.created_at),
        last_seen_at=None if seen is None else iso_time(seen),
    )
