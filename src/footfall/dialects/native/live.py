"""`GET /events/live`: events as they come, as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The id of each is its event's, so a
browser that connects again goes on where it was, with no event twice and none left out.

A stream whose filters name ids that nothing known has begins with `event: notes`, whose data are a
JSON array of sentences. A stream that cannot read ends with `event: error`, whose data are those of
an error of this API. The account's other streams continue.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import msgspec
from litestar.response import Stream

from footfall.api.auth import authenticate
from footfall.api.event_files import prefetch_first
from footfall.api.notes import limited
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import Forbidden, Unauthorized, Unavailable
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.event_body import SHOWN
from footfall.dialects.native.events import read_fields, read_id, read_query
from footfall.dialects.native.filters import read_filters
from footfall.dialects.native.followers import Follower

QUIET_SECONDS: Final = 15.0
"""After so long without an event a comment is sent: proxies close what is silent."""

CHECK_SECONDS: Final = 5.0
"""Within so long a stream ends whose key was revoked, or whose member was signed out."""


class LiveQuery(msgspec.Struct, frozen=True):
    filters: dict[str, str] = {}
    after: str = ""
    fields: str = ""


@operation(
    "GET /events/live",
    "Follow events as server-sent events; Last-Event-ID goes on after one",
    query=LiveQuery,
    media_type="text/event-stream",
)
async def follow_events(call: Call) -> Stream:
    parts = call.api.parts
    query, filters = read_query(call, LiveQuery)
    wanted = read_filters(filters, call.account)
    fields = frozenset(read_fields(query.fields) or SHOWN)
    after = call.request.headers.get("last-event-id") or query.after
    given = read_id("Last-Event-ID", after) if after else None
    give_back = parts.live.take(call.account)  # before anything is awaited: many come at once
    try:
        seen = -1 if given is not None else parts.recorded(call.account)
        start = await parts.reader.as_of() if given is None else given
        follower = Follower(wanted, fields, start, seen)
        notes = await parts.unknown_ids(wanted, True)
        pieces = await prefetch_first(_follow(call, follower, notes, give_back))
    except BaseException:
        give_back()
        raise
    return Stream(
        pieces,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _follow(
    call: Call, follower: Follower, notes: Sequence[str], give_back: Callable[[], None]
) -> AsyncIterator[bytes]:
    """Until the server stops, or nothing can be read, or the caller may not read any more."""
    quiet_since = checked_at = time.monotonic()
    try:
        with call.api.followers.joined(call.account, follower):
            yield b"retry: 2000\n: following\n\n"
            if notes:  # whoever listens for events without a name does not notice it
                yield b"event: notes\ndata: %b\n\n" % msgspec.json.encode(limited(notes))
            while True:
                follower.woken.clear()
                if news := follower.news:
                    follower.news, quiet_since = b"", time.monotonic()
                    yield news
                    follower.sending = bool(follower.news)
                elif follower.ends:
                    return
                elif time.monotonic() - quiet_since > QUIET_SECONDS:
                    quiet_since = time.monotonic()
                    yield b": nothing new\n\n"
                if time.monotonic() - checked_at > CHECK_SECONDS:
                    checked_at = time.monotonic()
                    if not await _may_still_read(call):
                        return
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_SECONDS):
                        await follower.woken.wait()
    finally:
        give_back()


async def _may_still_read(call: Call) -> bool:
    try:
        (await authenticate(call.request, call.api.parts)).require(Scope.READ)
    except (Unauthorized, Forbidden):
        return False
    except Unavailable:
        pass  # it is read again
    return True
