"""The read path: first what is journalled enters the store, then the store is queried, in turns.

    catch up → a turn → EventStore → answer

So a read sees every event that was answered before it began.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from footfall.core.queries import (
    AdQuery,
    AdReport,
    EventQuery,
    Page,
    TrackerReport,
    TrackerReportQuery,
)
from footfall.core.reports import Report, ReportQuery
from footfall.runtime.extracts import EventFiles, Extract, Slice
from footfall.runtime.read_queue import Turns

T = TypeVar("T")
Query = EventQuery | TrackerReportQuery | ReportQuery | AdQuery
Q = TypeVar("Q", EventQuery, TrackerReportQuery, ReportQuery, AdQuery)


class EventReader(Protocol):
    """Where events are requested. Every method blocks; any may raise StoreUnavailable."""

    def events(self, query: EventQuery) -> Page: ...

    def tracker_report(self, query: TrackerReportQuery) -> TrackerReport: ...

    def report(self, query: ReportQuery) -> Report:
        """Raises TooLarge when it would read or give more than it may."""

    def ad_report(self, query: AdQuery) -> AdReport: ...


class ReadableStore(EventReader, EventFiles, Protocol):
    """All that is read of the event store."""

    def rows(self, query: Query) -> int:
        """At most how many rows of events or counts a query looks at or gives, 0 when that is few
        for sure. Blocks for milliseconds."""


class CatchesUp(Protocol):
    """The loader, as readers see it."""

    async def catch_up(self) -> None:
        """Return when every event answered before this call is in the event store.

        Raises StoreUnavailable when that takes too long.
        """


class Frontier(CatchesUp, Protocol):
    """The loader and the promises, as readers see them."""

    async def as_of(self) -> int:
        """An id up to which nothing new will appear: every event with such an id is in the event
        store, or never was recorded. Raises StoreUnavailable."""


class Reader:
    """Every API reads through this. Raises StoreUnavailable, StoreDefect, RateLimited, TooLarge.

    `turns.hold` is the account's turn for several reads and what is made of them."""

    def __init__(self, loader: Frontier, store: ReadableStore, turns: Turns) -> None:
        self._loader = loader
        self._store = store
        self.turns = turns

    async def as_of(self) -> int:
        """An id up to which nothing new will appear, behind no page and in no count."""
        return await self._loader.as_of()

    async def _read(self, work: Callable[[Q], T], query: Q) -> T:
        await self._loader.catch_up()
        rows = self._store.rows
        return await self.turns.read(query.account, lambda: rows(query), lambda: work(query))

    async def is_small(self, query: Q) -> bool:
        """Whether a read looks at so little that it needs no turn."""
        await self._loader.catch_up()
        return await self.turns.is_small(query.account, lambda: self._store.rows(query))

    async def events(self, query: EventQuery) -> Page:
        return await self._read(self._store.events, query)

    async def few_events(self, query: EventQuery) -> Page | None:
        """The same, without a turn; None when it looks at too many rows for that."""
        if not await self.is_small(query):
            return None
        return await self.turns.read(query.account, None, lambda: self._store.events(query))

    async def tracker_report(self, query: TrackerReportQuery) -> TrackerReport:
        return await self._read(self._store.tracker_report, query)

    async def report(self, query: ReportQuery) -> Report:
        return await self._read(self._store.report, query)

    async def ad_report(self, query: AdQuery) -> AdReport:
        return await self._read(self._store.ad_report, query)

    async def find_slice(self, extract: Extract, rows: int) -> Slice | None:
        """Of what is in the store: the caller has read `as_of` before."""
        return await self._slice(extract, lambda: self._store.find_slice(extract, rows))

    async def read_slice(self, extract: Extract, *, first: bool) -> bytes:
        return await self._slice(
            extract, lambda: b"".join(self._store.read_slice(extract, first=first))
        )

    async def merge_slices(self, extract: Extract, slices: Path, target: Path) -> None:
        """The file of these slices, at `target`."""

        def write() -> None:
            with target.open("wb") as file:
                file.writelines(self._store.merge_slices(extract, slices))

        await self._slice(extract, write)

    async def _slice(self, extract: Extract, work: Callable[[], T]) -> T:
        return await self.turns.slice(extract.query.account, work)
