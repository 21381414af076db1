"""Servers that break in a chosen way: `python -m footfall.cli.torture.variants WAY`.

Each is the real server, with one of its arguments replaced: the clock, or the event store.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Final

import uvloop

from footfall import app, bootstrap
from footfall.config import Settings, load
from footfall.core.calendar import HOUR_MS
from footfall.core.ids import Clock
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore

OpenStore = Callable[[Settings], ClickHouseStore]
DIES_AT_INSERT: Final = 3


class StoreThatKills(ClickHouseStore):
    """Inserts, and ends the process before the journal learns of it."""

    inserts = 0

    def insert(self, batch: Batch, release: Callable[[Batch], None] | None = None) -> None:
        def die_or_release(stored: Batch) -> None:
            StoreThatKills.inserts += 1
            if StoreThatKills.inserts == DIES_AT_INSERT:
                os.kill(os.getpid(), signal.SIGKILL)
            if release is not None:
                release(stored)

        super().insert(batch, die_or_release)


def an_hour_ahead() -> int:
    return bootstrap.now() + HOUR_MS


def stepping_back() -> Clock:
    """A clock that loses ten seconds every second reading of a thousand."""
    readings = 0

    def clock() -> int:
        nonlocal readings
        readings += 1
        return bootstrap.now() - 10_000 * (readings // 1000 % 2)

    return clock


def serve(clock: Clock = bootstrap.now, store: OpenStore = bootstrap.open_store) -> None:
    settings, _ = load()
    uvloop.run(app.serve(settings, lambda *_: None, clock=clock, store=store))


def store_that_kills(settings: Settings) -> ClickHouseStore:
    return StoreThatKills(bootstrap.store_url(settings), settings.memory_bytes_max)


WAYS: Final[dict[str, Callable[[], None]]] = {
    "dies-after-insert": lambda: serve(store=store_that_kills),
    "an-hour-ahead": lambda: serve(clock=an_hour_ahead),
    "clock-steps-back": lambda: serve(clock=stepping_back()),
}

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
