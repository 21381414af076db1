"""The read path: first what is journalled enters the store, then the store is asked.

    catch up → EventStore → answer

So a read sees every event that was answered before it began.
"""

from pathlib import Path

from footfall.core.background import Background
from footfall.core.ports import Frontier, ReadableStore
from footfall.core.queries import (
    AdQuery,
    AdReport,
    CountQuery,
    EventQuery,
    Extract,
    Group,
    Page,
    Slice,
    Totals,
    TotalsQuery,
    TrackerReport,
    TrackerReportQuery,
)
from footfall.core.reports import Report, ReportQuery


class Reader:
    """Every face reads through this. Raises StoreUnavailable."""

    def __init__(self, loader: Frontier, store: ReadableStore, background: Background) -> None:
        self._loader = loader
        self._background = background
        self._store = store

    async def as_of(self) -> int:
        """An id up to which nothing new will appear, behind no page and in no count."""
        return await self._loader.as_of()

    async def events(self, query: EventQuery) -> Page:
        await self._loader.catch_up()
        return await self._background.run(self._store.events, query)

    async def count(self, query: CountQuery) -> list[Group]:
        await self._loader.catch_up()
        return await self._background.run(self._store.count, query)

    async def tracker_report(self, query: TrackerReportQuery) -> TrackerReport:
        await self._loader.catch_up()
        return await self._background.run(self._store.tracker_report, query)

    async def report(self, query: ReportQuery) -> Report:
        await self._loader.catch_up()
        return await self._background.run(self._store.report, query)

    async def find_slice(self, extract: Extract, rows: int) -> Slice | None:
        """Of what is in the store: who begins has asked `as_of` before."""
        return await self._background.run(self._store.find_slice, extract, rows)

    async def read_slice(self, extract: Extract, *, first: bool) -> bytes:
        return await self._background.run(
            lambda: b"".join(self._store.read_slice(extract, first=first))
        )

    async def merge_slices(self, extract: Extract, slices: Path, target: Path) -> None:
        """The file of these slices, at `target`."""

        def write() -> None:
            with target.open("wb") as file:
                file.writelines(self._store.merge_slices(extract, slices))

        await self._background.run(write)

    async def totals(self, query: TotalsQuery) -> Totals:
        await self._loader.catch_up()
        return await self._background.run(self._store.totals, query)

    async def ad_report(self, query: AdQuery) -> AdReport:
        await self._loader.catch_up()
        return await self._background.run(self._store.ad_report, query)
