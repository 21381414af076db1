"""What every route of this dialect shares: who asks, how often, how it is answered.

    key → per-minute limit → scope → route → answer, or error → answer

Every answer to a key tells in `X-RateLimit-*` what is left of the limit.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import SkipValidation
from litestar.types import ExceptionHandlersMap
from sqlalchemy.orm import Session

from footfall.catalog.idempotency import Answer as KeptAnswer
from footfall.catalog.idempotency import KeyedRequest, find_answer, keep_answer
from footfall.core.accounts import Caller
from footfall.core.destinations import DestinationRules
from footfall.core.errors import FootfallError, RateLimited, Unauthorized, Unavailable
from footfall.dialects import Parts
from footfall.dialects.admission import (
    Connection,
    authenticate,
    needs_no_key,
    require_scope,
    take_request,
)
from footfall.dialects.bodies import answer
from footfall.dialects.vantio import nouns, wire
from footfall.dialects.vantio.drawing import Drawings
from footfall.dialects.vantio.impressions import Ends
from footfall.dialects.vantio.questions import ListQuery
from footfall.quotas import Quota

PREFIX: Final = "/api/v1"
MINUTE_SECONDS: Final = 60

NEXT_CURSOR: Final = "X-Next-Cursor"
LIMIT: Final = "X-Limit"
"""The limit that was used, in rows: at most `vantio_rows_max`, whatever the query asks for."""

log = logging.getLogger(__name__)

Asked = Request[Any, Caller, Any]
Answer = Response[bytes]


class Face:
    """The parts with this dialect's limits and rules."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self.parts = parts
        self.bases = wire.Bases(
            short=settings.short_base, images=f"{settings.public_base}{PREFIX}/posters/"
        )
        self.rules = DestinationRules(
            own_bases=(settings.short_base, f"{settings.public_base}/s/"),
            allow_private=settings.allow_private_destinations,
        )
        self.base = settings.public_base
        self.rows_max = settings.vantio_rows_max
        self.ends = Ends()
        self.drawings = Drawings()
        self._requests = Quota(settings.requests_per_minute, MINUTE_SECONDS)

    async def admit(self, connection: Connection) -> None:
        """The guard of every route: leaves the caller in `request.auth`."""
        if needs_no_key(connection):
            return
        caller = await authenticate(connection, self.parts)
        take_request(connection, self._requests, caller.id, reset=True)
        require_scope(connection, caller)
        connection.scope["auth"] = caller

    def create_once(
        self,
        request: Asked,
        key: str | None,
        content: msgspec.Struct,
        make: Callable[[Session, int], msgspec.Struct],
    ) -> Answer:
        """Make something and keep the answer for a repetition under the key, in one transaction.
        A key belongs to one path: a referral and an earning may have the same."""
        now = self.parts.clock()
        keyed = None
        if key:
            name = f"{request.method} {request.url.path.rstrip('/')}"
            keyed = KeyedRequest(
                account=request.auth.account.id,
                key=f"{name} {key}",
                name=name,
                content=content,
            )
        with self.parts.catalog.writing() as session:
            if keyed and (kept := find_answer(session, keyed, now)):
                return answer(kept.body.encode(), kept.status, {"Idempotent-Replay": "true"})
            body = msgspec.json.encode(make(session, now))
            if keyed:
                keep_answer(session, keyed, KeptAnswer(200, body.decode()), now)
        self.parts.wake_webhooks()
        return answer(body)


OurFace = NamedDependency[SkipValidation[Face]]


def list_page(
    request: Asked, face: Face, rows: type[nouns.Row], asked: ListQuery, **equal: str | None
) -> tuple[Sequence[nouns.Row], str | None]:
    """The part of a list that a query asks for. `equal` are its other filters by column; an empty
    one filters nothing. Raises InvalidRequest."""
    conditions = {
        column: value if column == "status" else nouns.read_id(value)
        for column, value in equal.items()
        if value
    }
    account = request.auth.account.id
    with face.parts.catalog.reading() as session:
        return nouns.list_rows(session, rows, account, conditions, asked.part(face.rows_max))


def answer_page(
    request: Asked, face: Face, asked: ListQuery, content: msgspec.Struct, cursor: str | None
) -> Answer:
    """A part of a list, with the limit that was used and, where there is more, the next page as a
    link (RFC 8288) and as a cursor: in headers, as the vendor's body has no place for them.
    `cursor` is None at the end of the list."""
    limit = asked.part(face.rows_max).limit
    headers = {LIMIT: str(limit)}
    if cursor:
        query = {**request.query_params, "limit": limit, "offset": asked.offset + limit}
        url = f"{face.base}{request.url.path}?{urlencode(query)}"
        headers |= {"Link": f'<{url}>; rel="next"', NEXT_CURSOR: cursor}
    return answer(content, headers=headers)


# ── errors ────────────────────────────────────────────────────────────────────────────────────


def answer_error(_: Request[Any, Any, Any], error: FootfallError) -> Answer:
    """An expected failure."""
    status, body = wire.error_answer(error)
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited | Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    return answer(body, status, headers)


def _explain(error: HTTPException) -> str:
    return {
        404: "There is nothing at this path.",
        405: "This path does not take this method.",
        413: "The body is too large. Send fewer or shorter values.",
    }.get(error.status_code, error.detail)


def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """A failure that the framework found, such as a body that is too large."""
    body = wire.error_body(error.status_code, _explain(error))
    return answer(body, error.status_code, error.headers)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Our own mistake: logged in full, told in one sentence."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    text = "Something went wrong on the server; its log has the details."
    return answer(wire.error_body(500, text), 500)


def answer_unmatched(_: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """For the application: a path or method below `/api/v1` that no route takes. Two vendors have
    their routes there, so nobody knows whose client asks: the answer has the form of both."""
    message = _explain(error)
    body = wire.error_body(error.status_code, message)
    both = {"error": body.error, "message": message, "errors": [message]}
    return answer(both, error.status_code, error.headers)


ERROR_HANDLERS: Final[ExceptionHandlersMap] = {
    FootfallError: answer_error,
    HTTPException: answer_http_error,
    Exception: answer_fault,
}
