"""The native API's routes, and what they share: who asks, how often, how errors are answered.

    POST /events         is in front of the framework: telling.py
    GET  /events         list them, a page or all; /events/{id} one of them
    GET  /events/live    follow them
    POST /reports        count them; /reports/schema says what may be asked
    /exports             files of events, made in the background
    POST /counts/explain a number taken apart
    GET  /integrity      whether the books balance
    /policies       what events are judged by, version after version
    /retention      how long events are kept, and what would go
    /erasures       erase events, with a receipt; /removals has all that took events away
    /archives       months as Parquet files
    /trackers       what reports back
    /session        sign in and out, and one-time links
    /members        who may sign in
    /keys           API keys
    GET  /key            whose key this is, and what it may do
    GET  /places         databases of places, their age and attribution
    GET  /zones          time zones by their names of today

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

from footfall.api.auth import Connection, authenticate, needs_no_key, require_scope
from footfall.api.bodies import answer
from footfall.api.parts import Parts
from footfall.core.errors import FootfallError
from footfall.dialects.native import events as listing
from footfall.dialects.native import (
    explain,
    exports,
    keys,
    live,
    members,
    policies,
    reports,
    retention,
    session,
    trackers,
)
from footfall.dialects.native.budgets import Budgets
from footfall.dialects.native.current_key import get_key
from footfall.dialects.native.failures import FAULT, status_and_headers
from footfall.dialects.native.ingest_encoding import BODY_BYTES_MAX
from footfall.dialects.native.integrity import tell_integrity
from footfall.dialects.native.places import list_places
from footfall.dialects.native.zones import list_zones
from footfall.runtime.quotas import Quota

ROUTES: Final[list[BaseRouteHandler]] = [
    listing.list_events,
    listing.get_event,
    live.follow_events,
    reports.make_report,
    reports.get_schema,
    explain.explain_count,
    tell_integrity,
    get_key,
    list_places,
    list_zones,
]

log = logging.getLogger(__name__)


def router(parts: Parts) -> Router:
    requests = Quota(parts.settings.requests_per_minute, 60)
    followers = live.Followers(parts)
    budgets = Budgets(parts.settings.report_rows_per_minute)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        if needs_no_key(connection):
            return
        caller = await authenticate(connection, parts)
        requests.take(caller.id)
        require_scope(connection, caller)
        connection.scope["auth"] = caller

    return Router(
        path="/",
        route_handlers=[
            *ROUTES,
            *exports.ROUTES,
            *retention.ROUTES,
            *trackers.ROUTES,
            *session.ROUTES,
            *members.ROUTES,
            *keys.ROUTES,
            *policies.ROUTES,
        ],
        dependencies={
            "parts": Provide(lambda: parts, sync_to_thread=False),
            "budgets": Provide(lambda: budgets, sync_to_thread=False),
            "followers": Provide(lambda: followers, sync_to_thread=False),
            "attempts": Provide(lambda: parts.attempts, sync_to_thread=False),
        },
        guards=[admit],
        exception_handlers=ERROR_HANDLERS,
        request_max_body_size=BODY_BYTES_MAX,
        tags=["Native"],
    )


def answer_error(_: Request[Any, Any, Any], error: FootfallError) -> Response[bytes]:
    status, headers = status_and_headers(error)
    return answer({"error": error.message, "code": error.code}, status, headers)


def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    texts = {
        404: "There is nothing at this path. GET /docs lists what there is.",
        405: "This path does not take this method.",
        413: f"The body is larger than {BODY_BYTES_MAX >> 20} MB. Send fewer events at once.",
    }
    codes = {
        401: "unauthorized",
        403: "forbidden",
        404: "not_found",
        413: "too_large",
        429: "rate_limited",
    }
    code = codes.get(error.status_code, "invalid_request")
    body = {"error": texts.get(error.status_code, error.detail), "code": code}
    return answer(body, error.status_code, error.headers)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Our own mistake: logged in full, told in one sentence."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(FAULT, 500)


ERROR_HANDLERS: Final[ExceptionHandlersMap] = {
    FootfallError: answer_error,
    HTTPException: answer_http_error,
    Exception: answer_fault,
}
OurParts = NamedDependency[SkipValidation[Parts]]
