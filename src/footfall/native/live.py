"""`GET /events/live`: events as they come, as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The id of each is its event's, so a
browser that connects again goes on where it was, with no event twice and none left out.

    recorded(account) changed → one look for all streams of the account → each stream

A stream that cannot read ends with `event: error`, whose data are those of an error of this API.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import Context
from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Stream

from footfall.calendar import EARLIEST_MS
from footfall.core.accounts import Scope
from footfall.core.errors import FootfallError, Forbidden, RateLimited, Unauthorized, Unavailable
from footfall.core.ids import ID_MAX
from footfall.core.queries import EventFilter, Order
from footfall.dialects import Parts
from footfall.dialects.admission import authenticate
from footfall.native.failures import FAULT
from footfall.native.filters import read_filters
from footfall.native.listing import Asked, OurParts, grouped, only, read_fields, read_id
from footfall.native.pages import page_query
from footfall.native.shown import SHOWN, show
from footfall.native.streams import begun
from footfall.native.times import Window

POLL_SECONDS: Final = 0.25
QUIET_SECONDS: Final = 15.0
"""After so long without an event a comment is sent: proxies close what is silent."""

CHECK_SECONDS: Final = 5.0
"""Within so long a stream ends whose key was revoked, or whose member was signed out."""

PATIENCE_SECONDS: Final = 30.0
"""So long a look is tried again that may succeed later; then its streams end."""

AT_ONCE: Final = 1_000
_OURS: Final = frozenset({"after", "fields"})

log = logging.getLogger(__name__)


class Follower:
    """A stream: which events, from where on, and what it was not given yet."""

    def __init__(
        self, wanted: EventFilter, fields: frozenset[str], after: int, seen: int = -1
    ) -> None:
        """`seen` is `Parts.recorded` when everything up to `after` was; -1 is never."""
        self.wanted = wanted
        self.fields = fields
        self.after = after
        self.seen = seen
        self.behind = False
        """There is more than one look gave."""
        self.news = b""
        self.sending = False
        """Its caller has not taken the last news yet."""
        self.ends = False
        self.woken = asyncio.Event()

    def give(self, news: bytes, *, ends: bool = False) -> None:
        self.news += news
        self.sending = self.sending or bool(news)
        self.ends = self.ends or ends
        self.woken.set()


class Followers:
    """Looks for the streams of an account, all at once. While nothing new is recorded the event
    store is left alone; a stream that has not sent its last news gets no others."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._followers: dict[int, set[Follower]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def joined(self, account: int, follower: Follower) -> Iterator[None]:
        everybody = self._followers.setdefault(account, set())
        everybody.add(follower)
        if len(everybody) == 1:
            # In a context of its own: it outlives the request that begins it.
            task = asyncio.get_running_loop().create_task(self._run(account), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            yield
        finally:
            everybody.discard(follower)

    async def _run(self, account: int) -> None:
        failing_since = 0.0
        while everybody := self._followers[account]:
            if self._parts.stopping.is_set():
                _end(everybody, b"")
                break
            try:
                await self._look(account, everybody)
                failing_since = 0.0
            except (Unavailable, RateLimited) as error:
                failing_since = failing_since or time.monotonic()
                if time.monotonic() - failing_since > PATIENCE_SECONDS:
                    _end(everybody, _error(error.message, error.code))
            except FootfallError as error:
                _end(everybody, _error(error.message, error.code))
            except Exception:
                log.exception("Live events cannot be read")
                _end(everybody, _error(FAULT["error"], FAULT["code"]))
            more = any(one.behind and not one.sending for one in everybody)
            await asyncio.sleep(POLL_SECONDS / 100 if more else POLL_SECONDS)
        del self._followers[account]

    async def _look(self, account: int, everybody: set[Follower]) -> None:
        recorded = self._parts.recorded(account)
        waiting = [one for one in everybody if one.seen != recorded and not one.sending]
        if not waiting:
            return
        as_of = await self._parts.reader.as_of()
        alike: dict[bytes, list[Follower]] = {}
        for one in waiting:
            key = msgspec.json.encode((one.wanted, sorted(one.fields), one.after))
            alike.setdefault(key, []).append(one)
        for same in alike.values():
            news, after = await self._news(same[0], as_of)
            for one in same:
                one.after, one.behind = after, after != as_of
                if not one.behind:
                    one.seen = recorded
                if news:
                    one.give(news)

    async def _news(self, follower: Follower, as_of: int) -> tuple[bytes, int]:
        """What came after its last event, and up to which id that is."""
        query = page_query(follower.wanted, as_of, Order.ASCENDING, (), AT_ONCE)
        query = msgspec.structs.replace(query, cursor=follower.after)
        page = await self._parts.reader.events(query)
        news = b"".join(
            b"id: %d\nevent: event\ndata: %b\n\n"
            % (one.id, msgspec.json.encode(show(one, follower.fields)))
            for one in page.events
        )
        return news, as_of if page.cursor is None else page.cursor


def _end(everybody: set[Follower], last: bytes) -> None:
    for one in everybody:
        one.give(b"" if one.ends else last, ends=True)


def _error(text: str, code: str) -> bytes:
    return b"event: error\ndata: %b\n\n" % msgspec.json.encode({"error": text, "code": code})


OurFollowers = NamedDependency[SkipValidation[Followers]]


@get("/events/live", opt={"scope": Scope.READ})
async def follow_events(request: Asked, parts: OurParts, followers: OurFollowers) -> Stream:
    account = request.auth.account.id
    query = grouped(request.query_params.multi_items())
    filters = {name: values for name, values in query.items() if name not in _OURS}
    wanted = read_filters(filters, Window(EARLIEST_MS, ID_MAX, "UTC"), account)
    wanted = msgspec.structs.replace(wanted, occurred_since=None, occurred_until=None)
    fields = frozenset(read_fields(only("fields", query["fields"])) if "fields" in query else SHOWN)
    after = request.headers.get("last-event-id", "")
    if not after and "after" in query:
        after = only("after", query["after"])
    given = read_id("Last-Event-ID", after) if after else None
    give_back = parts.live.take(account)  # before anything is awaited: many come at once
    try:
        seen = -1 if given is not None else parts.recorded(account)
        start = await parts.reader.as_of() if given is None else given
        follower = Follower(wanted, fields, start, seen)
        pieces = await begun(_follow(request, parts, followers, follower, give_back))
    except BaseException:
        give_back()
        raise
    return Stream(
        pieces,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _follow(
    request: Asked,
    parts: Parts,
    followers: Followers,
    follower: Follower,
    give_back: Callable[[], None],
) -> AsyncIterator[bytes]:
    """Until the server stops, or nothing can be read, or the caller may not read any more."""
    quiet_since = checked_at = time.monotonic()
    try:
        with followers.joined(request.auth.account.id, follower):
            yield b"retry: 2000\n: following\n\n"
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
                    if not await _may_still_read(request, parts):
                        return
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_SECONDS):
                        await follower.woken.wait()
    finally:
        give_back()


async def _may_still_read(request: Asked, parts: Parts) -> bool:
    try:
        (await authenticate(request, parts)).require(Scope.READ)
    except (Unauthorized, Forbidden):
        return False
    except Unavailable:
        pass  # it is asked again
    return True
