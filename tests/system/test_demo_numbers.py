"""Every number of the demo, computed again from its raw events by DuckDB.

The server is asked, its raw events are downloaded as Parquet, and SQL that is written from the
documentation alone finds the same.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from footfall.dialects.native.filters import FILTERED
from tests.support.running import RunningServer, footfall
from tests.system.numbers import columns, everflow, native, vendors
from tests.system.numbers.raw import Demo, Row

EVENTS = 42_000
"""So many that more than 8,192 visitors are estimated."""
ROWS = [*native.ROWS, *vendors.ROWS, *everflow.ROWS]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A year of a made-up account, on a server that grants enough requests."""
    data = tmp_path_factory.mktemp("numbers") / "data"
    server = RunningServer(
        data,
        requests_per_minute=100_000,
        requests_per_second=100_000,
        memory_bytes_max=600_000_000,
    )
    order = ("demo", "--data", str(data), "--events", str(EVENTS), "--days", "365")
    done = footfall(*order, env=server.environment())
    assert done.returncode == 0, done.stdout
    server.start()
    shown = Demo(server, data.parent / "events.parquet")
    yield shown
    shown.close()
    server.close()


def in_order(rows: Any) -> list[Any]:
    return sorted(map(tuple, rows), key=repr)


@pytest.mark.parametrize("row", ROWS, ids=[row.sentence for row in ROWS])
def test_a_number_is_what_the_raw_events_say(demo: Demo, row: Row) -> None:
    answered = in_order(row.ask(demo))  # first: some lists become tables for the SQL
    assert answered == in_order(demo.sql(row.sql))


@pytest.mark.parametrize("column", FILTERED)
def test_a_column_counts_and_filters_as_the_raw_events_say(demo: Demo, column: str) -> None:
    for row in columns.rows_of(column):
        assert in_order(row.ask(demo)) == in_order(demo.sql(row.sql)), row.sentence


def test_uniques_above_the_exact_are_within_three_times_their_error(demo: Demo) -> None:
    ((exact,),) = demo.sql("SELECT count(DISTINCT visitor) FROM e WHERE person AND visitor > 0")
    answer = demo.post("/reports", {"metrics": ["uniques"]})
    assert exact > 8_192
    assert answer["relative_error"] == 0.003
    assert abs(answer["totals"]["uniques"] / exact - 1) <= 3 * answer["relative_error"]
