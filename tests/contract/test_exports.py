"""What exports promise, on a real catalog, engine and disk; time and room are given by the test."""

import asyncio
import gzip
import os

import pytest

from footfall.core.calendar import HOUR_MS
from footfall.core.errors import Conflict, NotFound
from footfall.core.queries import EventFilter
from footfall.jobs.export.exports import FULL
from footfall.jobs.export.jobs import FORMATS, JOBS_MAX, KEPT_HOURS
from footfall.jobs.runner import Step
from footfall.runtime.extracts import Format
from tests.contract.exports import NOW, SOURCE, Place


@pytest.mark.parametrize("format", FORMATS)
async def test_a_file_has_what_was_answered_before_it_was_asked_for(
    place: Place, format: Format
) -> None:
    ids = place.insert(25)
    export = await place.create(format)
    assert (export.step, export.rows_total) == (Step.QUEUED, None)
    later = place.insert(5, first=100)
    place.finish()
    done = place.state(export)
    assert (done.step, done.rows, done.rows_total) == (Step.DONE, 25, 25)
    assert done.size == len(place.content(export))
    assert place.ids(export) == ids
    assert place.files() == {f"{export.id}.{format}"}
    assert set(later).isdisjoint(place.ids(export))


async def test_progress_is_told_slice_by_slice(place: Place) -> None:
    place.insert(25)
    export = await place.create()
    seen = []
    while place.exports.step():
        now = place.state(export)
        seen.append((now.step.value, now.rows, now.rows_total))
    assert seen == [
        ("running", 0, 25),
        ("running", 10, 25),
        ("running", 20, 25),
        ("running", 25, 25),
        ("done", 25, 25),
    ]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
async def test_a_crash_between_writing_and_noting_leaves_no_trace_in_the_file(
    place: Place, format: Format, steps: int
) -> None:
    ids = place.insert(25)
    export = await place.create(format)
    for _ in range(steps):
        place.exports.step()
    before = place.state(export)
    place.restart()
    slices = f"{export.id}.slices.gz" if format is Format.PARQUET else f"{export.id}.{format}"
    path = place.directory / slices
    with path.open("ab") as torn:
        torn.write(gzip.compress(b"half a slice")[:20])
    (place.directory / f"{export.id}.parquet.left").write_bytes(b"of no job")
    place.finish()
    assert place.ids(export) == ids
    assert place.state(export).rows == 25
    assert before.step is Step.RUNNING


async def test_a_file_without_rows_is_done_too(place: Place) -> None:
    exports = [await place.create(format) for format in FORMATS]
    place.finish()
    assert [place.ids(export) for export in exports] == [[], [], []]
    assert {place.state(export).rows_total for export in exports} == {0}


@pytest.mark.parametrize("format", FORMATS)
async def test_a_full_disk_fails_the_export_and_leaves_no_file(
    place: Place, format: Format
) -> None:
    place.insert(25)
    export = await place.create(format)
    place.exports.step()
    place.exports.step()
    place.restart(spare_bytes=1 << 60)
    place.finish()
    failed = place.state(export)
    assert (failed.step, failed.problem, failed.ended_at) == (Step.FAILED, FULL, NOW)
    assert place.files() == set()
    with pytest.raises(Conflict, match="too full"):
        place.exports.open(place.account, SOURCE, export.id)


async def test_files_go_when_they_expire_and_jobs_a_week_later(place: Place) -> None:
    place.insert(5)
    export = await place.create()
    place.now += HOUR_MS
    place.finish()
    assert place.state(export).expires_at == place.now + KEPT_HOURS * HOUR_MS
    place.now += KEPT_HOURS * HOUR_MS - 1
    place.finish()
    assert place.content(export)
    place.now += 1
    with pytest.raises(NotFound, match="expired"):
        place.exports.open(place.account, SOURCE, export.id)
    place.finish()
    assert place.state(export).step is Step.EXPIRED
    place.exports.step()
    assert place.files() == set()
    place.now += 7 * 24 * HOUR_MS
    place.exports.step()
    with pytest.raises(NotFound):
        place.state(export)


