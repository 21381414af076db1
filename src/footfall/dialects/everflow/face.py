"""What every route of this dialect shares: who asks, how often, how it is answered.

    key → limit → scope → route → answer, or error → answer

Every answer to a key tells in `X-RateLimit-*` what is left of the limit.
https://developers.everflow.io, user-guide: request-response-format, errors, rate_limiting
"""

import asyncio
import logging
from typing import Any, Final

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import SkipValidation
from litestar.types import ExceptionHandlersMap

from footfall.api.auth import Connection, authenticate, needs_no_key, require_scope, take_request
from footfall.api.bodies import answer
from footfall.api.parts import Parts
from footfall.core.accounts import Caller
from footfall.core.destinations import DestinationRules
from footfall.core.errors import (
    FootfallError,
    Forbidden,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from footfall.dialects.everflow.failures import ErrorBody, error_answer
from footfall.dialects.everflow.index import Index
from footfall.dialects.everflow.view import (
    NETWORKS,
    NETWORKS_ONLY,
    OF_AFFILIATES,
    find_affiliate,
    is_affiliate,
)
from footfall.runtime.quotas import Quota

PREFIX: Final = NETWORKS
PREFIXES: Final = (
    *(PREFIX, "/v1/affiliates", "/v1/partners", "/v1/advertisers", "/v1/meta"),
    *("/sdk", "/s2s", "/scripts"),
)
"""The vendor's, for all roles of its keys: a path below one that is not served is refused in the
vendor's form. `/scripts` is where pages load the vendor's script from."""
KEY_HEADER: Final = "x-eflow-api-key"
CHALLENGE: Final = f'ApiKey realm="Everflow", header="{KEY_HEADER}"'
"""A scheme of ours: a 401 names one (RFC 9110, 15.5.2), and none that is registered is a header of
its own. Bearer is none of them, as a browser or a client may send a key there."""
MINUTE_SECONDS: Final = 60

log = logging.getLogger(__name__)

Asked = Request[Any, Caller, Any]
Answer = Response[bytes]


class Face:
    """The parts with this dialect's limits and rules."""

    def __init__(self, parts: Parts, index: Index) -> None:
        settings = parts.settings
        self.parts = parts
        self.public_base = settings.public_base
        self.rules = DestinationRules(
            own_bases=(settings.short_base, f"{settings.public_base}/s/"),
            allow_private=settings.allow_private_destinations,
        )
        self.index = index
        self._requests = Quota(settings.requests_per_minute, MINUTE_SECONDS)

    async def admit(self, connection: Connection) -> None:
        """The guard of every route: leaves the caller in `request.auth`."""
        if needs_no_key(connection):
            return
        secret = connection.headers.get(KEY_HEADER, "").strip()
        missing = f"Missing API key: send it in the header {KEY_HEADER}."
        caller = await authenticate(connection, self.parts, secret, missing)
        take_request(connection, self._requests, caller.id, reset=False)
        try:
            require_scope(connection, caller)
        except Forbidden:
            await asyncio.to_thread(self._check_realm, caller)
            raise
        if connection.route_handler.opt.get(OF_AFFILIATES):
            found = await asyncio.to_thread(self._affiliate_of, caller)
            connection.scope["state"][OF_AFFILIATES] = found
        connection.scope["auth"] = caller

    def _check_realm(self, caller: Caller) -> None:
        """Raises Forbidden for a key of an affiliate: it lacks more than a scope."""
        with self.parts.catalog.reading() as session:
            if is_affiliate(session, caller):
                raise Forbidden(NETWORKS_ONLY)

    def _affiliate_of(self, caller: Caller) -> int:
        with self.parts.catalog.reading() as session:
            return find_affiliate(session, caller)


OurFace = NamedDependency[SkipValidation[Face]]


# ── errors ────────────────────────────────────────────────────────────────────────────────────


def answer_error(_: Request[Any, Any, Any], error: FootfallError) -> Answer:
    """An expected failure."""
    status, body = error_answer(error)
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited | Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": CHALLENGE}
    return answer(body, status, headers)


def _explain(error: HTTPException) -> str:
    return {
        404: "There is nothing at this path.",
        405: "This path does not take this method.",
        413: "The body is too large. Send fewer or shorter values.",
    }.get(error.status_code, error.detail)


def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """A failure that the framework found, such as a body that is too large; and for the
    application a path or method below our prefix that no route takes."""
    return answer(ErrorBody.of(_explain(error)), error.status_code, error.headers)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Our own mistake: logged in full, told in one sentence."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    text = "Something went wrong on the server; its log has the details."
    return answer(ErrorBody.of(text), 500)


ERROR_HANDLERS: Final[ExceptionHandlersMap] = {
    FootfallError: answer_error,
    HTTPException: answer_http_error,
    Exception: answer_fault,
}
