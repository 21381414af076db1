"""What every endpoint of this dialect shares: who asks, how often, how it is answered.

    token → per-minute limit → scope → endpoint → answer, or error → answer

A failure is always `{"error": {"message": …}}`, nearly always with the status 400.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import SkipValidation
from litestar.types import ExceptionHandlersMap

from footfall.api.auth import (
    Connection,
    authenticate,
    bearer,
    find_by_key,
    needs_no_key,
    require_scope,
)
from footfall.api.bodies import answer
from footfall.api.parts import Parts
from footfall.core.accounts import Account, ApiKey
from footfall.core.destinations import DestinationRules
from footfall.core.errors import FootfallError, RateLimited, Unavailable
from footfall.dialects.copernica import php, wire
from footfall.dialects.copernica.login import Logins, is_login
from footfall.dialects.copernica.mailing import Writer
from footfall.dialects.copernica.requests import read_body
from footfall.runtime.quotas import Quota

MINUTE_SECONDS: Final = 60
TOKEN: Final = "access_token"  # noqa: S105 (the parameter's name)

log = logging.getLogger(__name__)

Answer = Response[bytes]
T = TypeVar("T")
Body = TypeVar("Body")


class Face:
    """The parts with this dialect's limits and rules."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self.parts = parts
        self.zone = ZoneInfo(settings.copernica_zone)
        self.base = settings.public_base
        self.writer = Writer(parts.signer, settings.public_base)
        self.rules = DestinationRules(
            own_bases=(settings.short_base, *(f"{settings.public_base}/{way}/" for way in "slp")),
            allow_private=settings.allow_private_destinations,
        )
        self.logins = Logins(parts.signer, parts.catalog, parts.clock)
        self._requests = Quota(settings.requests_per_minute, MINUTE_SECONDS)

    async def admit(self, connection: Connection) -> None:
        """The guard of every route: leaves the caller in `request.auth`."""
        if needs_no_key(connection):
            return
        # Of the rest of the query nothing is read for somebody who may not ask.
        token = php.read_text(connection.scope["query_string"], TOKEN).strip()
        login = token or bearer(connection)
        if is_login(login):
            caller = await asyncio.to_thread(self.logins.find_caller, login)
        else:
            caller = await authenticate(connection, self.parts, token or None)
        self._requests.take(caller.id)
        require_scope(connection, caller)
        connection.scope["auth"] = caller

    async def log_in(self, token: str) -> str:
        """The JSON Web Token of this key. Raises Unauthorized, RateLimited, Unavailable."""
        caller = await find_by_key(self.parts.catalog, token)
        self._requests.take(caller.id)
        assert isinstance(caller.who, ApiKey), "nobody else has a token"
        return await asyncio.to_thread(self.logins.write, caller.who)


OurFace = NamedDependency[SkipValidation[Face]]


class Asked(msgspec.Struct, frozen=True):
    """One request. `version` is 1 also for the paths without one, `root` what stands before the
    paths of the version, such as `/v4`; `id` is the one that the path names, "" for none, and
    `collection` the one that it names behind a profile."""

    account: Account
    version: int
    root: str
    id: str
    collection: str
    query: php.Values
    body: bytes
    content_type: str

    @property
    def rows_max(self) -> int:
        return 100 if self.version == 1 else 1000

    async def read(self, type: type[Body]) -> Body:
        """Its body, on a thread: a large one would keep pixels waiting. Raises InvalidRequest."""
        return await asyncio.to_thread(read_body, self.body, self.content_type, type)


Run = Callable[[Face, Asked], Awaitable[Answer]]


# ── answers to writes ─────────────────────────────────────────────────────────────────────────


def answer_created(face: Face, asked: Asked, path: str, id: int) -> Answer:
    """`path` leads to what was made, up to its id."""
    place = f"{face.base}{asked.root}/{path}/{id}"
    return _bare(201, {"X-Created": str(id), "X-location": place, "Location": place})


def answer_changed(face: Face, asked: Asked, path: str, id: int) -> Answer:
    if asked.version >= 3:
        return _bare(204)
    return _bare(303, {"Location": f"{face.base}{asked.root}/{path}/{id}"})


def answer_deleted(asked: Asked, noun: str, id: int | None) -> Answer:
    """`id` None: there was nothing to delete, which only v1 takes for a success."""
    headers = {} if id is None else {"X-deleted": f"{noun} {id}"}
    return _bare(204 if id is None or asked.version >= 3 else 200, headers)


def _bare(status: int, headers: Mapping[str, str] | None = None) -> Answer:
    return answer(b"", status, headers)


# ── errors ────────────────────────────────────────────────────────────────────────────────────


def answer_error(request: Request[Any, Any, Any], error: FootfallError) -> Answer:
    """An expected failure. Of one that is ours the details are in the log alone."""
    if isinstance(error, Unavailable):
        log.warning("%s %s: %s", request.method, request.url.path, error.message)
    status, body = wire.error_answer(error)
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited | Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    return answer(body, status, headers)


def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """A failure that the framework found; also for the application, where a path below this
    dialect's, or its method, is none of ours."""
    message = wire.INVALID_METHOD if error.status_code in (404, 405) else error.detail
    if error.status_code == 413:
        message = "Invalid data provided: the body is too large, send it in parts"
    # One of the server's limits is no mistake of the request: it keeps its status.
    status = 429 if error.status_code == 429 else 400
    return answer(wire.error_body(message), status, error.headers)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Our own mistake: logged in full, told in one sentence. The path alone: the query has the
    token."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    text = "Something went wrong on the server; its log has the details."
    return answer(wire.error_body(text), 500)


ERROR_HANDLERS: Final[ExceptionHandlersMap] = {
    FootfallError: answer_error,
    HTTPException: answer_http_error,
    Exception: answer_fault,
}
