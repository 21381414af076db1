"""Erasing some events: rows, counts, records, and what a crash leaves to be done."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from footfall.catalog.idempotency import Answer, Claim
from footfall.catalog.tables import IdempotencyRow
from footfall.core.errors import Conflict
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, ID_MAX, TIME_SHIFT
from footfall.core.queries import EventFilter
from footfall.core.trackers import DeletedTracker
from footfall.jobs.deletion.jobs import Kind, Plan
from footfall.jobs.runner import Step
from footfall.jobs.tables import JobRow
from footfall.runtime.extracts import Extract, Format
from footfall.store.engine import Engine
from footfall.store.insert import SETTINGS, TABLES
from footfall.store.maintenance.erase import Remover
from footfall.store.maintenance.parts import RAW_TABLES
from footfall.store.store import ClickHouseStore
from tests.contract.deletions import DAY_MS, NOW, Ground


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
        ({"network": "203.0.113.0/30"}, 80),
        ({"tracker": 2}, 50),
    ],
)
async def test_what_matches_goes_and_its_counts_with_it(
    ground: Ground, conditions: dict[str, Any], events: int
) -> None:
    other = ground.add_account()
    ground.insert(NOW - DAY_MS)
    ground.insert(NOW - DAY_MS, account=other)
    survey, _ = await ground.deletions.survey(EventFilter(account=ground.account, **conditions))
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
        assert [row.work for row in session.query(JobRow)] == [None, None]
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
    asked = await ground.deletions.ask(ground.account, Kind.ERASURE, plan, "test")
    work = ground.deletions._next(set(), set())
    assert work is not None
    ground.deletions._surveys.survey(work, ID_MAX)  # and the process died
    ground.restart()
    remover.rebuild_counts(query)  # and again after the counts
    ground.restart()
    with ground.store._engine.mutations() as client:  # and again after one table's rows
        client.command(
            f"ALTER TABLE events DELETE WHERE account = {ground.account} AND profile = '2'"
        )
    # Something else counts the same quarter-hours again in between.
    remover.rebuild_counts(EventFilter(account=ground.account, values={"profile": ("3",)}))
    remover.remove(EventFilter(account=ground.account, values={"profile": ("3",)}))
    ground.restart()
    await ground.deletions.step()
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
    await ground.deletions.step()
    assert ground.state(waiting.id).step is Step.DONE
    assert ground.count() == ground.total() == 160


async def test_files_of_exports_that_may_have_erased_events_go(ground: Ground) -> None:
    ground.insert(NOW - DAY_MS)
    exports = ground.deletions._exports
    query = EventFilter(account=ground.account)
    extract = Extract(query=query, columns={"id": "id"}, format=Format.CSV)
    export = await exports.create("test", extract)
    while exports.step():
        pass
    done = await ground.erase(values={"profile": ("2",)})
    assert done.receipt["exports_withdrawn"] == 1
    assert exports.find(ground.account, "test", export.id).step == "expired"
    assert not list((ground.directory / "exports").glob("*.csv"))


async def test_deleted_trackers_go_as_a_whole_and_are_written_down_once(ground: Ground) -> None:
    ground.insert(NOW - 100 * DAY_MS)
    ground.insert(NOW - DAY_MS)
    await ground.archive("2026-07", remove=True)
    deleted_trackers = [
        DeletedTracker(ground.account, tracker, "native", NOW) for tracker in (1, 2)
    ]
    for _ in range(2):
        await ground.deletions.erase_trackers(deleted_trackers, ground.now)
        assert await ground.deletions.step() == 0
    assert {one.kind: one.events for one in ground.all()} == {
        Kind.ARCHIVE: 200,
        Kind.TRACKERS: 100,
    }
    assert (ground.count(), ground.total()) == (100, 200)
    assert ground.deletions.archives.count(EventFilter(account=ground.account)) == 100
    ground.insert(NOW, tracker=1, count=5)  # it was under way when its tracker was deleted
    await ground.deletions.erase_trackers(deleted_trackers, ground.now)
    assert (ground.count(), ground.removed()) == (100, 305)


class Watched(Engine):
    """Says when somebody waits for its inserts to be whole, or for its turn to alter."""

    asked = threading.Event()
    altered = threading.Event()

    @contextmanager
    def mutations(self) -> Iterator[Client]:
        self.altered.set()
        with super().mutations() as client:
            yield client

    @contextmanager
    def inserting(self) -> Iterator[Client]:
        self.asked.set()
        with super().inserting() as client:
            yield client


def test_an_insert_does_not_wait_while_a_deletion_waits_for_another_alteration(
    ground: Ground,
) -> None:
    ground.insert(NOW - DAY_MS, count=20)
    engine = Watched(ground.store._engine._url, ground.store._engine._options)
    remover = Remover(engine, ground.store.open)

    def insert() -> bool:
        with engine.inserting():
            return True

    with ThreadPoolExecutor(2) as pool:
        with engine.mutations():
            engine.altered.clear()
            removed = pool.submit(remover.remove, EventFilter(account=ground.account, tracker=1))
            assert engine.altered.wait(30)
            inserted = pool.submit(insert)
            done, _ = wait([inserted], timeout=10)
        removed.result(30)
    assert inserted in done
    assert ground.count() == 15
    engine.close()


def test_a_deletion_of_nothing_waits_for_no_batch(ground: Ground) -> None:
    engine = ground.store._engine
    engine.insert_incomplete = True
    try:
        ground.store.remover().remove(EventFilter(account=ground.account, tracker=1))
    finally:
        engine.insert_incomplete = False


@pytest.mark.parametrize("first", ["counts", "rows"])
def test_an_insert_that_is_half_way_makes_no_counts_stay(ground: Ground, first: str) -> None:
    """A batch is in some tables when an erasure of the same quarter-hour asks whether counts and
    rows agree. Before a retention took rows away there, counts and rows disagree in truth."""
    ground.insert(NOW - DAY_MS, count=20, tracker=1)
    if first == "rows":
        ground.insert(NOW - DAY_MS, count=1, tracker=1, source="other")
        gone = EventFilter(account=ground.account, sources=("other",), until=NOW)
        ground.store.remover().expire(gone)
    engine = Watched(ground.store._engine._url, ground.store._engine._options)
    remover = Remover(engine, ground.store.open)
    tables = {"counts": set(TABLES) - {*RAW_TABLES}, "rows": {*RAW_TABLES}}[first]
    event = Event(
        id=(NOW - DAY_MS + 30_000 - EPOCH_MS << TIME_SHIFT) + 7,
        account=ground.account,
        tracker=1,
        source="native",
        kind=EventKind.CLICK,
        verdict=Verdict.COUNTED,
        profile="9",
    )

    def insert(client: Client, left_out: set[str]) -> None:
        settings = {**SETTINGS, "log_comment": ",".join(left_out)}
        line = msgspec.json.encode(event)
        client.raw_insert("incoming", insert_block=line, fmt="JSONEachRow", settings=settings)

    query = EventFilter(account=ground.account, values={"profile": ("3",)})
    with ThreadPoolExecutor(1) as pool:
        with engine.inserting() as client:
            insert(client, set(TABLES) - tables)
            engine.asked.clear()
            kept = pool.submit(remover.rebuild_counts, query)
            assert engine.asked.wait(30)
            insert(client, tables)
        stayed = kept.result(30)
    remover.remove(query)
    while not remover.settled():
        pass
    engine.close()
    assert ground.count() == 17
    if first == "counts":
        assert (stayed, ground.total(), ground.wrong_counts()) == (0, 17, {})
    else:  # the counts are what is left of an event whose row went before
        assert (stayed, ground.total()) == (1, 22)


async def test_answers_that_may_show_what_is_erased_are_kept_no_more(ground: Ground) -> None:
    other = ground.add_account()
    for account in (ground.account, other):
        claim = Claim(account, "a key", b"a question")
        with ground.catalog.writing() as session:
            claim.keep_answer(session, Answer(200, "somebody-7Kd2"), ground.now)
    ground.insert(NOW - DAY_MS, count=20)
    done = await ground.erase(values={"profile": ("3",)})
    assert done.receipt["answers_withdrawn"] == 1
    repeated = Claim(ground.account, "a key", b"a question")
    with ground.catalog.reading() as session:
        kept = session.query(IdempotencyRow).filter_by(account_id=ground.account).one()
        assert kept.body == ""
        with pytest.raises(Conflict):  # it is not done again
            repeated.find_answer(session, ground.now)
        found = Claim(other, "a key", b"a question").find_answer(session, ground.now)
    assert found == Answer(200, "somebody-7Kd2")
