"""Copernica's API at the vendor's own paths: un-versioned, `/v1`, `/v2`, `/v3` and `/v4`.

https://github.com/CopernicaMarketingSoftware/Documentation; docs/dialects/copernica.md says what is
served, and what was chosen where the vendor does not say.

The vendor ignores empty parts of a path, and what follows the name of a list. So the framework
gives every path below a version to one handler, which finds the endpoint in `TABLES`.
"""

import asyncio
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from litestar import Response, Router

from footfall.api import openapi, operations
from footfall.api.auth import find_by_key
from footfall.api.bodies import answer
from footfall.api.operations import Example, Operation, operation, operations_of, with_examples
from footfall.api.parts import Parts
from footfall.api.router import router_of
from footfall.core.accounts import ApiKey
from footfall.core.errors import FootfallError
from footfall.dialects.copernica import (
    databases,
    destinations,
    emailings,
    events,
    links,
    php,
    profiles,
    statistics,
)
from footfall.dialects.copernica.dialect import COPERNICA, TOKEN, Call, Copernica, ErrorBody
from footfall.dialects.copernica.endpoints import (
    PRODUCTS,
    ROOTS,
    VERSIONS,
    Endpoint,
    Named,
    Table,
    endpoint,
    find_endpoint,
    find_named,
    read_parts,
    table_of,
)
from footfall.dialects.copernica.tables import check_named

# ── the account ───────────────────────────────────────────────────────────────────────────────


class Identity(msgspec.Struct, frozen=True):
    id: str
    name: str
    description: str
    company: str


@endpoint("GET", "identity", "The account", answer=Identity)
def get_identity(call: Call) -> Identity:
    name = call.caller.account.name
    return Identity(str(call.account), name, "", name)


# ── every endpoint ────────────────────────────────────────────────────────────────────────────

_ALL: Final[Sequence[Any]] = (
    *get_identity,
    *operations_of(events, emailings, statistics, links, destinations, profiles, databases),
)

ENDPOINTS: Final[Mapping[int, Sequence[Endpoint]]] = {
    version: tuple(one for one in _ALL if one.version == version) for version in VERSIONS
}

_EVENTS: Final = tuple(one for one in ENDPOINTS[1] if one.events)

TABLES: Final[Mapping[int, Table]] = {
    version: table_of((*(msgspec.structs.replace(one, version=version) for one in _EVENTS), *all))
    for version, all in ENDPOINTS.items()
}
"""Every version has v1's lists of events too: the vendor's page shows them with the client class,
and today's class puts `/v2` before the path that it is given."""

WORDS: Final = tuple(dict.fromkeys(one.path.split("/")[0] for one in ENDPOINTS[1]))
"""With which the paths without a product begin."""

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


@operation(
    "GET /{rest}",
    "Every operation but the login",
    methods=("GET", "POST", "PUT", "DELETE"),
    paths=tuple(path for prefix in PREFIXES for path in (prefix, f"{prefix}/{{rest:path}}")),
)
async def answer_any(call: operations.Call[Copernica], **_: str) -> Response[Any]:
    """Reads the path itself: the framework's has no empty parts."""
    request = call.request
    parts = read_parts(unquote(request.scope["raw_path"].partition(b"?")[0]))
    root = f"/{parts.pop(0)}" if parts[0] in ROOTS else ""
    version = int(root[2:] or 1)
    names = PRODUCTS.get(version, {})
    parts = [names.get(part, part) for part in parts]
    try:
        found = find_endpoint(TABLES[version], request.method, parts)
    except FootfallError:
        await _check_named(call, find_named(parts))
        raise
    named = find_named(parts[: len(found.path.split("/"))])
    if request.method in ("PUT", "POST"):
        await _check_named(call, named)
    first, second = (*(one.id for one in named), "", "")[:2]
    handle: Any = found.handle
    whole = Call(call, found, root, (first, second), await request.body())
    if inspect.iscoroutinefunction(handle):
        return answer(await handle(whole))

    def run() -> Response[Any]:
        # On a thread: a large body would keep pixels waiting.
        body = {"body": whole.read(found.body)} if found.decodes else {}
        result = handle(whole, **body)
        return result if isinstance(result, Response) else answer(result)

    return await asyncio.to_thread(run)


