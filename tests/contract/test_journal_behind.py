"""A journal that went back in time beside an event store that went on loses no new event."""

import asyncio
import itertools
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from footfall.app import open_ids, open_journal
from footfall.catalog.catalog import SqlCatalog
from footfall.config import Settings
from footfall.core.errors import StoreDefect
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at, received_at
from footfall.core.queries import EventQuery
from footfall.integrity.balance import Observed, balance, find_gaps
from footfall.journal.journal import SqliteJournal
from footfall.journal.ledger import SqliteLedger
from footfall.journal.loader import Loader
from footfall.journal.mark import mark_path, read_mark, write_mark
from footfall.journal.reconciling import reconcile
from footfall.store.maintenance.ledger import ClickHouseBooks
from footfall.store.store import ClickHouseStore

WIDE = 1 << 30
NOW = 1_790_000_000_000
numbers = itertools.count(1)
accounts = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    """One for all: an embedded engine opens one directory in the life of a process."""
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('behind')}", 400_000_000)
    opened.open()
    yield opened
    opened.close()


def scan(account: int) -> Event:
    return Event(
        id=first_id_at(NOW) + next(numbers),
        account=account,
        kind=EventKind.SCAN,
        source="t",
        verdict=Verdict.COUNTED,
    )


@asynccontextmanager
async def loading(
    path: Path, store: ClickHouseStore
) -> AsyncIterator[tuple[SqliteJournal, Loader]]:
    """A start of the server, as far as journal and loader are concerned."""
    journal = SqliteJournal(path, WIDE)
    books = ClickHouseBooks(store.opened)

    def prepare() -> None:
        reconcile(journal, books.runs)

    loader = Loader(journal, store, 30, prepare)
    loader.start()
    try:
        yield journal, loader
    finally:
        await asyncio.to_thread(loader.stop)
        await asyncio.to_thread(journal.close)


async def record(journal: SqliteJournal, account: int, events: int) -> None:
    for _ in range(events):
        await journal.append(scan(account))


def stored(store: ClickHouseStore, account: int) -> int:
    return len(store.events(EventQuery(account=account)).events)


def whole(path: Path, store: ClickHouseStore, account: int) -> bool:
    """Whether the books balance."""
    books, book = ClickHouseBooks(store.opened), SqliteLedger(path).read(account, 0, 1 << 40)
    rows = balance(
        Observed(
            answered={},
            unrecorded={},
            answered_since=0,
            before=book,
            stored=books.stored(account, 0, 1 << 30),
            held=books.held(account, 0, 1 << 30),
            after=book,
        ),
        24,
    )
    return not find_gaps(books.runs(), book) and all(row.missing == 0 for row in rows)


@pytest.mark.parametrize("mark_too", [True, False])
async def test_a_journal_restored_beside_a_store_that_went_on_loses_and_doubles_nothing(
    store: ClickHouseStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, mark_too: bool
) -> None:
    account, path, kept = next(accounts), tmp_path / "journal.db", tmp_path / "kept"
    async with loading(path, store) as (journal, loader):
        await record(journal, account, 3)
        await loader.catch_up()
    waiting = SqliteJournal(path, WIDE)
    await record(waiting, account, 2)  # they wait when the copy is made
    waiting.close()
    kept.mkdir()
    for file in tmp_path.glob("journal.*"):
        shutil.copy(file, kept)
    async with loading(path, store) as (journal, loader):
        await record(journal, account, 4)
        await loader.catch_up()
        name = journal.name
    for file in kept.iterdir():
        if mark_too or file != mark_path(kept / "journal.db"):
            shutil.copy(file, tmp_path)
    with caplog.at_level(logging.WARNING):
        async with loading(path, store) as (journal, loader):
            await record(journal, account, 5)
            await loader.catch_up()
            assert journal.name != name
            assert journal.lag
    assert "goes on under another name" in caplog.text
    assert stored(store, account) == 3 + 2 + 4 + 5
    assert whole(path, store, account)
    async with loading(path, store) as (journal, loader):  # said once
        await record(journal, account, 1)
        await loader.catch_up()
        assert journal.lag == ""
    assert stored(store, account) == 15
    assert whole(path, store, account)


