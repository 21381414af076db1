"""What a transaction promised enters the event store once, wherever the process died."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from footfall.capture.id_generator import IdGenerator
from footfall.capture.pending_events import PendingEvents
from footfall.catalog.catalog import SqlCatalog, add_pending_events
from footfall.catalog.tables import AccountRow
from footfall.config import Settings
from footfall.core.errors import CatalogUnavailable, StoreUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.queries import EventFilter, EventQuery
from footfall.jobs.archive.archives import Archives
from footfall.jobs.deletion.deletions import Deletions
from footfall.jobs.deletion.jobs import Kind, Plan
from footfall.jobs.export.exports import Exports
from footfall.journal.journal import SqliteJournal
from footfall.journal.loader import Loader
from footfall.runtime.background import Background
from footfall.runtime.read_queue import ReadLimits, Turns
from footfall.runtime.reader import Reader
from footfall.store.store import ClickHouseStore


def now() -> int:
    return time.time_ns() // 1_000_000


class Parts(msgspec.Struct):
    catalog: SqlCatalog
    pending_events: PendingEvents
    journal: SqliteJournal
    background: Background


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    """One for all: an embedded engine opens one directory in the life of a process."""
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('pending_events')}", 400_000_000)
    yield opened
    opened.close()


@asynccontextmanager
async def started(
    data: Path, store: ClickHouseStore, *, patient: bool = False
) -> AsyncIterator[Parts]:
    """The parts as a start of the server makes them. Leaving ends them without a goodbye: what
    was not written is lost."""
    data.mkdir(exist_ok=True)
    catalog = SqlCatalog(f"sqlite:///{data / 'catalog.db'}", now)
    journal = SqliteJournal(data / "journal.db", Settings().journal_bytes_max, patient=patient)
    background = Background(2)

    def prepare() -> None:
        journal.reopen()

    loader = Loader(journal, store, 1 if patient else 10, prepare)
    loader.start()
    last = max([journal.last_id, *(event.id for event in catalog.pending_events())])
    ids = IdGenerator(now, last=last)
    pending_events = PendingEvents(catalog, journal, ids, loader, store, background, 10)
    try:
        yield Parts(catalog, pending_events, journal, background)
    finally:
        await asyncio.to_thread(loader.stop)
        await asyncio.to_thread(journal.close)
        background.close()
        catalog.close()


def scan(event_id: int, account: int) -> Event:
    return Event(
        id=event_id, account=account, kind=EventKind.SCAN, source="t", verdict=Verdict.COUNTED
    )


def stored(store: ClickHouseStore, account: int) -> list[int]:
    return [one.id for one in store.events(EventQuery(account=account)).events]


async def test_a_kept_promise_is_read_at_once_and_forgotten(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with started(tmp_path / "data", store) as parts:
        async with parts.pending_events.open() as (event_id,):
            event = scan(event_id, 1)
            with parts.catalog.writing() as session:
                add_pending_events(session, [event])
            await parts.pending_events.keep([event])
        await parts.pending_events.catch_up()
        assert stored(store, 1) == [event_id]
        await parts.pending_events.settle()
        assert parts.catalog.pending_events() == []
        assert parts.pending_events.recorded == 1


async def test_a_death_between_commit_and_journal_loses_nothing(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with (
        started(tmp_path / "data", store) as parts,
        parts.pending_events.open() as (event_id,),
    ):
        with parts.catalog.writing() as session:
            add_pending_events(session, [scan(event_id, 2)])
    assert stored(store, 2) == []
    async with started(tmp_path / "data", store) as parts:
        async with parts.pending_events.open() as (later,):
            assert later > event_id
        await parts.pending_events.settle()
        await parts.pending_events.settle()
        await parts.pending_events.catch_up()
        assert stored(store, 2) == [event_id]
        assert parts.catalog.pending_events() == []


async def test_a_death_before_the_promise_is_forgotten_doubles_nothing(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with started(tmp_path / "data", store) as parts, parts.pending_events.open(3) as ids:
        events = [scan(one, 3) for one in ids]
        with parts.catalog.writing() as session:
            add_pending_events(session, events)
        await parts.pending_events.keep(events[:2])
    for _ in range(2):
        async with started(tmp_path / "data", store) as parts:
            await parts.pending_events.settle()
            await parts.pending_events.catch_up()
    assert stored(store, 3) == sorted(ids, reverse=True)


async def test_a_transaction_that_fails_promises_nothing(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with started(tmp_path / "data", store) as parts:
        with suppress(ZeroDivisionError):
            async with parts.pending_events.open() as (event_id,):
                with parts.catalog.writing() as session:
                    add_pending_events(session, [scan(event_id, 4)])
                    raise ZeroDivisionError
        await parts.pending_events.catch_up()
        await parts.pending_events.settle()
        assert stored(store, 4) == []


async def test_a_read_waits_for_what_is_being_promised(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with started(tmp_path / "data", store) as parts:
        async with parts.pending_events.open() as (event_id,):
            event = scan(event_id, 5)
            reading = asyncio.create_task(parts.pending_events.catch_up())
            with parts.catalog.writing() as session:
                add_pending_events(session, [event])
            await asyncio.sleep(0)
            assert not reading.done()
            await parts.pending_events.keep([event])
        await reading
        assert stored(store, 5) == [event_id]


async def test_an_event_that_is_being_journalled_is_not_journalled_again(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with started(tmp_path / "data", store) as parts:
        async with parts.pending_events.open(200) as ids:
            events = [scan(one, 6) for one in ids]
            with parts.catalog.writing() as session:
                add_pending_events(session, events)
            await asyncio.gather(parts.pending_events.keep(events), parts.pending_events.settle())
        await parts.pending_events.catch_up()
        await parts.pending_events.settle()
        await parts.pending_events.catch_up()
        found = store.events(EventQuery(account=6, limit=1000)).events
        assert [one.id for one in found] == sorted(ids, reverse=True)


async def test_a_read_waits_for_the_promises_of_an_earlier_start(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with (
        started(tmp_path / "data", store) as parts,
        parts.pending_events.open() as (event_id,),
    ):
        with parts.catalog.writing() as session:
            add_pending_events(session, [scan(event_id, 7)])
    async with started(tmp_path / "data", store) as parts:
        reading = asyncio.create_task(parts.pending_events.catch_up())
        await asyncio.sleep(0)
        assert not reading.done()
        await parts.pending_events.settle()
        await reading
        assert stored(store, 7) == [event_id]


async def test_an_error_after_the_commit_delays_no_event(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with started(tmp_path / "data", store) as parts:
        with suppress(CatalogUnavailable):
            async with parts.pending_events.open() as (event_id,):
                with parts.catalog.writing() as session:
                    add_pending_events(session, [scan(event_id, 8)])
                raise CatalogUnavailable("The commit is on disk, and its answer is lost.")
        await parts.pending_events.catch_up()
        assert stored(store, 8) == [event_id]


async def test_a_caller_that_leaves_before_the_commit_delays_no_event(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    async with started(tmp_path / "data", store) as parts:
        with suppress(asyncio.CancelledError):
            async with parts.pending_events.open() as (event_id,):
                raise asyncio.CancelledError
        await parts.pending_events.catch_up()
        with parts.catalog.writing() as session:  # on a thread that nobody waits for
            add_pending_events(session, [scan(event_id, 9)])
        await parts.pending_events.settle()
        await parts.pending_events.settle()
        await parts.pending_events.catch_up()
        assert stored(store, 9) == [event_id]
        assert parts.catalog.pending_events() == []


async def test_an_erased_event_comes_back_by_no_crash(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    """Nobody has forgotten yet that the event was promised when it is erased."""
    data, account = tmp_path / "data", 10
    async with started(data, store) as parts:
        with parts.catalog.writing() as session:
            facts = {"name": "A", "email": "a@example.org", "privacy": "full", "created_at": now()}
            session.add(AccountRow(id=account, **facts))
        async with parts.pending_events.open(2) as ids:
            events = [msgspec.structs.replace(scan(one, account), tracker=one) for one in ids]
            with parts.catalog.writing() as session:
                add_pending_events(session, events)
            await parts.pending_events.keep(events)
        deletions = deletions_of(parts, data, store)
        query = EventFilter(account=account, tracker=ids[0])
        await deletions.ask(account, Kind.ERASURE, Plan(queries=(query,)), "test")
        assert await deletions.step() == 0
        assert stored(store, account) == [ids[1]]
    async with started(data, store) as parts:
        await parts.pending_events.settle()
        await parts.pending_events.catch_up()
        assert stored(store, account) == [ids[1]]


def deletions_of(parts: Parts, data: Path, store: ClickHouseStore) -> Deletions:
    reader = Reader(parts.pending_events, store, Turns(ReadLimits(), store.cancel))
    exports = Exports(parts.catalog, store, reader, parts.background, data / "exports", now)
    archives = Archives(data / "archive", store.archive_store(), now)
    return Deletions(
        *(parts.catalog, store.remover(), archives, exports, parts.journal, parts.pending_events),
        *(parts.background, now),
        spare_bytes=0,
    )


async def test_a_promise_that_a_stalled_disk_leaves_unclear_is_stored_once(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    """Nobody at a door waits for the disk, and nothing that is unclear is journalled again."""
    data = tmp_path / "data"
    async with started(data, store) as parts:
        disk = sqlite3.connect(data / "journal.db", isolation_level=None)
        disk.execute("BEGIN IMMEDIATE")
        async with parts.pending_events.open() as (event_id,):
            event = scan(event_id, 77)
            with parts.catalog.writing() as session:
                add_pending_events(session, [event])
            await parts.pending_events.keep([event])
        with pytest.raises(StoreUnavailable):
            await parts.pending_events.as_of()
        await parts.pending_events.settle()
        disk.execute("COMMIT")
        disk.close()
        async with asyncio.timeout(120):
            while True:
                with suppress(StoreUnavailable):
                    assert await parts.pending_events.as_of() > event_id
                    break
                await asyncio.sleep(0.05)
        assert stored(store, 77) == [event_id]
        await parts.pending_events.settle()
        assert parts.catalog.pending_events() == []
    async with started(data, store) as parts:
        await parts.pending_events.catch_up()
        assert stored(store, 77) == [event_id]


async def test_an_event_that_waits_in_a_journal_that_cannot_be_opened_is_neither_missed_nor_doubled(
    tmp_path: Path, store: ClickHouseStore
) -> None:
    """Reads and erasures wait until the journal is open: it may hold any event."""
    data, account, away = tmp_path / "data", 11, tmp_path / "away"
    async with started(data, store) as parts, parts.pending_events.open(2) as ids:
        events = [msgspec.structs.replace(scan(one, account), tracker=one) for one in ids]
        with parts.catalog.writing() as session:
            facts = {"name": "A", "email": "b@example.org", "privacy": "full", "created_at": now()}
            session.add(AccountRow(id=account, **facts))
            add_pending_events(session, events)
    waiting = SqliteJournal(data / "journal.db", 1 << 30)
    await asyncio.gather(*(waiting.append(event) for event in events))
    await asyncio.to_thread(waiting.close)
    away.mkdir()
    (data / "journal.db").rename(away / "journal.db")
    (data / "journal.db").symlink_to(away / "journal.db")
    away.rename(tmp_path / "gone")
    async with started(data, store, patient=True) as parts:
        deletions = deletions_of(parts, data, store)
        query = EventFilter(account=account, tracker=ids[0])
        await deletions.ask(account, Kind.ERASURE, Plan(queries=(query,)), "test")
        for read in (parts.pending_events.catch_up, parts.pending_events.as_of):
            with pytest.raises(StoreUnavailable, match=r"journal\.db cannot be opened"):
                await read()
        with pytest.raises(StoreUnavailable, match=r"journal\.db cannot be opened"):
            await parts.pending_events.settle()
        assert await deletions.step() == 1
        assert len(parts.catalog.pending_events()) == 2
        (tmp_path / "gone").rename(away)
        async with asyncio.timeout(60):
            while True:
                with suppress(StoreUnavailable):
                    await parts.pending_events.settle()
                    break
                await asyncio.sleep(0.05)
        await parts.pending_events.catch_up()
        assert stored(store, account) == sorted(ids, reverse=True)
        assert await deletions.step() == 0
        assert stored(store, account) == [ids[1]]
        assert parts.catalog.pending_events() == []
