"""A disk that fills up while the embedded engine writes: it takes a file that was cut for whole, so
what was done meanwhile is looked at, undone, and done again. Every opening of the store is a
process of its own, on a small disk."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mounting import small_disk
from tests.support.running import output_of

SHARED = """
import json, os, sys
from pathlib import Path
import msgspec
from footfall.core.errors import FootfallError, StoreUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store import migrate
from footfall.store.disk_guard import DiskGuard
from footfall.store.store import ClickHouseStore

disk = Path(sys.argv[1])
later = disk.with_name("later")  # a newer version, with one migration more
if later.exists():
    migrate.MIGRATIONS = later
ballast = (disk / "ballast").open("ab", buffering=0)

def fill(left=0):
    size = 1 << 20
    while size:
        try:
            ballast.write(bytes(size))
        except OSError:
            size //= 2
    ballast.truncate(ballast.seek(0, os.SEEK_END) - left)

def free():
    ballast.truncate(0)

def batch(number, again=False):
    ids = range((number << TIME_SHIFT), (number << TIME_SHIFT) + 500)
    events = [
        Event(id=id, account=1, tracker=id % 7, kind=EventKind.SCAN, source="test",
              verdict=Verdict.COUNTED, visitor=1 + id % 50, country="NL", os="iOS")
        for id in ids
    ]
    lines = b"".join(msgspec.json.encode(event) + b"\\n" for event in events)
    return Batch(f"cut-{number}", number, len(events), lines, again, "cut", number, 1)

def refused(call):
    try:
        call()
    except FootfallError as error:
        return type(error).__name__
    return ""

def held():
    with store._engine.reading() as client:
        return client.query(
            "SELECT (SELECT (count(), uniqExact(id), sum(cityHash64(*)) > 0) FROM events),"
            " (SELECT (count(), sum(cityHash64(*)) > 0) FROM events_by_tracker),"
            " (SELECT (sum(events), sum(cityHash64(dimension, value)) > 0) FROM rollup"
            "  WHERE dimension = 'total'),"
            " (SELECT sum(events) FROM books), (SELECT sum(events) FROM batches FINAL)"
        ).result_rows[0]

store = ClickHouseStore(f"chdb://{disk}/store", 400_000_000)
"""

READ = SHARED + "store.open(); print(json.dumps(held())); store.close()"


def whole(events: int) -> list[object]:
    return [[events, events, True], [events, True], [events, True], events, events]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as mounted:
        if not mounted:
            pytest.skip("this machine does not let us mount a file system")
        yield tmp_path / "disk"


MIGRATED = (
    SHARED
    + """
require = DiskGuard.require_space
DiskGuard.require_space = lambda self: None  # there was enough space when it was checked
fill(left=int(sys.argv[2]))
first = refused(store.open)
DiskGuard.require_space = require
second = refused(store.open)
free()
store.insert(batch(1))
print(json.dumps([first, second, held()]))
store.close()
"""
)


@pytest.mark.parametrize("left", [60_000, 200_000, 400_000])
def test_a_store_that_was_made_on_a_full_disk_is_made_when_there_is_room(
    disk: Path, left: int
) -> None:
    first, second, held = json.loads(output_of(MIGRATED, disk, left))
    assert first in {"StoreUnavailable", "StoreDefect"}
    assert second == "StoreUnavailable"
    assert held == whole(500)
    assert json.loads(output_of(READ, disk)) == whole(500)


UPGRADED = (
    SHARED
    + """
import shutil

store.insert(batch(1))
store.close()
shutil.copytree(migrate.MIGRATIONS, later)
(later / "9999_next.sql").write_text("ALTER TABLE books MODIFY COMMENT 'next';")
migrate.MIGRATIONS = later
store = ClickHouseStore(f"chdb://{disk}/store", 400_000_000)
inside = DiskGuard.migration
def cut(self):
    kept = inside(self)
    class Cut:
        def __enter__(self): kept.__enter__(); fill()
        def __exit__(self, *raised): return kept.__exit__(*raised)
    return Cut()
