"""Who asks: a key, in most faces from `Authorization: Bearer`, else a member by cookie."""

import asyncio
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Send
from litestar.types import Scope as ASGIScope

from footfall.api.parts import Parts
from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import Caller, Scope
from footfall.core.errors import RateLimited, Unauthorized
from footfall.members.browsers import find_signed_in
from footfall.runtime.quotas import Quota, Remaining

MISSING: Final = (
    "Missing API key: send it as 'Authorization: Bearer oqr_…'. Make one with: footfall keys create"
)

Connection = ASGIConnection[Any, Any, Any, Any]


def needs_no_key(connection: Connection) -> bool:
    """A route with `opt={"keyless": True}`, and the question of what a browser may ask."""
    handler: BaseRouteHandler = connection.route_handler
    return connection.scope.get("method") == "OPTIONS" or bool(handler.opt.get("keyless"))


async def authenticate(
    connection: Connection, parts: Parts, secret: str | None = None, missing: str = MISSING
) -> Caller:
    """`secret` is the key where a face has its own place for it, "" for none. Without a key the
    browser of a member may ask. Raises Unauthorized (`missing` with neither), Forbidden."""
    secret = bearer(connection) if secret is None else secret
    if secret:
        return await find_by_key(parts.catalog, secret)
    signed_in = await find_signed_in(connection.scope, parts.sessions)
    if signed_in is None:
        raise Unauthorized(missing)
    return signed_in.caller


async def find_by_key(catalog: SqlCatalog, secret: str) -> Caller:
    """Without a thread when it is known: two hops between threads take longer than some answers.
    Raises Unauthorized."""
    if (known := catalog.known_caller(secret)) is not None:
        return known
    return await asyncio.to_thread(catalog.authenticate, secret)


def bearer(connection: Connection) -> str:
    """The key, "" for none."""
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def require_scope(connection: Connection, caller: Caller) -> None:
    """The scope that a route names (`opt={"scope": …}`, None for any caller); else reading needs
    `read` and anything else `write`. Raises Forbidden."""
    handler: BaseRouteHandler = connection.route_handler
    method = connection.scope.get("method")
    scope = handler.opt.get("scope", Scope.READ if method == "GET" else Scope.WRITE)
    if scope is not None:
        caller.require(scope)


# ── what is left of a limit ───────────────────────────────────────────────────────────────────

_LEFT: Final = "limits_left"
"""Where a guard leaves it for the answer."""


def take_request(connection: Connection, quota: Quota, caller: str, *, reset: bool) -> None:
    """One unit of the caller's quota; what is left is told, with `reset` also when it is whole
    again. Raises RateLimited."""
    try:
        left = quota.take(caller)
    except RateLimited:
        _leave(connection, quota.look(caller), reset=reset)
        raise
    _leave(connection, left, reset=reset)


def _leave(connection: Connection, left: Remaining, *, reset: bool) -> None:
    told = {"X-RateLimit-Limit": str(left.limit), "X-RateLimit-Remaining": str(left.remaining)}
    if reset:
        told["X-RateLimit-Reset"] = str(left.reset_unix_seconds)
    connection.scope["state"][_LEFT] = told


def tell_limits(app: ASGIApp) -> ASGIApp:
    """Middleware: what was left, on every answer to a caller, errors included."""

    async def told(scope: ASGIScope, receive: Receive, send: Send) -> None:
        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                left: dict[str, str] = scope["state"].get(_LEFT, {})
                headers = [(name.lower().encode(), text.encode()) for name, text in left.items()]
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await app(scope, receive, send_told)

    return told
