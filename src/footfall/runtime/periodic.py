"""What a part does by itself, pass after pass."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from footfall.core.errors import Unavailable


class PeriodicTask:
    """The next pass comes when the last one says so, or at once when it is woken. Whatever ends a
    pass, the next one comes."""

    def __init__(self, what: str, log: logging.Logger, retry_seconds: float) -> None:
        """`what` waits when a pass fails: "Deletions"."""
        self._what = what
        self._log = log
        self._retry_seconds = retry_seconds
        self._wake = asyncio.Event()
        self.failed = False
        """Whether the last pass was not done."""

    def wake(self) -> None:
        """There is something to do. Call on the event loop."""
        self._wake.set()

    async def run(self, once: Callable[[], Awaitable[float]]) -> None:
        """For ever. `once` makes a pass, and returns the seconds until the next one."""
        while True:
            self._wake.clear()
            rest = self._retry_seconds
            try:
                rest = await once()
                self.failed = False
            except Unavailable as error:
                self._log.warning("%s wait: %s", self._what, error.message)
                self.failed = True
            except Exception:  # whatever it is, the next pass must come
                self._log.exception("%s wait; they are tried again", self._what)
                self.failed = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._wake.wait()
