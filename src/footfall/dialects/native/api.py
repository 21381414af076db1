"""The native API: every operation.

POST /events         is in front of the framework: ingest.py
GET  /events         list them, a page or all; /events/{id} one of them
GET  /events/live    follow them
POST /reports        count them; /reports/schema says what may be queried
POST /counts/explain a number taken apart
/exports             files of events, made in the background
GET  /integrity      whether the books balance
/trackers            what reports back
/policies            what events are classified by, version after version
/retention           how long events are kept, and what would be deleted
/erasures            erase events, with a receipt; /deletions has all deletions
/archives            months as Parquet files
/session             sign in and out, and one-time links
/members             who may sign in
/keys                API keys
GET  /key            whose key this is, and what it may do
GET  /places         databases of places, their age and attribution
GET  /zones          time zones by their names of today
"""

from pathlib import Path
from typing import Any, Final

from litestar import Router

from footfall.api import openapi
from footfall.api.operations import operations_of
from footfall.api.parts import Parts
from footfall.api.router import router_of
from footfall.dialects.native import (
    archives,
    current_key,
    deletions,
    events,
    explain,
    exports,
    integrity,
    keys,
    live,
    members,
    places,
    policies,
    reports,
    retention,
    session,
    trackers,
    zones,
)
from footfall.dialects.native.dialect import NATIVE, Native
from footfall.dialects.native.ingest_body import INGEST

OPERATIONS: Final = operations_of(
    *(events, live, reports, explain, exports, integrity, trackers),
    *(policies, retention, deletions, archives),
    *(session, members, keys, current_key, places, zones),
)

EXAMPLES: Final = Path(__file__).with_name("examples.json")


def router(parts: Parts) -> Router:
    """All routes of this dialect."""
    return router_of(NATIVE, OPERATIONS, Native(parts))


def document() -> dict[str, Any]:
    """Its OpenAPI document."""
    return openapi.document_of(NATIVE, (INGEST, *OPERATIONS), EXAMPLES)
