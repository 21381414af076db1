"""Background task that checks the event store's disk every second."""

import logging
from typing import Final

from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask
from footfall.store.store import ClickHouseStore

WATCH_SECONDS: Final = 1.0

log = logging.getLogger(__name__)


class StoreKeeper:
    def __init__(self, store: ClickHouseStore, background: Background) -> None:
        self._store = store
        self._background = background

    async def run(self) -> None:
        await PeriodicTask("Checks of the event store's disk", log, WATCH_SECONDS).run(self._pass)

    async def _pass(self) -> float:
        await self._background.run(self._store.watch_disk)
        return WATCH_SECONDS
