"""A task that opens a catalog that could not be opened, and keeps its log short."""

import logging
from typing import Final

from footfall.catalog.catalog import SqlCatalog
from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask

REOPEN_SECONDS: Final = 3.0
CHECKPOINT_SECONDS: Final = 5.0
"""What came since the last one is in a log that, once damaged, ends without a word."""

log = logging.getLogger(__name__)


class CatalogKeeper:
    def __init__(self, catalog: SqlCatalog, background: Background) -> None:
        self._catalog = catalog
        self._background = background

    async def run(self) -> None:
        await PeriodicTask("Upkeep of the catalog", log, REOPEN_SECONDS).run(self._pass)

    async def _pass(self) -> float:
        await self._background.run(self._catalog.reopen)
        await self._background.run(self._catalog.checkpoint)
        return CHECKPOINT_SECONDS
