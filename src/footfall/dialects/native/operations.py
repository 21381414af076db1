"""Every operation of the native API, for its OpenAPI document. Tests hold it to the routes and send
its examples."""

from typing import Final

from footfall.api.openapi import Example
from footfall.dialects.native import (
    responses,
)
from footfall.dialects.native.describing import describe
from footfall.dialects.native.explain import ExplainRequest
from footfall.dialects.native.ingest_body import EventRequest
from footfall.dialects.native.reports import ReportRequest

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

# ── counts ────────────────────────────────────────────────────────────────────────────────────

_COUNTS: Final = (
    describe(
        "POST",
        "/reports",
        "Count events by up to three dimensions",
        responses.ReportShown,
        Example(
            body={
                "metrics": ["counted"],
                "dimensions": ["country", {"time": "day"}],
                **WINDOW,
                "filters": {"source": ["openqr"], "os.not": "iOS"},
                "top": 5,
                "compare": "previous",
            },
            answer={
                "rows": [{**ROW, "previous": {"time": "2026-06-03", "counted": 10}}],
                "totals": {"counted": 12, "previous": {"counted": 10}},
                "other": None,
                "omitted": 0,
                "sums_of_days": [],
                "complete": True,
                "notes": [],
                "window": WINDOW,
                "previous_window": {**WINDOW, "since": "2026-06-01T00:00:00+02:00"},
                "source": "events",
                "estimated": [],
                "relative_error": None,
                "rows_read": 1234,
                "bytes_read": 56789,
                "policy": 1,
                "policy_applied": True,
                "milliseconds": 3.2,
                "as_of": EVENT_ID,
                "lag_seconds": 0.0,
            },
        ),
        body=ReportRequest,
    ),
    describe(
        "POST",
        "/counts/explain",
        "Take a number apart, from received to counted to unique",
        responses.Explained,
        Example(
            body={**WINDOW, "filters": {"source": ["openqr"]}},
            answer={
                "received": 100,
                "steps": [
                    {
                        "verdict": "bot",
                        "events": 20,
                        "remaining": 80,
                        "reasons": [{"reason": "user agent", "events": 20}],
                    }
                ],
                "counted": 80,
                "interactions": 80,
                "with_visitor": 79,
                "uniques": 71,
                "recipients": 0,
                "estimated": ["uniques", "recipients"],
                "relative_error": 0.0,
                "reasons_omitted": 0,
                "sums_of_days": ["uniques"],
                "window": WINDOW,
                "source": "events",
                "rows_read": 1234,
                "bytes_read": 56789,
                "policy": 1,
                "policy_applied": True,
                "as_of": EVENT_ID,
                "lag_seconds": 0.0,
                "notes": [],
            },
        ),
        body=ExplainRequest,
    ),
    describe(
        "GET",
        "/reports/schema",
        "What may be asked",
        responses.SchemaShown,
        Example(
            answer={
                "metrics": {"counted": "what counts: events with the verdict counted"},
                "dimensions": {"country": "counted in advance"},
                "time": ["hour", "day"],
                "operators": ["is", "not"],
                "times": ["occurred_at", "received_at"],
                "order_by": ["counted"],
                "week_start": ["monday"],
                "limits": {"dimensions": 3},
            }
        ),
    ),
)

OPERATIONS: Final = (
    *_EVENTS,
    *_COUNTS,
)
