"""The native API's routes, and what they share: who asks, how often, how errors are answered.

    POST /events         tell of events that somebody else observed
    GET  /events         list them, a page or all; /events/{id} one of them
    GET  /events/live    follow them
    POST /reports        count them; /reports/schema says what may be asked
    GET  /integrity      whether the books balance
    /retention      how long events are kept, and what would go
    /erasures       erase events, with a receipt; /removals has all that took events away
    /archives       months as Parquet files

An error is `{"error": "…", "code": "…"}`; the code is that of `core.errors`.
"""

import logging
from typing import Any, Final

from litestar import Request, Response, Router
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation
from litestar.types import ExceptionHandlersMap

from footfall.core.errors import FootfallError, RateLimited, Unauthorized, Unavailable
from footfall.core.quotas import Quota
from footfall.dialects import Parts
from footfall.dialects.admission import Connection, authenticate, require_scope
from footfall.dialects.bodies import answer
from footfall.native import listing, live, removal, reports
from footfall.native.budgets import Budgets
from footfall.native.events import BODY_BYTES_MAX, tell_events
from footfall.native.integrity import tell_integrity

STATUS: Final = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "rate_limited": 429,
    "catalog_unavailable": 503,
    "journal_unavailable": 503,
    "store_unavailable": 503,
    "unavailable": 503,
}
"""By code; any other is 400."""

ROUTES: Final[list[BaseRouteHandler]] = [
    listing.list_events,
    listing.get_event,
    live.follow_events,
    reports.make_report,
    reports.get_schema,
    tell_integrity,
]

log = logging.getLogger(__name__)


def router(parts: Parts) -> Router:
    requests = Quota(parts.settings.requests_per_minute, 60)
    budgets = Budgets(parts.settings.report_rows_per_minute)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        caller = await authenticate(connection, parts.catalog)
        requests.take(str(caller.key.id))
        require_scope(connection, caller)
        connection.scope["auth"] = caller

    return Router(
        path="/",
        route_handlers=[tell_events, *ROUTES, *removal.ROUTES],
        dependencies={
            "parts": Provide(lambda: parts, sync_to_thread=False),
            "budgets": Provide(lambda: budgets, sync_to_thread=False),
        },
        guards=[admit],
        exception_handlers=ERROR_HANDLERS,
        request_max_body_size=BODY_BYTES_MAX,
        tags=["Native"],
    )


def answer_error(_: Request[Any, Any, Any], error: FootfallError) -> Response[bytes]:
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited | Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    body = {"error": error.message, "code": error.code}
    return answer(body, STATUS.get(error.code, 400), headers)


def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    texts = {
        405: "This path does not take this method.",
        413: f"The body is larger than {BODY_BYTES_MAX >> 20} MB. Send fewer events at once.",
    }
    code = "too_large" if error.status_code == 413 else "invalid_request"
    body = {"error": texts.get(error.status_code, error.detail), "code": code}
    return answer(body, error.status_code, error.headers)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Our own mistake: logged in full, told in one sentence."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    body = {"error": "Something went wrong on the server; its log has the details."}
    return answer({**body, "code": "error"}, 500)


ERROR_HANDLERS: Final[ExceptionHandlersMap] = {
    FootfallError: answer_error,
    HTTPException: answer_http_error,
    Exception: answer_fault,
}
OurParts = NamedDependency[SkipValidation[Parts]]
