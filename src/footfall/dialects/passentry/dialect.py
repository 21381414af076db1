"""What every route of this dialect shares: who asks, how often, how it is answered.

key → requests a second → scope → route → answer, or error → answer
"""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import MutableScopeHeaders
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import SkipValidation
from litestar.types import ASGIApp, ExceptionHandlersMap, Message, Receive, Send
from litestar.types import Scope as ASGIScope
from sqlalchemy.orm import Session

from footfall.api.auth import Connection, authenticate, needs_no_key, require_scope
from footfall.api.bodies import answer
from footfall.api.parts import Parts
from footfall.core.accounts import Caller, Scope
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import (
    FootfallError,
    InvalidRequest,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from footfall.dialects.passentry.gate import Gate
from footfall.dialects.passentry.limits import SlidingSecond
from footfall.dialects.passentry.wallets import Wallets
from footfall.dialects.passentry.wire.documents import (
    JSON_API,
    ErrorBody,
    Links,
    Paging,
    error_answer,
    links,
)
from footfall.runtime.attempts import WrongTries

LIMIT_STATE: Final = "passentry_limit"
MEDIA_STATE: Final = "passentry_media"

log = logging.getLogger(__name__)

Asked = Request[Any, Caller, Any]
Answer = Response[bytes]
T = TypeVar("T")


class Face:
    """The parts with this dialect's limits and rules. `wallets`: see `wallets.py`."""

    def __init__(self, parts: Parts, wallets: Wallets | None = None) -> None:
        settings = parts.settings
        self.parts = parts
        self.base = settings.public_base
        self.wallets = wallets or {}
        self.allow_private = settings.allow_private_destinations
        self._rules = DestinationRules(own_bases=(), allow_private=self.allow_private)
        self.gate = Gate(parts.catalog.writing, parts.promises, self.base, parts.wake_webhooks)
        self._requests = SlidingSecond(settings.requests_per_second)
        self.reader_tries = WrongTries()

    async def admit(self, connection: Connection) -> None:
        """The guard of every route: leaves the caller in `request.auth`."""
        if needs_no_key(connection):
            return
        caller = await authenticate(connection, self.parts)
        scope = connection.scope
        path, method = scope["path_template"], str(scope.get("method"))
        scope["state"][LIMIT_STATE] = self._requests.take(caller.id, path, method)
        require_scope(connection, caller)
        scope["auth"] = caller

    def reading(self) -> AbstractContextManager[Session]:
        return self.parts.catalog.reading()

    def writing(self, *, claims: bool = True) -> AbstractContextManager[Session]:
        return self.parts.catalog.writing(claims=claims)

    def read_url(self, text: str, name: str) -> str:
        """A URL that this server may call. Raises InvalidRequest, UnsafeDestination."""
        url = read_destination(text, self._rules, name)
        if not url.startswith("https://") and not self.allow_private:
            raise InvalidRequest(f"{name} must begin with https://.")
        return url

    def links(self, request: Asked, paging: Paging, total: int) -> Links:
        base = f"{self.base}{request.scope['path'].rstrip('/')}"
        return links(base, dict(query_of(request)), paging, total)


OurFace = NamedDependency[SkipValidation[Face]]


def may_see_secrets(request: Asked) -> bool:
    """Whether the caller may change things; who only reads or scans sees no secret."""
    return request.auth.may(Scope.WRITE)


def may_read_passes(request: Asked) -> bool:
    """Whether the caller may be a reader, who needs the key of the passes."""
    return may_see_secrets(request) or request.auth.may(Scope.CAPTURE)


def query_of(request: Asked) -> Mapping[str, str]:
    """The last of each name, texts only."""
    return {name: str(value) for name, value in request.query_params.items()}


def apply(row: Any, changes: Mapping[str, Any]) -> None:
    """Set columns of a row."""
    for name, value in changes.items():
        setattr(row, name, value)


def required(value: T | msgspec.UnsetType | None, name: str) -> T:
    """Raises InvalidRequest for what is not there."""
    if value is None or isinstance(value, msgspec.UnsetType):
        raise InvalidRequest(f"{name} is missing.")
    return value


# ── errors ────────────────────────────────────────────────────────────────────────────────────


def answer_error(_: Request[Any, Any, Any], error: FootfallError) -> Answer:
    """An expected failure."""
    status, body = error_answer(error)
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited):
        headers = {"Retry-After": str(error.retry_after_seconds), **error.headers}
    elif isinstance(error, Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    return answer(body, status, headers)


def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """A failure that the framework found: a wrong method, a body that is too large."""
    text = {
        404: "There is nothing at this path.",
        405: "This path does not take this method.",
        413: "The body is too large. Send fewer or shorter values.",
    }.get(error.status_code, error.detail)
    return answer(ErrorBody([text]), error.status_code, error.headers)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Our own mistake: logged in full, told in one sentence."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    text = "Something went wrong on the server; its log has the details."
    return answer(ErrorBody([text]), 500)


ERROR_HANDLERS: Final[ExceptionHandlersMap] = {
    FootfallError: answer_error,
    HTTPException: answer_http_error,
    Exception: answer_fault,
}


def finish(app: ASGIApp) -> ASGIApp:
    """The limit's headers on every answer, and JSON:API's media type where it is asked for."""

    async def finished(scope: ASGIScope, receive: Receive, send: Send) -> None:
        asked = any(
            name == b"accept" and JSON_API.encode() in value for name, value in scope["headers"]
        )

        async def send_finished(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in scope["state"].get(LIMIT_STATE, {}).items():
                    headers[name] = value
                if asked and message["status"] < 400:
                    headers["content-type"] = JSON_API
            await send(message)

        await app(scope, receive, send_finished)

    return finished
