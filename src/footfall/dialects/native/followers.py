"""The open streams of live events, and the reads that feed them.

recorded(account) changed → one read for all streams that want the same → each stream
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine, Iterator
from contextvars import Context
from typing import Any, Final

import msgspec

from footfall.api.errors import FAULT
from footfall.api.parts import Parts
from footfall.core.errors import FootfallError, RateLimited, Unavailable
from footfall.core.queries import EventFilter, EventQuery, Order
from footfall.dialects.native.event_body import show

POLL_SECONDS: Final = 0.25

PATIENCE_SECONDS: Final = 30.0
"""So long a read is tried again that may succeed later; then its streams end."""

AT_ONCE: Final = 1_000

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
                one.end(_error(FAULT, "error"))
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
        wanted = msgspec.structs.replace(follower.wanted, below=as_of + 1)
        query = EventQuery(
            **msgspec.structs.asdict(wanted),
            order=Order.ASCENDING,
            cursor=follower.after,
            limit=AT_ONCE,
        )
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
