"""Copernica as a dialect: its form of errors, its tokens, and what its handlers share.

A failure is always `{"error": {"message": …}}`, nearly always with the status 400.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response

from footfall.api import operations
from footfall.api.auth import Connection, bearer, find_by_key
from footfall.api.bodies import answer
from footfall.api.dialect import Dialect
from footfall.api.parts import Parts
from footfall.core.accounts import Caller
from footfall.core.destinations import DestinationRules
from footfall.dialects.copernica import php
from footfall.dialects.copernica.endpoints import INVALID_METHOD, Endpoint
from footfall.dialects.copernica.login import Logins, is_login
from footfall.dialects.copernica.request_bodies import read_body
from footfall.dialects.copernica.signed_urls import UrlWriter

TOKEN: Final = "access_token"  # noqa: S105 (the parameter's name)
INVALID_TOKEN: Final = "Invalid access token"  # noqa: S105 (what is said of one)
UNAVAILABLE: Final = "The server cannot answer this for the moment: try again, nothing is lost."
"""Instead of what the engine says of itself, which may name its tables and its machine."""

Body = TypeVar("Body")


class Problem(msgspec.Struct, frozen=True):
    message: str


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer that is no success."""

    error: Problem


def read_key(connection: Connection) -> str:
    """The token of the query, else of the header. Nothing else of the query is read for somebody
    who may have no access."""
    token = php.read_text(connection.scope["query_string"], TOKEN).strip()
    return token or bearer(connection)


async def find_caller(api: "Copernica", key: str) -> Caller:
    """By an API key, or by the token of v4's login. Raises Unauthorized."""
    if is_login(key):
        return await asyncio.to_thread(api.logins.find_caller, key)
    return await find_by_key(api.parts.catalog, key)


COPERNICA: Final = Dialect(
    name="copernica",
    title="Copernica's API",
    tag="Copernica",
    prefix="",
    error=ErrorBody,
    error_body=lambda _, message, __: ErrorBody(Problem(message)),
    # A limit, a time and a fault of the server are no mistakes of the request.
    status=lambda status: status if status in (408, 429) or status >= 500 else 400,
    messages={
        "unauthorized": INVALID_TOKEN,
        **dict.fromkeys(
            ("unavailable", "catalog_unavailable", "journal_unavailable", "store_unavailable"),
            UNAVAILABLE,
        ),
    },
    texts={
        404: INVALID_METHOD,
        405: INVALID_METHOD,
        413: "Invalid data provided: the body is too large, send it in parts",
    },
    key=read_key,
    find_caller=find_caller,
    challenge="",
)


class Copernica:
    """The parts with this dialect's limits and rules."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self.parts = parts
        self.zone = ZoneInfo(settings.copernica_zone)
        self.base = settings.public_base
        self.urls = UrlWriter(parts.signer, settings.public_base)
        self.rules = DestinationRules(
            own_bases=(settings.short_base, *(f"{settings.public_base}/{way}/" for way in "slp")),
            allow_private=settings.allow_private_destinations,
        )
        self.logins = Logins(parts.signer, parts.catalog, parts.clock)


class Call(operations.Call[Copernica]):
    """One request to an endpoint. `root` is what stands before the endpoint's path, such as `/v4`;
    `id` is the id that the path names, "" for none, and `collection` the one behind a profile's;
    `parameters` is the query as PHP reads it."""

    __slots__ = ("collection", "content", "endpoint", "id", "parameters", "root")

    def __init__(
        self,
        call: operations.Call[Copernica],
        endpoint: Endpoint,
        root: str,
        ids: tuple[str, str],
        content: bytes,
    ) -> None:
        super().__init__(call.api, call.request, call.limit)
        self.endpoint = endpoint
        self.root = root
        self.id, self.collection = ids
        self.parameters = php.parse(call.request.scope["query_string"])
        self.content = content

    @property
    def version(self) -> int:
        return self.endpoint.version

    @property
    def product(self) -> str:
        return self.endpoint.product

    @property
    def entity(self) -> str:
        """The word before the id."""
        return self.endpoint.entity

    @property
    def zone(self) -> ZoneInfo:
        return self.api.zone

    @property
    def rows_max(self) -> int:
        return 100 if self.version == 1 else 1000

    def read(self, type: type[Body]) -> Body:
        """The body. Raises InvalidRequest."""
        return read_body(self.content, self.request.headers.get("content-type", ""), type)


# ── answers to writes ─────────────────────────────────────────────────────────────────────────


def answer_created(call: Call, word: str, id: int) -> Response[bytes]:
    place = _place(call, word, id)
    return _bare(201, {"X-Created": str(id), "X-location": place, "Location": place})


def answer_changed(call: Call, id: int) -> Response[bytes]:
    if call.version >= 3:
        return _bare(204)
    return _bare(303, {"Location": _place(call, call.entity, id)})


def answer_deleted(call: Call, id: int | None) -> Response[bytes]:
    """`id` None: there was nothing to delete, which only v1 takes for a success."""
    headers = {} if id is None else {"X-deleted": f"{call.entity} {id}"}
    return _bare(204 if id is None or call.version >= 3 else 200, headers)


def _place(call: Call, word: str, id: int) -> str:
    before = f"{call.product}/" if call.product else ""
    return f"{call.api.base}{call.root}/{before}{word}/{id}"


def _bare(status: int, headers: Mapping[str, str] | None = None) -> Response[Any]:
    return answer(b"", status, headers)
