"""Every operation of the native API, for its OpenAPI document. Tests hold it to the routes and send
its examples."""

from typing import Final

from footfall.api.openapi import Example
from footfall.dialects.native import (
    responses,
)
from footfall.dialects.native.describing import describe
from footfall.dialects.native.ingest_body import EventRequest

FILES: Final = (
    *("application/x-ndjson", "text/csv"),
    *("application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"),
)

# ── events ────────────────────────────────────────────────────────────────────────────────────

EVENT_ID: Final = "249866294386491392"
EVENT: Final = {
    "id": EVENT_ID,
    "occurred_at": "2026-07-03T12:05:09.000Z",
    "received_at": "2026-11-21T11:59:27.045Z",
    "kind": "delivery",
    "source": "native",
    "verdict": "counted",
    "emailing": "12",
    "metadata": {"attempt": 0},
}
TOLD: Final = {
    "id": "delivery-12-345",
    "kind": "delivery",
    "occurred_at": "2026-07-03T14:05:09+02:00",
    "references": {"emailing": "12"},
    "metadata": {"attempt": 0},
}
ROW: Final = {"country": "NL", "time": "2026-07-03", "counted": 12}
WINDOW: Final = {
    "since": "2026-07-01T00:00:00+02:00",
    "until": "2026-08-01T00:00:00+02:00",
    "zone": "Europe/Berlin",
}

_EVENTS: Final = (
    describe(
        "POST",
        "/events",
        "Tell of events that somebody else observed, as a JSON array, NDJSON, gzip or zstd",
        responses.Telling,
        Example(
            body=[TOLD],
            answer={
                "stored": 1,
                "duplicates": 0,
                "refused": 0,
                "durable": True,
                "events": [{"id": EVENT_ID, "status": "stored"}],
            },
        ),
        body=list[EventRequest],
    ),
    describe(
        "GET",
        "/events",
        "List events: a page as JSON, or all that match as a file",
        responses.EventPage,
        Example(
            query={"filters": {"kind": "delivery"}, "since": "2026-07-01", "limit": "2"},
            answer={
                "events": [EVENT],
                "next": None,
                "as_of": EVENT_ID,
                "total": {"events": 1, "exact": True},
                "policy": 1,
                "policy_applied": True,
                "complete": True,
                "notes": [],
            },
        ),
        query=responses.EventsQuery,
        also=FILES,
    ),
    describe(
        "GET",
        "/events/{id}",
        "Get one event",
        responses.EventShown,
        Example(path={"id": EVENT_ID}, answer=EVENT),
    ),
    describe(
        "GET",
        "/events/live",
        "Follow events as server-sent events; Last-Event-ID goes on after one",
        None,
        Example(query={"after": EVENT_ID}),
        query=responses.LiveQuery,
        media_type="text/event-stream",
    ),
)

OPERATIONS: Final = (*_EVENTS,)
