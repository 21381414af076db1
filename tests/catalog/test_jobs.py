"""Background jobs on a real catalog: what is noted of one, and how it goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.tables import AccountRow
from footfall.core.errors import Conflict, NotFound, StoreUnavailable
from footfall.jobs.runner import Changed, Job, Jobs, NotItsTurn, Runner, Step
from footfall.jobs.tables import JobRow
from footfall.runtime.background import Background

NOW = 1_790_035_200_000


class Count(Job, frozen=True, kw_only=True):
    """Counts to `work`."""

    work: int
    counted: int = 0


COUNTS = Jobs(Count, ("count", "archive"), "cnt", "There is no such count.")


class Counter(Runner[Count]):
    """`errors` has what happens after a number is counted, once."""

    def __init__(self, catalog: SqlCatalog, background: Background) -> None:
        fatal = {"archive": (Conflict,)}
        super().__init__("Counts", COUNTS, catalog, background, lambda: NOW, fatal)
        self.errors: dict[int, Exception] = {}
        self.done: list[tuple[int, int]] = []

    async def _go_on(self, job: Count) -> None:
        while job.counted < job.work:
            self.done.append((job.number, job.counted + 1))
            step = Step.SURVEYED
            job = await self._background.run(self._note, job, step=step, counted=job.counted + 1)
            if error := self.errors.pop(job.counted, None):
                raise error
        self._note(job, step=Step.DONE, ended_at=NOW)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[SqlCatalog]:
    opened = SqlCatalog(f"sqlite:///{tmp_path / 'catalog.db'}", lambda: NOW)
    with opened.writing() as session:
        facts = {"name": "A", "email": "a@example.org", "privacy": "full", "created_at": NOW}
        session.add_all(AccountRow(id=id, **facts) for id in (1, 2))
    yield opened
    opened.close()


@pytest.fixture
def counter(catalog: SqlCatalog) -> Iterator[Counter]:
    background = Background(1)
    yield Counter(catalog, background)
    background.close()


def add(catalog: SqlCatalog, account: int = 1, kind: str = "count", work: int = 3) -> Count:
    with catalog.writing() as session:
        return COUNTS.add(session, account, kind, work, NOW)


def state(catalog: SqlCatalog, job: Count) -> Count:
    with catalog.reading() as session:
        return COUNTS.find(session, job.account, job.id)


def started_over(session: Session, job: Count) -> None:
    COUNTS.write(session.get_one(JobRow, job.number), step=Step.QUEUED, counted=0)


def deleted(session: Session, job: Count) -> None:
    session.delete(session.get_one(JobRow, job.number))


@pytest.mark.parametrize("change", [started_over, deleted])
def test_a_job_that_was_changed_while_it_was_worked_at_takes_no_note(
    catalog: SqlCatalog, change: Any
) -> None:
    with catalog.writing() as session:
        job = COUNTS.add(session, 1, "count", 3, NOW)
        job = COUNTS.note(session, job, step=Step.RUNNING, counted=1)
    with catalog.writing() as session:
        change(session, job)
    with pytest.raises(Changed), catalog.writing() as session:
        COUNTS.note(session, job, counted=2)
    with catalog.reading() as session:
        assert [row.progress.get("counted") for row in session.scalars(COUNTS.select())] in (
            [0],
            [],
        )


def test_a_job_is_found_by_its_own_account_and_api_alone(catalog: SqlCatalog) -> None:
    job = add(catalog)
    assert state(catalog, job) == job
    with catalog.reading() as session:
        for account, source in ((2, ""), (1, "native")):
            with pytest.raises(NotFound, match="There is no such count"):
                COUNTS.find(session, account, job.id, source)


async def test_a_job_goes_on_with_the_step_that_was_not_noted(
    catalog: SqlCatalog, counter: Counter
) -> None:
    job = add(catalog)
    counter.errors = {2: StoreUnavailable("The event store does not answer.")}
    assert await counter.step() == 1
    waiting = state(catalog, job)
    assert (waiting.step, waiting.counted) == (Step.SURVEYED, 2)
    assert waiting.problem == "The event store does not answer."
    assert await counter.step() == 0
    ended = state(catalog, job)
    assert (ended.step, ended.problem, ended.ended_at) == (Step.DONE, "", NOW)
    assert counter.done == [(job.number, number) for number in (1, 2, 3)]


async def test_what_waits_holds_up_its_own_account_alone_and_what_has_begun_is_first(
    catalog: SqlCatalog, counter: Counter
) -> None:
    jobs = [add(catalog, account) for account in (1, 1, 2)]
    counter.errors = {1: RuntimeError("a bug")}
    assert await counter.step() == 1
    assert [state(catalog, job).counted for job in jobs] == [1, 0, 3]
    assert "log has the details" in state(catalog, jobs[0]).problem
    counter.done.clear()
    assert await counter.step() == 0
    numbers = [number for number, _ in counter.done]
    assert numbers == [jobs[0].number] * 2 + [jobs[1].number] * 3


async def test_a_job_that_is_not_first_is_tried_again_in_the_same_pass(
    catalog: SqlCatalog, counter: Counter
) -> None:
    job = add(catalog)
    counter.errors = {1: NotItsTurn("Another one is first.")}
    assert await counter.step() == 0
    assert state(catalog, job).step is Step.DONE


@pytest.mark.parametrize(("kind", "step"), [("archive", Step.FAILED), ("count", Step.SURVEYED)])
async def test_an_error_that_lasts_ends_the_kinds_that_say_so(
    catalog: SqlCatalog, counter: Counter, kind: str, step: Step
) -> None:
    job = add(catalog, kind=kind)
    counter.errors = {1: Conflict("This month has no file.")}
    await counter.step()
    found = state(catalog, job)
    assert (found.step, found.problem) == (step, "This month has no file.")
    assert found.ended is (step is Step.FAILED)
