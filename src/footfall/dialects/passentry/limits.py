"""Requests in any second, for each caller, path and method. On the event loop only, in memory.

https://docs.passentry.com/api-reference/v1/introduction/rate-limiting
"""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from footfall.api.auth import Connection
from footfall.config import Settings
from footfall.core.errors import RateLimited

WINDOW_SECONDS: Final = 1.0
BEGINNING: Final = "x-rate-limit-"


class SlidingSecond:
    """`limit` requests in any second for each of the things that are counted apart."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._taken: dict[tuple[str, str, str], deque[float]] = {}

    def take(self, caller: str, path: str, method: str) -> dict[str, str]:
        """The headers of the answer. Raises RateLimited with its own; one that is refused does
        not count."""
        now = self._clock()
        taken = self._taken.setdefault((caller, path, method), deque())
        while taken and taken[0] <= now - WINDOW_SECONDS:
            taken.popleft()
        refused = len(taken) >= self._limit
        if not refused:
            taken.append(now)
        headers = {
            f"{BEGINNING}limit": str(self._limit),
            f"{BEGINNING}remaining": str(self._limit - len(taken)),
            f"{BEGINNING}reset": str(math.ceil(time.time() + taken[0] + WINDOW_SECONDS - now)),
            f"{BEGINNING}url": path,
        }
        if refused:
            wait_seconds = max(0.01, taken[0] + WINDOW_SECONDS - now)
            headers[f"{BEGINNING}retry-after"] = f"{wait_seconds:.2f}"
            raise RateLimited("Too Many Requests", math.ceil(wait_seconds), headers)
        return headers


class PerSecond:
    """The limit of the dialect: so many requests a second of each caller, path and method."""

    def __init__(self, settings: Settings) -> None:
        self._requests = SlidingSecond(settings.requests_per_second)

    def take(self, connection: Connection, caller: str) -> Mapping[str, str]:
        scope = connection.scope
        return self._requests.take(caller, scope["path_template"], str(scope.get("method")))
