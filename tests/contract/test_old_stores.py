"""A store from before is brought up to date, also when that was interrupted.

Each in a process of its own: the embedded engine opens one directory in the life of a process.
"""

import json
from pathlib import Path

import pytest

from tests.running import output_of

OLD_STORE = """
import json, sys
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_HOUR, HOUR_MS, first_id_at
from footfall.core.ports import Batch
from footfall.core.reports import Metric, ReportQuery
from footfall.store.maintenance.ledger import ClickHouseBooks
from footfall.store.maintenance.audit import ClickHouseComparer
from footfall.store.engine import Engine
from footfall.store.insert import insert_once
from footfall.store.migrate import MIGRATIONS, statements
from footfall.store.store import ClickHouseStore

def lines(number, hours):
    events = [
        Event(id=first_id_at((EPOCH_HOUR + hour) * HOUR_MS) + 100 * number + n, account=1,
              tracker=n, kind=EventKind.SCAN, source="redirect", verdict=Verdict.COUNTED,
              visitor=n + 1)
        for hour in hours for n in range(10)
    ]
    return b"".join(msgspec.json.encode(event) + b"\\n" for event in events)

def file_of(version):
    (path,) = MIGRATIONS.glob(f"{version:04}_*.sql")
    return statements(path.read_text())

def make(client, version):
    client.command(
        "CREATE TABLE migrations (version UInt32, name String,"
        " applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY version"
    )
    for number in range(1, version + 1):
        for statement in file_of(number):
            client.command(statement)
        client.command(f"INSERT INTO migrations (version, name) VALUES ({number}, '')")

url = f"chdb://{sys.argv[1]}"
done_before = int(sys.argv[2])
engine = Engine(url, {})
"""

BOOKS = (
    OLD_STORE
    + """
with engine.altering() as client:
    make(client, 1)
    client.raw_insert("incoming", insert_block=lines(0, range(3)), fmt="JSONEachRow")
    # What retention left: the rollups of the first hour, and no row of it.
    for table in ("events", "events_by_tracker"):
        client.command(
            f"ALTER TABLE {table} DELETE WHERE id < {first_id_at((EPOCH_HOUR + 1) * HOUR_MS)}",
            settings={"mutations_sync": 1},
        )
    client.command(
        "ALTER TABLE events_by_quarter_hour DELETE WHERE quarter_hour < 4",
        settings={"mutations_sync": 1},
    )
    # An upgrade that died before it was noted.
    for statement in file_of(2)[:done_before]:
        client.command(statement)
engine.close()

store = ClickHouseStore(url, 400_000_000)
data = lines(1, range(2, 4))
store.insert(Batch("abc-7", 7, 20, data, False, "abc", 7, 1))
stored = ClickHouseBooks(store.opened).stored(1, 0, 1_000_000)
comparer = ClickHouseComparer(store.opened)
# A table of counts that an upgrade adds knows nothing of what was there: a repair counts it.
before = comparer.compare(1, 0, 1_000_000).differences
comparer.repair(1, before)
comparison = comparer.compare(1, 0, 1_000_000)
print(json.dumps([
    sorted((one.journal, one.hour - EPOCH_HOUR, one.events) for one in stored),
    sorted({one.table for one in before}),
    [one.table for one in comparison.differences],
    comparison.whole_from - EPOCH_HOUR,
]))
store.close()
"""
)

