"""What every route of this dialect shares: who asks, how often, how it is answered.

    OPTIONS → 204 · key → per-minute limit → scope → route → answer, or error → answer

The two limits are told apart as OpenQR's clients expect: an answer 429 with `X-RateLimit-*` is
the hourly quota of creations, one without is the limit of requests a minute.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import SkipValidation
from litestar.types import ASGIApp, ExceptionHandlersMap, Message, Receive, Send
from litestar.types import Scope as ASGIScope
from sqlalchemy.orm import Session

from footfall.catalog.idempotency import Answer, KeyedRequest, find_answer, keep_answer
from footfall.core.accounts import ApiKey, Caller, Member
from footfall.core.destinations import DestinationRules
from footfall.core.errors import (
    FootfallError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from footfall.dialects import Parts
from footfall.dialects.admission import Connection, authenticate, needs_no_key, require_scope
from footfall.dialects.bodies import answer
from footfall.dialects.openqr import wire
from footfall.quotas import Quota, Remaining

HOUR_SECONDS: Final = 3600
MINUTE_SECONDS: Final = 60

CORS: Final[Mapping[str, str]] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,POST,PATCH,DELETE,OPTIONS",
    "Access-Control-Allow-Headers": "Authorization,Content-Type,Idempotency-Key",
    "Access-Control-Expose-Headers": "X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,"
    "Retry-After,Idempotent-Replay",
    "Access-Control-Max-Age": "86400",
}
"""Pages of any origin may call: a key is only ever sent on purpose, never by the browser."""

log = logging.getLogger(__name__)

Asked = Request[Any, Caller, Any]


class Face:
    """The parts with this dialect's limits and rules."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self.parts = parts
        self.short_base = settings.short_base
        self.rules = DestinationRules(
            own_bases=(settings.short_base, f"{settings.public_base}/s/"),
            allow_private=settings.allow_private_destinations,
        )
        self._creations = Quota(settings.creations_per_hour, HOUR_SECONDS)
        self._requests = Quota(settings.requests_per_minute, MINUTE_SECONDS)

    async def admit(self, connection: Connection) -> None:
        """The guard of every route: leaves the caller in `request.auth`."""
        if needs_no_key(connection):
            return
        caller = await authenticate(connection, self.parts)
        self._requests.take(caller.id)
        require_scope(connection, caller)
        connection.scope["auth"] = caller

    def create(
        self, request: Asked, content: Any, units: int, make: Callable[[Session, int], Any]
    ) -> Response[bytes]:
        """Make something, count it against the quota and keep the answer for a repetition: all in
        one transaction, so that each of them happens or none. Answers 201."""
        now = self.parts.clock()
        account = request.auth.account.id
        quota = _quota_of(request.auth)
        keyed = None
        if (key := request.headers.get("idempotency-key")) is not None:
            name = f"{request.method} {request.url.path}"
            keyed = KeyedRequest(account=account, key=key, name=name, content=content)
        with self.parts.catalog.writing() as session:
            if keyed and (kept := find_answer(session, keyed, now)):
                headers = quota_headers(self._creations.look(*quota))
                headers["Idempotent-Replay"] = "true"
                return answer(kept.body.encode(), kept.status, headers)
            body = msgspec.json.encode(make(session, now))
            # A person at the dashboard makes a hundred at once; the vendor's quota is for programs.
            if isinstance(request.auth.who, Member):
                remaining = self._creations.look(*quota)
            else:
                remaining = self._take_creations(*quota, units)
            if keyed:
                keep_answer(session, keyed, Answer(201, body.decode()), now)
        return answer(body, 201, quota_headers(remaining))

    def _take_creations(self, key: str, limit: int | None, units: int) -> Remaining:
        try:
            return self._creations.take(key, units, limit)
        except RateLimited as error:
            left = self._creations.look(key, limit)
            raise RateLimited(
                f"The limit is {left.limit} new codes an hour; {left.remaining} are left and "
                f"this needs {units}. The first comes back in {error.retry_after_seconds} seconds. "
                "FOOTFALL_CREATIONS_PER_HOUR sets the limit of an account, "
                "footfall keys create --creations-per-hour one of a key's own.",
                error.retry_after_seconds,
                quota_headers(left),
            ) from None


OurFace = NamedDependency[SkipValidation[Face]]


def _quota_of(caller: Caller) -> tuple[str, int | None]:
    """What creations are counted by, and their limit: a key with a limit of its own counts for
    itself, every other for its account."""
    if isinstance(caller.who, ApiKey) and caller.who.creations_per_hour is not None:
        return caller.id, caller.who.creations_per_hour
    return str(caller.account.id), None


def quota_headers(remaining: Remaining) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(remaining.limit),
        "X-RateLimit-Remaining": str(remaining.remaining),
        "X-RateLimit-Reset": str(remaining.reset_unix_seconds),
    }


# ── errors ────────────────────────────────────────────────────────────────────────────────────


def answer_error(_: Request[Any, Any, Any], error: FootfallError) -> Response[bytes]:
    """An expected failure."""
    status, body = wire.error_answer(error)
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited):
        headers = {"Retry-After": str(error.retry_after_seconds), **error.headers}
    elif isinstance(error, Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    return answer(body, status, headers)


def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """A failure that the framework found: a wrong method, a body that is too large."""
    text = {
        404: "There is nothing at this path. GET /v1 lists what there is.",
        405: "This path does not take this method. GET /v1 lists what there is.",
        413: "The body is too large. Send fewer or shorter values.",
    }.get(error.status_code, error.detail)
    body = wire.ErrorBody(text, wire.status_code(error.status_code))
    return answer(body, error.status_code, error.headers)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Our own mistake: logged in full, told in one sentence."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    text = "Something went wrong on the server; its log has the details."
    return answer(wire.ErrorBody(text, "server_error"), 500)


def answer_unmatched(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """For the application: a path or method below `/v1` that no route takes. Routes of this
    dialect get their CORS headers from `open_to_browsers`; this answer never passes there."""
    response = answer_http_error(request, error)
    response.headers.update(CORS)
    return response


ERROR_HANDLERS: Final[ExceptionHandlersMap] = {
    FootfallError: answer_error,
    HTTPException: answer_http_error,
    Exception: answer_fault,
}


def open_to_browsers(app: ASGIApp) -> ASGIApp:
    """CORS headers on every answer, errors included."""
    added = [(name.lower().encode(), value.encode()) for name, value in CORS.items()]

    async def opened(scope: ASGIScope, receive: Receive, send: Send) -> None:
        async def send_opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await app(scope, receive, send_opened)

    return opened
