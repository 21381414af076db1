"""Everflow as a dialect: its form of errors, its keys, and what its handlers share.

Every answer to a key says in `X-RateLimit-*` what is left of the limit.
https://developers.everflow.io, user-guide: request-response-format, errors, rate_limiting
"""

import asyncio
from functools import partial
from typing import Final, Self

import msgspec

from footfall.api import operations
from footfall.api.auth import Connection
from footfall.api.dialect import Dialect, PerMinute
from footfall.api.parts import Parts
from footfall.core.accounts import Caller
from footfall.core.destinations import DestinationRules
from footfall.core.errors import Forbidden
from footfall.dialects.everflow.index import Index
from footfall.dialects.everflow.view import (
    AFFILIATES,
    NETWORKS,
    NETWORKS_ONLY,
    OF_AFFILIATES,
    find_affiliate,
    key_of_affiliate,
)

PREFIXES: Final = (
    *(NETWORKS, AFFILIATES, "/v1/partners", "/v1/advertisers", "/v1/meta"),
    *("/sdk", "/s2s", "/scripts"),
)
"""The vendor's, for all roles of its keys: a path below one that is not served is refused in the
vendor's form. `/scripts` is where pages load the vendor's script from."""
KEY_HEADER: Final = "x-eflow-api-key"
CHALLENGE: Final = f'ApiKey realm="Everflow", header="{KEY_HEADER}"'
"""A scheme of ours: a 401 names one (RFC 9110, 15.5.2), and none that is registered is a header of
its own. Bearer is none of them, as a browser or a client may send a key there."""
UNAUTHORIZED: Final = "No Authentication Method Found"
"""The vendor's own text, whatever is wrong with the key."""


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on."""

    error: str
    capital: str = msgspec.field(name="Error")

    @classmethod
    def of(cls, text: str) -> Self:
        """A client of the vendor's earlier documentation reads `Error`, so both are there."""
        return cls(text, text)


def error_body(_: int, message: str, code: str) -> ErrorBody:
    return ErrorBody.of(UNAUTHORIZED if code == "unauthorized" else message)


class Everflow:
    """The parts with this dialect's limits and rules. `index` is what the hot paths ask too."""

    def __init__(self, parts: Parts, index: Index) -> None:
        settings = parts.settings
        self.parts = parts
        self.public_base = settings.public_base
        self.rules = DestinationRules(
            own_bases=(settings.short_base, f"{settings.public_base}/s/"),
            allow_private=settings.allow_private_destinations,
        )
        self.index = index


Call = operations.Call[Everflow]


async def leave_affiliate(connection: Connection, caller: Caller, api: Everflow) -> None:
    """For an operation of affiliates: whose key it is. Raises Forbidden."""

    def find() -> int:
        with api.parts.catalog.reading() as session:
            return find_affiliate(session, caller)

    if connection.route_handler.opt.get(OF_AFFILIATES):
        connection.scope["state"][OF_AFFILIATES] = await asyncio.to_thread(find)


async def check_realm(_: Connection, caller: Caller, api: Everflow) -> None:
    """Raises Forbidden for a key of an affiliate: it lacks more than a scope."""

    def check() -> None:
        with api.parts.catalog.reading() as session:
            if key_of_affiliate(session, caller) is not None:
                raise Forbidden(NETWORKS_ONLY)

    await asyncio.to_thread(check)


EVERFLOW: Final = Dialect(
    name="everflow",
    title="Everflow's API",
    tag="Everflow",
    prefix="",
    error=ErrorBody,
    error_body=error_body,
    document_errors=lambda one: () if one.body is None else (404, 409, 413),
    key=lambda connection: connection.headers.get(KEY_HEADER, "").strip(),
    key_missing=f"Missing API key: send it in the header {KEY_HEADER}.",
    challenge=CHALLENGE,
    security=(("type", "apiKey"), ("in", "header"), ("name", "X-Eflow-API-Key")),
    limit=partial(PerMinute, shown=True),
    admitted=leave_affiliate,
    forbidden=check_realm,
)
