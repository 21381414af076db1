"""Who asks, for the faces that read a key from `Authorization: Bearer`."""

import asyncio
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from footfall.core.accounts import Caller, Scope
from footfall.core.errors import Unauthorized
from footfall.core.ports import Catalog

Connection = ASGIConnection[Any, Any, Any, Any]


def needs_no_key(connection: Connection) -> bool:
    """A route with `opt={"keyless": True}`, and the question of what a browser may ask."""
    handler: BaseRouteHandler = connection.route_handler
    return connection.scope.get("method") == "OPTIONS" or bool(handler.opt.get("keyless"))


async def authenticate(connection: Connection, catalog: Catalog) -> Caller:
    """Raises Unauthorized."""
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthorized(
            "Missing API key: send it as 'Authorization: Bearer oqr_…'. "
            "Make one with: footfall keys create"
        )
    return await asyncio.to_thread(catalog.authenticate, secret.strip())


def require_scope(connection: Connection, caller: Caller) -> None:
    """The scope that a route names (`opt={"scope": …}`); else reading needs `read` and anything
    else `write`. Raises Forbidden."""
    handler: BaseRouteHandler = connection.route_handler
    method = connection.scope.get("method")
    caller.require(handler.opt.get("scope", Scope.READ if method == "GET" else Scope.WRITE))
