"""The jobs of exports, in the catalog: what is to be written, how far it is, what came of it."""

import secrets
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from footfall.catalog.tables import of_row
from footfall.core.calendar import HOUR_MS
from footfall.core.errors import Conflict, NotFound
from footfall.core.queries import EventFilter
from footfall.core.trackers import DeletedTracker
from footfall.jobs.tables import ExportRow
from footfall.runtime.extracts import Extract, Format

KEPT_HOURS: Final = 24
REMEMBERED_MS: Final = 7 * 24 * HOUR_MS
"""How long after its expiry a job still says that it has expired."""

FORMATS: Final = (Format.CSV, Format.NDJSON, Format.PARQUET)
"""Of files: a stream of Arrow says at the end of every slice that it ends."""

OVER: Final = b""
"""The extract of a job that is over: its filters may name somebody who is erased."""

LISTED_MAX: Final = 1_000

JOBS_MAX: Final = 20
"""Of an account, with a file or on the way to one."""


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


UNFINISHED: Final = (State.QUEUED.value, State.RUNNING.value)
ALIVE: Final = (*UNFINISHED, State.DONE.value)


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it may be shown. Times in milliseconds since 1970; `rows_total` is None until they
    are counted; `problem` says why it failed or expired early. `expires_at` starts over when work
    begins, and when it is done."""

    id: str
    account: int
    source: str
    format: Format
    state: State
    problem: str
    rows: int
    rows_total: int | None
    size: int
    created_at: int
    ended_at: int | None
    expires_at: int

    @property
    def progress(self) -> float:
        """From 0 to 1, which it is when the file is there."""
        if self.state is State.DONE:
            return 1.0
        share = self.rows / self.rows_total if self.rows_total else 0.0
        return round(min(share, 0.999), 3)


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is to be gone on with. `cursor` None: nothing is written yet."""

    id: str
    state: State
    extract: Extract
    cursor: int | None
    rows: int
    rows_total: int | None
    size: int


def to_export(row: ExportRow) -> Export:
    return of_row(Export, row)


def add(session: Session, source: str, extract: Extract, now: int) -> Export:
    """Raises Conflict when the account has as many as it may have."""
    account = extract.query.account
    alive = select(ExportRow.id).where(
        ExportRow.account_id == account,
        ExportRow.state.in_(ALIVE),
        or_(ExportRow.state == State.QUEUED.value, ExportRow.expires_at > now),
    )
    if len(session.scalars(alive.limit(JOBS_MAX)).all()) == JOBS_MAX:
        raise Conflict(
            f"There are {JOBS_MAX} exports already: delete one that you have downloaded, or wait "
            "until one expires."
        )
    row = ExportRow(
        id=f"exp_{secrets.token_hex(12)}",
        account_id=account,
        source=source,
        extract=msgspec.json.encode(extract),
        format=extract.format.value,
        state=State.QUEUED.value,
        created_at=now,
        expires_at=now + KEPT_HOURS * HOUR_MS,
    )
    session.add(row)
    session.flush()
    return to_export(row)


def find(session: Session, account: int, source: str, id: str) -> ExportRow:
    """Raises NotFound, also for another account's."""
    row = session.scalar(select(ExportRow).where(ExportRow.id == id))
    if row is None or row.account_id != account or row.source != source:
        raise NotFound("There is no such export: it may be past the days that it is remembered.")
    return row


def list_rows(session: Session, account: int, source: str) -> Sequence[ExportRow]:
    """Newest first. They are few: JOBS_MAX, and those that expired within a week."""
    return session.scalars(
        select(ExportRow)
        .where(ExportRow.account_id == account, ExportRow.source == source)
        .order_by(ExportRow.number.desc())
        .limit(LISTED_MAX)
    ).all()


def next_work(session: Session, waiting: Sequence[str], turns: Mapping[int, int]) -> Work | None:
    """The job to go on with, but for those that wait: the oldest of the account whose last turn
    was the longest ago. `turns` numbers the accounts' last ones."""
    oldest = (
        select(func.min(ExportRow.number))
        .where(ExportRow.state.in_(UNFINISHED), ExportRow.id.not_in(waiting))
        .group_by(ExportRow.account_id)
    )
    rows = session.scalars(select(ExportRow).where(ExportRow.number.in_(oldest))).all()
    row = min(rows, key=lambda row: (turns.get(row.account_id, 0), row.number), default=None)
    if row is None:
        return None
    return of_row(Work, row, extract=msgspec.json.decode(row.extract, type=Extract))


def note(session: Session, work: Work, **values: Any) -> bool:
    """Write down how far a job is. False, and nothing changed, when somebody deleted it or began
    it again meanwhile."""
    unchanged = (
        ExportRow.id == work.id,
        ExportRow.state == work.state.value,
        ExportRow.cursor.is_not_distinct_from(work.cursor),
    )
    noted = session.execute(
        update(ExportRow).where(*unchanged).values(values).returning(ExportRow.id)
    )
    return noted.scalar() is not None


def expire(session: Session, now: int) -> None:
    """Files past their time are expired, jobs that were not done in time have failed. The time of
    a job that is queued has not begun: it must not run out behind others."""
    late = (ExportRow.expires_at <= now,)
    session.execute(
        update(ExportRow)
        .where(*late, ExportRow.state == State.DONE.value)
        .values(state=State.EXPIRED.value, extract=OVER)
    )
    session.execute(
        update(ExportRow)
        .where(*late, ExportRow.state == State.RUNNING.value)
        .values(
            state=State.FAILED.value,
            extract=OVER,
            problem=f"It was not done within {KEPT_HOURS} hours. Ask for less at once.",
            ended_at=now,
        )
    )
    session.execute(
        delete(ExportRow).where(
            ExportRow.state != State.QUEUED.value, ExportRow.expires_at <= now - REMEMBERED_MS
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
    accounts = {one.account for one in deleted_trackers}
    begun = ExportRow.account_id.in_(accounts), ExportRow.state.in_(ALIVE)
    for row in session.scalars(select(ExportRow).where(*begun)):
        query = msgspec.json.decode(row.extract, type=Extract).query
        if not any(
            _may_hold(query, one) and row.created_at >= erased.get(one.tracker, 0)
            for one in deleted_trackers
        ):
            continue
        _take_back(row, now)


def withdraw(session: Session, account: int, tracker: int | None, now: int) -> int:
    """As `take_back`, for some events of an account, all of one tracker when it is named."""
    alive = ExportRow.account_id == account, ExportRow.state.in_(ALIVE)
    withdrawn = 0
    for row in session.scalars(select(ExportRow).where(*alive)):
        query = msgspec.json.decode(row.extract, type=Extract).query
        if tracker is None or query.tracker in (None, tracker):
            _take_back(row, now)
            withdrawn += 1
    return withdrawn


def _take_back(row: ExportRow, now: int) -> None:
    if row.state == State.DONE:
        row.state, row.ended_at, row.extract = State.EXPIRED.value, now, OVER
        row.problem = "It may have had events that were erased since. Create it again."
    else:
        row.state, row.cursor = State.QUEUED.value, None
        row.rows, row.rows_total, row.size = 0, None, 0


def _may_hold(query: EventFilter, deleted_trackers: DeletedTracker) -> bool:
    return (
        query.account == deleted_trackers.account
        and query.tracker in (None, deleted_trackers.tracker)
        and (not query.sources or deleted_trackers.source in query.sources)
    )


def names_of_files(session: Session) -> set[str]:
    """The ids of jobs whose files are needed."""
    return set(session.scalars(select(ExportRow.id).where(ExportRow.state.in_(ALIVE))))
