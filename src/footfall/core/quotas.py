"""How much somebody may do in a span of time: a moving window, counted in memory.

A restart begins anew. One server answers for an account, so nothing needs to be shared.
"""

import math
import threading
import time
from typing import Final

import msgspec
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from footfall.core.errors import RateLimited

EXACT_MAX: Final = 10_000
"""The exact window keeps the time of every request. Beyond this many, whole windows are counted."""


class Remaining(msgspec.Struct, frozen=True):
    """`reset_unix_seconds`: when the oldest unit in the window is given back."""

    limit: int
    remaining: int
    reset_unix_seconds: int


class Quota:
    """`limit` units in any `seconds`, for each key. Safe to use from any thread."""

    def __init__(self, limit: int, seconds: int) -> None:
        self._limit: Final = limit
        self._seconds: Final = seconds
        self._item: Final = RateLimitItemPerSecond(max(limit, 1), seconds)
        window = MovingWindowRateLimiter if limit <= EXACT_MAX else FixedWindowRateLimiter
        self._window: Final = window(MemoryStorage())
        # The storage drops a key's lock when its window empties, so two threads could hold two
        # locks for one key; this one makes the count exact.
        self._lock: Final = threading.Lock()

    def take(self, key: str, units: int = 1) -> Remaining:
        """Take all the units, or none and raise RateLimited with the seconds to wait."""
        with self._lock:
            if units <= self._limit and self._window.hit(self._item, key, cost=units):
                return self._look(key)
            left = self._look(key)
        wait_seconds = math.ceil(left.reset_unix_seconds - time.time())
        wait_seconds = max(1, min(self._seconds, wait_seconds))
        raise RateLimited(
            f"This takes {units} of {self._limit} allowed in {_span(self._seconds)}, and "
            f"{left.remaining} are left. Try again in {wait_seconds} seconds.",
            wait_seconds,
        )

    def look(self, key: str) -> Remaining:
        """What is left, without taking."""
        with self._lock:
            return self._look(key)

    def clear(self, key: str) -> None:
        """Give everything back."""
        with self._lock:
            self._window.clear(self._item, key)

    def _look(self, key: str) -> Remaining:
        stats = self._window.get_window_stats(self._item, key)
        return Remaining(
            limit=self._limit,
            remaining=max(0, min(self._limit, stats.remaining)),
            reset_unix_seconds=math.ceil(stats.reset_time),
        )


def _span(seconds: int) -> str:
    return {60: "a minute", 3600: "an hour"}.get(seconds, f"{seconds} seconds")
