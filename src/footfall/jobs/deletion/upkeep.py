"""What happens by itself: erasing deleted trackers, and what is past its account's days.

Both are found in the catalog again after a crash, and both can be repeated without harm. What goes
by its age goes only while the clock is believed.
"""

import asyncio
import logging
from typing import Final

from footfall.capture.ports import IngestJournal
from footfall.capture.visitor_salt import DailySalt
from footfall.catalog.catalog import SqlCatalog
from footfall.core.ids import Clock
from footfall.jobs.deletion.deletions import Deletions
from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask
from footfall.runtime.watched_clock import WatchedClock

EVERY_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 10.0
SETTLED_MS: Final = 10_000


log = logging.getLogger(__name__)


class Upkeep:
    """Two tasks on the event loop, so that an erasure that waits delays neither the watch of the
    clock nor retention; the work itself runs on threads."""

    def __init__(
        self,
        catalog: SqlCatalog,
        deletion: Deletions,
        journal: IngestJournal,
        background: Background,
        visitor_salt: DailySalt,
        clock: Clock,
        watched: WatchedClock,
    ) -> None:
        self._catalog = catalog
        self._deletion = deletion
        self._journal = journal
        self._background = background
        self._visitor_salt = visitor_salt
        self._clock = clock
        self._watched = watched
        self._erasure = PeriodicTask("Erasures of trackers", log, RETRY_SECONDS)
        self._retention = PeriodicTask("Retention", log, RETRY_SECONDS)

    def wake(self) -> None:
        """There is something to erase, or rules of retention are others. Call on the event loop."""
        self._erasure.wake()
        self._retention.wake()

    async def run(self) -> None:
        await asyncio.gather(
            self._retention.run(self._retention_pass), self._erasure.run(self._erasure_pass)
        )

    async def _erasure_pass(self) -> float:
        return RETRY_SECONDS if await self.erase() else EVERY_SECONDS

    async def _retention_pass(self) -> float:
        # First: a privacy mode that was changed elsewhere must not wait for a deletion.
        await self._background.run(self._catalog.accounts)
        self._visitor_salt(self._clock())  # yesterday's is destroyed also when nobody comes
        now = await self._background.run(self._watched.look)
        if now is not None:
            self._visitor_salt.settle(now)
            await self._background.run(self._journal.forget_keys, now)
            await self._deletion.expire(now)
        return EVERY_SECONDS

    async def erase(self) -> bool:
        """Erase the events of every deleted tracker; True when some need another pass.

        A scan may have been under way when its tracker was deleted, so a tracker is forgotten
        only by a pass that began well after its deletion.
        """
        began = self._clock()
        deleted_trackers = await self._background.run(self._catalog.deleted_trackers)
        if not deleted_trackers:
            return False
        held_up = await self._deletion.erase_trackers(deleted_trackers, began)
        settled = [
            one
            for one in deleted_trackers
            if began - one.since >= SETTLED_MS and one.account not in held_up
        ]
        for one in settled:
            await self._background.run(self._catalog.forget, one.tracker)
        return len(settled) < len(deleted_trackers)
