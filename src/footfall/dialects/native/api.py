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

from pathlib import Path
from typing import Any, Final

from litestar import Router
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from footfall.api import errors, openapi
from footfall.api.auth import Connection, authenticate, needs_no_key, require_scope
from footfall.api.operations import Operation, operations_of, with_examples
from footfall.api.parts import Parts
from footfall.api.router import router_of
from footfall.dialects.native import (
    archives,
    current_key,
    explain,
    exports,
    integrity,
    keys,
    live,
    members,
    places,
    policies,
    removals,
    reports,
    retention,
    session,
    trackers,
    zones,
)
from footfall.dialects.native import events as listing
from footfall.dialects.native.dialect import NATIVE, ErrorBody, Native
from footfall.dialects.native.ingest_encoding import BODY_BYTES_MAX
from footfall.dialects.native.operations import OPERATIONS as UNCONVERTED
from footfall.runtime.quotas import Quota

OPERATIONS: Final = operations_of(
    *(reports, explain, exports, integrity, trackers, policies, retention, removals, archives),
    *(session, members, keys, current_key, places, zones),
)

ROUTES: Final[list[BaseRouteHandler]] = [
    listing.list_events,
    listing.get_event,
    live.follow_events,
]


def routers(parts: Parts) -> list[Router]:
    """All routes of this dialect."""
    native = Native(parts)
    return [router_of(NATIVE, OPERATIONS, native), _unconverted(native)]


def _unconverted(native: Native) -> Router:
    parts = native.parts
    requests = Quota(parts.settings.requests_per_minute, 60)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        if needs_no_key(connection):
            return
        caller = await authenticate(connection, parts)
        requests.take(caller.id)
        require_scope(connection, caller)
        connection.scope["auth"] = caller

    return Router(
        path="/",
        route_handlers=ROUTES,
        dependencies={
            "parts": Provide(lambda: parts, sync_to_thread=False),
            "budgets": Provide(lambda: native.budgets, sync_to_thread=False),
            "followers": Provide(lambda: native.followers, sync_to_thread=False),
        },
        guards=[admit],
        exception_handlers=errors.handlers(NATIVE),
        request_max_body_size=BODY_BYTES_MAX,
        tags=["Native"],
    )


def described() -> tuple[Operation, ...]:
    """Every operation, with its example."""
    rows = (*UNCONVERTED, *NATIVE.described(OPERATIONS))
    return with_examples(rows, Path(__file__).with_name("examples.json"))


def document() -> dict[str, Any]:
    """Its OpenAPI document."""
    return openapi.document(NATIVE.title, ErrorBody, described())


OurParts = NamedDependency[SkipValidation[Parts]]
