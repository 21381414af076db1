"""Events that a transaction of the catalog promises, such as a scan that spends a pass.

    open ids → one transaction: what changes, and the event → keep: journal it → answer

The transaction decides. Once it is committed its event enters the journal exactly once: at once,
or, when the journal fails or the process dies in between, by a later pass of `run`.

A read that begins while ids are open waits for them, so that no event appears behind a page that
was read already.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from typing import Final

from footfall.capture.event_counts import EventCounts
from footfall.capture.id_generator import IdGenerator
from footfall.capture.ports import EventOutbox, Journal, JournalStalled
from footfall.core.errors import (
    FootfallError,
    JournalUnavailable,
    StoreUnavailable,
    Unavailable,
)
from footfall.core.events import Event
from footfall.core.queries import EventQuery
from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask
from footfall.runtime.reader import CatchesUp, EventReader

EVERY_SECONDS: Final = 2.0
AT_ONCE: Final = 1000
FORGOTTEN_AT_ONCE: Final = 20_000
WAITING_MAX: Final = 100_000
UNCLEAR_SECONDS: Final = 60.0
"""A transaction that its caller left ends before."""

log = logging.getLogger(__name__)


class PendingEvents:
    """Its methods run on the event loop. `earlier` are the events that were promised before this
    start: the store says whether they were journalled."""

    def __init__(
        self,
        book: EventOutbox,
        journal: Journal,
        ids: IdGenerator,
        loader: CatchesUp,
        store: EventReader,
        background: Background,
        wait_seconds_max: float,
    ) -> None:
        self._book = book
        self._journal = journal
        self._ids = ids
        self._loader = loader
        self._store = store
        self._background = background
        self._wait_seconds_max = wait_seconds_max
        self._earlier: list[Event] = book.pending_events()
        self._earlier_settled = asyncio.Event()
        if not self._earlier:
            self._earlier_settled.set()
        self._open: set[asyncio.Future[None]] = set()
        self._waiting: dict[int, Event] = {}
        self._stalled: set[int] = set()
        self._unclear: dict[int, float] = {}
        """Ids of transactions that ended in an error, each until when their commit may show."""
        self._kept: list[int] = []
        self._settling = asyncio.Lock()
        self.answered = EventCounts()
        self.recorded = 0
        """How many promised events were journalled since the start."""

    @asynccontextmanager
    async def open(self, count: int = 1) -> AsyncIterator[list[int]]:
        """Ids for the events of a transaction. Those that it does not promise are never used.

        Raises JournalUnavailable when too much is promised and waits for the journal.
        """
        if len(self._waiting) + len(self._stalled) >= WAITING_MAX:
            raise JournalUnavailable(
                "The journal takes nothing, and as much is promised as may be. Try again shortly."
            )
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._open.add(done)
        ids = self._ids.take(count)
        try:
            yield ids
        except BaseException as error:
            # A refusal rolled back. After anything else the commit may be on disk all the same.
            if isinstance(error, Unavailable) or not isinstance(error, FootfallError):
                self._unclear |= dict.fromkeys(ids, loop.time() + UNCLEAR_SECONDS)
            raise
        finally:
            self._open.discard(done)
            done.set_result(None)

    async def keep(self, events: Sequence[Event]) -> None:
        """Journal what a committed transaction promised. When the journal cannot take it, the
        events stay promised and follow later: the caller may be answered that they are recorded."""
        results = await asyncio.gather(
            *(self._journal.append(event) for event in events), return_exceptions=True
        )
        for event, result in zip(events, results, strict=True):
            if result is None:
                self._waiting.pop(event.id, None)
                self._count(event)
            elif isinstance(result, JournalStalled):
                self._waiting.pop(event.id, None)
                self._stalled.add(event.id)
                result.outcome.add_done_callback(partial(self._settle_stalled, event))
            else:
                self._waiting[event.id] = event
                if not isinstance(result, JournalUnavailable):
                    raise result

    def _count(self, event: Event) -> None:
        self._kept.append(event.id)
        self.recorded += 1
        self.answered.add(event.account, event.source, event.id)

    def _settle_stalled(self, event: Event, outcome: asyncio.Future[None]) -> None:
        """The disk took long over this event, and now it is known whether the journal has it."""
        self._stalled.discard(event.id)
        if outcome.exception() is None:
            self._count(event)
        else:
            self._waiting[event.id] = event

    async def catch_up(self) -> None:
        """Every event promised or answered before this call is in the event store. Raises
        StoreUnavailable when that takes too long, while promised events wait for the journal (they
        would appear behind a page that was read), and at once while the journal is not open."""
        if self._journal.unopened:
            raise StoreUnavailable(
                f"Recorded events may wait in the journal: {self._journal.unopened}"
            )
        if self._open:
            _, late = await asyncio.wait(set(self._open), timeout=self._wait_seconds_max)
            if late:
                raise StoreUnavailable("A change of the catalog takes long. Try again shortly.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._wait_seconds_max):
                await self._earlier_settled.wait()
        if self._unclear:
            async with self._settling:
                await self._clear_up()
        if self._waiting or self._earlier or self._stalled:
            raise StoreUnavailable("Recorded events wait for the journal. Try again shortly.")
        await self._loader.catch_up()

    async def as_of(self) -> int:
        """See `runtime.reader.Frontier`. Ids are given in the order of the journal, but for those
        of promises, and `catch_up` waits for these."""
        newest = self._ids.next()  # never used: whatever comes later is greater
        try:
            await self._journal.append()
        except JournalStalled:
            raise StoreUnavailable("The disk takes long over the newest events.") from None
        except JournalUnavailable:
            pass  # those before it are not recorded
        await self.catch_up()
        return newest

    async def run(self) -> None:
        """Keep what is not kept yet, and forget what is: again and again."""
        await PeriodicTask("Promised events", log, EVERY_SECONDS).run(self._pass)

    async def _pass(self) -> float:
        await self.settle()
        return EVERY_SECONDS

    async def settle(self) -> None:
        """One pass: nothing stays promised that is journalled when this begins, so that a restart
        does not journal it again. Raises Unavailable."""
        async with self._settling:
            await self._settle()

    async def _settle(self) -> None:
        await self._clear_up()
        if self._earlier:
            missing = await self._missing(self._earlier)
            self._kept += {event.id for event in self._earlier} - {event.id for event in missing}
            self._waiting |= {event.id: event for event in missing}
            self._earlier = []
            await self.keep(missing)
            self._earlier_settled.set()
        while self._waiting:
            some = list(islice(self._waiting.values(), AT_ONCE))
            await self.keep(some)
            if some[0].id in self._waiting:
                break  # the journal takes nothing yet
        for _ in range(0, len(self._kept), FORGOTTEN_AT_ONCE):
            kept = self._kept[:FORGOTTEN_AT_ONCE]
            del self._kept[:FORGOTTEN_AT_ONCE]
            try:
                await self._background.run(self._book.forget_promised, kept)
            except Unavailable:
                self._kept += kept
                raise

    async def _clear_up(self) -> None:
        """Keep what a transaction promised that ended in an error and is committed all the same:
        the disk may fail after the commit, and a caller may leave while it is under way."""
        if not self._unclear:
            return
        found = await self._background.run(self._book.pending_events, list(self._unclear))
        now = asyncio.get_running_loop().time()
        seen = {event.id for event in found}
        self._unclear = {
            id: until for id, until in self._unclear.items() if id not in seen and until > now
        }
        known = self._waiting.keys() | self._stalled | set(self._kept)
        await self.keep([event for event in found if event.id not in known])

    async def _missing(self, events: Sequence[Event]) -> list[Event]:
        """Those that neither the journal nor the event store has."""
        await self._loader.catch_up()
        found: set[int] = set()
        for account in {event.account for event in events}:
            ids = [event.id for event in events if event.account == account]
            for start in range(0, len(ids), AT_ONCE):
                some = tuple(ids[start : start + AT_ONCE])
                query = EventQuery(account=account, ids=some, fields=(), limit=len(some))
                page = await self._background.run(self._store.events, query)
                found |= {event.id for event in page.events}
        return [event for event in events if event.id not in found]