DiskGuard.migration = cut
first = refused(store.open)
DiskGuard.migration = inside
empty = sorted(path.name for path in disk.glob("store/store/*/*/*.sql") if not path.stat().st_size)
free()
store.insert(batch(2))
print(json.dumps([first, empty != [], held()]))
store.close()
"""
)


def test_a_definition_that_a_full_disk_cut_is_as_it_was_before_the_migration(disk: Path) -> None:
    first, cut, held = json.loads(output_of(UPGRADED, disk))
    assert (first, cut) == ("StoreUnavailable", True)
    assert held == whole(1000)
    assert json.loads(output_of(READ, disk)) == whole(1000)


ALTERED = (
    SHARED
    + """
store.insert(batch(1))
def alter():
    with store._engine.mutations() as client:
        fill()
        client.command("ALTER TABLE books DELETE WHERE events = 7 SETTINGS mutations_sync = 0")
first = refused(alter)
second = refused(alter)
free()
print(json.dumps([first, second, held()]))
store.close()
"""
)


def test_the_store_opens_after_an_alteration_that_a_full_disk_cut(disk: Path) -> None:
    first, second, held = json.loads(output_of(ALTERED, disk))
    assert (first, second) == ("StoreUnavailable", "StoreUnavailable")
    assert held == whole(500)
    assert json.loads(output_of(READ, disk)) == whole(500)


def test_an_alteration_of_which_a_write_failed_is_to_be_done_again(disk: Path) -> None:
    altered = ALTERED.replace('mutations_sync = 0")\n', 'mutations_sync = 0")\n        free()\n')
    first, second, held = json.loads(output_of(altered, disk))
    assert (first, second) == ("StoreUnavailable", "StoreUnavailable")
    assert held == whole(500)
    assert json.loads(output_of(READ, disk)) == whole(500)


INSERTED = (
    SHARED
    + """
cut = sys.argv[2].split()
store.insert(batch(1))
finish = DiskGuard.after_insert
def fill_and_cut(self, inserting):
    with store._engine.reading() as client:
        for table, path in client.query(
            "SELECT table, argMax(path, max_block_number) FROM system.parts WHERE active"
            " AND database = currentDatabase() GROUP BY table"
        ).result_rows:
            if table in cut:  # as the engine leaves it
                packed = Path(path) / "data.packed"
                os.truncate(packed, packed.stat().st_size // 2)
    fill()
    finish(self, inserting)
DiskGuard.after_insert = fill_and_cut
first = refused(lambda: store.insert(batch(2)))
DiskGuard.after_insert = finish
second = refused(lambda: store.insert(batch(2, again=True)))
free()
store.insert(batch(2, again=True))
store.insert(batch(3))
print(json.dumps([first, second, held()]))
store.close()
"""
)


@pytest.mark.parametrize("cut", ["events", "events_by_tracker rollup", "books batches rollup", ""])
def test_a_batch_that_a_full_disk_cut_is_inserted_again(disk: Path, cut: str) -> None:
    first, second, held = json.loads(output_of(INSERTED, disk, cut))
    assert (first, second) == ("StoreUnavailable", "StoreUnavailable")
    assert held == whole(1500)
    assert json.loads(output_of(READ, disk)) == whole(1500)


MERGED = (
    SHARED
    + """
def merges():
    with store._engine.reading() as client:
        client.command("OPTIMIZE TABLE books FINAL")
store.insert(batch(1))
store.insert(batch(2))
fill(left=store._engine.disk.free_bytes_min() - (1 << 20))
store.watch_disk()
first = refused(merges)
free()
store.watch_disk()
second = refused(merges)
print(json.dumps([first, second]))
store.close()
"""
)


def test_nothing_is_merged_while_the_disk_is_nearly_full(disk: Path) -> None:
    first, second = json.loads(output_of(MERGED, disk))
    assert (first, second) == ("StoreUnavailable", "")
