"""A batch whose insert was incomplete enters every table once: what is missing is added.

The engine is killed at moments that cannot be hit by chance often enough. So a batch is stored,
and then the files are brought into the state that such a moment leaves: a table without the
batch's part, with the engine's note of its token or without. Every opening of the store is a
process of its own.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.running import output_of

TABLES = (
    *("events", "events_by_tracker", "events_by_quarter_hour"),
    *("rollup", "rollup_account", "rollup_ads", "books", "batches"),
)
EVENTS = 600

PROGRAM = f"""
import json, sys
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore

def batch(number, again):
    # ids that were promised to the second batch before the first was made are smaller
    ids = range(1 << TIME_SHIFT, (1 << TIME_SHIFT) + 2 * {EVENTS})
    events = [
        Event(id=id, account=1 + id % 2, tracker=id % 7, kind=EventKind.SCAN, source="test",
              verdict=Verdict.COUNTED, visitor=1 + id % 50, country="NL",
              # the newest event of a tracker is no ad
              offer="7" if id % 5 == 1 and id < ids[{EVENTS}] else "")
        for id in list(ids)[(2 - number)::2]
    ]
    lines = b"".join(msgspec.json.encode(event) + b"\\n" for event in events)
    return Batch(f"incomplete-{{number}}", number, len(events), lines, again, "torn", number, 1)

def held(client):
    return client.query(
        "SELECT (SELECT (count(), uniqExact(id)) FROM events),"
        " (SELECT (count(), uniqExact(id)) FROM events_by_tracker),"
        " (SELECT sum(events) FROM events_by_quarter_hour),"
        " (SELECT sum(events) FROM rollup WHERE dimension = 'total'),"
        " (SELECT sum(with_visitor) FROM rollup),"
        " (SELECT sum(with_visitor) FROM rollup_account),"
        " (SELECT sum(events) FROM rollup WHERE dimension = 'country'),"
        " (SELECT sum(events) FROM rollup_account WHERE dimension = 'country'),"
        " (SELECT uniqCombinedMerge(17)(visitor_sketch) FROM rollup),"
        " (SELECT uniqCombinedMerge(17)(visitor_sketch) FROM rollup_account),"
        " (SELECT sum(events) FROM rollup_ads), (SELECT sum(events) FROM books),"
        " (SELECT sum(events) FROM batches FINAL)"
    ).result_rows[0]

store = ClickHouseStore(f"chdb://{{sys.argv[1]}}", 400_000_000)
answers = []
for argument in sys.argv[2:]:
    store.insert(batch(int(argument[0]), argument.endswith("again")))
    with store._engine.reading() as client:
        answers.append(held(client))
        parts = client.query(
            "SELECT table, argMax(name, max_block_number) FROM system.parts"
            " WHERE active AND database = currentDatabase() GROUP BY table"
        ).result_rows
        if argument.endswith("again"):  # merged, the counts of all batches are one row
            for table in {set(TABLES) - {"events", "events_by_tracker"}}:
                client.command(f"OPTIMIZE TABLE {{table}} FINAL")
print(json.dumps([answers, dict(parts)]))
store.close()
"""

WHOLE = [
    *([2 * EVENTS] * 2, [2 * EVENTS] * 2),
    *[2 * EVENTS] * 6,
    *(50, 50, EVENTS // 5),
    *[2 * EVENTS] * 2,
]


def run(store: Path, *batches: str) -> tuple[list[list[object]], dict[str, str]]:
    """Insert these in a process of its own; what the tables hold after each, and their newest
    parts."""
    answers, parts = json.loads(output_of(PROGRAM, store, *batches))
    return answers, parts


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A store with two batches, and the name of the second's part in every table."""
    directory = tmp_path_factory.mktemp("incomplete") / "store"
    (_, answer), parts = run(directory, "1", "2")
    assert answer == WHOLE
    return directory, parts


@pytest.mark.parametrize("notes", ["noted", "not noted"])
@pytest.mark.parametrize(
    "lost",
    [
        *((table,) for table in TABLES),
        *(TABLES, TABLES[1:], ("events", "rollup"), ("rollup", "rollup_ads"), ()),
    ],
    ids=lambda lost: "+".join(lost) or "nothing",
)
def test_what_an_incomplete_insert_left_out_is_added_when_it_comes_again(
    stored: tuple[Path, dict[str, str]], tmp_path: Path, lost: tuple[str, ...], notes: str
) -> None:
    original, parts = stored
    store = tmp_path / "store"
    shutil.copytree(original, store, symlinks=True)
    for table in TABLES:
        (files,) = store.glob(f"data/*/{table}")
        if table in lost:
            shutil.rmtree(files / parts[table])
        if notes == "not noted":
            for log in files.glob("deduplication_logs/*"):
                log.write_text("")
    # And a third time, when what was added has been merged with the rest.
    answers, _ = run(store, "2 again", "2 again")
    assert answers == [WHOLE, WHOLE]


def test_a_batch_that_was_never_begun_may_come_again_too(tmp_path: Path) -> None:
    """The process died after the seal and before the insert."""
    (_, answer), _ = run(tmp_path / "store", "1", "2 again")
    assert answer == WHOLE