async def _check_named(call: operations.Call[Copernica], named: Sequence[Named]) -> None:
    """The vendor says that an id is unknown before anything else: of the rest of the path, of the
    method, of the body."""

    def check() -> None:
        with call.reading() as session:
            deleting = call.request.method == "DELETE"
            check_named(session, call.account, named[0].word, named[0].id, deleting=deleting)

    if named:
        await asyncio.to_thread(check)


# ── v4's login ────────────────────────────────────────────────────────────────────────────────

LOGIN_PATH: Final = "/v4/authenticate"
"""Where `POST /` is served: at the root itself, a browser's GET is somebody else's."""


class LoginForm(msgspec.Struct, frozen=True):
    access_token: str


@operation(
    f"POST {LOGIN_PATH}",
    "v4's login: a JSON Web Token of the key, valid for 24 hours",
    body=LoginForm,
    body_type="application/x-www-form-urlencoded",
    answer=str,
    media_type="text/plain",
    errors=(400, 429, 503),
    keyless=True,
    example=Example(
        body={"access_token": "fft_3kTq0vWm9xYz"}, answer="eyJhbGciOiJIUzI1NiJ9.eyJz.Zm9v"
    ),
)
async def log_in(call: operations.Call[Copernica], raw: bytes) -> Response[Any]:
    """The vendor has it at the root of a host of its own."""
    token = await _read_token(call, raw)
    token = token or php.read_text(call.request.scope["query_string"], TOKEN)
    caller = await find_by_key(call.api.parts.catalog, token.strip())
    call.limit.take(call.request, caller.id)
    assert isinstance(caller.who, ApiKey), "nobody else has a token"
    written = await asyncio.to_thread(call.api.logins.write, caller.who)
    headers = {"Content-Type": "text/plain", "Cache-Control": "no-store"}
    return Response(written.encode(), status_code=200, headers=headers)


async def _read_token(call: operations.Call[Copernica], body: bytes) -> str:
    """The token of a body: a form as curl's `-d` sends it, one as `-F` and PHP's arrays do, or a
    JSON object. "" without one."""
    type = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type == "multipart/form-data":
        value = (await call.request.form()).get(TOKEN)
    elif type == "application/json":
        try:
            value = msgspec.json.decode(body, type=dict[str, Any]).get(TOKEN)
        except (msgspec.DecodeError, UnicodeDecodeError):
            value = None
    else:
        value = php.read_text(body, TOKEN)
    return value if isinstance(value, str) else ""


# ── routes and document ───────────────────────────────────────────────────────────────────────


def router(parts: Parts) -> Router:
    """All routes of this dialect."""
    return router_of(COPERNICA, (answer_any, log_in), Copernica(parts))


OPERATIONS: Final = COPERNICA.described(
    msgspec.structs.replace(one, path=f"{root}/{one.path}")
    for version, endpoints in ENDPOINTS.items()
    for root in (("", "/v1") if version == 1 else (f"/v{version}",))
    for one in endpoints
)


def document() -> dict[str, Any]:
    """Its OpenAPI document."""
    shown = with_examples(OPERATIONS, Path(__file__).with_name("examples.json"))
    logins = (log_in, msgspec.structs.replace(log_in, path="/"))
    everywhere = (*logins, *shown, *_aliases(shown), *_unversioned_lists(shown))
    return openapi.document(COPERNICA.title, ErrorBody, everywhere)


def _aliases(operations: Sequence[Operation]) -> Iterator[Operation]:
    """The same operations at the other paths where they are served, with the same examples."""
    for one in operations:
        version, _, path = one.path[1:].partition("/")
        for alias, name in PRODUCTS[4].items():
            if version == "v4":
                parts = [alias if part == name else part for part in path.split("/")]
                if (other := f"/v4/{'/'.join(parts)}") != one.path:
                    yield msgspec.structs.replace(one, path=other)


def _unversioned_lists(operations: Sequence[Operation]) -> Iterator[Operation]:
    """v1's lists of events, which the later versions have at the same paths."""
    paths = {f"/v1/{one.path}" for one in _EVENTS}
    for one in operations:
        if one.method == "GET" and one.path in paths:
            path = one.path.removeprefix("/v1")
            for version in (2, 3, 4):
                yield msgspec.structs.replace(one, path=f"/v{version}{path}")
