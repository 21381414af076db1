"""The task that takes events away, one deletion after the other.

    erasure    queued → survey, written down → counts, rows, archives, exports → settled → done
    retention  survey, written down → rows → settled → done
    archive    each month: file, checked → survey, written down → rows → settled → done

Each arrow is noted: see `jobs.runner`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from footfall.capture.ports import Journal
from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import AgeBy
from footfall.core.errors import Conflict, Unavailable
from footfall.core.ids import Clock
from footfall.core.queries import EventFilter
from footfall.core.trackers import DeletedTracker
from footfall.jobs.archive.archives import Archives
from footfall.jobs.deletion import jobs, policy
from footfall.jobs.deletion.copies import Copies
from footfall.jobs.deletion.jobs import DELETIONS, Deletion, Kind, Plan
from footfall.jobs.deletion.months import Months
from footfall.jobs.deletion.policy import Rule
from footfall.jobs.deletion.ports import EventRemover, Settles, Survey
from footfall.jobs.deletion.preview import Preview, preview_retention
from footfall.jobs.deletion.surveys import Surveys
from footfall.jobs.export.exports import Exports
from footfall.jobs.runner import Runner, Step, problem_of
from footfall.runtime.background import SPARE_BYTES, Background

FATAL: Final = {Kind.ARCHIVE.value: (OSError, Conflict)}
log = logging.getLogger(__name__)


class Deletions(Runner[Deletion]):
    """See `jobs.runner`. Its methods run on the event loop."""

    def __init__(
        self,
        catalog: SqlCatalog,
        remover: EventRemover,
        archives: Archives,
        exports: Exports,
        journal: Journal,
        pending_events: Settles,
        background: Background,
        clock: Clock,
        clock_problem: Callable[[], str] = str,
        *,
        spare_bytes: int = SPARE_BYTES,
    ) -> None:
        """`clock_problem` says why no month may be taken for over, "" when one may. It blocks."""
        super().__init__("Deletions", DELETIONS, catalog, background, clock, FATAL)
        self._remover = remover
        self.archives = archives
        self._exports = exports
        self._journal = journal
        self._pending_events = pending_events
        self._copies = Copies(catalog, remover, archives, clock, spare_bytes)
        self._months = Months(catalog, remover, archives, self._copies)
        self._surveys = Surveys(catalog, remover, archives, clock)
        self._clock_problem = clock_problem
        self.alone = asyncio.Lock()
        """Two at a time would count what the other one removes; and so would who recounts for
        another reason."""
        self._held_up: dict[Kind, set[int]] = {}
        """Accounts whose deletions of a kind could not begin at the last attempt."""
        self.done = 0
        self.bytes_freed = 0
        self.last_done_at = 0
        """Since the start, and the time of the last one in milliseconds since 1970."""

    # ── what APIs ask ────────────────────────────────────────────────────────────────────────

    async def ask(
        self, account: int, kind: Kind, plan: Plan, about: str, proof: str = ""
    ) -> Deletion:
        """Durable when it returns, and then it begins. Raises Conflict."""
        deletion = await asyncio.to_thread(self._add, account, kind, plan, about, proof)
        self.wake()
        return deletion

    def _add(self, account: int, kind: Kind, plan: Plan, about: str, proof: str) -> Deletion:
        facts: dict[str, Any] = {"about": about, "proof": proof}
        if kind is Kind.ARCHIVE:
            facts["bytes_freed"] = 0  # month by month more
        with self._catalog.writing() as session:
            return jobs.add(session, account, kind, plan, self._clock(), **facts)

    async def survey(self, query: EventFilter) -> tuple[Survey, int]:
        """What an erasure would remove now: from the event store, and how many from archives."""
        await self._pending_events.catch_up()
        survey = await self._background.run(self._remover.survey, query)
        return survey, await self._background.run(self.archives.count, query)

    async def preview(self, account: int, rules: Sequence[Rule]) -> list[Preview]:
        """What these rules would remove now."""
        policy.check_rules(rules)
        await self._pending_events.catch_up()
        return await self._background.run(
            preview_retention, self._remover, account, rules, self._clock()
        )

    # ── what the upkeep asks ──────────────────────────────────────────────────────────────────

    async def erase_trackers(
        self, deleted_trackers: Sequence[DeletedTracker], began: int
    ) -> Collection[int]:
        """Erase every event of these trackers, and every copy; `began`: when this pass did.
        Returns the accounts whose events could not all be erased: they need another pass. Raises
        StoreUnavailable."""
        frontier = await self._frontier()

        async def erase(account: int) -> None:
            trackers = tuple(one.tracker for one in deleted_trackers if one.account == account)
            async with self.alone:
                # What comes later is the next pass's, so that it is written down too.
                below = await self._background.run(self._surveys.below, account, frontier)
                query = EventFilter(account=account, trackers=trackers, below=below)
                plan = Plan(queries=(query,))
                work = await self._begin(account, Kind.TRACKERS, plan, "deleted trackers")
                if work is not None:
                    await self._background.run(self._carry_out, work)
                else:
                    await self._background.run(self._copies.erase, plan)

        accounts = sorted({one.account for one in deleted_trackers})
        held_up = await self._each(Kind.TRACKERS, accounts, erase)
        await self._background.run(self._exports.erase, deleted_trackers, began)
        await self._settle()
        await self._background.run(self._journal.scrub)
        return held_up

    async def expire(self, now: int) -> None:
        """Remove what is past its days: whole UTC days, so once a day. `now` in milliseconds since
        1970. Raises StoreUnavailable."""

        async def expire(account: int) -> None:
            rules = await self._background.run(self._surveys.rules, account)
            if not any(one.raw_days or one.rollup_months for one in rules):
                return
            frontier = 0
            if any(one.age_by is AgeBy.OCCURRED for one in rules):
                frontier = await self._frontier()
            async with self.alone:
                plan = await self._background.run(
                    self._surveys.expired, account, rules, now, frontier
                )
                await self._begin(account, Kind.RETENTION, plan, "retention")

        accounts = [one.id for one in await self._background.run(self._catalog.accounts)]
        await self._each(Kind.RETENTION, accounts, expire)

    async def _each(
        self, kind: Kind, accounts: Iterable[int], begin: Callable[[int], Awaitable[None]]
    ) -> Collection[int]:
        """A failure of one account does not stop the others. Returns the accounts that failed."""
        before, failed = self._held_up.get(kind, set()), set[int]()
        for account in accounts:
            try:
                await begin(account)
            except Exception as error:  # whatever it is, the others must go on
                failed.add(account)
                if account not in before:
                    problem = problem_of(error)
                    log.warning("The %s of account %d waits: %s", kind.value, account, problem)
        self._held_up[kind] = failed
        return failed

    async def _frontier(self) -> int:
        """An id such that every event up to it is in the event store, and none of them is promised
        still: a crash would bring it back."""
        frontier = await self._pending_events.as_of()
        await self._pending_events.settle()
        return frontier

    async def _begin(self, account: int, kind: Kind, plan: Plan, about: str) -> Deletion | None:
        """Write down what goes, unless that is nothing or is written down already. Raises
        Unavailable while something else waits that wrote down events of this account: they would
        be in both."""
        work = await self._background.run(self._surveys.write_down, account, kind, plan, about)
        if work is not None:
            self.wake()
        return work

    # ── what happens by itself ────────────────────────────────────────────────────────────────

    @property
    def waiting(self) -> int:
        held_up = sum(len(accounts) for accounts in self._held_up.values())
        return max(super().waiting, self._waiting + held_up)

    async def _go_on(self, job: Deletion) -> None:
        frontier = await self._frontier()
        if job.kind is Kind.ARCHIVE:
            await self._archive(job, frontier)
            return
        async with self.alone:
            job = await self._background.run(self._read, job)  # it may be further by now
            if job.step is Step.QUEUED:
                job = await self._background.run(self._surveys.survey, job, frontier)
            if job.step is Step.SURVEYED:
                job = await self._background.run(self._carry_out, job)
        await self._settle()
        await self._background.run(self._journal.scrub)
        await self._finish(job)

    def _carry_out(self, job: Deletion) -> Deletion:
        for query in job.plan.queries:
            self._copies.check_space(self._remover.survey(query))
        receipt: dict[str, Any] = {}
        if job.kind is Kind.RETENTION:
            self._copies.expire(job.account, job.plan)
        else:
            receipt = self._copies.erase(job.plan)
        if job.kind is Kind.ERASURE:
            (query,) = job.plan.queries
            receipt["exports_withdrawn"] = self._exports.withdraw(job.account, query.tracker)
        return self._note(job, step=Step.REMOVED, receipt=receipt)

    async def _settle(self) -> None:
        """Until the engine has rewritten its files, and the old ones are off the disk."""
        await self._until(self._remover.settled)
        left = await self._background.run(self._remover.replaced)

        def cleared() -> bool:
            nonlocal left
            left = self._remover.clear(left)
            return not left

        await self._until(cleared)

    async def _archive(self, job: Deletion, frontier: int) -> None:
        """Month by month: each is safe in its file before its rows go."""
        if problem := await self._background.run(self._clock_problem):
            raise Unavailable(problem)
        below = await self._background.run(self._surveys.below, job.account, frontier)
        async with self.alone:
            job = await self._background.run(self._months.resume, job)
        months = await self._background.run(self._months.due, job, frontier)
        for month in months:
            async with self.alone:
                job = await self._background.run(self._months.archive, job, month, below)
        await self._settle()
        if months or job.events:
            await self._finish(job)
        else:
            note = await self._background.run(self._months.nothing, job, frontier)
            await self._finish(job, receipt={jobs.NOTE: note})

    async def _finish(self, job: Deletion, **values: Any) -> None:
        values |= {"step": Step.DONE, "work": None, "ended_at": self._clock()}
        values["bytes_after"] = await self._background.run(self._remover.size)
        job = await self._background.run(self._note, job, **values)
        await self._background.run(self._catalog.scrub)
        self.done += 1
        self.bytes_freed += job.bytes_freed or 0
        self.last_done_at = job.ended_at or 0


def archive_directory(data: Path) -> Path:
    return data / "archive"
