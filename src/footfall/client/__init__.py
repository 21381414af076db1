"""A client of a Footfall server, in both of Python's ways: `Footfall` and `AsyncFootfall`.

    from footfall.client import Footfall

    with Footfall("http://localhost:3000", key) as footfall:
        for event in footfall.events(country="NL", since="2026-07-01"):
            print(event.occurred_at, event.kind)

It needs httpx and msgspec, and imports nothing else of this package. docs/client.md has it all.

    clients.py ──► calls.py: what is sent and what is made of the answers
    (does it)      (says it: generators of steps, the same for both)     answers.py  errors.py
"""

from footfall.client.answers import (
    Event,
    EventPage,
    Explanation,
    Export,
    IngestResult,
    Integrity,
    Outcome,
    Policy,
    PolicyList,
    PolicyPreview,
    Report,
    Total,
    Tracker,
    Waterfall,
    Window,
)
from footfall.client.clients import AsyncFootfall, Footfall
from footfall.client.errors import (
    BadRequest,
    Conflict,
    FootfallError,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorized,
    Unavailable,
    Unreachable,
)

__all__ = [
    "AsyncFootfall",
    "BadRequest",
    "Conflict",
    "Event",
    "EventPage",
    "Explanation",
    "Export",
    "Footfall",
    "FootfallError",
    "Forbidden",
    "IngestResult",
    "Integrity",
    "NotFound",
    "Outcome",
    "Policy",
    "PolicyList",
    "PolicyPreview",
    "RateLimited",
    "Refused",
    "Report",
    "ServerFault",
    "Total",
    "Tracker",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
    "Waterfall",
    "Window",
]
