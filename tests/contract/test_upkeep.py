"""One account whose deletion cannot go on holds up no other account."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from footfall.capture.visitor_salt import DailySalt
from footfall.catalog.tables import TrackerRow
from footfall.core.queries import EventFilter
from footfall.jobs.deletion import jobs
from footfall.jobs.deletion.jobs import DELETIONS, Deletion, Kind, Plan
from footfall.jobs.deletion.upkeep import Upkeep
from footfall.runtime import watched_clock
from footfall.runtime.watched_clock import WatchedClock
from footfall.store.store import ClickHouseStore
from tests.contract.deletions import DAY_MS, NOW, Ground


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('upkeep')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def ground(tmp_path: Path, store: ClickHouseStore) -> Iterator[Ground]:
    made = Ground(tmp_path, store)
    yield made
    made.close()


def upkeep_of(ground: Ground) -> Upkeep:
    return Upkeep(
        *(ground.catalog, ground.deletions, ground.journal, ground.background),
        *(DailySalt(ground.directory / "salt.json"), lambda: ground.now),
        WatchedClock(ground.directory, lambda: ground.now),
    )


def delete_tracker(ground: Ground, account: int, tracker: int) -> None:
    facts = {"kind": "link", "source": "native", "destination": "", "privacy": "full"}
    with ground.catalog.writing() as session:
        session.add(
            TrackerRow(
                id=tracker,
                account_id=account,
                created_at=NOW - DAY_MS,
                updated_at=NOW - DAY_MS,
                deleted_at=NOW - DAY_MS,
                **facts,
            )
        )


def deletions_of(ground: Ground, account: int) -> list[Deletion]:
    with ground.catalog.reading() as session:
        return DELETIONS.page(session, account, None, 100)


async def eventually(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(happened):
            pass


@pytest.mark.parametrize(
    ("damaged", "rows"),
    [("2026-06.parquet", True), ("2026-06.parquet", False), ("manifest.json", False)],
)
async def test_a_damaged_archive_of_one_account_holds_up_no_erasure_of_another(
    ground: Ground, damaged: str, rows: bool
) -> None:
    other = ground.add_account()
    ground.insert(NOW - 90 * DAY_MS)
    ground.insert(NOW - DAY_MS, account=other)
    await ground.archive("2026-07", remove=not rows)
    (ground.directory / "archive" / str(ground.account) / damaged).write_bytes(b"damaged")
    delete_tracker(ground, ground.account, 1)
    delete_tracker(ground, other, 2)
    upkeep = upkeep_of(ground)
    task = asyncio.create_task(upkeep.run())
    watched = ground.directory / watched_clock.NAME
    await eventually(lambda: len(ground.catalog.deleted_trackers()) == 1 and watched.exists())
    task.cancel()
    assert [one.account for one in ground.catalog.deleted_trackers()] == [ground.account]
    assert (ground.count(other), ground.count(other, tracker=2)) == (150, 0)
    assert ground.deletions.waiting >= 1
    if rows:
        assert await ground.deletions.step() == 1  # it says why
        assert deletions_of(ground, ground.account)[0].problem


async def test_the_clock_is_watched_while_no_erasure_can_go_on(ground: Ground) -> None:
    """A directory cannot be made where exports are: every erasure fails."""
    (ground.directory / "exports").write_bytes(b"")
    delete_tracker(ground, ground.account, 1)
    ground.insert(NOW - 90 * DAY_MS)
    ground.catalog.change_account(ground.account, raw_days=60)
    task = asyncio.create_task(upkeep_of(ground).run())
    await eventually(lambda: Kind.RETENTION in {one.kind for one in ground.all()})
    task.cancel()
    assert (ground.directory / watched_clock.NAME).exists()


async def test_an_archive_that_cannot_go_on_holds_up_no_retention_of_another_account(
    ground: Ground,
) -> None:
    other = ground.add_account()
    for account in (ground.account, other):
        ground.insert(NOW - 90 * DAY_MS, account=account)
        ground.catalog.change_account(account, raw_days=60)
    with ground.catalog.writing() as session:
        going = ground.store.remover().survey(EventFilter(account=ground.account)).going
        plan = Plan(before="2026-07", remove=True)
        jobs.add(session, ground.account, Kind.ARCHIVE, plan, NOW, about="test", going=going)
    await ground.deletions.expire(ground.now)
    assert [one.kind for one in deletions_of(ground, other)] == [Kind.RETENTION]
    assert [one.kind for one in deletions_of(ground, ground.account)] == [Kind.ARCHIVE]
    assert ground.deletions.waiting == 1
    await ground.deletions.step()  # the archive is done, and then the retention is no longer first
    await ground.deletions.expire(ground.now)
    assert ground.deletions.waiting == 0
    assert (ground.count(), ground.count(other)) == (0, 0)


async def test_an_archive_looks_at_the_clock_itself(ground: Ground) -> None:
    """No watch ran since the clock leapt."""
    watched = WatchedClock(
        *(ground.directory, lambda: ground.now), disciplined=lambda: False, uptime=lambda: (1.0, "")
    )
    watched.look()
    ground.restart(clock_problem=watched.problem)
    ground.insert(NOW - DAY_MS)
    ground.now += 40 * DAY_MS
    waiting = await ground.archive("2026-10", remove=True)
    assert "leapt" in waiting.problem
    assert ground.count() == 200
