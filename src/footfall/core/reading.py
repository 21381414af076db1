"""The read path: first what is journalled enters the store, then the store is asked.

    catch up → EventStore → answer

So a read sees every event that was answered before it began.
"""

from footfall.core.background import Background
from footfall.core.ports import CatchesUp, EventReader
from footfall.core.queries import (
    AdQuery,
    AdReport,
    CountQuery,
    EventQuery,
    Group,
    Page,
    Totals,
    TotalsQuery,
    TrackerReport,
    TrackerReportQuery,
)
from footfall.core.reports import Report, ReportQuery


class Reader:
    """Every face reads through this. Raises StoreUnavailable."""

    def __init__(self, loader: CatchesUp, store: EventReader, background: Background) -> None:
        self._loader = loader
        self._background = background
        self._store = store

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

    async def totals(self, query: TotalsQuery) -> Totals:
        await self._loader.catch_up()
        return await self._background.run(self._store.totals, query)

    async def ad_report(self, query: AdQuery) -> AdReport:
        await self._loader.catch_up()
        return await self._background.run(self._store.ad_report, query)