async def test_what_is_not_done_in_a_day_has_failed(place: Place) -> None:
    place.insert(25)
    export = await place.create()
    place.exports.step()
    place.exports.step()
    place.now += KEPT_HOURS * HOUR_MS
    place.finish()
    assert place.state(export).step is Step.FAILED
    assert "Ask for less" in place.state(export).problem
    assert place.files() == set()


async def test_nobody_else_sees_an_export(place: Place) -> None:
    place.insert(5)
    export = await place.create()
    place.finish()
    for account, source in ((place.account + 1, SOURCE), (place.account, "other")):
        with pytest.raises(NotFound):
            place.exports.find(account, source, export.id)
        with pytest.raises(NotFound):
            place.exports.open(account, source, export.id)
        with pytest.raises(NotFound):
            place.exports.delete(account, source, export.id)
    assert place.content(export)


@pytest.mark.parametrize("steps", [0, 2, 9])
async def test_a_deleted_export_leaves_nothing(place: Place, steps: int) -> None:
    place.insert(25)
    export = await place.create()
    for _ in range(steps):
        place.exports.step()
    place.exports.delete(place.account, SOURCE, export.id)
    place.finish()
    with pytest.raises(NotFound):
        place.state(export)
    assert place.files() == set()


async def test_raw_events_that_expire_meanwhile_are_not_counted(place: Place) -> None:
    place.insert(25)
    export = await place.create()
    place.exports.step()
    place.exports.step()
    place.store.remover().expire(EventFilter(account=place.account, until=NOW + HOUR_MS))
    place.finish()
    done = place.state(export)
    assert (done.rows, done.rows_total, len(place.ids(export))) == (10, 10, 10)


async def test_an_account_has_only_so_many_exports_at_once(place: Place) -> None:
    exports = [await place.create() for _ in range(JOBS_MAX)]
    with pytest.raises(Conflict):
        await place.create()
    place.exports.delete(place.account, SOURCE, exports[0].id)
    await place.create()


async def test_the_task_does_what_is_asked_for_and_sleeps(place: Place) -> None:
    ids = place.insert(35)
    task = asyncio.create_task(place.exports.run())
    export = await place.create()
    while place.state(export).step is not Step.DONE:
        await asyncio.to_thread(place.state, export)
    assert place.ids(export) == ids
    place.exports.stop()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("format", FORMATS)
async def test_a_stop_lets_go_at_once_and_the_next_start_goes_on(
    place: Place, format: Format
) -> None:
    ids = place.insert(25)
    export = await place.create(format)
    place.exports.step()
    place.exports.step()
    place.exports.stop()
    assert not place.exports.step()
    assert place.state(export).rows == 10
    place.restart()
    place.finish()
    assert place.ids(export) == ids


async def test_a_file_that_cannot_be_written_fails_its_job_and_no_other(place: Place) -> None:
    ids = place.insert(25)
    stuck, other = await place.create(), await place.create()
    place.exports.step()
    (place.directory / f"{stuck.id}.ndjson").symlink_to("/nowhere/at/all")
    place.finish()
    assert place.state(stuck).step is Step.FAILED
    assert "cannot be written" in place.state(stuck).problem
    assert place.ids(other) == ids


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("steps", [2, 3, 4])
@pytest.mark.parametrize("left", [None, 0, 30])
async def test_a_file_that_lost_what_was_written_begins_anew(
    place: Place, format: Format, steps: int, left: int | None
) -> None:
    ids = place.insert(25)
    export = await place.create(format)
    for _ in range(steps):
        place.exports.step()
    assert place.state(export).rows == min(25, 10 * (steps - 1))
    (path,) = place.directory.iterdir()
    if left is None:
        path.unlink()
    else:
        os.truncate(path, left)
    place.exports.step()
    assert (place.state(export).step, place.state(export).rows) == (Step.RUNNING, 0)
    place.finish()
    assert place.state(export).step is Step.DONE
    assert place.ids(export) == ids
