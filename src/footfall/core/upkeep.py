"""What happens by itself: erasing deleted trackers, and raw events past their account's days.

Both are found in the catalog again after a crash, and both can be repeated without harm.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Final

from footfall.core.background import Background
from footfall.core.errors import Unavailable
from footfall.core.ids import Clock
from footfall.core.ports import Catalog, CatchesUp, Doomed, EventStore, ToldJournal

EVERY_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 10.0
SETTLED_MS: Final = 10_000
DAY_MS: Final = 86_400_000

log = logging.getLogger(__name__)


class Upkeep:
    """One task on the event loop; the work itself runs on threads."""

    def __init__(
        self,
        catalog: Catalog,
        journal: ToldJournal,
        loader: CatchesUp,
        store: EventStore,
        background: Background,
        erase_copies: Callable[[Sequence[Doomed], int], None],
        visitor_salt: Callable[[int], bytes],
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._journal = journal
        self._loader = loader
        self._store = store
        self._background = background
        self._erase_copies = erase_copies
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
                await self.expire()
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
        await self._loader.catch_up()
        await self._background.run(self._store.erase, doomed)
        await self._background.run(self._erase_copies, doomed, began)
        await self._background.run(self._journal.scrub)
        settled = [one for one in doomed if began - one.since >= SETTLED_MS]
        for one in settled:
            await self._background.run(self._catalog.forget, one.tracker)
        return len(settled) < len(doomed)

    async def expire(self) -> None:
        """Remove raw events that are older than their account keeps them, whole UTC days at a
        time: removing rewrites what stays, so it is done once a day and not with every event."""
        today = self._clock() // DAY_MS
        for account in await self._background.run(self._catalog.accounts):
            if account.raw_days is not None:
                before = (today - account.raw_days) * DAY_MS
                await self._background.run(self._store.expire, account.id, before)
