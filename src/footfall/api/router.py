"""The way of a request through an API, the same for all:

OPTIONS → 204 · key → requests a minute → scope → decode → handler → encode, or error → answer
"""

import asyncio
import inspect
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from litestar import Request, Response, Router
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import ASGIApp, Empty, Message, Receive, Send
from litestar.types import Scope as ASGIScope

from footfall.api import errors
from footfall.api.auth import Connection, authenticate, needs_no_key, require_scope
from footfall.api.bodies import answer, decode
from footfall.api.dialect import Dialect
from footfall.api.operations import Call, HasParts, Limit, Operation
from footfall.core.errors import Forbidden

LEFT: Final = "headers_of_limit"
"""In the state of a request: what the guard leaves for the answer."""

DECODED_HERE_BYTES_MAX: Final = 16_384
"""A small body is decoded on the event loop, in less time than it takes to hand it to a thread."""


def router_of(dialect: Dialect, operations: Sequence[Operation], api: HasParts) -> Router:
    """All routes of an API. `api` has its limits and rules."""
    settings = api.parts.settings
    limit = dialect.limit(settings)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        """Leaves the caller in `request.auth`."""
        if needs_no_key(connection):
            return
        secret = dialect.key(connection)
        if secret and dialect.find_caller is not None:
            caller = await dialect.find_caller(api, secret)
        else:
            caller = await authenticate(connection, api.parts, secret, dialect.key_missing)
        connection.scope["state"][LEFT] = limit.take(connection, caller.id)
        try:
            require_scope(connection, caller)
        except Forbidden:
            if dialect.forbidden is not None:
                await dialect.forbidden(connection, caller, api)
            raise
        if dialect.admitted is not None:
            await dialect.admitted(connection, caller, api)
        connection.scope["auth"] = caller

    return Router(
        path=dialect.prefix,
        route_handlers=[route_handler(dialect, one, api, limit) for one in operations],
        guards=[admit],
        middleware=[partial(with_headers, dialect), *dialect.middleware],
        exception_handlers=errors.handlers(dialect),
        request_max_body_size=dialect.body_bytes_max or settings.body_bytes_max,
        tags=[dialect.tag],
    )


def route_handler(
    dialect: Dialect, one: Operation, api: HasParts, limit: Limit
) -> HTTPRouteHandler:
    """The operation as the framework has it: it finds the path and reads the body."""
    assert one.handle is not None, f"{one.method} {one.path} has no handler"
    handle, parameters = one.handle, one.parameters
    reads = bool({"body", "raw"} & {*parameters})
    numbers = {name for name, found in parameters.items() if found.annotation is int}
    path = re.sub(
        r"{(\w+)}",
        lambda part: f"{{{part[1]}:{'int' if part[1] in numbers else 'str'}}}",
        one.path,
    )
    arguments = partial(_arguments, dialect, one, frozenset(parameters))

    async def respond(request: Request[Any, Any, Any]) -> Response[Any]:
        call = Call(api, request, limit)
        content = await request.body() if reads else b""
        if inspect.iscoroutinefunction(handle):
            if len(content) > DECODED_HERE_BYTES_MAX:
                given = await asyncio.to_thread(arguments, request, content)
            else:
                given = arguments(request, content)
            return _response(one, await handle(call, **given))
        if one.inline:
            return _response(one, handle(call, **arguments(request, content)))
        return await asyncio.to_thread(
            lambda: _response(one, handle(call, **arguments(request, content)))
        )

    if one.status == 204:  # the framework wants to see that there is no body
        respond.__annotations__["return"] = Response[None]
    options = {**one.options, "keyless": one.keyless}
    if one.scope is not None:
        options["scope"] = one.scope
    # The framework refuses a handler of a 204 that returns a Response: `_response` has the status.
    status = 200 if one.status == 204 else one.status
    make: Callable[[Any], HTTPRouteHandler] = HTTPRouteHandler(
        list(one.paths) or path or "/",
        http_method=[HttpMethod(method) for method in one.methods or (one.method,)],
        status_code=status,
        opt=options,
        request_max_body_size=Empty if one.body_bytes_max is None else one.body_bytes_max,
    )
    return make(respond)


def _arguments(
    dialect: Dialect,
    one: Operation,
    names: frozenset[str],
    request: Request[Any, Any, Any],
    content: bytes,
) -> dict[str, Any]:
    """Raises InvalidRequest."""
    given: dict[str, Any] = {**request.path_params}
    if "raw" in names:
        given["raw"] = content
    if "body" in names:
        given["body"] = decode(content, one.body)
    if "query" in names:
        given["query"] = dialect.read_query(request.query_params, one.query)
    return given


def _response(one: Operation, result: Any) -> Response[Any]:
    if isinstance(result, Response):
        return result
    if one.status == 204:
        return Response(b"", status_code=204)
    return answer(b"" if result is None else result, one.status)


def with_headers(dialect: Dialect, app: ASGIApp) -> ASGIApp:
    """Middleware: the headers of the dialect and what is left of the limit, on every answer."""
    always = [(name.lower().encode(), text.encode()) for name, text in dialect.headers.items()]

    async def finished(scope: ASGIScope, receive: Receive, send: Send) -> None:
        async def send_finished(message: Message) -> None:
            if message["type"] == "http.response.start":
                left = scope["state"].get(LEFT, {})
                more = [(name.lower().encode(), text.encode()) for name, text in left.items()]
                message["headers"] = [*message["headers"], *always, *more]
            await send(message)

        await app(scope, receive, send_finished)

    return finished
