"""The loader: takes batches from the journal and puts them into the event store, exactly once.

    take (seals the batch) → insert (under the batch's token) → release

A crash between any two of these repeats the same batch, said to come again, and the store adds
what it lacks of it. A batch that is too large for the store comes in pieces, each in this way.
When the store fails, the loader says so, waits, and does the same.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from footfall.capture.ports import Journal
from footfall.core.errors import StoreUnavailable
from footfall.core.ports import EventStore
from footfall.runtime.background import lower_priority

INTERVAL_SECONDS: Final = 0.4
"""From one batch to the next when nobody asks for its events: longer makes fewer, larger parts."""

ENOUGH_BYTES: Final = 8 << 20
"""So many wait for no turn: some 30,000 events."""

RETRY_SECONDS_MAX: Final = 5.0
STOP_SECONDS_MAX: Final = 5.0

log = logging.getLogger(__name__)


class Loader:
    """One thread. `catch_up` belongs to the event loop that writes the journal."""

    def __init__(
        self,
        journal: Journal,
        store: EventStore,
        wait_seconds_max: float,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """`prepare` is done on the thread before the first batch, again until it succeeds."""
        self._journal = journal
        self._store = store
        self._prepare = prepare
        self._prepared = False
        self._ready = asyncio.Event()
        self._wait_seconds_max = wait_seconds_max
        self._loaded = -1
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._wake = threading.Event()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)
        self._problem = ""

    def problem(self) -> str:
        """Why the last attempt failed, "" when it did not."""
        return self._problem

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self, seconds_max: float = STOP_SECONDS_MAX) -> None:
        """Finish the batch under way and stop; the rest stays in the journal. A batch that takes
        longer ends with the process, as after a crash."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds_max)

    async def catch_up(self) -> None:
        """Return when every event answered before this call is in the store.

        Raises StoreUnavailable after the stated wait: an answer that misses events is none. Until
        the journal is open and prepared, its position says nothing about the events in its file.
        """
        if self._ready.is_set() and self._loaded >= self._journal.position():
            return
        done = asyncio.get_running_loop().create_future()
        target: int | None = None
        try:
            async with asyncio.timeout(self._wait_seconds_max):
                await self._ready.wait()
                target = self._journal.position()
                if self._loaded < target:
                    self._waiters.append((target, done))
                    self._wake.set()
                    await done
        except TimeoutError:
            # The loader may have come so far in the same moment: then it is in the list no more.
            self._waiters = [waiter for waiter in self._waiters if waiter[1] is not done]
            if target is not None and self._loaded >= target:
                return
            raise StoreUnavailable(self._explain()) from None

    def _explain(self) -> str:
        """Why not every event is in the store."""
        last = f"Last error: {self._problem}" if self._problem else "Try again shortly."
        if not self._ready.is_set():
            return f"The journal is not ready, so recorded events may be missing. {last}"
        waiting = self._journal.backlog().events
        return f"The event store is behind by {waiting} events; nothing is lost. {last}"

    def _run(self) -> None:
        lower_priority()
        retry_seconds = 0.1
        while True:
            self._wake.clear()
            if self._stopping:  # looked at after it: who stops it says so first, then wakes it
                return
            began = time.monotonic()
            try:
                go_on = self._load()
            except Exception as error:  # whatever it is, this thread must go on trying
                if not self._problem:
                    log.warning("The loader waits: %s", error)
                self._problem = str(error)
                self._wake.wait(retry_seconds)
                retry_seconds = min(retry_seconds * 2, RETRY_SECONDS_MAX)
                continue
            if self._problem:
                log.warning("The loader goes on.")
            self._problem, retry_seconds = "", 0.1
            if not go_on:
                self._wake.wait(max(0.0, began + INTERVAL_SECONDS - time.monotonic()))

    def _load(self) -> bool:
        """One batch. Whether the next one follows at once."""
        if not self._prepared:
            self._prepare()
            self._prepared = True
            self.on_loop(self._ready.set)
        position = self._journal.position()
        batch = self._journal.take()
        if batch is None:
            if self._loaded < position:  # what was waiting is known to be stored
                self._advance(position)
            return False
        self._store.insert(batch, self._journal.release)
        self._advance(batch.last)
        if not batch.final:
            return True
        awaited = any(target > batch.last for target, _ in tuple(self._waiters))
        return awaited or self._journal.backlog().bytes >= ENOUGH_BYTES

    def _advance(self, loaded: int) -> None:
        self.on_loop(lambda: self._resolve(loaded))

    def on_loop(self, call: Callable[[], None]) -> None:
        """Call this on the event loop that started the loader. Any thread may ask."""
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(call)

    def _resolve(self, loaded: int) -> None:
        self._loaded = loaded
        for target, done in self._waiters:
            if target <= loaded and not done.done():
                done.set_result(None)
        self._waiters = [waiter for waiter in self._waiters if not waiter[1].done()]
