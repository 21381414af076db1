"""Lets readers of counts see the rows before a swap or those after it, never the state between.

The engine has no transactions: a swap is a deletion and an insert (`maintenance.rebuild`). A read
during which a swap began is repeated. This holds within one process.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from footfall.core.errors import StoreUnavailable

T = TypeVar("T")

ATTEMPTS: Final = 3
"""Reads that a swap may interrupt. Then swaps wait: they may follow each other faster than a slow
read ends."""


class Swaps:
    """Thread-safe. A swap takes milliseconds, so readers wait for its end."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.unfinished = False
        """A swap failed: its rest is due before anything else is inserted."""
        self._begun = 0
        self._under_way = False
        self._reads = 0
        """For which swaps wait."""

    @contextmanager
    def swap(self) -> Iterator[None]:
        """Context of the deletion and the insert, or of the rest of a swap that failed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way and not self._reads)
            self._under_way = True
            self._begun += 1
        done = False
        try:
            yield
            done = True
        finally:
            with self._changed:
                self.unfinished = not done
                self._under_way = False
                self._changed.notify_all()

    def read(self, ask: Callable[[], T]) -> T:
        """What `ask` returns, without a swap meanwhile. It may be called several times. Raises
        StoreUnavailable after a swap that failed."""
        for _ in range(ATTEMPTS):
            with self._changed:
                self._wait()
                begun = self._begun
            answer = ask()
            if self._begun == begun:
                return answer
        with self._changed:
            self._wait()
            self._reads += 1
        try:
            return ask()
        finally:
            with self._changed:
                self._reads -= 1
                self._changed.notify_all()

    def _wait(self) -> None:
        self._changed.wait_for(lambda: not self._under_way)
        if self.unfinished:
            raise StoreUnavailable("Counts are being rebuilt, and the disk or the engine failed.")
