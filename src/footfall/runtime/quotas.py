"""How much somebody may do in a span of time: a moving window, counted in memory.

A restart starts over. One server answers for an account, so nothing needs to be shared.
"""

import asyncio
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

import msgspec

from footfall.core.errors import RateLimited

PLACE_SECONDS: Final = 30
PLACE_WAIT_SECONDS: Final = 2.0
PLACE_POLL_SECONDS: Final = 0.05
_LATER: Final = f"Close one, or try again in {PLACE_SECONDS} seconds."

PIECES: Final = 1_000
"""Of a window. What a key takes within one of them is one entry, given back with its last unit: a
key has about so many entries, however much it takes."""


class Remaining(msgspec.Struct, frozen=True):
    """`reset_unix_seconds`: when the oldest unit in the window is given back."""

    limit: int
    remaining: int
    reset_unix_seconds: int


class _Window:
    """What a key has taken: moments at which units are given back, and how many."""

    __slots__ = ("begun", "entries", "taken")

    def __init__(self) -> None:
        self.entries: deque[tuple[float, int]] = deque()
        self.begun = -math.inf
        self.taken = 0

    def move(self, now: float) -> None:
        while self.entries and self.entries[0][0] <= now:
            self.taken -= self.entries.popleft()[1]

    def add(self, now: float, units: int, seconds: float) -> None:
        self.taken += units
        if self.entries and now - self.begun < seconds / PIECES:
            units += self.entries.pop()[1]
        else:
            self.begun = now
        self.entries.append((now + seconds, units))

    def seconds_until(self, units: int, now: float) -> float:
        """When so many of the oldest units are given back."""
        for due, given in self.entries:
            units -= given
            if units <= 0:
                return due - now
        return 0


class Quota:
    """`limit` units in any `seconds`, for each key. Safe to use from any thread. `clock` gives
    seconds that only go forward."""

    def __init__(
        self, limit: int, seconds: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit: Final = limit
        self._seconds: Final = seconds
        self._clock: Final = clock
        self._windows: dict[str, _Window] = {}
        self._looked_at = clock()
        self._lock: Final = threading.Lock()

    def take(self, key: str, units: int = 1, limit: int | None = None) -> Remaining:
        """Take all the units, or none and raise RateLimited with the seconds to wait. `limit` is
        that of a key which has its own."""
        limit = self._limit if limit is None else limit
        with self._lock:
            now = self._clock()
            window = self._moved(key, now)
            wanting = window.taken + units - limit
            if wanting <= 0:
                if units:
                    window.add(now, units, self._seconds)
                return self._remaining(window, now, limit)
            seconds = window.seconds_until(wanting, now) if units <= limit else self._seconds
            left = limit - window.taken
        wait_seconds = max(1, min(self._seconds, math.ceil(seconds)))
        raise RateLimited(
            f"This takes {units} of {limit} allowed in {_span(self._seconds)}, and "
            f"{left} are left. Try again in {wait_seconds} seconds.",
            wait_seconds,
        )

    def look(self, key: str, limit: int | None = None) -> Remaining:
        """What is left, without taking."""
        with self._lock:
            now = self._clock()
            limit = self._limit if limit is None else limit
            return self._remaining(self._moved(key, now), now, limit)

    def clear(self, key: str) -> None:
        """Give everything back."""
        with self._lock:
            self._windows.pop(key, None)

    def _moved(self, key: str, now: float) -> _Window:
        if now - self._looked_at > self._seconds:
            self._forget(now)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window()
        window.move(now)
        return window

    def _forget(self, now: float) -> None:
        """Keys come from strangers: those that have taken nothing for a window are dropped."""
        self._looked_at = now
        for window in self._windows.values():
            window.move(now)
        self._windows = {key: one for key, one in self._windows.items() if one.taken}

    def _remaining(self, window: _Window, now: float, limit: int) -> Remaining:
        return Remaining(
            limit=limit,
            remaining=limit - window.taken,
            reset_unix_seconds=math.ceil(time.time() + window.seconds_until(1, now)),
        )


def _span(seconds: int) -> str:
    return {60: "a minute", 3600: "an hour"}.get(seconds, f"{seconds} seconds")


class Places:
    """So many at once, and of each account so many: of what lasts, such as a live stream. Its
    methods run on the event loop."""

    def __init__(self, what: str, in_all: int, of_account: int) -> None:
        """`what` they are, in the plural."""
        self._what = what
        self._in_all = in_all
        self._of_account = of_account
        self._taken: Counter[int] = Counter()
        self.taken = 0
        self.refused = 0

    def take(self, account: int) -> Callable[[], None]:
        """A place, until the result is called; to call it again does nothing. Raises RateLimited,
        and then none is taken."""
        if self._taken[account] >= self._of_account:
            limit = f"{self._of_account} {self._what} of this account"
        elif self.taken >= self._in_all:
            limit = f"{self._in_all} {self._what}"
        else:
            return self._take(account)
        self.refused += 1
        raise RateLimited(f"{limit} are open: that is as many as may. {_LATER}", PLACE_SECONDS)

    async def take_soon(self, account: int) -> Callable[[], None]:
        """The same, after a wait of up to 2 seconds for a place."""
        until = time.monotonic() + PLACE_WAIT_SECONDS
        while self._taken[account] >= self._of_account or self.taken >= self._in_all:
            if time.monotonic() >= until:
                break
            await asyncio.sleep(PLACE_POLL_SECONDS)
        return self.take(account)

    def _take(self, account: int) -> Callable[[], None]:
        self.taken += 1
        self._taken[account] += 1
        given_back = False

        def give_back() -> None:
            nonlocal given_back
            if not given_back:
                given_back = True
                self.taken -= 1
                self._taken[account] -= 1
                if not self._taken[account]:
                    del self._taken[account]

        return give_back
