"""Who asks: a key, in most APIs from `Authorization: Bearer`, else a member by cookie."""

import asyncio
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from footfall.api.parts import Parts
from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import Caller, Scope
from footfall.core.errors import Unauthorized
from footfall.members.browsers import find_signed_in

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
    """`secret` is the key where an API has its own place for it, "" for none. Without a key the
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
