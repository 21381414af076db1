"""Events that age since they happened: history that was imported today goes, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from footfall.core.accounts import AgeBy
from footfall.core.errors import Conflict, StoreUnavailable
from footfall.core.queries import EventFilter
from footfall.core.reports import Metric, Report, ReportQuery
from footfall.jobs.archive.manifests import Month
from footfall.jobs.deletion import policy
from footfall.jobs.deletion.jobs import Deletion
from footfall.jobs.deletion.policy import Rule
from footfall.jobs.runner import Step
from footfall.store.maintenance.audit import FOREVER, ClickHouseComparer
from footfall.store.maintenance.erase import Remover
from footfall.store.store import ClickHouseStore
from tests.contract.deletions import DAY_MS, NOW, Ground

YEAR = Rule(source="*", raw_days=365, age_by=AgeBy.OCCURRED)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('ageing')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def ground(tmp_path: Path, store: ClickHouseStore) -> Iterator[Ground]:
    """Two years of history, received yesterday, beside what happened then."""
    made = Ground(tmp_path, store)
    for days, count in ((700, 60), (400, 40), (300, 30)):
        made.insert(NOW - DAY_MS + days, count=count, delay=days * DAY_MS)
    made.insert(NOW - DAY_MS, count=20)
    yield made
    made.close()


def keep(ground: Ground, *rules: Rule) -> list[Rule]:
    with ground.catalog.writing() as session:
        policy.write_rules(session, ground.account, rules)
        return policy.read_rules(session, ground.account)


def differences(ground: Ground) -> list[Any]:
    comparer = ClickHouseComparer(ground.store.opened)
    return list(comparer.compare(ground.account, 0, FOREVER).differences)


def by_address(ground: Ground) -> Report:
    """A report that no rollup can answer."""
    return ground.store.report(
        ReportQuery(
            account=ground.account,
            occurred_since=0,
            occurred_until=1 << 42,
            dimensions=("ip", "kind"),
            metrics=frozenset(Metric),
            archived=ground.deletions.archives.gone(ground.account, 0),
        )
    )


async def run(ground: Ground) -> list[Deletion]:
    await ground.deletions.expire(ground.now)
    await ground.deletions.step()
    return ground.all()


async def test_what_happened_long_ago_goes_whenever_it_was_received(ground: Ground) -> None:
    by_receipt = [Rule(source="*", raw_days=365)]
    (preview,) = await ground.deletions.preview(ground.account, by_receipt)
    assert preview.survey.events == 0
    assert "100 happened before: age_by occurred_at deletes those." in preview.note
    rules = keep(ground, YEAR)
    (preview,) = await ground.deletions.preview(ground.account, rules)
    assert (preview.survey.events, preview.note) == (100, "")
    (done,) = await run(ground)
    assert (done.step, done.events, ground.removed(), ground.count()) == (Step.DONE, 100, 100, 50)
    assert done.bytes_freed == preview.bytes > 0
    assert ground.total() == 150  # counts stay
    assert "events_by_quarter_hour" not in ground.wrong_counts()
    assert differences(ground) == []
    (preview,) = await ground.deletions.preview(ground.account, rules)
    assert "no raw event of this rule happened before" in preview.note
    assert len(await run(ground)) == 1
    ground.insert(NOW, count=10, delay=500 * DAY_MS)  # imported later, the same day
    *_, first = await run(ground)
    late, first = await run(ground)
    assert (late.events, first.events, ground.count()) == (10, 100, 50)
    ground.now += 66 * DAY_MS
    (*_, newest) = reversed(await run(ground))
    assert (newest.events, ground.count(), differences(ground)) == (30, 20, [])


async def test_what_arrives_while_old_events_go_is_the_next_runs(ground: Ground) -> None:
    keep(ground, YEAR)
    await ground.deletions.expire(ground.now)
    ground.insert(NOW, count=7, delay=500 * DAY_MS)
    await ground.deletions.expire(ground.now)  # what is written down is not written down again
    await ground.deletions.step()
    assert [one.events for one in ground.all()] == [100]
    assert (ground.removed(), ground.count()) == (100, 57)
    await run(ground)
    assert (ground.removed(), ground.count(), differences(ground)) == (107, 50, [])


async def test_sources_age_each_by_its_own_time(ground: Ground) -> None:
    ground.insert(NOW - DAY_MS, count=5, source="openqr", delay=500 * DAY_MS)
    ground.insert(NOW - 500 * DAY_MS, count=6, source="openqr", delay=0)
    keep(ground, YEAR, Rule(source="openqr", raw_days=365))
    (done,) = await run(ground)
    assert done.events == ground.removed() == 106
    assert (ground.count(sources=("openqr",)), ground.count(sources=("native",))) == (5, 50)


@pytest.mark.parametrize("reached", range(3))
async def test_a_run_that_died_in_the_middle_is_finished_and_counted_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, reached: int
) -> None:
    """After the counts by receipt, and after each table that had such rows."""
    keep(ground, YEAR)
    delete, done = Remover._delete, list[str]()

    def until_it_dies(remover: Remover, table: str, *of: Any, **further: Any) -> None:
        if len(done) == reached:
            raise StoreUnavailable("It died here.")
        delete(remover, table, *of, **further)
        done.append(table)

    monkeypatch.setattr(Remover, "_delete", until_it_dies)
    (waiting,) = await run(ground)
    assert waiting.problem == "It died here."
    monkeypatch.undo()
    ground.restart()
    (ended,) = await run(ground)
    assert (ended.step, ground.removed(), ground.count()) == (Step.DONE, 100, 50)
    assert differences(ground) == []


# ── archives ──────────────────────────────────────────────────────────────────────────────────


async def test_a_month_of_occurrence_has_what_happened_in_it(ground: Ground) -> None:
    nothing = await ground.archive("2026-01", remove=True)
    assert (nothing.step, nothing.bytes_freed) == (Step.DONE, 0)
    first = Month.of(NOW - 701 * DAY_MS)
    assert nothing.receipt["note"] == (
        "Nothing to archive: no raw event was received before 2026-01."
        f" Some happened since {first}: age_by occurred_at archives those."
    )
    before = by_address(ground)
    done = await ground.archive("2026-01", remove=True, age_by=AgeBy.OCCURRED)
    assert (done.step, done.problem, done.events, ground.count()) == (Step.DONE, "", 130, 20)
    assert done.bytes_freed is not None
    assert done.bytes_freed > 0
    after = by_address(ground)
    assert (after.groups, after.totals) == (before.groups, before.totals)
    manifest = ground.deletions.archives.manifest(ground.account)
    assert sum(one.rows for one in manifest.files) == 130
    for one in manifest.files:
        month = Month.read(one.month)
        path = ground.directory / "archive" / str(ground.account) / one.file
        found = duckdb.sql(
            f"SELECT min(epoch_ms(occurred_at)) >= {month.since}"
            f" AND max(epoch_ms(occurred_at)) < {month.until} FROM read_parquet('{path}')"
        )
        assert found is not None
        assert found.fetchall() == [(True,)]
    assert differences(ground) == []
    with pytest.raises(Conflict):
        ground.deletions.archives.check_months(ground.account, AgeBy.RECEIVED)


async def test_events_of_an_archived_month_that_arrive_later_join_its_file(ground: Ground) -> None:
    await ground.archive("2026-01", remove=True, age_by=AgeBy.OCCURRED)
    ground.insert(NOW, count=9, delay=700 * DAY_MS)
    before = by_address(ground)
    assert before.totals.events == 159
    for _ in range(2):  # the second time there is nothing
        done = await ground.archive("2026-01", remove=True, age_by=AgeBy.OCCURRED)
        assert (ground.count(), ground.removed()) == (20, 139)
        after = by_address(ground)
        assert (after.groups, after.totals) == (before.groups, before.totals)
    assert "Nothing to archive" in done.receipt["note"]
    erased = await ground.erase(network="203.0.113.0/24")
    assert (erased.receipt["archived_events"], ground.count()) == (139, 0)


async def test_files_stand_for_what_retention_takes_by_the_other_time(ground: Ground) -> None:
    ground.now += 40 * DAY_MS
    await ground.archive(str(Month.of(ground.now)))
    before = by_address(ground)
    keep(ground, YEAR)
    *_, done = reversed(await run(ground))
    assert (done.events, by_address(ground).totals) == (100, before.totals)
    query = EventFilter(account=ground.account, occurred_until=ground.now - 365 * DAY_MS)
    assert ground.query("events", query) == 0


@pytest.mark.parametrize("reached", [1, 2, 4])
async def test_an_archive_that_died_in_a_month_is_finished_and_counted_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, reached: int
) -> None:
    delete, done = Remover._delete, list[str]()

    def until_it_dies(remover: Remover, table: str, *of: Any, **further: Any) -> None:
        if len(done) == reached:
            raise StoreUnavailable("It died here.")
        delete(remover, table, *of, **further)
        done.append(table)

    before = by_address(ground)
    monkeypatch.setattr(Remover, "_delete", until_it_dies)
    waiting = await ground.archive("2026-01", remove=True, age_by=AgeBy.OCCURRED)
    assert waiting.problem == "It died here."
    during = by_address(ground)
    assert (during.groups, during.totals) == (before.groups, before.totals)
    monkeypatch.undo()
    ground.insert(NOW, count=9, delay=700 * DAY_MS)
    await ground.restart().step()
    ended = ground.state(waiting.id)
    assert (ended.step, ended.events, ended.receipt) == (Step.DONE, 139, {})
    assert (ground.removed(), ground.count(), differences(ground)) == (139, 20, [])
    assert by_address(ground).totals.events == before.totals.events + 9
