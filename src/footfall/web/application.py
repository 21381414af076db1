"""The front door: the redirect first, then everything that the framework serves."""

import string
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote_from_bytes

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.logging.config import LoggingConfig

from footfall.api.asgi import ASGIApplication, HotPath
from footfall.api.idempotency import Once
from footfall.capture.request_context import Receive, Scope, Send
from footfall.catalog.catalog import SqlCatalog
from footfall.config import Settings
from footfall.web.hosts import host_spellings


def front_door(
    redirect: HotPath,
    hot_paths: Mapping[str, HotPath],
    posts: Mapping[str, HotPath],
    framework: ASGIApplication,
    settings: Settings,
    apart: Mapping[str, ASGIApplication],
) -> ASGIApplication:
    """What never enters the framework: `/s/{slug}` on any host, `/{slug}` on the short host, and
    the hot paths by their first part, such as `/p/`. Each is given what follows. One named `/?nid`
    is for the root when the query has this parameter. `posts` are whole paths, of which only POST
    is taken here, `apart` whole applications by their path.

    QR codes in capitals (alphanumeric mode) lead to `/S/{SLUG}`, and a base URL with a slash at
    its end to `//s/{slug}`: both are that path."""
    short_hosts = frozenset(one.encode() for one in host_spellings(settings.short_host))
    by_first_part = {"/s/": redirect, "/S/": redirect, **hot_paths}
    at_root = {
        f"&{path[2:]}=".encode(): hot_path
        for path, hot_path in hot_paths.items()
        if path.startswith("/?")
    }

    def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # No coroutine of its own: every scan would pay for it.
        if scope["type"] == "http":
            if not scope["query_string"].isascii():
                scope = with_ascii_query(scope)
            path: str = scope["path"]
            first = path[: path.find("/", 1) + 1]
            if (hot_path := by_first_part.get(first)) is not None:
                return hot_path(scope, receive, send, path[len(first) :])
            if first == "//":
                part, slash, rest = path.lstrip("/").partition("/")
                if (hot_path := by_first_part.get(f"/{part}{slash}")) is not None:
                    return hot_path(scope, receive, send, rest)
            if path == "/":
                query = b"&" + scope["query_string"]
                for name, hot_path in at_root.items():
                    if name in query:
                        return hot_path(scope, receive, send, "")
            if short_hosts and len(path) > 1 and _host(scope) in short_hosts:
                return redirect(scope, receive, send, path[1:])
            if (other := apart.get(path)) is not None:
                return other(scope, receive, send)
            if scope["method"] == "POST" and (post := posts.get(path)) is not None:
                return post(scope, receive, send, "")
        return framework(scope, receive, send)

    return below(settings.public_path, short_hosts, application)


def below(
    public_path: str, short_hosts: frozenset[bytes], application: ASGIApplication
) -> ASGIApplication:
    """The application where `public_url` has a path. A proxy may leave that path in a request or
    take it away: both lead to the same. In `Location` it stands before every path of ours. The
    short host has none."""
    if not public_path:
        return application
    prefix = public_path.encode()

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_below(message: dict[str, Any]) -> None:
            headers = message.get("headers", ())
            if message["type"] == "http.response.start" and any(_is_ours(one) for one in headers):
                message = {**message, "headers": [_below(prefix, one) for one in headers]}
            await send(message)

        if scope["type"] != "http" or _host(scope) in short_hosts:
            await application(scope, receive, send)
            return
        path: str = scope["path"]
        if path == public_path or path.startswith(f"{public_path}/"):
            rest, raw = path[len(public_path) :], scope["raw_path"].removeprefix(prefix)
            scope = {**scope, "path": rest or "/", "raw_path": raw or b"/"}
        await application(scope, receive, send_below)

    return moved


def _is_ours(header: tuple[bytes, bytes]) -> bool:
    return header[0].lower() == b"location" and header[1][:1] == b"/"


def _below(prefix: bytes, header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return (header[0], prefix + header[1]) if _is_ours(header) else header


def with_ascii_query(scope: Scope) -> Scope:
    """The request with its query's bytes beyond ASCII percent-encoded, as RFC 3986 (2.1) wants
    them: the framework reads them as Latin-1 otherwise, and clients mean UTF-8."""
    query = quote_from_bytes(scope["query_string"], safe=string.printable)
    return {**scope, "query_string": query.encode()}


def _host(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"host":
            return bytes(value).lower()
    return b""


def at_path(application: ASGIApplication, path: str) -> HotPath:
    """The application, called at this path whatever the request's own is."""

    async def moved(scope: Scope, receive: Receive, send: Send, _: str) -> None:
        await application({**scope, "path": path, "raw_path": path.encode()}, receive, send)

    return moved


AnswerError = Callable[[Request[Any, Any, Any], HTTPException], Response[Any]]


def answer_by_prefix(
    unmatched: Mapping[str, AnswerError], by_parameter: Mapping[str, AnswerError]
) -> AnswerError:
    """A failure outside of all routes, in the form of the API that the request is for, else as
    `{"error": …}`. The API is the one whose query parameter the request has (`by_parameter`), else
    the one whose prefix the path has, part by part (the longest first). Empty parts of a path are
    ignored."""

    def find(request: Request[Any, Any, Any]) -> AnswerError | None:
        for name, answer in by_parameter.items():
            if name in request.query_params:
                return answer
        path = "".join(f"/{part}" for part in request.scope["path"].split("/") if part) + "/"
        prefixes = (one for one in unmatched if path.startswith(f"{one.rstrip('/')}/"))
        return unmatched.get(next(prefixes, ""))

    def answer_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        if answer := find(request):
            return answer(request, error)
        return Response(
            {"error": error.detail or "Error"},
            status_code=error.status_code,
            headers=error.headers,
        )

    return answer_error


def refuse(answer_error: AnswerError, error: HTTPException) -> ASGIApplication:
    """The application that answers every request with this error."""

    async def refused(scope: Scope, receive: Receive, send: Send) -> None:
        request: Request[Any, Any, Any] = Request(scope, receive, send)  # type: ignore[arg-type]
        response = answer_error(request, error).to_asgi_response(None, request)
        await response(scope, receive, send)  # type: ignore[arg-type]

    return refused


def framework(
    routes: Sequence[Router | BaseRouteHandler],
    answer_error: AnswerError,
    body_bytes_max: int,
    catalog: SqlCatalog | None = None,
    complete: Callable[[], bool] = lambda: True,
) -> Litestar:
    """The Litestar application over all APIs. The catalog keeps answers to requests under an
    idempotency key. While the event store is not `complete`, every answer has the header
    `Footfall-Complete: false`: not every body has room for it."""
    once = Once(catalog) if catalog else None

    async def say_incomplete(message: Any, _: Any) -> None:
        if message["type"] == "http.response.start" and not complete():
            MutableScopeHeaders.from_message(message)["Footfall-Complete"] = "false"

    return Litestar(
        route_handlers=[*routes],
        before_request=once.before_request if once else None,
        middleware=[once.middleware] if once else [],
        request_max_body_size=body_bytes_max,
        exception_handlers={HTTPException: answer_error},
        before_send=[say_incomplete],
        openapi_config=None,
        # Libraries tell of requests at INFO, and an URL may hold a key.
        logging_config=LoggingConfig(root={"handlers": ["queue_listener"], "level": "WARNING"}),
    )
