"""The books of a store that was damaged by hand: every damage is found, named and, where the raw
rows are whole, repaired."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from footfall.capture.event_counts import EventCounts
from footfall.core.books import Difference
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import HOUR_MS, first_id_at
from footfall.core.ports import Batch
from footfall.core.queries import EventFilter
from footfall.integrity.audit import SETTLED_MS, Audit
from footfall.integrity.integrity import Integrity
from footfall.journal.journal import SqliteJournal
from footfall.journal.ledger import SqliteLedger
from footfall.runtime.background import Background
from footfall.store.maintenance import audit
from footfall.store.maintenance.audit import DOUBLED, GONE, ClickHouseComparer
from footfall.store.maintenance.ledger import ClickHouseBooks
from footfall.store.store import ClickHouseStore

MIDNIGHT = 1_790_035_200_000 // HOUR_MS  # 2026-09-22 00:00 UTC
END = MIDNIGHT + 48
TABLES = ("events_by_quarter_hour", "rollup", "rollup_ads", "rollup_account")
SKETCHED = ("rollup", "rollup_account")
SOMEBODY = "uniqCombinedState(17)(toUInt32(999999)) OVER () AS visitor_sketch"
_numbers = itertools.count(1)


class Place:
    """A store of its own process, and an account that no other test uses."""

    def __init__(self, store: ClickHouseStore) -> None:
        self.account = next(_numbers)
        self.store = store
        self.books = ClickHouseBooks(store.opened)
        self.comparer = ClickHouseComparer(store.opened)

    def insert(self, hours: range = range(3), late: bool = True) -> None:
        """Sixty events an hour of receipt; some of them happened an hour before."""
        first = next(_numbers)
        for hour in hours:
            events = [
                Event(
                    id=first_id_at((MIDNIGHT + hour) * HOUR_MS) + first * 1000 + number,
                    account=self.account,
                    tracker=1 + number % 2,
                    kind=EventKind.SCAN,
                    source=("redirect", "native")[number % 2],
                    delay=HOUR_MS if late and number % 10 == 0 else 0,
                    verdict=Verdict.COUNTED,
                    visitor=1 + number,
                    country=("NL", "")[number % 3 == 0],
                    os="iOS" if number % 4 else "",
                    offer="7" if number % 5 else "",
                )
                for number in range(60)
            ]
            lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
            batch, journal = next(_numbers), f"j{self.account}"
            token = f"{journal}-{batch}"
            self.store.insert(Batch(token, batch, 60, lines, False, journal, batch, 1))

    def run(self, sql: str) -> None:
        with self.store.opened().mutations() as client:
            client.command(sql, settings={"mutations_sync": 1})

    def compare(self) -> list[Difference]:
        return list(self.comparer.compare(self.account, 0, END).differences)

    def repair(self) -> list[str]:
        """Repair everything; why not, where it was not done."""
        found = self.compare()
        assert found
        return sorted({why for _, why in self.comparer.repair(self.account, found)})

    def counts(self) -> list[object]:
        """All of this account's rows of every table of counts."""
        shown = "(last_id, visitor_sketch), finalizeAggregation(visitor_sketch)"
        with self.store.opened().reading() as client:
            return [
                client.query(
                    f"SELECT * EXCEPT {shown if table in SKETCHED else 'last_id'}"
                    f" FROM {table} FINAL WHERE account = {self.account} ORDER BY ALL"
                ).result_rows
                for table in TABLES
            ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('books')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def place(store: ClickHouseStore) -> Place:
    made = Place(store)
    made.insert()
    assert made.compare() == []
    return made


@pytest.mark.parametrize("damage", ["a row removed", "rows doubled"])
def test_wrong_counts_are_found_in_their_hour_and_counted_again(place: Place, damage: str) -> None:
    before = place.counts()
    for hour, table in zip((0, 1, 2, 0), TABLES, strict=True):
        begin, end = ((MIDNIGHT + hour + n) * 3600 for n in (0, 1))
        when = f"bucket >= toDateTime({begin}) AND bucket < toDateTime({end})"
        if table == "events_by_quarter_hour":
            quarter_hours = [(at - 1_735_689_600) // 900 for at in (begin, end)]
            when = "quarter_hour >= {} AND quarter_hour < {}".format(*quarter_hours)
        mine = f"account = {place.account} AND {when}"
        if damage == "a row removed":
            one = "1" if "account" in table else "tracker = 1"
            place.run(f"ALTER TABLE {table} DELETE WHERE {mine} AND {one}")
        else:
            place.run(f"INSERT INTO {table} SELECT * FROM {table} WHERE {mine}")
    assert {(one.table, one.hour - MIDNIGHT) for one in place.compare()} == {
        *(("events_by_quarter_hour", 0), ("rollup", 1)),
        *(("rollup_ads", 2), ("rollup_account", 0)),
    }
    assert place.repair() == [""]
    assert place.compare() == []
    assert place.counts() == before


@pytest.mark.parametrize("wrong", [f"0 AS with_visitor, {SOMEBODY}", "1 AS with_visitor"])
@pytest.mark.parametrize("table", SKETCHED)
def test_one_more_visitor_is_found_and_counted_again(place: Place, table: str, wrong: str) -> None:
    before = place.counts()
    place.run(
        f"INSERT INTO {table} SELECT * REPLACE (0 AS events, {wrong}) FROM {table}"
        f" FINAL WHERE account = {place.account} AND dimension = 'total'"
    )
    found = place.compare()
    assert {one.table for one in found} == {table}
    assert all(one.found == one.expected + one.rows for one in found)
    assert place.repair() == [""]
    assert place.compare() == []
    assert place.counts() == before


def test_an_hour_is_compared_without_the_sketches_of_others_in_memory(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day of twenty trackers with 2,500 visitors each quarter-hour: 60 MB of sketches."""
    place.run(
        "INSERT INTO rollup (account, tracker, kind, dimension, verdict, bucket, visitor_sketch)"
        f" SELECT {place.account}, number % 20, 'scan', 'total', 'counted',"
        f" toDateTime({MIDNIGHT} * 3600 + 900 * (intDiv(number, 20) % 96)),"
        " uniqCombinedState(17)(toUInt32(cityHash64(number))) FROM numbers(20 * 96 * 2500)"
        " GROUP BY 2, 6"
    )
    little = audit._SETTINGS.replace("max_memory_usage = 100000000", "max_memory_usage = 8e7")
    monkeypatch.setattr(audit, "_SETTINGS", little)
    found = place.comparer.compare(place.account, MIDNIGHT + 5, MIDNIGHT + 6).differences
    assert [(one.table, one.hour, one.rows) for one in found] == [("rollup", MIDNIGHT + 5, 80)]


@pytest.mark.parametrize("table", ["events", "events_by_tracker"])
def test_a_raw_row_that_one_table_lacks_is_copied_from_the_other(place: Place, table: str) -> None:
    lost = first_id_at((MIDNIGHT + 1) * HOUR_MS)
    place.run(
        f"ALTER TABLE {table} DELETE WHERE account = {place.account} AND tracker = 2"
        f" AND id >= {lost} AND id < {first_id_at((MIDNIGHT + 2) * HOUR_MS)}"
    )
    found = place.compare()
    assert Difference(place.account, table, MIDNIGHT + 1, 60, 30, 30) in found
    place.repair()
    assert place.compare() == []


def test_counts_outlive_raw_rows_that_are_lost_in_both_tables(place: Place) -> None:
    """To count again what is left would hide the loss, and lose the counts too."""
    before = place.counts()
    for table in ("events", "events_by_tracker"):
        place.run(
            f"ALTER TABLE {table} DELETE WHERE account = {place.account}"
            f" AND id >= {first_id_at((MIDNIGHT + 1) * HOUR_MS)} AND tracker = 1"
        )
    found = {one.table for one in place.compare()}
    assert found >= {"events", *TABLES}
    assert place.repair() == [GONE]
    assert place.counts() == before


def test_doubled_raw_rows_are_named_and_left_alone(place: Place) -> None:
    place.run(f"INSERT INTO events SELECT * FROM events WHERE account = {place.account} LIMIT 10")
    assert Difference(place.account, "events", MIDNIGHT, 60, 70, 10) in place.compare()
    assert DOUBLED in place.repair()
    assert Difference(place.account, "events", MIDNIGHT, 60, 70, 10) in place.compare()


def test_a_repair_that_died_half_way_is_finished_by_the_next(place: Place) -> None:
    """Between the deletion and the new rows the hour has none."""
    before = place.counts()
    place.run(f"ALTER TABLE rollup DELETE WHERE account = {place.account}")
    place.run(f"ALTER TABLE rollup_account DELETE WHERE account = {place.account}")
    assert place.repair() == [""]
    assert place.counts() == before


def test_an_erased_tracker_leaves_the_books_balanced(place: Place) -> None:
    erased = EventFilter(account=place.account, trackers=(1,))
    assert place.store.remover().rebuild_counts(erased) == 0
    place.store.remover().remove(erased)
    assert place.compare() == []
    entered = sum(one.events for one in place.books.stored(place.account, 0, END))
    held = sum(one.events for one in place.books.held(place.account, 0, END))
    assert (entered, held) == (180, 90)


def test_what_retention_removed_is_left_out_and_said(place: Place) -> None:
    place.insert(range(24, 26), late=False)
    until = (MIDNIGHT + 24) * HOUR_MS
    place.store.remover().expire(EventFilter(account=place.account, until=until))
    comparison = place.comparer.compare(place.account, MIDNIGHT, MIDNIGHT + 26)
    assert (comparison.differences, comparison.whole_from) == ([], MIDNIGHT + 24)
    assert sum(one.events for one in place.books.stored(place.account, 0, END)) == 300
    assert sum(one.events for one in place.books.held(place.account, 0, END)) == 120
    place.run(f"ALTER TABLE rollup DELETE WHERE account = {place.account}")
    assert {one.hour for one in place.compare()} == {MIDNIGHT + 24, MIDNIGHT + 25}


def test_the_books_tell_accounts_sources_and_journals_apart(place: Place) -> None:
    stored = place.books.stored(place.account, MIDNIGHT, MIDNIGHT + 1)
    journal = f"j{place.account}"
    assert sorted((one.source, one.journal, one.hour, one.events) for one in stored) == [
        ("native", journal, MIDNIGHT, 30),
        ("redirect", journal, MIDNIGHT, 30),
    ]


def test_a_batch_that_is_missing_is_a_gap_also_after_folding(place: Place) -> None:
    def run(first: int, last: int, groups: int) -> None:
        place.run(
            f"INSERT INTO batches VALUES ('fold{place.account}', {first}, {last}, {groups},"
            f" {groups * 10}, {first}, {last})"
        )

    def runs() -> list[tuple[int, int, int, int]]:
        return [
            (one.first, one.last, one.groups, one.events)
            for one in place.books.runs()
            if one.journal == f"fold{place.account}"
        ]

    run(1, 2, 2)
    run(3, 3, 1)
    run(3, 3, 1)  # a batch that came again
    run(6, 9, 3)
    assert runs() == [(1, 3, 3, 30), (6, 9, 3, 30)]
    place.books.fold_runs(batches_min=0)
    assert runs() == [(1, 3, 3, 30), (6, 9, 3, 30)]
    run(3, 3, 1)  # what a fold leaves that dies half-way
    run(10, 10, 1)
    assert runs() == [(1, 3, 3, 30), (6, 10, 4, 40)]
    place.books.fold_runs(batches_min=0)
    assert runs() == [(1, 3, 3, 30), (6, 10, 4, 40)]
    with place.store.opened().reading() as client:
        ((rows,),) = client.query(
            f"SELECT count() FROM batches FINAL WHERE journal = 'fold{place.account}'"
        ).result_rows
    assert rows == 2


class Watch:
    """The background check of a store, at a time that the test sets; restarted by another one."""

    def __init__(self, place: Place, path: Path) -> None:
        self.now = (MIDNIGHT + 3) * HOUR_MS + SETTLED_MS
        self.lost = EventCounts()
        self.removing = False
        self._account = place.account
        self._comparer = OfAccount(place)
        self._books = place.books
        self._path = path
        self.background = Background(1)
        self.audit = self.restart()

    def restart(self) -> Audit:
        self.audit = Audit(
            self._comparer,
            self._books,
            self.background,
            self._path,
            lambda: self.now,
            (),
            self.lost,
            lambda: {self._account} if self.removing else set(),
        )
        return self.audit

    async def steps(self) -> int:
        """Until there is nothing to look at."""
        done = 0
        while await self.audit.step():
            done += 1
        return done


class OfAccount(ClickHouseComparer):
    """This account's tables alone: other tests of the same store damage theirs."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.store.opened)
        self._account = place.account

    def accounts(self) -> list[int]:
        return [self._account]


async def test_the_check_covers_every_hour_once_and_goes_on_after_a_restart(
    place: Place, tmp_path: Path
) -> None:
    watch = Watch(place, tmp_path / "integrity.json")
    assert await watch.steps() == 1
    checked = watch.audit.checked(place.account)
    assert checked is not None
    assert (checked.since, checked.until, checked.differences) == (0, MIDNIGHT + 3, [])
    assert await watch.steps() == 0

    place.insert(range(3, 5), late=False)
    hour = (MIDNIGHT + 4) * 3600
    place.run(
        f"ALTER TABLE rollup DELETE WHERE account = {place.account}"
        f" AND bucket >= toDateTime({hour}) AND dimension = 'os'"
    )
    watch.now += 2 * HOUR_MS
    watch.restart()
    watch.removing = True
    assert await watch.steps() == 0  # rows and counts do not go in the same moment
    watch.removing = False
    assert await watch.steps() == 1
    assert watch.audit.differences == 1
    assert "1 places" in watch.audit.warning()

    watch.restart()
    assert watch.audit.differences == 1  # known from the start
    assert place.repair() == [""]
    watch.now += HOUR_MS
    await watch.steps()
    assert (watch.audit.differences, watch.audit.warning()) == (0, "")
    watch.background.close()


async def test_unrecorded_events_survive_a_restart(place: Place, tmp_path: Path) -> None:
    watch = Watch(place, tmp_path / "integrity.json")
    lost = (place.account, "redirect", MIDNIGHT)
    watch.lost[lost] = 4
    await watch.audit.save()
    watch.lost.clear()
    watch.restart()
    watch.lost[lost] = 3
    assert watch.audit.unrecorded() == {lost: 7}
    (tmp_path / "integrity.json").write_bytes(b"{")  # whatever it holds, the server starts
    assert watch.restart().unrecorded() == {lost: 3}
    watch.background.close()


async def test_a_clock_that_was_ahead_makes_no_false_alarm(place: Place, tmp_path: Path) -> None:
    """It received events two months from now, and the ledger made days of today's hours."""
    watch = Watch(place, tmp_path / "integrity.json")
    await watch.steps()
    journal = SqliteJournal(tmp_path / "journal.db", 1 << 30, hold_seconds=60)
    ids = [first_id_at((MIDNIGHT + hour) * HOUR_MS) for hour in (5, 5, 7, 60 * 24)]
    for number, id in enumerate(ids):
        facts = {"kind": "scan", "source": "redirect", "verdict": "counted"}
        await journal.append(
            msgspec.convert({"id": id + number, "account": place.account, **facts}, Event)
        )
        batch = journal.take()
        assert batch is not None
        place.store.insert(batch)
        journal.release(batch)
    watch.now = (MIDNIGHT + 60 * 24 + 2) * HOUR_MS
    assert await watch.steps() == 1
    watch.now = (MIDNIGHT + 8) * HOUR_MS + SETTLED_MS
    ledger = SqliteLedger(tmp_path / "journal.db")
    integrity = Integrity(
        *(ledger, place.books, watch.audit, watch.background), lambda: watch.now, lambda *_: {}
    )
    hours = await integrity.close_books(
        place.account, (MIDNIGHT + 4) * HOUR_MS, (MIDNIGHT + 8) * HOUR_MS
    )
    assert [one for one in hours.rows if one.missing] == []
    assert sum(one.journalled or 0 for one in hours.rows) == 3
    assert await watch.steps() == 1  # what is not over yet is checked again when it is
    checked = watch.audit.checked(place.account)
    assert checked is not None
    assert checked.until == MIDNIGHT + 8
    journal.close()
    watch.background.close()
