"""Archived months: read by others, in the place of raw rows, and rewritten by erasures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from footfall.core.errors import StoreUnavailable
from footfall.core.events import COLUMNS, EventKind
from footfall.core.ids import first_id_at
from footfall.core.queries import Condition, EventFilter, Operator
from footfall.core.reports import Metric, Report, ReportQuery
from footfall.core.trackers import DeletedTracker
from footfall.jobs.archive.manifests import Month
from footfall.jobs.deletion.jobs import Kind
from footfall.jobs.runner import Step
from footfall.store.maintenance.archive import ArchiveStore, events_and_archived
from footfall.store.maintenance.erase import Remover
from footfall.store.maintenance.parts import HOLDING
from footfall.store.query.event_query import conditions_of
from footfall.store.store import ClickHouseStore
from tests.contract.deletions import DAY_MS, NOW, Ground

MAY, JUNE = Month(2026, 5), Month(2026, 6)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('archives')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def ground(tmp_path: Path, store: ClickHouseStore) -> Iterator[Ground]:
    made = Ground(tmp_path, store)
    made.insert(MAY.until - 500_000, count=100)  # the last minutes of May, the first of June
    made.insert(JUNE.since + 5 * DAY_MS, count=60)
    made.insert(NOW - DAY_MS, count=40)
    yield made
    made.close()


def folder(ground: Ground) -> Path:
    return ground.directory / "archive" / str(ground.account)


def read_by_others(ground: Ground, question: str = "count(*)") -> list[tuple[object, ...]]:
    files = f"read_parquet('{folder(ground)}/*.parquet')"
    answer = duckdb.sql(f"SELECT {question} FROM {files}")
    assert answer is not None
    return answer.fetchall()


def read_back(ground: Ground, question: str, **conditions: object) -> list[object]:
    """A question to live and archived events together."""
    query = EventFilter(account=ground.account, **conditions)  # type: ignore[arg-type]
    months = ground.deletions.archives.gone(ground.account, 0)
    source, parameters = events_and_archived(ground.account, months)
    where, of_query = conditions_of(query)
    with ground.store._engine.reading() as client:
        rows = client.query(
            f"SELECT {question} FROM {source} AS events WHERE {where}",
            parameters=parameters | of_query,
        ).result_rows
    return [tuple(row) for row in rows]


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


async def test_anybody_reads_an_archive_without_us(ground: Ground) -> None:
    done = await ground.archive("2026-07")
    assert (done.step, done.problem) == (Step.DONE, "")
    manifest = json.loads((folder(ground) / "manifest.json").read_text())
    assert [(one["month"], one["rows"]) for one in manifest["files"]] == [
        ("2026-05", 50),
        ("2026-06", 110),
    ]
    assert manifest["columns"] == [*COLUMNS, "occurred_at"]
    assert read_by_others(ground) == [(160,)]
    assert read_by_others(ground, "typeof(id), typeof(occurred_at), kind, source, ip")[0] == (
        *("UBIGINT", "TIMESTAMP WITH TIME ZONE", "click", "native"),
        "203.0.113.0",
    )
    ids = read_by_others(ground, "min(id), max(id)")
    files = manifest["files"]
    assert ids == [(files[0]["first_id"], files[1]["last_id"])]
    ((off,),) = read_by_others(
        ground,
        "count(*) FILTER (epoch_ms(occurred_at) != (id >> 22)::BIGINT + 1735689600000 - delay)",
    )
    assert off == 0
    assert ground.count() == 200  # the raw rows are there still


async def test_reports_read_back_what_was_removed(ground: Ground) -> None:
    questions = ["count(), sum(visitor), groupBitXor(id), min(occurred_at), uniq(ip)"]
    before = [read_back(ground, one) for one in questions]
    some = read_back(ground, "count()", network="203.0.113.4", kinds=(EventKind.CLICK,))
    report = by_address(ground)
    assert report.table == "events"
    done = await ground.archive("2026-07", remove=True)
    assert (done.step, done.problem, done.events) == (Step.DONE, "", 160)
    assert ground.count() == 40
    assert ground.removed() == 160
    assert ground.total() == 200  # counts stay
    assert [read_back(ground, one) for one in questions] == before
    assert read_back(ground, "count()", network="203.0.113.4", kinds=(EventKind.CLICK,)) == some
    again_reported = by_address(ground)
    assert again_reported.table == "events and archive"
    assert (again_reported.groups, again_reported.totals) == (report.groups, report.totals)
    again = await ground.archive("2026-07", remove=True)
    assert (again.step, again.events) == (Step.DONE, 0)
    assert read_by_others(ground) == [(160,)]


async def test_an_archive_from_before_a_column_was_added_is_read_and_erased_from(
    ground: Ground,
) -> None:
    store = ArchiveStore(ground.store._engine, lambda: None)
    await ground.archive("2026-06")
    (file,) = folder(ground).glob("*.parquet")
    older = file.with_name("older.parquet")
    added = "postal_code, metro_code, time_zone, carrier"
    duckdb.sql(f"COPY (SELECT * EXCLUDE ({added}) FROM '{file}') TO '{older}' (FORMAT parquet)")
    assert store.facts(older) == store.facts(file)
    unknown = Condition("postal_code", Operator.IS, ("",))
    query = EventFilter(account=ground.account, conditions=(unknown,))
    assert store.facts(older, query) == store.facts(file)
    (first,) = next(store.ids(older, query))[:1]
    without = EventFilter(account=ground.account, ids=(first,))
    older.with_suffix(".new").write_bytes(b"".join(store.rewrite(older, without)))
    assert store.facts(older.with_suffix(".new")).rows == store.facts(older).rows - 1


async def test_an_erasure_reaches_archives(ground: Ground) -> None:
    await ground.archive("2026-06", remove=True)
    await ground.archive("2026-07")
    old = {path.name for path in folder(ground).glob("*.parquet")}
    query = EventFilter(account=ground.account, values={"profile": ("1",)})
    _, archived = await ground.deletions.survey(query)
    assert archived == 32
    done = await ground.erase(values={"profile": ("1",)})
    assert done.receipt["archives_rewritten"] == ["2026-05", "2026-06"]
    assert done.events == 30  # of the raw rows that there were
    assert read_by_others(ground, "count(*) FILTER (profile = '1'), count(*)") == [(0, 128)]
    assert not old & {path.name for path in folder(ground).glob("*.parquet")}
    assert ground.deletions.archives.check(ground.account, MAY)
    assert read_back(ground, "count()") == [(160,)]
    await ground.erase(network="203.0.113.0/24")
    assert list(folder(ground).glob("*.parquet")) == []
    assert ground.count() == 0


async def test_what_a_crash_left_is_swept_and_the_month_is_whole(ground: Ground) -> None:
    folder(ground).mkdir(parents=True)
    (folder(ground) / "2026-05.part").write_bytes(b"half")
    (folder(ground) / "2026-05.parquet").write_bytes(b"renamed, and not yet in the manifest")
    await ground.archive("2026-06")
    ground.restart()
    # It died when the manifest stood for the rows, and before they went.
    ground.deletions.archives.mark_month(ground.account, MAY)
    assert read_back(ground, "count()") == [(200,)]
    done = await ground.archive("2026-06", remove=True)
    assert done.events == ground.removed() == 50
    assert read_back(ground, "count()") == [(200,)]
    assert {path.name for path in folder(ground).iterdir()} == {"2026-05.parquet", "manifest.json"}


@pytest.mark.parametrize("reached", range(4))
async def test_a_deletion_that_ended_between_two_tables_is_finished(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, reached: int
) -> None:
    carry_out = Remover._delete
    done: list[object] = []

    def until_it_dies(*of: Any, **further: Any) -> None:
        if len(done) == reached:
            raise StoreUnavailable("It died here.")
        carry_out(*of, **further)
        done.append(of)

    monkeypatch.setattr(Remover, "_delete", until_it_dies)
    waiting = await ground.archive("2026-06", remove=True)
    assert (waiting.problem, len(done)) == ("It died here.", reached)
    monkeypatch.undo()
    await ground.restart().step()
    assert (ground.state(waiting.id).step, ground.removed()) == (Step.DONE, 50)
    may = EventFilter(account=ground.account, since=MAY.since, until=MAY.until)
    assert {table: ground.query(table, may) for table in HOLDING} == dict.fromkeys(HOLDING, 0)
    assert "events_by_quarter_hour" not in ground.wrong_counts()
    assert read_back(ground, "count()") == [(200,)]


async def test_no_row_goes_when_its_file_is_not_what_it_was(ground: Ground) -> None:
    await ground.archive("2026-06")
    path = folder(ground) / "2026-05.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    waiting = await ground.archive("2026-06", remove=True)
    assert "not what its manifest says" in waiting.problem
    assert ground.count() == 200


async def test_a_month_that_is_not_over_is_not_archived(ground: Ground) -> None:
    await ground.archive("2030-01")
    manifest = ground.deletions.archives.manifest(ground.account)
    assert [one.month for one in manifest.files] == ["2026-05", "2026-06"]


async def test_retention_leaves_archives_and_reports_read_them(ground: Ground) -> None:
    ground.catalog.change_account(ground.account, raw_days=60)
    await ground.archive("2026-07")
    await ground.deletions.expire(ground.now)
    await ground.deletions.step()
    assert ground.count() == 40
    assert read_back(ground, "count()") == [(200,)]


async def test_an_erasure_reaches_archives_that_outlive_every_raw_row(ground: Ground) -> None:
    ground.now = NOW + 40 * DAY_MS
    await ground.archive("2026-10", remove=True)
    assert (ground.count(), read_by_others(ground)) == (0, [(200,)])
    query = EventFilter(account=ground.account, values={"profile": ("3",)})
    survey, archived = await ground.deletions.survey(query)
    done = await ground.erase(values={"profile": ("3",)})
    assert (done.step, done.events, done.receipt["archived_events"]) == (Step.DONE, 0, archived)
    assert (survey.events, archived) == (0, 40)
    assert read_by_others(ground, "count(*), count(*) FILTER (profile = '3')") == [(160, 0)]


async def test_deleted_trackers_leave_archives_that_outlive_every_raw_row(ground: Ground) -> None:
    ground.now = NOW + 40 * DAY_MS
    await ground.archive("2026-10", remove=True)
    deleted_trackers = [DeletedTracker(ground.account, 1, "native", NOW)]
    for _ in range(2):
        await ground.deletions.erase_trackers(deleted_trackers, ground.now)
        assert await ground.deletions.step() == 0
    (erasure,) = [one for one in ground.all() if one.kind is Kind.TRACKERS]
    assert (erasure.step, erasure.events) == (Step.DONE, 0)
    assert erasure.receipt["archived_events"] == 50
    assert read_by_others(ground, "count(*), count(*) FILTER (tracker = 1)") == [(150, 0)]
    assert ground.removed() == 200  # all of them by the archive


async def test_a_month_of_which_events_may_be_on_their_way_is_not_archived(ground: Ground) -> None:
    """The clock says that it is over; what was answered in its last moment is not stored yet."""
    ground.frontier = first_id_at(JUNE.until) - 1
    await ground.archive("2026-07", remove=True)
    assert read_by_others(ground) == [(50,)]
    ground.frontier += 1
    await ground.archive("2026-07", remove=True)
    assert read_by_others(ground) == [(160,)]