SKETCHES = (
    OLD_STORE
    + """
first = Batch("abc-7", 7, 30, lines(0, range(3)), False, "abc", 7, 1)
second = Batch("abc-8", 8, 20, lines(1, range(2, 4)), False, "abc", 8, 1)
with engine.inserting() as client:
    make(client, 7)
    for batch in (first, second):
        insert_once(client, lambda settings: client.raw_insert(
            "incoming", insert_block=batch.lines, fmt="JSONEachRow", settings=settings
        ), batch.token)
    for statement in file_of(8)[:done_before]:
        client.command(statement)
engine.close()

store = ClickHouseStore(url, 400_000_000)
with store.opened().altering() as client:
    for table in ("rollup", "rollup_account"):
        client.command(f"OPTIMIZE TABLE {table} FINAL")
store.insert(msgspec.structs.replace(second, again=True))  # it was not known to have got there
store.insert(Batch("abc-9", 9, 10, lines(2, range(3, 4)), False, "abc", 9, 1))
found = []
for tracker in (None, 3):
    report = store.report(ReportQuery(
        account=1, tracker=tracker, occurred_since=EPOCH_HOUR * HOUR_MS,
        occurred_until=(EPOCH_HOUR + 4) * HOUR_MS,
        metrics=frozenset({Metric.COUNTED, Metric.UNIQUES}),
    ))
    found.append([report.table, report.totals.counted, report.totals.uniques])
found.append(ClickHouseComparer(store.opened).compare(1, 0, 1_000_000).differences)
with store.opened().reading() as client:
    found.append(client.query(
        "SELECT count() FROM system.tables WHERE database = currentDatabase()"
        " AND (name LIKE '%visitors%' OR name LIKE '%_migrating')"
    ).result_rows)
print(json.dumps(found))
store.close()
"""
)


def test_what_was_there_opens_the_books_whatever_interrupts_it(tmp_path: Path) -> None:
    for done_before in (0, 6, 9):
        assert json.loads(output_of(BOOKS, tmp_path / f"{done_before}", done_before)) == [
            [["", 1, 10], ["", 2, 10], ["abc", 2, 10], ["abc", 3, 10]],
            ["rollup_account"],
            [],
            1,
        ]


@pytest.mark.parametrize("done_before", [0, 3, 9, 10, 11, 14])
def test_sketches_come_to_the_counts_whatever_interrupts_it(
    tmp_path: Path, done_before: int
) -> None:
    """And a batch that comes again after it is found in them."""
    assert json.loads(output_of(SKETCHES, tmp_path / "store", done_before)) == [
        ["rollup_account", 60, 10],
        ["rollup", 6, 1],
        [],
        [[0]],
    ]


PRECISION = (
    OLD_STORE
    + """
def crowd(account, hour, people, first=0):
    return b"".join(
        msgspec.json.encode(Event(
            id=first_id_at((EPOCH_HOUR + hour) * HOUR_MS) + n, account=account, tracker=7,
            kind=EventKind.SCAN, source="redirect", verdict=Verdict.COUNTED,
            visitor=(first + n + 1) * 77_777 % 4_294_967_291 if people else 0,
        )) + b"\\n"
        for n in range(people or 20)
    )

with engine.inserting() as client:
    make(client, 12)
    for number, rows in enumerate((
        crowd(1, 0, 3_000), crowd(1, 1, 3_000, first=1_500), crowd(1, 2, 1_000), crowd(1, 3, 0),
        crowd(2, 0, 500), crowd(2, 1, 1_000), crowd(2, 2, 0), crowd(2, 5, 3_000, first=250),
        crowd(3, 0, 3_000), crowd(3, 1, 1_000, first=2_500), crowd(3, 5, 3_000, first=50_000),
    )):
        insert_once(client, lambda settings: client.raw_insert(
            "incoming", insert_block=rows, fmt="JSONEachRow", settings=settings
        ), f"before-{number}")
    # What retention left of the accounts 2 and 3: no row of the first five hours.
    for table in ("events", "events_by_tracker"):
        client.command(
            f"ALTER TABLE {table} DELETE WHERE account > 1"
            f" AND id < {first_id_at((EPOCH_HOUR + 5) * HOUR_MS)}",
            settings={"mutations_sync": 1},
        )
    first, second = file_of(13), file_of(14)
    for statement in first[:done_before]:
        client.command(statement)
    if done_before > len(first):
        client.command("INSERT INTO migrations (version, name) VALUES (13, '')")
    for statement in second[:max(0, done_before - len(first))]:
        client.command(statement)
engine.close()

store = ClickHouseStore(url, 400_000_000)
store.insert(Batch("abc-1", 1, 3_000, crowd(1, 6, 3_000, first=3_000), False, "abc", 1, 1))
with store.opened().altering() as client:
    for table in ("rollup", "rollup_account"):
        client.command(f"OPTIMIZE TABLE {table} FINAL")
    left = client.query(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase()"
        " AND (name = 'visitors' OR table LIKE '%migrating')"
    ).result_rows

def count(account, tracker, first, end):
    report = store.report(ReportQuery(
        account=account, tracker=tracker, occurred_since=(EPOCH_HOUR + first) * HOUR_MS,
        occurred_until=(EPOCH_HOUR + end) * HOUR_MS,
        metrics=frozenset({Metric.COUNTED, Metric.UNIQUES, Metric.WITH_VISITOR}),
    ))
    assert report.table == ("rollup" if tracker else "rollup_account")
    totals = report.totals
    return [totals.counted, totals.with_visitor, totals.uniques, report.coarse]

print(json.dumps({
    "left": left,
    "counts": [
        [count(account, tracker, first, end) for tracker in (None, 7)]
        for account, first, end in (
            (1, 0, 4), (1, 0, 9), (2, 0, 3), (2, 0, 9), (3, 5, 9), (3, 0, 5), (3, 0, 9)
        )
    ],
    "differences": [
        str(one) for one in ClickHouseComparer(store.opened).compare(1, 0, 1_000_000).differences
    ],
}))
store.close()
"""
)


