"""What the event store lost is seen beside what comes in and goes, and not what was removed."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from footfall.capture.event_counts import CountKey
from footfall.core.calendar import HOUR_MS
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at
from footfall.integrity.presence import (
    EVERY_SECONDS,
    WRONG_SECONDS,
    Presence,
    look_offline,
)
from footfall.journal.journal import SqliteJournal
from footfall.journal.ledger import SqliteLedger
from footfall.runtime.background import Background
from footfall.store.maintenance.ledger import ClickHouseBooks
from footfall.store.store import ClickHouseStore

AT = 1_780_000_000_000
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('presence')}", 400_000_000)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    opened = SqliteJournal(tmp_path / "journal.db", 1 << 30)
    yield opened
    await asyncio.to_thread(opened.close)


async def fill(journal: SqliteJournal, store: ClickHouseStore, count: int) -> None:
    for _ in range(count):
        number = next(_numbers)
        event = Event(
            id=first_id_at(AT) + number,
            account=1,
            tracker=number % 3,
            kind=EventKind.SCAN,
            source="test",
            verdict=Verdict.COUNTED,
        )
        await journal.append(event)
    while (batch := await asyncio.to_thread(journal.take)) is not None:
        await asyncio.to_thread(store.insert, batch, journal.release)


def sql(store: ClickHouseStore, *statements: str) -> None:
    with store.opened().mutations() as client:
        for statement in statements:
            client.command(statement, settings={"mutations_sync": 1})


def receipts(events: int) -> dict[CountKey, int]:
    return {(1, "test", AT // HOUR_MS): events}


def empty(store: ClickHouseStore) -> None:
    tables = ("events", "events_by_tracker", "events_by_quarter_hour", "rollup", "rollup_account")
    sql(store, *(f"TRUNCATE TABLE {table}" for table in (*tables, "books", "expired")))


async def test_a_part_is_missed_while_it_is_detached_and_no_longer(
    store: ClickHouseStore, journal: SqliteJournal, tmp_path: Path
) -> None:
    removed, changing, most = {1: 0}, set[int](), dict[int, int]()

    def note(entered: Mapping[int, int]) -> Mapping[int, int]:
        most.update({one: max(most.get(one, 0), events) for one, events in entered.items()})
        return most

    background = Background(1)
    presence = Presence(
        *(SqliteLedger(tmp_path / "journal.db"), ClickHouseBooks(store.opened), background),
        lambda account: receipts(removed.get(account, 0)),
        lambda _: {},
        lambda: changing,
        note,
    )

    async def look() -> tuple[int, int]:
        await presence.look()
        return presence.present.missing, len(presence.present.detached)

    await fill(journal, store, 20)
    await fill(journal, store, 10)
    assert await look() == (0, 0)
    for table in ("events", "rollup_account", "events_by_quarter_hour", "books"):
        sql(store, f"OPTIMIZE TABLE {table} FINAL")
        with store.opened().reading() as client:
            ((part,),) = client.query(
                f"SELECT name FROM system.parts WHERE active AND table = '{table}'"
            ).result_rows
        sql(store, f"ALTER TABLE {table} DETACH PART '{part}'")
        missing, detached = await look()
        assert (missing, detached) == (30, 1), table
        assert f"{table}/" in presence.present.warning()
        assert not presence.complete
        sql(store, f"ALTER TABLE {table} ATTACH PART '{part}'")
        assert await look() == (0, 0)
    # While events are removed, receipts explain rows that are gone, and counts are not compared.
    changing.add(1)
    removed[1] = 10
    gone = "WHERE tracker = 1"
    for table in ("events", "events_by_tracker", "events_by_quarter_hour", "rollup"):
        sql(store, f"ALTER TABLE {table} DELETE {gone}")
    assert await look() == (0, 0)
    changing.clear()
    removed[1] = 0
    assert await look() == (10, 0)
    removed[1] = 10
    sql(store, "INSERT INTO expired SELECT 1, now()")
    assert await look() == (0, 0)
    # And of a store whose books are empty again, by what they once had.
    empty(store)
    assert await look() == (30, 0)
    background.close()
    assert msgspec.to_builtins(most) == {1: 30}


@pytest.mark.parametrize("table", ["books", "events", "events_by_tracker"])
async def test_a_loss_is_seen_by_the_first_check_also_while_events_of_the_account_are_removed(
    store: ClickHouseStore, journal: SqliteJournal, tmp_path: Path, table: str
) -> None:
    empty(store)
    background, changing = Background(1), {1}
    presence = Presence(
        *(SqliteLedger(tmp_path / "journal.db"), ClickHouseBooks(store.opened), background),
        lambda _: receipts(10),
        lambda _: {},
        lambda: changing,
        lambda entered: entered,
    )
    assert not presence.complete  # nothing is known yet
    assert "not checked" in presence.present.warning()
    await fill(journal, store, 30)
    sql(store, f"TRUNCATE TABLE {table}")
    assert await presence._pass() == WRONG_SECONDS
    assert presence.present.missing >= 20  # 10 may have been removed
    assert not presence.complete
    background.close()


@pytest.mark.parametrize("table", ["events", "books"])
async def test_a_loss_is_no_longer_missing_when_retention_would_have_removed_it(
    store: ClickHouseStore, journal: SqliteJournal, tmp_path: Path, table: str
) -> None:
    empty(store)
    await fill(journal, store, 30)
    tables = ("events", "events_by_tracker", "events_by_quarter_hour", "rollup", "rollup_account")
    with store.opened().reading() as client:
        ((last,),) = client.query("SELECT max(id) FROM events").result_rows
    gone, hours = dict[CountKey, int](), {"test": AT // HOUR_MS}
    ledger, books = SqliteLedger(tmp_path / "journal.db"), ClickHouseBooks(store.opened)

    def missing() -> int:
        return look_offline(ledger, books, lambda _: gone, lambda _: hours).missing

    assert missing() == 0
    if table == "books":
        sql(store, "TRUNCATE TABLE books")
        kept, lacking = 30, 30
    else:
        sql(store, *(f"ALTER TABLE {one} DELETE WHERE id > {last - 10}" for one in tables[:2]))
        kept, lacking = 20, 10
    assert missing() == lacking
    # Retention removes what is left, and says how many events that were.
    sql(store, *(f"TRUNCATE TABLE {one}" for one in tables), "INSERT INTO expired SELECT 1, now()")
    gone |= receipts(kept)
    assert missing() == lacking
    hours = {"*": AT // HOUR_MS + 1, "test": 0}  # kept for ever
    assert missing() == lacking
    hours = {"test": AT // HOUR_MS + 1}
    assert missing() == 0
    hours = {"*": AT // HOUR_MS + 1}
    assert missing() == 0
    sql(store, "TRUNCATE TABLE expired")


async def test_the_next_check_comes_soon_after_one_that_could_not_compare_everything(
    store: ClickHouseStore, journal: SqliteJournal, tmp_path: Path
) -> None:
    background, changing = Background(1), {1}
    empty(store)
    await fill(journal, store, 30)
    presence = Presence(
        *(SqliteLedger(tmp_path / "journal.db"), ClickHouseBooks(store.opened), background),
        lambda _: {},
        lambda _: {},
        lambda: changing,
        lambda entered: entered,
    )
    assert (await presence._pass(), presence.complete) == (WRONG_SECONDS, True)
    changing.clear()
    assert (await presence._pass(), presence.complete) == (EVERY_SECONDS, True)
    background.close()


async def test_a_merged_part_that_a_power_cut_broke_lacks_nothing_while_its_sources_are_read(
    store: ClickHouseStore, journal: SqliteJournal
) -> None:
    await fill(journal, store, 20)
    await fill(journal, store, 10)
    sql(store, "SYSTEM STOP MERGES events")
    with store.opened().reading() as client:
        found = client.query(
            "SELECT path, min_block_number FROM system.parts WHERE active AND table = 'events'"
            " ORDER BY min_block_number"
        ).result_rows
    (path, first), last = found[0], found[-1][1]
    assert last > first
    partition = Path(path).name.split("_", 1)[0]
    books = ClickHouseBooks(store.opened)
    for end, lacks in ((last, False), (last + 1, True)):
        aside = Path(path).parent / "detached" / f"broken-on-start_{partition}_{first}_{end}_1"
        shutil.copytree(path, aside)
        assert books.detached() == ([f"events/{aside.name}"] if lacks else [])
        shutil.rmtree(aside)


async def test_what_a_failed_insert_left_behind_lacks_nothing_while_the_sums_are_whole(
    store: ClickHouseStore, journal: SqliteJournal, tmp_path: Path
) -> None:
    await fill(journal, store, 20)
    ledger, books = SqliteLedger(tmp_path / "journal.db"), ClickHouseBooks(store.opened)
    sql(store, "TRUNCATE TABLE expired")
    with store.opened().reading() as client:
        ((source,),) = client.query(
            "SELECT any(path) FROM system.parts WHERE active AND table = 'events'"
        ).result_rows
        found = client.query("SELECT name, data_paths[1] FROM system.tables").result_rows
    folders = {str(name): str(path) for name, path in found}
    for table in ("events", "rollup", "migrations", "rollup_ads"):
        aside = Path(folders[table]) / "detached" / "broken-on-start_all_900_900_0"
        shutil.copytree(source, aside)
        present = look_offline(ledger, books, lambda _: {}, lambda _: {})
        assert present.missing == 0
        assert present.whole is (table != "rollup_ads"), table
        shutil.rmtree(aside)


async def test_a_table_that_cannot_be_read_makes_answers_incomplete_until_it_can(
    store: ClickHouseStore, journal: SqliteJournal, tmp_path: Path
) -> None:
    await fill(journal, store, 3)
    background = Background(1)
    presence = Presence(
        *(SqliteLedger(tmp_path / "journal.db"), ClickHouseBooks(store.opened), background),
        lambda _: {},
        lambda _: {},
        lambda: (),
        lambda entered: entered,
    )
    sql(store, "RENAME TABLE events_by_tracker TO away")
    await presence.look()
    assert not presence.complete
    assert "cannot be checked" in presence.present.warning()
    sql(store, "RENAME TABLE away TO events_by_tracker")
    await presence.look()
    assert "cannot be checked" not in presence.present.warning()
    background.close()
