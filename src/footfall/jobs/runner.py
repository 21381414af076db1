"""Background jobs: how one is written down, goes on after a crash, and ends.

    written down → answered → a step, noted → the next step, noted → … → done, or failed

A job is a row of the table `jobs`, on disk before its caller is answered. A step is noted when it
is done, and repeating it changes nothing: after a crash, a job goes on with the step whose note is
missing. So a start reads the rows that have not ended, and knows all that is to be done. A job that
cannot go on says why and is tried again.
"""

import asyncio
import logging
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.core.errors import FootfallError, NotFound, Unavailable
from footfall.core.ids import Clock
from footfall.jobs.tables import JobRow
from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask

POLL_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 10.0
SETTLING_SECONDS: Final = 0.2

log = logging.getLogger(__name__)


class Step(StrEnum):
    """What is done of a job. A deletion is `surveyed` when what goes is written down and nothing is
    gone, `removed` when everything is out of reach and the engine still rewrites files. A policy is
    `classifying` while stored events are classified, and then `counting`. An export is `running`;
    its file is there when it is done, and no more when it has `expired`."""

    QUEUED = "queued"
    RUNNING = "running"
    SURVEYED = "surveyed"
    REMOVED = "removed"
    CLASSIFYING = "classifying"
    COUNTING = "counting"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


ENDED: Final = (Step.DONE.value, Step.FAILED.value, Step.EXPIRED.value)


class NotItsTurn(Unavailable):
    """Another job of the account has begun."""


class Changed(Exception):
    """Somebody deleted a job, or had it start over, while it was worked at."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What every job has. A kind adds `work`, what is to be done, and fields of its progress.
    `problem` says why it waits or failed. Times are milliseconds since 1970."""

    number: int
    id: str
    account: int
    kind: str
    step: Step
    problem: str
    created_at: int
    ended_at: int | None

    @property
    def ended(self) -> bool:
        return self.step in ENDED


J = TypeVar("J", bound=Job)
COLUMNS: Final = frozenset(JobRow.__table__.columns.keys()) - {"account_id", "work", "progress"}


class Jobs(Generic[J]):
    """The jobs of some kinds, in the catalog."""

    def __init__(self, job: type[J], kinds: Sequence[str], prefix: str, missing: str) -> None:
        """Ids begin with `prefix`; `missing` answers who names a job that is not there."""
        self._job = job
        self._kinds = tuple(kinds)
        self._prefix = prefix
        self._missing = missing

    def select(self) -> Select[JobRow]:
        return select(JobRow).where(JobRow.kind.in_(self._kinds))

    def add(
        self, session: Session, account: int, kind: str, work: object, now: int, **values: Any
    ) -> J:
        row = JobRow(
            id=f"{self._prefix}_{secrets.token_hex(12)}",
            account_id=account,
            kind=kind,
            step=Step.QUEUED.value,
            work=msgspec.json.encode(work),
            progress={},
            problem="",
            created_at=now,
        )
        session.add(row)
        session.flush()
        return self.write(row, **values)

    def find(self, session: Session, account: int, id: str, source: str = "") -> J:
        """Raises NotFound, also for another account's or another API's."""
        row = session.scalar(self._of(account, source).where(JobRow.id == id))
        if row is None:
            raise NotFound(self._missing)
        return self.read(row)

    def page(
        self, session: Session, account: int, below: int | None, limit: int, source: str = ""
    ) -> list[J]:
        """The newest first. `below`: the number of the last one of the page before."""
        wanted = self._of(account, source)
        if below is not None:
            wanted = wanted.where(JobRow.number < below)
        rows = session.scalars(wanted.order_by(JobRow.number.desc()).limit(limit))
        return [self.read(row) for row in rows]

    def _of(self, account: int, source: str) -> Select[JobRow]:
        return self.select().where(JobRow.account_id == account, JobRow.source == source)

    def unfinished(self, session: Session, account: int | None = None) -> list[J]:
        """What has begun first, and the oldest first; of one account when it is named."""
        wanted = self.select().where(JobRow.step.not_in(ENDED))
        if account is not None:
            wanted = wanted.where(JobRow.account_id == account)
        begun_first = JobRow.step == Step.QUEUED.value, JobRow.number
        return [self.read(row) for row in session.scalars(wanted.order_by(*begun_first))]

    def note(self, session: Session, job: J, **values: Any) -> J:
        """Write down how far a job is. Raises Changed when it is not as it was read."""
        row = session.get(JobRow, job.number)
        if row is None or msgspec.structs.replace(self.read(row), problem=job.problem) != job:
            raise Changed(job.id)
        return self.write(row, **{"problem": ""} | values)

    def write(self, row: JobRow, **values: Any) -> J:
        """Set fields of a job, whatever it is by now."""
        progress = dict(row.progress)
        for name, value in values.items():
            if name == "work":
                row.work = None if value is None else msgspec.json.encode(value)
            elif name in COLUMNS:
                setattr(row, name, msgspec.to_builtins(value))
            else:
                progress[name] = msgspec.to_builtins(value)
        row.progress = progress
        return self.read(row)

    def read(self, row: JobRow) -> J:
        facts = {name: getattr(row, name) for name in COLUMNS}
        work = None if row.work is None else msgspec.json.decode(row.work)
        facts |= {"account": row.account_id, "work": work, **row.progress}
        return msgspec.convert(facts, self._job)


