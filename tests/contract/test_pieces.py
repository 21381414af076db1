"""A group that is too large for the event store enters it in pieces, and each event once."""

import asyncio
import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at
from footfall.core.ports import Batch
from footfall.integrity.balance import find_gaps
from footfall.journal import batches
from footfall.journal.journal import SqliteJournal
from footfall.journal.ledger import SqliteLedger
from footfall.store.maintenance.ledger import ClickHouseBooks
from footfall.store.store import ClickHouseStore

WIDE = 1 << 30
NOW = 1_790_000_000_000
accounts = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    """One for all: an embedded engine opens one directory in the life of a process."""
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('pieces')}", 400_000_000)
    opened.open()
    yield opened
    opened.close()


def event(number: int, account: int = 1, size: int = 0) -> Event:
    return Event(
        id=first_id_at(NOW) + number,
        account=account,
        tracker=number % 3,
        kind=EventKind.SCAN,
        source="t",
        verdict=Verdict.COUNTED,
        offer="7" if number % 4 == 0 else "",
        url="x" * size,
    )


def numbers_in(batch: Batch) -> list[int]:
    return [
        msgspec.json.decode(line, type=Event).id - first_id_at(NOW)
        for line in batch.lines.splitlines()
    ]


def use_limits(patch: pytest.MonkeyPatch, bytes: int, events: int) -> None:
    patch.setattr(batches, "BATCH_BYTES_MAX", bytes)
    patch.setattr(batches, "BATCH_EVENTS_MAX", events)
    patch.setattr(batches, "READ_BYTES", 7)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sizes=some.lists(
        some.lists(some.integers(0, 400), min_size=1, max_size=12), min_size=1, max_size=4
    ),
    bytes=some.integers(1, 900),
    events=some.integers(1, 5),
    kills=some.lists(some.sampled_from(["no", "taken", "inserted"]), max_size=30),
)
def test_events_of_any_sizes_come_out_once_and_a_piece_again_after_a_kill(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[list[int]],
    bytes: int,
    events: int,
    kills: list[str],
) -> None:
    """A kill is a journal that is opened again, with other limits: what was sealed stays as it is.
    What was taken before comes again with the same token, and is said to."""
    path = tmp_path_factory.mktemp("pieces") / "journal.db"
    stored: dict[str, list[int]] = {}

    async def run(patch: pytest.MonkeyPatch) -> None:
        use_limits(patch, bytes, events)
        journal, number, sequence = (
            SqliteJournal(path, WIDE, hold_seconds=60),
            itertools.count(),
            iter(kills),
        )
        for group in sizes:
            await journal.append(*(event(next(number), size=size) for size in group))
        taken: set[str] = set()
        released = 0
        while (batch := journal.take()) is not None:
            assert batch.again == (batch.token in taken)
            assert batch.events == len(numbers_in(batch))
            assert batch.events == 1 or len(batch.lines) - 1 <= bytes
            assert batch.events <= events
            taken.add(batch.token)
            kill = next(sequence, "no")
            if kill != "taken":
                assert stored.setdefault(batch.token, numbers_in(batch)) == numbers_in(batch)
            if kill == "no":
                assert batch.first in (0, released + 1)
                journal.release(batch)
                released += batch.groups
            else:
                journal.close()
                journal = SqliteJournal(path, WIDE, hold_seconds=60)
        assert released == len(sizes)
        assert journal.backlog().events == journal.backlog().bytes == 0
        journal.close()

    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(run(patch))
    assert [number for some in stored.values() for number in some] == list(
        range(sum(map(len, sizes)))
    )


def held(store: ClickHouseStore, account: int) -> dict[str, int]:
    tables = ("rollup", "rollup_account", "events_by_quarter_hour", "rollup_ads", "books")
    found = {}
    with store.opened().reading() as client:
        for table in ("events", "events_by_tracker", *tables):
            count = "sum(events)" if table in tables else "count()"
            total = " AND dimension = 'total'" if table in ("rollup", "rollup_account") else ""
            sql = f"SELECT {count} FROM {table} WHERE account = {account}{total}"
            found[table] = int(client.query(sql).result_rows[0][0])
    return found