async def test_the_same_positions_with_other_events_have_another_token(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    """The store is not asked here: the token alone tells them apart."""
    account, path = next(accounts), tmp_path / "journal.db"
    SqliteJournal(path, WIDE).close()
    shutil.copy(path, tmp_path / "kept.db")
    for _ in range(2):
        shutil.copy(tmp_path / "kept.db", path)
        journal = SqliteJournal(path, WIDE)
        await record(journal, account, 5)
        while (batch := await asyncio.to_thread(journal.take)) is not None:
            await asyncio.to_thread(store.insert, batch)
            await asyncio.to_thread(journal.release, batch)
        journal.close()
    assert stored(store, account) == 10


async def test_a_journal_that_lost_its_log_says_so_at_the_start_and_what_is_missing(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    account, path = next(accounts), tmp_path / "journal.db"
    async with loading(path, store) as (journal, loader):
        await record(journal, account, 3)
        await loader.catch_up()
    journal = SqliteJournal(path, WIDE)
    before = path.read_bytes()
    await record(journal, account, 4)
    newest = journal.last_id
    journal.close()
    path.write_bytes(before)
    mark = read_mark(path)
    assert mark is not None
    assert mark.last_id == newest
    async with loading(path, store) as (journal, loader):
        assert journal.last_id == newest  # no id is given again
        await record(journal, account, 2)
        await loader.catch_up()
        assert "4 groups of recorded events are in neither" in journal.lag
    assert stored(store, account) == 5
    assert whole(path, store, account)


async def load_all(journal: SqliteJournal, store: ClickHouseStore) -> None:
    while (batch := await asyncio.to_thread(journal.take)) is not None:
        await asyncio.to_thread(store.insert, batch, journal.release)


@pytest.mark.parametrize(
    ("renamed_at", "loaded", "waiting", "said"),
    [
        (None, 0, 5, "5 groups of recorded events are in neither"),
        (None, 3, 4, "4 groups of recorded events are in neither"),
        (None, 3, 0, "no recorded event is known to be missing"),
        (2, 0, 0, "no recorded event is known to be missing"),
        (2, 0, 1, "1 groups of recorded events are in neither"),
    ],
)
async def test_a_start_without_the_journal_says_how_many_recorded_groups_are_missing(
    store: ClickHouseStore,
    tmp_path: Path,
    renamed_at: int | None,
    loaded: int,
    waiting: int,
    said: str,
) -> None:
    """Also when a start before could not ask the event store, and when the journal had another
    name up to some group."""
    account, path = next(accounts), tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE)
    if renamed_at is not None:
        await record(journal, account, renamed_at)
        await load_all(journal, store)
        await asyncio.to_thread(journal.start_over, [])
    await record(journal, account, loaded)
    await load_all(journal, store)
    await record(journal, account, waiting)
    await asyncio.to_thread(journal.close)
    for file in tmp_path.glob("journal.db*"):
        file.unlink()
    unloaded = SqliteJournal(path, WIDE)
    await record(unloaded, account, 1)
    await asyncio.to_thread(unloaded.close)
    async with loading(path, store) as (journal, loader):
        await record(journal, account, 2)
        await loader.catch_up()
        assert "not the file that was here before" in journal.lag
        assert said in journal.lag
    async with loading(path, store) as (journal, loader):  # said once
        await loader.catch_up()
        assert journal.lag == ""
    assert stored(store, account) == (renamed_at or 0) + loaded + 1 + 2


async def test_a_journal_of_an_old_backup_knows_no_more_than_the_store_and_says_so(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    account, path, kept = next(accounts), tmp_path / "journal.db", tmp_path / "kept"
    SqliteJournal(path, WIDE).close()
    kept.mkdir()
    for file in tmp_path.glob("journal.*"):
        shutil.copy(file, kept)
    async with loading(path, store) as (journal, loader):
        await record(journal, account, 3)
        await loader.catch_up()
    for file in kept.iterdir():
        shutil.copy(file, tmp_path)
    async with loading(path, store) as (journal, loader):
        await loader.catch_up()
        assert "has its groups up to 3; it is unknown whether" in journal.lag


async def test_a_journal_that_is_not_behind_keeps_its_name_and_says_nothing(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    account, path = next(accounts), tmp_path / "journal.db"
    names = set()
    for _ in range(3):
        async with loading(path, store) as (journal, loader):
            await record(journal, account, 2)
            await loader.catch_up()
            names.add(journal.name)
            assert journal.lag == ""
    assert len(names) == 1
    assert stored(store, account) == 6


async def test_a_mark_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE)
    await record(journal, 1, 2)
    journal.close()
    assert read_mark(path) is not None
    for content in (b"", b"\0" * 256, b'{"name":"x"', b"[]"):
        mark_path(path).write_bytes(content)
        journal = SqliteJournal(path, WIDE)
        assert (journal.lag, journal.given_id) == ("", 0)
        journal.close()


async def test_quick_restarts_while_the_clock_is_behind_keep_ids_near_those_before(
    tmp_path: Path,
) -> None:
    settings = Settings(data=str(tmp_path))
    catalog = SqlCatalog(f"sqlite:///{tmp_path / 'catalog.db'}", lambda: NOW)
    newest = 0
    for start in range(5):
        journal = open_journal(settings)
        ids = open_ids(settings, lambda: NOW - 3_600_000 * bool(start), journal, catalog)  # noqa: B023
        given = ids.take(10)  # of pages that are read: no event has them
        assert given[0] > newest
        newest = given[-1]
        await asyncio.to_thread(journal.close)
    assert NOW + 60_000 < received_at(newest) < NOW + 70_000
    catalog.close()


async def test_a_directory_that_takes_no_mark_takes_events(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    mark_path(path).mkdir()
    journal = SqliteJournal(path, WIDE)
    await record(journal, 1, 2)
    assert journal.backlog().events == 2
    journal.close()


async def test_damaged_books_keep_no_event_out_of_the_store_unless_the_journal_is_behind(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    path, account = tmp_path / "journal.db", next(accounts)
    books = ClickHouseBooks(store.opened)
    journal = SqliteJournal(path, WIDE)
    await record(journal, account, 3)
    await asyncio.to_thread(journal.close)
    with store.opened().mutations() as client:
        client.command("RENAME TABLE batches TO damaged")
    try:
        whole = SqliteJournal(path, WIDE)
        assert await asyncio.to_thread(reconcile, whole, books.runs) == 0
        await asyncio.to_thread(whole.close)
        mark = read_mark(path)
        assert mark is not None
        write_mark(path, msgspec.structs.replace(mark, position=mark.position + 5))
        behind = SqliteJournal(path, WIDE)
        with pytest.raises(StoreDefect):
            await asyncio.to_thread(reconcile, behind, books.runs)
        await asyncio.to_thread(behind.close)
    finally:
        with store.opened().mutations() as client:
            client.command("RENAME TABLE damaged TO batches")