class Runner(ABC, Generic[J]):
    """One task on the event loop that makes jobs go on, one after the other; the work itself runs
    on threads."""

    def __init__(
        self,
        what: str,
        jobs: Jobs[J],
        catalog: SqlCatalog,
        background: Background,
        clock: Clock,
        fatal: Mapping[str, tuple[type[Exception], ...]] = MappingProxyType({}),
    ) -> None:
        """`what` the jobs are, as the log says it: "Deletions". `fatal` has, by kind, the errors
        after which it is of no use to try again."""
        self._what = what
        self._jobs = jobs
        self._catalog = catalog
        self._background = background
        self._clock = clock
        self._fatal = fatal
        self._passes = PeriodicTask(what, log, RETRY_SECONDS)
        self._waiting = 0

    def wake(self) -> None:
        """There is something to do. Call on the event loop."""
        self._passes.wake()

    async def run(self) -> None:
        await self._passes.run(self._pass)

    async def _pass(self) -> float:
        self._waiting = await self.step()
        return RETRY_SECONDS if self._waiting else POLL_SECONDS

    @property
    def waiting(self) -> int:
        """How many jobs could not go on at the last attempt."""
        return max(self._waiting, int(self._passes.failed))

    @abstractmethod
    async def _go_on(self, job: J) -> None:
        """Do the steps that are not done, and note each."""

    async def step(self) -> int:
        """Go on with each job that is not done; how many wait for something."""
        waiting, tried, held_up = 0, set[int](), set[int]()
        while (job := await self._background.run(self._next, tried, held_up)) is not None:
            tried.add(job.number)
            try:
                await self._go_on(job)
            except NotItsTurn:
                tried.discard(job.number)  # what is begun comes first now
            except Exception as error:  # whatever it is, the others must go on
                job = await self._background.run(self._stop, job, error)
                waiting += not job.ended
                if job.step is Step.SURVEYED:
                    held_up.add(job.account)
        return waiting

    def _next(self, tried: set[int], held_up: set[int]) -> J | None:
        """Of an account first what is begun, then in their order; none of an account of which one
        waits that is surveyed: what that one wrote down, no other may."""
        with self._catalog.reading() as session:
            for job in self._jobs.unfinished(session):
                if job.number not in tried and job.account not in held_up:
                    return job
        return None

    def _stop(self, job: J, error: Exception) -> J:
        """Write down why a job waits or failed; how far it is."""
        values: dict[str, Any] = {"problem": problem_of(error)}
        log.warning("%s: %s is not done: %s", self._what, job.id, values["problem"])
        if isinstance(error, self._fatal.get(job.kind, ())):
            values |= {"step": Step.FAILED, "ended_at": self._clock()}
        with self._catalog.writing() as session:
            return self._jobs.write(session.get_one(JobRow, job.number), **values)

    def _read(self, job: J) -> J:
        """As it is by now."""
        with self._catalog.reading() as session:
            return self._jobs.read(session.get_one(JobRow, job.number))

    def _note(self, job: J, **values: Any) -> J:
        with self._catalog.writing() as session:
            return self._jobs.note(session, job, **values)

    async def _until(self, settled: Callable[[], bool]) -> None:
        """The engine has rewritten its files."""
        while True:
            if await self._background.run(settled):
                return
            await asyncio.sleep(SETTLING_SECONDS)


def problem_of(error: Exception) -> str:
    """For who requested a job. An error that nobody foresaw is in the log."""
    if isinstance(error, FootfallError):
        return error.message
    if isinstance(error, OSError):
        return f"A file cannot be written: {error.strerror}."
    log.error("A job waits; it is tried again", exc_info=error)
    return "Something went wrong; the server's log has the details."
