"""Copernica's endpoints at the vendor's own paths: un-versioned, `/v1`, `/v2`, `/v3` and `/v4`.

https://github.com/CopernicaMarketingSoftware/Documentation; docs/dialects/copernica.md says what is
served, and what was chosen where the vendor does not say.

The vendor ignores empty parts of a path, and what follows the name of a list. So the framework
gives every path below a version to one handler, which finds the endpoint in `endpoints.TABLES`.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from litestar import Request, Response, Router, post, route
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.params import RawBody

from footfall.api.auth import Connection
from footfall.api.parts import Parts
from footfall.core.accounts import Caller
from footfall.core.errors import FootfallError
from footfall.dialects.copernica import php
from footfall.dialects.copernica.endpoints import (
    PRODUCTS,
    ROOTS,
    TABLES,
    WORDS,
    Named,
    find_endpoint,
    find_named,
    read_parts,
)
from footfall.dialects.copernica.face import ERROR_HANDLERS, TOKEN, Answer, Asked, Face, OurFace
from footfall.dialects.copernica.nouns import check_named

LOGIN_PATH: Final = "/v4/authenticate"
"""Where `POST /` is served: at the root itself, a browser's GET is somebody else's."""

PREFIXES: Final = (
    "/v2",
    "/v3",
    "/v4",
    *(f"{root}/{word}" for root in ("", "/v1") for word in WORDS),
)
"""What this dialect answers for. Below `/v1` and at the root others have their paths too, so it
has there only what begins with a word of its own."""

UNSERVED: Final = (
    *("collections", "condition", "consumption", "couponcampaign", "couponcampaigns"),
    *("datarequest", "document", "draganddrop"),
    *("email", "html", "import", "imports", "interest", "logfile", "logfiles", "message"),
    *("minicondition", "minirule", "miniview", "ms", "publisher", "rule", "senderdomain"),
    *("senderdomains", "tags", "template", "token", "view", "webhook", "webhooks"),
)
"""First words of the vendor's paths that are not served below `/v1`."""

UNMATCHED_PREFIXES: Final = (*PREFIXES, *(f"/v1/{word}" for word in UNSERVED))
"""Below these a path or method that no route takes is answered in this dialect's form."""

PATHS: Final = [path for prefix in PREFIXES for path in (prefix, f"{prefix}/{{rest:path}}")]


@route(
    PATHS,
    http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE],
    status_code=200,
)
async def answer_any(request: Request[Any, Caller, Any], face: OurFace, body: RawBody) -> Answer:
    """Every request of this dialect."""
    # The framework's path has no empty parts.
    parts = read_parts(unquote(request.scope["raw_path"].partition(b"?")[0]))
    root = f"/{parts.pop(0)}" if parts[0] in ROOTS else ""
    version = int(root[2:] or 1)
    names = PRODUCTS.get(version, {})
    parts = [names.get(part, part) for part in parts]
    try:
        endpoint = find_endpoint(TABLES[version], request.method, parts)
    except FootfallError:
        await _check_named(request, face, find_named(parts))
        raise
    named = find_named(parts[: len(endpoint.path.split("/"))])
    if request.method in ("PUT", "POST"):
        await _check_named(request, face, named)
    asked = Asked(
        account=request.auth.account,
        version=version,
        root=root,
        id=named[0].id if named else "",
        collection=named[1].id if len(named) > 1 else "",
        query=php.parse(request.scope["query_string"]),
        body=body,
        content_type=request.headers.get("content-type", ""),
    )
    return await endpoint.run(face, asked)


async def _check_named(
    request: Request[Any, Caller, Any], face: Face, named: Sequence[Named]
) -> None:
    """The vendor says that an id is unknown before anything else: of the rest of the path, of the
    method, of the body."""

    def check() -> None:
        with face.parts.catalog.reading() as session:
            account, deleting = request.auth.account.id, request.method == "DELETE"
            check_named(session, account, named[0].word, named[0].id, deleting=deleting)

    if named:
        await asyncio.to_thread(check)


@post(LOGIN_PATH, opt={"keyless": True}, status_code=200)
async def log_in(request: Request[Any, Any, Any], face: OurFace, body: RawBody) -> Answer:
    """v4's login, which the vendor has at the root of a host of its own."""
    token = await _read_token(request, body)
    token = token or php.read_text(request.scope["query_string"], TOKEN)
    written = await face.log_in(token.strip())
    headers = {"Content-Type": "text/plain", "Cache-Control": "no-store"}
    return Response(written.encode(), status_code=200, headers=headers)


async def _read_token(request: Request[Any, Any, Any], body: bytes) -> str:
    """The token of a body: a form as curl's `-d` sends it, one as `-F` and PHP's arrays do, or a
    JSON object. "" without one."""
    type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type == "multipart/form-data":
        value = (await request.form()).get(TOKEN)
    elif type == "application/json":
        try:
            value = msgspec.json.decode(body, type=dict[str, Any]).get(TOKEN)
        except (msgspec.DecodeError, UnicodeDecodeError):
            value = None
    else:
        value = php.read_text(body, TOKEN)
    return value if isinstance(value, str) else ""


def router(parts: Parts) -> Router:
    """All routes of this dialect."""
    face = Face(parts)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        # Litestar copies a router in depth: it leaves functions alone, but would copy the parts
        # that a method is bound to.
        await face.admit(connection)

    return Router(
        path="/",
        route_handlers=[answer_any, log_in],
        dependencies={"face": Provide(lambda: face, sync_to_thread=False)},
        guards=[admit],
        exception_handlers=ERROR_HANDLERS,
        request_max_body_size=parts.settings.body_bytes_max,
        tags=["Copernica"],
    )
