"""When the loader takes what is journalled."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.queries import EventQuery
from footfall.journal import batches as journals
from footfall.journal import loader as loaders
from footfall.journal.journal import SqliteJournal
from footfall.journal.loader import INTERVAL_SECONDS, Loader
from footfall.store.store import ClickHouseStore
from tests.support.running import wait_for

ids = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    """One for all: an embedded engine opens one directory in the life of a process."""
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('loading')}", 400_000_000)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    opened = SqliteJournal(tmp_path / "journal.db", 1 << 30)
    yield opened
    await asyncio.to_thread(opened.close)


@pytest.fixture
async def loader(journal: SqliteJournal, store: ClickHouseStore) -> AsyncIterator[Loader]:
    made = Loader(journal, store, wait_seconds_max=30)
    yield made
    await asyncio.to_thread(made.stop)


def scan(account: int) -> Event:
    return Event(
        id=next(ids), account=account, kind=EventKind.SCAN, source="t", verdict=Verdict.COUNTED
    )


def stored(store: ClickHouseStore, account: int) -> int:
    return len(store.events(EventQuery(account=account)).events)


def batches(store: ClickHouseStore) -> int:
    with store.opened().reading() as client:
        return int(client.query("SELECT count() FROM batches FINAL").result_rows[0][0])


async def test_events_that_come_without_a_pause_enter_in_few_batches(
    journal: SqliteJournal, loader: Loader, store: ClickHouseStore
) -> None:
    before = batches(store)
    loader.start()
    began = time.monotonic()
    sent = 0
    while time.monotonic() - began < 5 * INTERVAL_SECONDS:
        await journal.append(scan(1))
        sent += 1
    await loader.catch_up()
    elapsed = time.monotonic() - began
    assert batches(store) - before <= elapsed / INTERVAL_SECONDS + 2
    assert stored(store, 1) == min(sent, EventQuery(account=1).limit)


async def test_who_asks_does_not_wait_for_the_next_turn(
    journal: SqliteJournal, loader: Loader, store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders, "INTERVAL_SECONDS", 600)
    loader.start()
    for number in range(1, 4):
        await journal.append(scan(2))
        await loader.catch_up()
        assert stored(store, 2) == number


async def test_who_asks_waits_for_all_batches_before_it_and_no_turn_between_them(
    journal: SqliteJournal, loader: Loader, store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders, "INTERVAL_SECONDS", 600)
    monkeypatch.setattr(journals, "BATCH_GROUPS_MAX", 1)
    for _ in range(4):
        await journal.append(scan(3))
    asking = asyncio.create_task(loader.catch_up())
    await asyncio.sleep(0)
    loader.start()
    await asking
    assert stored(store, 3) == 4


async def test_who_asks_before_the_first_batch_waits_for_nothing_that_is_done(
    journal: SqliteJournal, loader: Loader, store: ClickHouseStore
) -> None:
    """The loader may be ready, and done, before the event loop hears of either."""
    await journal.append(scan(5))
    asking = asyncio.create_task(loader.catch_up())
    await asyncio.sleep(0)
    loader.start()
    wait_for(lambda: journal.backlog().events == 0 or None)  # and hold the event loop up
    async with asyncio.timeout(10):  # it would wait for 30 s
        await asking
    assert stored(store, 5) == 1


async def test_events_enough_for_a_batch_wait_for_no_turn(
    journal: SqliteJournal, loader: Loader, store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders, "INTERVAL_SECONDS", 600)
    monkeypatch.setattr(loaders, "ENOUGH_BYTES", 1)
    monkeypatch.setattr(journals, "BATCH_GROUPS_MAX", 1)
    for _ in range(4):
        await journal.append(scan(4))
    loader.start()
    await asyncio.to_thread(wait_for, lambda: journal.backlog().events == 0 or None)
    assert stored(store, 4) == 4