# Of 0013: before it, after the columns, between what is read
# and what is written of each table. Then between 0013 and 0014, and within that.
@pytest.mark.parametrize("done_before", [0, 4, 9, 15, 17])
def test_sketches_of_an_old_precision_are_counted_again_whatever_interrupts_it(
    tmp_path: Path, done_before: int
) -> None:
    """From the raw rows. Where these are gone, small sketches are as good; where a large one is
    among them, an account's or tracker's stay beside, and the answer says so."""
    found = json.loads(output_of(PRECISION, tmp_path / "store", done_before))
    assert found["left"] == []
    assert found["differences"] == []
    *exact, old, whole = found["counts"]
    assert exact == [
        [[7_020, 7_000, 4_500, False]] * 2,
        [[10_020, 10_000, 6_000, False]] * 2,
        [[1_520, 1_500, 1_000, False]] * 2,
        [[4_520, 4_500, 3_250, False]] * 2,
        [[3_000, 3_000, 3_000, False]] * 2,
    ]
    for counted, with_visitor, uniques, coarse in old:
        assert (counted, with_visitor, coarse) == (4_000, 4_000, True)
        assert uniques == pytest.approx(3_500, rel=0.03)
    for (_, _, uniques, coarse), (_, _, before, _) in zip(whole, old, strict=True):
        assert (uniques, coarse) == (before + 3_000, True)


NOTES = (
    OLD_STORE
    + """
from footfall.store.migrate import migrate

with engine.altering() as client:
    migrate(client)
    ((made,),) = client.query(
        "SELECT create_table_query FROM system.tables WHERE name = 'migrations'"
    ).result_rows
    ads_of = lambda number: lines(number, range(3)).replace(b'"source"', b'"offer":"7","source"')
    client.raw_insert("incoming_ads", insert_block=ads_of(0), fmt="JSONEachRow")
    # A power cut took the note of the first.
    client.command(
        "ALTER TABLE migrations DELETE WHERE version <= 1", settings={"mutations_sync": 1}
    )
    migrate(client)
    client.raw_insert("incoming_ads", insert_block=ads_of(1), fmt="JSONEachRow")
    # And a damaged disk all notes.
    client.command("TRUNCATE TABLE migrations")
    migrate(client)
    client.raw_insert("incoming_ads", insert_block=ads_of(2), fmt="JSONEachRow")
    ((ads,),) = client.query("SELECT sum(events) FROM rollup_ads").result_rows
print(json.dumps(["fsync_after_insert = 1" in made, ads]))
engine.close()
"""
)


