"""`GET /events/live`: events as they come, as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The id of each is its event's, so a
browser that connects again goes on where it was, with no event twice and none left out.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from litestar import get
from litestar.response import Stream

from footfall.calendar import EARLIEST_MS
from footfall.core.accounts import Scope
from footfall.core.errors import (
    Forbidden,
    RateLimited,
    StoreUnavailable,
    Unauthorized,
    Unavailable,
)
from footfall.core.ids import ID_MAX
from footfall.core.queries import EventFilter, Order
from footfall.dialects import Parts
from footfall.dialects.admission import authenticate
from footfall.native.filters import read_filters
from footfall.native.listing import Asked, OurParts, grouped, only, read_fields, read_id
from footfall.native.pages import page_query
from footfall.native.shown import SHOWN, show
from footfall.native.times import Window

LIVE_MAX: Final = 100
POLL_SECONDS: Final = 0.25
QUIET_SECONDS: Final = 15.0
"""After so long without an event a comment is sent: proxies close what is silent."""

CHECK_SECONDS: Final = 5.0
"""Within so long a stream ends whose key was revoked, or whose member was signed out."""

AT_ONCE: Final = 1_000
_OURS: Final = frozenset({"after", "fields"})

_under_way = 0


@get("/events/live", opt={"scope": Scope.READ})
async def follow_events(request: Asked, parts: OurParts) -> Stream:
    query = grouped(request.query_params.multi_items())
    filters = {name: values for name, values in query.items() if name not in _OURS}
    wanted = read_filters(filters, Window(EARLIEST_MS, ID_MAX, "UTC"), request.auth.account.id)
    wanted = msgspec.structs.replace(wanted, occurred_since=None, occurred_until=None)
    fields = frozenset(read_fields(only("fields", query["fields"])) if "fields" in query else SHOWN)
    after = request.headers.get("last-event-id", "")
    if not after and "after" in query:
        after = only("after", query["after"])
    if _under_way >= LIVE_MAX:
        raise RateLimited(f"{LIVE_MAX} live streams are open. Close one, or try again later.", 30)
    start = read_id("Last-Event-ID", after) if after else await parts.reader.as_of()
    return Stream(
        _follow(request, parts, wanted, fields, start),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _follow(
    request: Asked, parts: Parts, wanted: EventFilter, fields: frozenset[str], after: int
) -> AsyncIterator[bytes]:
    """Until the server stops, or the caller may not read any more. While nothing new is received
    the event store is left alone."""
    global _under_way
    _under_way += 1
    quiet_since = checked_at = time.monotonic()
    try:
        yield b"retry: 2000\n: following\n\n"
        while not parts.stopping.is_set():
            if time.monotonic() - checked_at > CHECK_SECONDS:
                checked_at = time.monotonic()
                if not await _may_still_read(request, parts):
                    return
            if parts.newest_id() > after:
                pieces, after = await _news(parts, wanted, fields, after)
                if pieces:
                    quiet_since = time.monotonic()
                    yield b"".join(pieces)
                    continue
            if time.monotonic() - quiet_since > QUIET_SECONDS:
                quiet_since = time.monotonic()
                yield b": nothing new\n\n"
            await asyncio.sleep(POLL_SECONDS)
    finally:
        _under_way -= 1


async def _may_still_read(request: Asked, parts: Parts) -> bool:
    try:
        (await authenticate(request, parts)).require(Scope.READ)
    except (Unauthorized, Forbidden):
        return False
    except Unavailable:
        pass  # it is asked again
    return True


async def _news(
    parts: Parts, wanted: EventFilter, fields: frozenset[str], after: int
) -> tuple[list[bytes], int]:
    """What came after this id, and up to which id that is."""
    try:
        as_of = await parts.reader.as_of()
        query = page_query(wanted, as_of, Order.ASCENDING, (), AT_ONCE)
        page = await parts.reader.events(msgspec.structs.replace(query, cursor=after))
    except StoreUnavailable:
        return [], after  # it is asked again; what is recorded meanwhile comes then
    pieces = [
        b"id: %d\nevent: event\ndata: %b\n\n" % (one.id, msgspec.json.encode(show(one, fields)))
        for one in page.events
    ]
    return pieces, as_of if page.cursor is None else page.cursor
