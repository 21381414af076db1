"""`GET /events/live`: events as they come, as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The id of each is its event's, so a
browser that connects again goes on where it was, with no event twice and none left out.

    recorded(account) changed → one read for all streams that want the same → each stream

A stream whose filters name ids that nothing known has begins with `event: notes`, whose data are a
JSON array of sentences. A stream that cannot read ends with `event: error`, whose data are those of
an error of this API. The account's other streams continue.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextvars import Context
from typing import Any, Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Stream

from footfall.api.auth import authenticate
from footfall.api.notes import limited
from footfall.api.parts import Parts
from footfall.core.accounts import Scope
from footfall.core.errors import FootfallError, Forbidden, RateLimited, Unauthorized, Unavailable
from footfall.core.queries import EventFilter, Order
from footfall.dialects.native.event_body import SHOWN, show
from footfall.dialects.native.events import Asked, OurParts, grouped, only, read_fields, read_id
from footfall.dialects.native.failures import FAULT
from footfall.dialects.native.file_stream import begun
from footfall.dialects.native.filters import read_filters
from footfall.dialects.native.paging import page_query

POLL_SECONDS: Final = 0.25
QUIET_SECONDS: Final = 15.0
"""After so long without an event a comment is sent: proxies close what is silent."""

CHECK_SECONDS: Final = 5.0
"""Within so long a stream ends whose key was revoked, or whose member was signed out."""

PATIENCE_SECONDS: Final = 30.0
"""So long a read is tried again that may succeed later; then its streams end."""

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
        self.reading: asyncio.Task[None] | None = None
        """The read under way for it, and for those that want the same."""
        self.failing_since: float | None = None
        self.news = b""
        self.sending = False
        """Its caller has not taken the last news yet."""
        self.ends = False
        self.woken = asyncio.Event()

    def may_want(self, recorded: int) -> bool:
        """Whether a read would be for it, now that so many events are recorded."""
        return not (self.seen == recorded or self.sending or self.reading or self.ends)

    def give(self, news: bytes, *, ends: bool = False) -> None:
        self.news += news
        self.sending = self.sending or bool(news)
        self.ends = self.ends or ends
        self.woken.set()

    def end(self, last: bytes) -> None:
        self.give(b"" if self.ends else last, ends=True)

    def fail(self, error: FootfallError) -> None:
        """End, unless the error may pass: then after a while of it."""
        now = time.monotonic()
        if isinstance(error, (Unavailable, RateLimited)):
            self.failing_since = self.failing_since or now
            if now - self.failing_since <= PATIENCE_SECONDS:
                return
        self.end(_error(error.message, error.code))


class _Streams:
    """The streams of an account. Reads of few rows run one after another, and so do the others
    beside them: an account's streams take no more turns than one caller, and a long read holds no
    short one."""

    def __init__(self) -> None:
        self.followers: set[Follower] = set()
        self.few = asyncio.Lock()
        self.many = asyncio.Lock()


class Followers:
    """Looks for the streams of an account, with one read for all that want the same. An error
    belongs to the streams of its read. While nothing new is recorded the event store is left alone;
    a stream that has not sent its last news gets no others."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._streams: dict[int, _Streams] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def joined(self, account: int, follower: Follower) -> Iterator[None]:
        streams = self._streams.get(account)
        if streams is None:  # else its task goes on, also when the last stream has just left
            streams = self._streams[account] = _Streams()
            self._start(self._run(account, streams))
        streams.followers.add(follower)
        try:
            yield
        finally:
            streams.followers.discard(follower)
            read = follower.reading
            if read and all(one.reading is not read for one in streams.followers):
                read.cancel()  # nobody waits for it any more

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        # In a context of its own: it outlives the request that begins it.
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, account: int, streams: _Streams) -> None:
        while streams.followers:
            if self._parts.stopping.is_set():
                for one in streams.followers:
                    one.end(b"")
                break
            recorded = self._parts.recorded(account)
            alike: dict[bytes, list[Follower]] = {}
            for one in streams.followers:
                if one.may_want(recorded):
                    key = msgspec.json.encode((one.wanted, sorted(one.fields), one.after))
                    alike.setdefault(key, []).append(one)
            for same in alike.values():
                read = self._start(self._read(streams, same, recorded))
                for one in same:
                    one.reading = read
            await asyncio.sleep(POLL_SECONDS)
        del self._streams[account]

    async def _read(self, streams: _Streams, same: list[Follower], recorded: int) -> None:
        try:
            as_of = await self._parts.reader.as_of()
            news, after = await self._news(streams, same[0], as_of)
        except FootfallError as error:
            for one in same:
                one.fail(error)
        except Exception:
            log.exception("Live events cannot be read")
            for one in same:
                one.end(_error(FAULT["error"], FAULT["code"]))
        else:
            for one in same:
                one.after, one.failing_since = after, None
                if after == as_of:
                    one.seen = recorded
                if news:
                    one.give(news)
        finally:
            for one in same:
                one.reading = None

    async def _news(self, streams: _Streams, follower: Follower, as_of: int) -> tuple[bytes, int]:
        """What came after its last event, and up to which id that is."""
        query = page_query(follower.wanted, as_of, Order.ASCENDING, (), AT_ONCE)
        query = msgspec.structs.replace(query, cursor=follower.after)
        async with streams.few:
            page = await self._parts.reader.few_events(query)
        if page is None:
            async with streams.many:
                page = await self._parts.reader.events(query)
        news = b"".join(
            b"id: %d\nevent: event\ndata: %b\n\n"
            % (one.id, msgspec.json.encode(show(one, follower.fields)))
            for one in page.events
        )
        return news, as_of if page.cursor is None else page.cursor


def _error(text: str, code: str) -> bytes:
    return b"event: error\ndata: %b\n\n" % msgspec.json.encode({"error": text, "code": code})


OurFollowers = NamedDependency[SkipValidation[Followers]]


@get("/events/live", opt={"scope": Scope.READ})
async def follow_events(request: Asked, parts: OurParts, followers: OurFollowers) -> Stream:
    account = request.auth.account.id
    query = grouped(request.query_params.multi_items())
    filters = {name: values for name, values in query.items() if name not in _OURS}
    wanted = read_filters(filters, account)
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
        notes = await parts.unknown_ids(wanted, True)
        pieces = await begun(_follow(request, parts, followers, follower, notes, give_back))
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
    notes: Sequence[str],
    give_back: Callable[[], None],
) -> AsyncIterator[bytes]:
    """Until the server stops, or nothing can be read, or the caller may not read any more."""
    quiet_since = checked_at = time.monotonic()
    try:
        with followers.joined(request.auth.account.id, follower):
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
