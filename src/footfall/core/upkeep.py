"""What happens by itself: erasing deleted trackers, and what is past its account's days.

Both are found in the catalog again after a crash, and both can be repeated without harm.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from footfall.core.background import Background
from footfall.core.errors import Unavailable
from footfall.core.ids import Clock
from footfall.core.ports import Catalog, Removes, ToldJournal

EVERY_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 10.0
SETTLED_MS: Final = 10_000

log = logging.getLogger(__name__)


class Upkeep:
    """One task on the event loop; the work itself runs on threads."""

    def __init__(
        self,
        catalog: Catalog,
        removal: Removes,
        journal: ToldJournal,
        background: Background,
        visitor_salt: Callable[[int], bytes],
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._removal = removal
        self._journal = journal
        self._background = background
        self._visitor_salt = visitor_salt
        self._clock = clock
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There is something to erase. Call on the event loop."""
        self._wake.set()

    async def run(self) -> None:
        while True:
            self._wake.clear()
            wait_seconds = EVERY_SECONDS
            try:
                # First: a privacy mode that was changed elsewhere must not wait for an erasure.
                await self._background.run(self._catalog.accounts)
                self._visitor_salt(self._clock())  # yesterday's is destroyed also when nobody comes
                if await self.erase():
                    wait_seconds = RETRY_SECONDS
                await self._removal.expire()
                await self._background.run(self._journal.forget_keys, self._clock())
            except Unavailable as error:
                log.warning("Erasure and retention wait: %s", error.message)
                wait_seconds = RETRY_SECONDS
            except Exception:  # whatever it is, the next pass must come
                log.exception("Erasure and retention failed; they are tried again")
                wait_seconds = RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait_seconds)

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