@pytest.mark.parametrize("killed", ["before the insert", "after the insert"])
async def test_every_table_has_each_event_once_after_a_kill_between_any_two_pieces(
    store: ClickHouseStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    use_limits(monkeypatch, bytes=700, events=7)
    account = next(accounts)
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE, hold_seconds=60)
    await journal.append(*(event(number, account) for number in range(5)))
    await journal.append(*(event(5 + number, account, 30 * (number % 5)) for number in range(30)))
    pieces = 0
    while (batch := await asyncio.to_thread(journal.take)) is not None:
        for _ in range(2):
            if killed == "after the insert":
                await asyncio.to_thread(store.insert, batch)
            journal.close()
            journal = SqliteJournal(path, WIDE, hold_seconds=60)
            again = await asyncio.to_thread(journal.take)
            assert again == msgspec.structs.replace(batch, again=True)
            batch = again
        await asyncio.to_thread(store.insert, batch)
        await asyncio.to_thread(journal.release, batch)
        pieces += 1
    assert pieces > 5
    assert held(store, account) == {
        **dict.fromkeys(["events", "events_by_tracker", "rollup", "rollup_account", "books"], 35),
        "events_by_quarter_hour": 35,
        "rollup_ads": 9,
    }
    books = ClickHouseBooks(store.opened)
    runs = [run for run in books.runs() if run.journal == journal.name]
    assert [(run.first, run.last, run.groups) for run in runs] == [(1, 2, 2)]
    book = SqliteLedger(path).read(None, 0, 1 << 40)
    assert find_gaps(runs, book) == []
    counts = Counter[str]()
    for entry in book.entries:
        counts.update(journalled=entry.journalled, released=entry.released)
    assert counts == {"journalled": 35, "released": 35}
    journal.close()


@pytest.mark.parametrize("in_part", [False, True])
async def test_a_batch_of_an_older_footfall_that_is_too_large_enters_in_pieces(
    store: ClickHouseStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_part: bool
) -> None:
    """It was given away whole, again and again; the engine may have taken it into some tables."""
    account = next(accounts)
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE, hold_seconds=60)
    await journal.append(*(event(number, account) for number in range(24)))
    batch = await asyncio.to_thread(journal.take)
    assert batch is not None
    if in_part:
        await asyncio.to_thread(store.insert, msgspec.structs.replace(batch, token="as before"))
        with store.opened().inserting() as client:
            for table in ("rollup", "events"):
                client.command(
                    f"ALTER TABLE {table} DELETE WHERE account = {account}",
                    settings={"mutations_sync": 2},
                )
    journal.close()
    with sqlite3.connect(path) as old:  # as it was made before there were pieces
        for column in ("cuts", "pieces", "begun", "tried"):
            old.execute(f"ALTER TABLE state DROP COLUMN {column}")
    old.close()
    use_limits(monkeypatch, bytes=10_000, events=5)
    for _ in range(5):
        journal = SqliteJournal(path, WIDE, hold_seconds=60)
        piece = await asyncio.to_thread(journal.take)
        assert piece is not None
        assert (piece.again, piece.events <= 5) == (True, True)
        await asyncio.to_thread(store.insert, piece)
        if piece.token.split("-")[2] == "2":  # killed once more
            journal.close()
            journal = SqliteJournal(path, WIDE, hold_seconds=60)
            piece = await asyncio.to_thread(journal.take)
            assert piece is not None
            await asyncio.to_thread(store.insert, piece)
        await asyncio.to_thread(journal.release, piece)
        journal.close()
    assert journal.backlog().events == 0
    found = held(store, account)
    assert found.pop("rollup_ads") == 6
    assert set(found.values()) == {24}


async def test_a_group_of_many_bytes_is_read_in_pieces(tmp_path: Path) -> None:
    """40 MB in one request: no piece has more than the engine takes."""
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    await journal.append(*(event(number, size=200_000) for number in range(200)))
    found: list[int] = []
    while (batch := journal.take()) is not None:
        assert len(batch.lines) <= batches.BATCH_BYTES_MAX
        found += numbers_in(batch)
        journal.release(batch)
    assert found == list(range(200))
    journal.close()
