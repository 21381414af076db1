"""Erasing some events: rows, counts, records, and what a crash leaves to be done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from footfall.catalog.tables import RemovalRow
from footfall.core.queries import EventFilter, Extract, Format
from footfall.removal.jobs import Kind, Plan, Step
from footfall.store.store import ClickHouseStore
from tests.contract.removals import DAY_MS, NOW, Ground


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('erasures')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def ground(tmp_path: Path, store: ClickHouseStore) -> Iterator[Ground]:
    made = Ground(tmp_path, store)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("conditions", "events"),
    [
        ({"values": {"profile": ("3",)}}, 40),
        ({"network": "203.0.113.7"}, 20),
        ({"network": "203.0.113.0/30"}, 80),
        ({"tracker": 2}, 50),
        ({"tracker": 9}, 0),
    ],
)
async def test_what_matches_goes_and_its_counts_with_it(
    ground: Ground, conditions: dict[str, Any], events: int
) -> None:
    other = ground.add_account()
    ground.insert(NOW - DAY_MS)
    ground.insert(NOW - DAY_MS, account=other)
    survey, _ = await ground.removals.survey(EventFilter(account=ground.account, **conditions))
    assert survey.events == events
    done = await ground.erase(**conditions)
    assert (done.step, done.events, done.problem) == (Step.DONE, events, "")
    assert done.receipt["quarter_hours_whose_counts_stayed"] == 0
    assert ground.count() == ground.total() == 200 - events
    assert ground.count(**conditions) == 0
    assert ground.wrong_counts() == {}
    assert ground.removed() == events
    assert ground.count(other) == 200
    assert ground.wrong_counts(other) == {}


async def test_ids_are_erased_and_no_trace_of_what_was_asked_for_is_left(ground: Ground) -> None:
    ground.insert(NOW - DAY_MS, count=20, profile="unforgettable", ip="198.51.100.77")
    await ground.erase(values={"profile": ("unforgettable",)})
    ground.insert(NOW - DAY_MS, count=20, profile="unforgettable", ip="198.51.100.77")
    await ground.erase(network="198.51.100.77")
    assert ground.count() == 0
    with ground.catalog.reading() as session:
        assert [row.query for row in session.query(RemovalRow)] == [None, None]
    with ground.store._engine.reading() as client:
        assert client.query("SELECT command FROM system.mutations").result_rows == []
    for path in ground.directory.glob("catalog.db*"):
        content = path.read_bytes()
        assert b"unforgettable" not in content
        assert b"198.51.100.77" not in content


async def test_events_that_arrive_after_it_began_stay(ground: Ground) -> None:
    ground.insert(NOW - DAY_MS, tracker=3)
    await ground.erase(tracker=3)
    ground.insert(NOW, tracker=3, count=30)
    assert ground.count(tracker=3) == ground.total() == 30
    assert ground.wrong_counts() == {}
    await ground.erase(values={"profile": ("1",)})
    assert ground.count(tracker=3) == ground.total() == 24
    assert ground.wrong_counts() == {}


async def test_counts_whose_rows_went_before_stay_and_the_receipt_says_so(ground: Ground) -> None:
    ground.insert(NOW - 3 * DAY_MS, tracker=1)
    ground.insert(NOW - 3 * DAY_MS, tracker=1, source="other")
    ground.insert(NOW - DAY_MS, tracker=1)
    ground.store.remover().expire(
        EventFilter(account=ground.account, sources=("other",), until=NOW - 2 * DAY_MS)
    )
    done = await ground.erase(values={"profile": ("1",)})
    assert done.events == 80
    assert done.receipt["quarter_hours_whose_counts_stayed"] > 0
    assert ground.count() == 320
    # All of the old quarter-hours' counts are there, and none of the erased ones of the new.
    assert ground.total() == 400 + 160


async def test_a_crash_between_any_two_steps_is_made_good_by_the_repetition(
    ground: Ground,
) -> None:
    ground.insert(NOW - DAY_MS)
    query = EventFilter(account=ground.account, values={"profile": ("2",)})
    remover = ground.store.remover()
    plan = Plan(queries=(query,))
    asked = await ground.removals.ask(ground.account, Kind.ERASURE, plan, "test")
    work = ground.removals._next(set(), set())
    assert work is not None
    ground.removals._survey(work)  # and the process died
    ground.restart()
    remover.recount(query)  # and again after the counts
    ground.restart()
    with ground.store._engine.altering() as client:  # and again after one table's rows
        client.command(
            f"ALTER TABLE events DELETE WHERE account = {ground.account} AND profile = '2'"
        )
    # Something else counts the same quarter-hours anew in between.
    remover.recount(EventFilter(account=ground.account, values={"profile": ("3",)}))
    remover.remove(EventFilter(account=ground.account, values={"profile": ("3",)}))
    ground.restart()
    await ground.removals.step()
    assert ground.state(asked.id).step is Step.DONE
    assert ground.count() == ground.total() == 120
    assert ground.wrong_counts() == {}
    assert ground.removed() == 40


async def test_an_erasure_waits_for_room_and_says_so(ground: Ground) -> None:
    ground.insert(NOW - DAY_MS)
    ground.restart(spare_bytes=1 << 60)
    waiting = await ground.erase(values={"profile": ("2",)})
    assert waiting.step is Step.SURVEYED
    assert "Free some" in waiting.problem
    assert ground.count() == ground.total() == 200
    ground.restart()
    await ground.removals.step()
    assert ground.state(waiting.id).step is Step.DONE
    assert ground.count() == ground.total() == 160


async def test_files_of_exports_that_may_have_erased_events_go(ground: Ground) -> None:
    ground.insert(NOW - DAY_MS)
    exports = ground.removals._exports
    query = EventFilter(account=ground.account)
    extract = Extract(query=query, columns={"id": "id"}, format=Format.CSV)
    export = await exports.create("test", extract)
    while exports.step():
        pass
    done = await ground.erase(values={"profile": ("2",)})
    assert done.receipt["exports_withdrawn"] == 1
    assert exports.find(ground.account, "test", export.id).state == "expired"
    assert not list((ground.directory / "exports").glob("*.csv"))