def test_a_migration_whose_note_was_lost_is_not_made_again_after_later_ones(tmp_path: Path) -> None:
    durable, ads = json.loads(output_of(NOTES, tmp_path / "store", 0))
    assert durable
    assert ads == 90


PLACES = (
    OLD_STORE
    + """
with engine.altering() as client:
    make(client, 15)
    client.raw_insert("incoming", insert_block=lines(0, range(2)), fmt="JSONEachRow")
    for statement in file_of(16)[:done_before]:
        client.command(statement)
engine.close()

store = ClickHouseStore(url, 400_000_000)
known = lambda number, more: lines(number, [3]).replace(b'"source"', more + b'"source"')
place = b'"postal_code":"3701","metro_code":"501","time_zone":"Europe/Amsterdam","carrier":"K",'
store.insert(Batch("abc-7", 7, 10, known(1, place), False, "abc", 7, 1))
store.insert(Batch("abc-8", 8, 10, known(2, place + b'"offer":"7",'), False, "abc", 8, 1))
found = []
with store.opened().reading() as client:
    for table in ("events", "events_by_tracker"):
        found.append(client.query(
            "SELECT postal_code, metro_code, time_zone, carrier, count()"
            f" FROM {table} GROUP BY ALL ORDER BY ALL"
        ).result_rows)
print(json.dumps(found))
store.close()
"""
)


@pytest.mark.parametrize("done_before", [0, 7, 13])
def test_places_get_columns_in_a_store_from_before_whatever_interrupts_it(
    tmp_path: Path, done_before: int
) -> None:
    known = ["3701", "501", "Europe/Amsterdam", "K", 20]
    expected = [["", "", "", "", 20], known]
    assert json.loads(output_of(PLACES, tmp_path / "store", done_before)) == [expected] * 2


CONVERSIONS = (
    OLD_STORE
    + """
from footfall.core.queries import AdQuery

ads = lambda number: b"".join(
    msgspec.json.encode(Event(
        id=first_id_at(EPOCH_HOUR * HOUR_MS) + 100 * number + n, account=1, tracker=7,
        kind=EventKind.CLICK, source="everflow", verdict=Verdict.COUNTED, offer="7", sub1="a",
    )) + b"\\n"
    for n in range(10)
)
converted = msgspec.json.encode(Event(
    id=first_id_at(EPOCH_HOUR * HOUR_MS) + 900, account=1, tracker=7, kind=EventKind.CONVERSION,
    source="everflow", verdict=Verdict.COUNTED, offer="7", sub1="a", goal="5", attribution="click",
    payout_micros=1_100_000, revenue_micros=2, sale_micros=3,
)) + b"\\n"
with engine.altering() as client:
    make(client, 14)
    client.raw_insert("incoming_ads", insert_block=ads(0), fmt="JSONEachRow")
    # An upgrade that died before it was noted.
    for statement in file_of(15)[:done_before]:
        client.command(statement)
engine.close()

store = ClickHouseStore(url, 400_000_000)
store.insert(Batch("abc-7", 7, 11, ads(1) + converted, False, "abc", 7, 1))
store.insert(Batch("abc-7", 7, 11, ads(1) + converted, True, "abc", 7, 1))
query = AdQuery(
    account=1, since=EPOCH_HOUR * HOUR_MS, until=(EPOCH_HOUR + 4) * HOUR_MS, by=("sub1", "goal"),
)
found = [
    [*group.values, group.counts.clicks, group.counts.goals, group.counts.payout_micros]
    for group in store.ad_report(query).groups
]
found.append(ClickHouseComparer(store.opened).compare(1, 0, 1_000_000).differences)
print(json.dumps(found))
store.close()
"""
)


@pytest.mark.parametrize("done_before", [0, 9, 34])
def test_ads_from_before_conversions_are_counted_with_them_whatever_interrupts_it(
    tmp_path: Path, done_before: int
) -> None:
    assert json.loads(output_of(CONVERSIONS, tmp_path / "store", done_before)) == [
        ["a", "", 20, 0, 0],
        ["a", "5", 0, 1, 1_100_000],
        [],
    ]
