"""What happens by itself: erasing deleted trackers, and what is past its account's days.

Both are found in the catalog again after a crash, and both can be repeated without harm. What goes
by its age goes only while the clock is believed.
"""

import logging
from typing import Final, Protocol

from footfall.core.background import Background
from footfall.core.ids import Clock
from footfall.core.passes import Passes
from footfall.core.ports import Catalog, Removes, ToldJournal
from footfall.surroundings.clock import WatchedClock

EVERY_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 10.0
SETTLED_MS: Final = 10_000


class Salt(Protocol):
    """See `surroundings.salts.DailySalt`."""

    def __call__(self, at: int) -> bytes: ...

    def settle(self, now: int) -> None: ...


log = logging.getLogger(__name__)


class Upkeep:
    """One task on the event loop; the work itself runs on threads."""

    def __init__(
        self,
        catalog: Catalog,
        removal: Removes,
        journal: ToldJournal,
        background: Background,
        visitor_salt: Salt,
        clock: Clock,
        watched: WatchedClock,
    ) -> None:
        self._catalog = catalog
        self._removal = removal
        self._journal = journal
        self._background = background
        self._visitor_salt = visitor_salt
        self._clock = clock
        self._watched = watched
        self._passes = Passes("Erasure and retention", log, RETRY_SECONDS)

    def wake(self) -> None:
        """There is something to erase. Call on the event loop."""
        self._passes.wake()

    async def run(self) -> None:
        await self._passes.run(self._pass)

    async def _pass(self) -> float:
        # First: a privacy mode that was changed elsewhere must not wait for an erasure.
        await self._background.run(self._catalog.accounts)
        self._visitor_salt(self._clock())  # yesterday's is destroyed also when nobody comes
        again = await self.erase()
        now = await self._background.run(self._watched.look)
        if now is not None:
            self._visitor_salt.settle(now)
            await self._removal.expire(now)
            await self._background.run(self._journal.forget_keys, now)
        return RETRY_SECONDS if again else EVERY_SECONDS

    async def erase(self) -> bool:
        """Erase the events of every deleted tracker; True when some need another pass.

        A scan may have been under way when its tracker was deleted, so a tracker is forgotten
        only by a pass that began well after its deletion.
        """
        began = self._clock()
        doomed = await self._background.run(self._catalog.doomed)
        if not doomed:
            return False
        await self._removal.erase_trackers(doomed, began)
        settled = [one for one in doomed if began - one.since >= SETTLED_MS]
        for one in settled:
            await self._background.run(self._catalog.forget, one.tracker)
        return len(settled) < len(doomed)
