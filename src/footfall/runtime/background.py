"""Threads that give way to scans: whatever the event store does, it does behind them."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

NICENESS: Final = 15
"""Of 19. Measured on two cores at full load: 0 lets the engine take a third of the redirects per
second away and triples their p99; at 15 it still keeps up."""

SPARE_BYTES: Final = 1 << 29
"""What work in the background leaves free on the disk: journal and event store come first."""

P = ParamSpec("P")
T = TypeVar("T")


def lower_priority(niceness: int = NICENESS) -> None:
    """Lower the priority of this thread, and of those that the engine starts from it.

    Linux has a priority for each thread; elsewhere this does nothing.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


class Background:
    """A pool of threads that give way."""

    def __init__(self, threads: int, niceness: int = NICENESS) -> None:
        self._pool = ThreadPoolExecutor(
            threads, "background", initializer=lower_priority, initargs=(niceness,)
        )

    def start(
        self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        """Begin at once; await the result when it is needed. Call on the event loop."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._pool, lambda: work(*args, **kwargs))

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.start(work, *args, **kwargs)

    def close(self) -> None:
        self._pool.shutdown()
