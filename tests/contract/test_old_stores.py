"""A store from before there were books gets them, also when that was interrupted.

In a process of its own: the embedded engine opens one directory in the life of a process.
"""

import json
from pathlib import Path

from tests.running import output_of

PROGRAM = """
import json, sys
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_HOUR, HOUR_MS, first_id_at
from footfall.core.ports import Batch
from footfall.store.books import ClickHouseBooks
from footfall.store.comparing import ClickHouseComparer
from footfall.store.engine import Engine
from footfall.store.loading import insert_once
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

url = f"chdb://{sys.argv[1]}"
engine = Engine(url, {})
with engine.altering() as client:
    client.command(
        "CREATE TABLE migrations (version UInt32, name String,"
        " applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY version"
    )
    for statement in statements((MIGRATIONS / "0001_events.sql").read_text()):
        client.command(statement)
    client.command("INSERT INTO migrations (version, name) VALUES (1, 'events')")
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
    for statement in statements((MIGRATIONS / "0002_books.sql").read_text())[: int(sys.argv[2])]:
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


def test_what_was_there_opens_the_books_whatever_interrupts_it(tmp_path: Path) -> None:
    for done_before in (0, 6, 9):
        assert json.loads(output_of(PROGRAM, tmp_path / f"{done_before}", done_before)) == [
            [["", 1, 10], ["", 2, 10], ["abc", 2, 10], ["abc", 3, 10]],
            ["rollup_account"],
            [],
            1,
        ]
