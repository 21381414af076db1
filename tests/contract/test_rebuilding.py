"""Counts that are rebuilt from the raw rows, on a real engine."""

import itertools
import random
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.errors import StoreUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store.maintenance import rebuild as rebuild_module
from footfall.store.maintenance.audit import ClickHouseComparer
from footfall.store.maintenance.rebuild import (
    Counted,
    Region,
    find_counted,
    held_of,
    rebuild,
    select_counts,
)
from footfall.store.query.conditions import MICROS
from footfall.store.store import ClickHouseStore
from footfall.store.swaps import ATTEMPTS
from tests.contract.totals import events_of, totals_query

START = EPOCH_MS + 400 * 86_400_000
TABLES = {"events_by_quarter_hour", "rollup", "rollup_account", "rollup_ads"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('rebuilding')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def account(store: ClickHouseStore) -> int:
    return fill(store)


def fill(store: ClickHouseStore) -> int:
    """Two thousand events of four trackers in two hours, some received a day late. Returns their
    account."""
    number = next(_numbers)
    chance = random.Random(number)
    events = [
        Event(
            id=(START - EPOCH_MS + n * 3_600 << TIME_SHIFT) + number,
            account=number,
            tracker=chance.randrange(4),
            kind=chance.choice([EventKind.SCAN, EventKind.CLICK, EventKind.CONVERSION]),
            source="test",
            delay=chance.choice([0, 0, 0, 86_400_000]),
            verdict=chance.choice([Verdict.COUNTED, Verdict.COUNTED, Verdict.BOT]),
            visitor=chance.randrange(300),
            country=chance.choice(["NL", "DE", ""]),
            offer=chance.choice(["", "7"]),
            goal=chance.choice(["", "5"]),
            payout_micros=chance.randrange(2_000_000),
            sale_micros=chance.randrange(100_000_000),
            sub1=chance.choice(["a", "b"]),
        )
        for n in range(2_000)
    ]
    insert(store, events)
    return number


def insert(store: ClickHouseStore, events: list[Event]) -> None:
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
    store.insert(Batch(f"rebuilding-{next(_numbers)}", 0, len(events), lines))


def counted(store: ClickHouseStore) -> dict[str, Counted]:
    with store._engine.reading() as client:
        return {one.table: one for one in find_counted(client)}


def content(store: ClickHouseStore, one: Counted, account: int) -> tuple[int, int, int]:
    """How many rows there are, a number that tells their content, and what they sum up to."""
    with store._engine.reading() as client:
        columns = [
            name
            for (name,) in client.query(
                "SELECT name FROM system.columns WHERE table = {table:String}"
                " AND database = currentDatabase() AND name != 'last_id'",
                parameters={"table": one.table},
            ).result_rows
        ]
        sums = {"events", *one.columns.intersection(MICROS)}
        measure = " + ".join(f"sum({name})" for name in sorted(sums))
        if one.sketched:
            sums |= {"visitor_sketch", "old_visitor_sketch", "with_visitor"}
            measure += " + 1000000 * sum(with_visitor)"
            measure += " + 1000 * finalizeAggregation(uniqCombinedMergeState(17)(visitor_sketch))"
        keys = ", ".join(name for name in columns if name not in sums)
        source, parameters = held_of(one, Region(account=account))
        ((rows, digest, total),) = client.query(
            f"SELECT count(), groupBitXor(cityHash64(*)), sum(n) FROM"
            f" (SELECT {keys}, {measure} AS n {source} GROUP BY {keys})",
            parameters=parameters,
        ).result_rows
    return rows, digest, total


def test_every_table_of_counts_is_found(store: ClickHouseStore) -> None:
    store.open()
    found = counted(store)
    assert set(found) >= TABLES
    assert {name for name, one in found.items() if one.by_receipt} == {"events_by_quarter_hour"}


@pytest.mark.parametrize("table", sorted(TABLES))
@pytest.mark.parametrize("damage", ["nothing", "lost", "doubled", "begun and not done"])
def test_counts_are_what_the_raw_rows_say_whatever_was_wrong(
    store: ClickHouseStore, account: int, table: str, damage: str
) -> None:
    one = counted(store)[table]
    right = content(store, one, account)
    assert right[0] > 10
    with store._engine.mutations() as client:
        if damage == "doubled":
            client.command(f"INSERT INTO {table} SELECT * FROM {table} WHERE account = {account}")
        elif damage == "lost":
            client.command(
                f"ALTER TABLE {table} DELETE WHERE account = {account} AND verdict = 'bot'",
                settings={"mutations_sync": 1},
            )
        elif damage == "begun and not done":  # the deletion, and then the process died
            client.command(f"ALTER TABLE {table} DELETE WHERE account = {account}")
    if damage == "lost":
        assert content(store, one, account) != right
    for _ in range(2):  # the second time the same rows go and come
        rebuild(store._engine, one, Region(account=account))
        assert content(store, one, account) == right


def test_only_the_region_is_made_anew(store: ClickHouseStore, account: int) -> None:
    one = counted(store)["rollup"]
    right = content(store, one, account)
    with store._engine.mutations() as client:
        client.command(
            f"ALTER TABLE rollup DELETE WHERE account = {account}", settings={"mutations_sync": 1}
        )
    hour = START // QUARTER_HOUR_MS * QUARTER_HOUR_MS
    rebuild(store._engine, one, Region(account=account, until=hour))
    rebuild(store._engine, one, Region(account=account, trackers=(2,), since=hour))
    assert 0 < content(store, one, account)[2] < right[2]
    rebuild(store._engine, one, Region(account=account, trackers=(0,), since=hour))
    with store._engine.reading() as client:
        rows = client.query(
            f"SELECT DISTINCT tracker, intDiv(id, {900_000 << TIME_SHIFT}) + {EPOCH_MS // 900_000}"
            f" FROM events WHERE account = {account} AND tracker IN (1, 3)"
        ).result_rows
    rebuild(store._engine, one, Region(account=account, cells=tuple((a, b) for a, b in rows)))
    assert content(store, one, account) == right


def test_what_is_about_to_go_is_left_out(store: ClickHouseStore, account: int) -> None:
    without = ("country = {gone:String}", {"gone": "DE"})
    for one in counted(store).values():
        region = Region(account=account)
        rebuild(store._engine, one, region, without)
        sql, parameters = select_counts(one, region, without)
        with store._engine.reading() as client:
            ((rows,),) = client.query(
                f"SELECT count() FROM ({sql})", parameters=parameters
            ).result_rows
            values = client.query(
                f"SELECT DISTINCT country FROM rollup_ads WHERE account = {account}"
            ).result_rows
        assert content(store, one, account)[0] == rows
    assert {value for (value,) in values} == {"NL", ""}


def test_events_that_arrive_meanwhile_are_counted_once(
    store: ClickHouseStore, account: int
) -> None:
    one = counted(store)["rollup"]
    done = threading.Event()
    first = (START - EPOCH_MS + 7_200_000 << TIME_SHIFT) + account
    inserted: list[int] = []

    def go_on() -> None:
        while not done.is_set():
            id = first + len(inserted)
            late = Event(
                id=id,
                account=account,
                delay=7_000_000,
                kind=EventKind.SCAN,
                source="test",
                verdict=Verdict.COUNTED,
            )
            insert(store, [late])
            inserted.append(id)

    thread = threading.Thread(target=go_on)
    thread.start()
    for _ in range(3):
        rebuild(store._engine, one, Region(account=account))
    done.set()
    thread.join()
    with store._engine.reading() as client:
        total = client.command(
            f"SELECT sum(events) FROM rollup WHERE account = {account} AND dimension = 'total'"
        )
    assert inserted
    assert total == 2_000 + len(inserted)


def test_a_read_that_comes_between_the_old_and_the_new_counts_waits(
    store: ClickHouseStore, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = totals_query(account, (0, 1, 2, 3))
    right = events_of(store.report(wanted))
    answers: list[dict[tuple[int, EventKind], int]] = []
    reader = threading.Thread(target=lambda: answers.append(events_of(store.report(wanted))))
    deletes = rebuild_module._delete

    def delete(*given: Any) -> None:
        deletes(*given)
        reader.start()
        reader.join(0.5)
        assert reader.is_alive()

    monkeypatch.setattr(rebuild_module, "_delete", delete)
    rebuild(store._engine, counted(store)["rollup"], Region(account=account))
    reader.join()
    assert answers == [right]


def test_a_read_that_a_rebuild_interrupts_is_repeated_until_rebuilds_wait_for_it(
    store: ClickHouseStore, account: int
) -> None:
    calls: list[bool] = []
    rebuilds: list[threading.Thread] = []

    def ask(_: object) -> str:
        one = threading.Thread(
            target=rebuild,
            args=(store._engine, counted(store)["rollup"], Region(account=account)),
        )
        one.start()
        one.join(10 if len(calls) < ATTEMPTS else 0.5)
        calls.append(one.is_alive())
        rebuilds.append(one)
        return "read"

    assert store._engine.read_counts(ask) == "read"
    assert calls == [False] * ATTEMPTS + [True]
    for one in rebuilds:
        one.join()


def test_after_a_failed_swap_reads_are_refused_and_the_next_insert_finishes_it(
    store: ClickHouseStore, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = totals_query(account, (0, 1, 2, 3))
    before = store.report(wanted).totals.events
    deletes = rebuild_module._delete

    def fail(*given: Any) -> None:
        deletes(*given)
        raise DatabaseError("Code: 243. DB::Exception: Cannot reserve. (NOT_ENOUGH_SPACE)")

    with monkeypatch.context() as patched:
        patched.setattr(rebuild_module, "_delete", fail)
        with pytest.raises(StoreUnavailable):
            rebuild(store._engine, counted(store)["rollup"], Region(account=account))
    with pytest.raises(StoreUnavailable, match="rebuilt"):
        store.report(wanted)
    id = (START - EPOCH_MS + 7_200_000 << TIME_SHIFT) + account
    scan = Event(
        id=id,
        account=account,
        tracker=1,
        kind=EventKind.SCAN,
        source="test",
        verdict=Verdict.COUNTED,
    )
    insert(store, [scan])
    assert store.report(wanted).totals.events == before + 1


def test_many_cells_are_taken_in_pieces_that_share_no_quarter_hour() -> None:
    cells = tuple((tracker, n) for n in range(9_000) for tracker in range(5))
    pieces = list(Region(account=1, cells=cells).pieces())
    assert sorted(cell for piece in pieces for cell in piece.cells) == sorted(cells)
    quarter_hours = [{number for _, number in piece.cells} for piece in pieces]
    assert len(pieces) > 1
    assert sum(map(len, quarter_hours)) == 9_000


def test_a_wrong_sum_of_money_is_found_and_repaired(store: ClickHouseStore, account: int) -> None:
    comparer = ClickHouseComparer(store.opened)
    assert comparer.compare(account, 0, 1_000_000).differences == []
    with store._engine.mutations() as client:
        client.command(
            "ALTER TABLE rollup_ads UPDATE payout_micros = payout_micros + 1"
            f" WHERE account = {account} AND goal = '5'",
            settings={"mutations_sync": 1},
        )
    found = comparer.compare(account, 0, 1_000_000).differences
    assert {one.table for one in found} == {"rollup_ads"}
    assert {why for _, why in comparer.repair(account, found)} == {""}
    assert comparer.compare(account, 0, 1_000_000).differences == []
