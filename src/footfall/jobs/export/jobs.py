"""The jobs of exports, in the catalog: what is to be written, how far it is, what came of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from footfall.core.calendar import HOUR_MS
from footfall.core.errors import Conflict
from footfall.core.queries import EventFilter
from footfall.core.trackers import DeletedTracker
from footfall.jobs.runner import Job, Jobs, Step
from footfall.jobs.tables import JobRow
from footfall.runtime.extracts import Extract, Format

KEPT_HOURS: Final = 24
REMEMBERED_MS: Final = 7 * 24 * HOUR_MS
"""How long after its expiry a job still says that it has expired."""

FORMATS: Final = (Format.CSV, Format.NDJSON, Format.PARQUET)
"""Of files: a stream of Arrow says at the end of every slice that it ends."""

LISTED_MAX: Final = 1_000

JOBS_MAX: Final = 20
"""Of an account, with a file or on the way to one."""


ALIVE: Final = (Step.QUEUED.value, Step.RUNNING.value, Step.DONE.value)


class Export(Job, frozen=True, kw_only=True):
    """`work` goes when the job is over: its filters may name somebody who is erased. `cursor` is
    the id of the last event that is written, None before the first; `size` how many bytes hold what
    is written so far, `rows` how many events that is, of `rows_total`, None until they are counted.
    `expires_at` starts over when work begins, and when it is done."""

    source: str
    work: Extract | None
    format: Format
    rows: int = 0
    rows_total: int | None = None
    size: int = 0
    cursor: int | None = None
    expires_at: int

    @property
    def extract(self) -> Extract:
        assert self.work is not None, "it is over"
        return self.work

    @property
    def progress(self) -> float:
        """From 0 to 1, which it is when the file is there."""
        if self.step is Step.DONE:
            return 1.0
        share = self.rows / self.rows_total if self.rows_total else 0.0
        return round(min(share, 0.999), 3)


KIND: Final = "export"
EXPORTS: Final = Jobs(
    *(Export, (KIND,), "exp"),
    missing="There is no such export: it may be past the days that it is remembered.",
)


def add(session: Session, source: str, extract: Extract, now: int) -> Export:
    """Raises Conflict when the account has as many as it may have."""
    account = extract.query.account
    alive = EXPORTS.select().where(
        JobRow.account_id == account,
        JobRow.step.in_(ALIVE),
        or_(JobRow.step == Step.QUEUED.value, JobRow.expires_at > now),
    )
    if len(session.scalars(alive.limit(JOBS_MAX)).all()) == JOBS_MAX:
        raise Conflict(
            f"There are {JOBS_MAX} exports already: delete one that you have downloaded, or wait "
            "until one expires."
        )
    return EXPORTS.add(
        session,
        account,
        KIND,
        extract,
        now,
        source=source,
        format=extract.format,
        expires_at=now + KEPT_HOURS * HOUR_MS,
    )


def next_export(
    session: Session, waiting: Collection[str], turns: Mapping[int, int]
) -> Export | None:
    """The one to go on with, but for those that wait: the first of the account whose last turn was
    the longest ago. `turns` numbers the accounts' last ones."""
    firsts: dict[int, Export] = {}
    for export in EXPORTS.unfinished(session):
        if export.id not in waiting:
            firsts.setdefault(export.account, export)

    def turn(export: Export) -> tuple[int, int]:
        return turns.get(export.account, 0), export.number

    return min(firsts.values(), key=turn, default=None)


def expire(session: Session, now: int) -> None:
    """Files past their time are expired, jobs that were not done in time have failed. The time of
    a job that is queued has not begun: it must not run out behind others."""
    timed = JobRow.step.in_((Step.RUNNING.value, Step.DONE.value))
    for row in session.scalars(EXPORTS.select().where(timed, JobRow.expires_at <= now)):
        if row.step == Step.DONE.value:
            EXPORTS.write(row, step=Step.EXPIRED, work=None)
        else:
            problem = f"It was not done within {KEPT_HOURS} hours. Ask for less at once."
            EXPORTS.write(row, step=Step.FAILED, work=None, problem=problem, ended_at=now)
    session.execute(
        delete(JobRow).where(
            JobRow.kind == KIND,
            JobRow.step != Step.QUEUED.value,
            JobRow.expires_at <= now - REMEMBERED_MS,
        )
    )


def take_back(
    session: Session,
    deleted_trackers: Sequence[DeletedTracker],
    erased: Mapping[int, int],
    now: int,
) -> None:
    """These trackers' events were erased: files that may hold them go, and what is being written
    starts over.

    `erased` has when the erasure before this one began, by tracker. All events of an export are
    stored when it is requested, so one that is older was rid of a tracker's events by then.
    """
    for account in {one.account for one in deleted_trackers}:
        for row, export in _alive(session, account):
            if any(
                _may_hold(export.extract.query, one)
                and export.created_at >= erased.get(one.tracker, 0)
                for one in deleted_trackers
            ):
                _take_back(row, now)


def withdraw(session: Session, account: int, tracker: int | None, now: int) -> int:
    """As `take_back`, for some events of an account, all of one tracker when it is named."""
    withdrawn = 0
    for row, export in _alive(session, account):
        if tracker is None or export.extract.query.tracker in (None, tracker):
            _take_back(row, now)
            withdrawn += 1
    return withdrawn


def _alive(session: Session, account: int) -> list[tuple[JobRow, Export]]:
    alive = EXPORTS.select().where(JobRow.account_id == account, JobRow.step.in_(ALIVE))
    return [(row, EXPORTS.read(row)) for row in session.scalars(alive)]


def _take_back(row: JobRow, now: int) -> None:
    if row.step == Step.DONE.value:
        problem = "It may have had events that were erased since. Create it again."
        EXPORTS.write(row, step=Step.EXPIRED, work=None, problem=problem, ended_at=now)
    else:
        EXPORTS.write(row, step=Step.QUEUED, cursor=None, rows=0, rows_total=None, size=0)


def _may_hold(query: EventFilter, deleted_trackers: DeletedTracker) -> bool:
    return (
        query.account == deleted_trackers.account
        and query.tracker in (None, deleted_trackers.tracker)
        and (not query.sources or deleted_trackers.source in query.sources)
    )


def names_of_files(session: Session) -> set[str]:
    """The ids of jobs whose files are needed."""
    alive = select(JobRow.id).where(JobRow.kind == KIND, JobRow.step.in_(ALIVE))
    return set(session.scalars(alive))
