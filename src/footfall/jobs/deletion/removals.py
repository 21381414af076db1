"""The task that takes events away, one removal after the other.

    erasure    queued → survey, written down → counts, rows, archives, exports → settled → done
    retention  survey, written down → rows → settled → done
    archive    each month: file, checked → survey, written down → rows → settled → done

Every step can be repeated: after a crash a removal goes on with the step that was noted last.
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
from footfall.jobs.deletion.foresight import Preview, foresee
from footfall.jobs.deletion.jobs import Kind, Plan, Removal, Step, Work
from footfall.jobs.deletion.months import Months
from footfall.jobs.deletion.policy import Rule
from footfall.jobs.deletion.ports import EventRemover, Settles, Survey
from footfall.jobs.deletion.surveys import Surveys
from footfall.jobs.export.exports import Exports
from footfall.jobs.tables import RemovalRow
from footfall.runtime.background import SPARE_BYTES, Background
from footfall.runtime.periodic import PeriodicTask

POLL_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 10.0
SETTLING_SECONDS: Final = 0.2
log = logging.getLogger(__name__)


class Removals:
    """One task on the event loop; the work itself runs on threads."""

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
        self._catalog = catalog
        self._remover = remover
        self.archives = archives
        self._exports = exports
        self._journal = journal
        self._pending_events = pending_events
        self._background = background
        self._clock = clock
        self._copies = Copies(catalog, remover, archives, clock, spare_bytes)
        self._months = Months(catalog, remover, archives, self._copies)
        self._surveys = Surveys(catalog, remover, archives, clock)
        self._clock_problem = clock_problem
        self._passes = PeriodicTask("Removals", log, RETRY_SECONDS)
        self.alone = asyncio.Lock()
        """Two at a time would count what the other one removes; and so would who recounts for
        another reason."""
        self._waiting = 0
        self._held_up: dict[Kind, set[int]] = {}
        """Accounts whose removals of a kind could not begin at the last attempt."""
        self.done = 0
        self.bytes_freed = 0
        self.last_done_at = 0
        """Since the start, and the time of the last one in milliseconds since 1970."""

    # ── what APIs ask ────────────────────────────────────────────────────────────────────────

    def wake(self) -> None:
        """There is something to remove. Call on the event loop."""
        self._passes.wake()

    async def ask(
        self, account: int, kind: Kind, plan: Plan, about: str, proof: str = ""
    ) -> Removal:
        """Durable when it returns, and then it begins. Raises Conflict."""
        removal = await asyncio.to_thread(self._add, account, kind, plan, about, proof)
        self.wake()
        return removal

    def _add(self, account: int, kind: Kind, plan: Plan, about: str, proof: str) -> Removal:
        facts: dict[str, Any] = {"about": about, "proof": proof}
        if kind is Kind.ARCHIVE:
            facts["bytes_freed"] = 0  # month by month more
        with self._catalog.writing() as session:
            row = jobs.add(session, account, kind, plan, self._clock(), **facts)
            return jobs.to_removal(row)

    async def survey(self, query: EventFilter) -> tuple[Survey, int]:
        """What an erasure would remove now: from the event store, and how many from archives."""
        await self._pending_events.catch_up()
        survey = await self._background.run(self._remover.survey, query)
        return survey, await self._background.run(self.archives.count, query)

    async def preview(self, account: int, rules: Sequence[Rule]) -> list[Preview]:
        """What these rules would remove now."""
        policy.check_rules(rules)
        await self._pending_events.catch_up()
        return await self._background.run(foresee, self._remover, account, rules, self._clock())

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
                    problem = jobs.problem_of(error)
                    log.warning("The %s of account %d waits: %s", kind.value, account, problem)
        self._held_up[kind] = failed
        return failed

    async def _frontier(self) -> int:
        """An id such that every event up to it is in the event store, and none of them is promised
        still: a crash would bring it back."""
        frontier = await self._pending_events.as_of()
        await self._pending_events.settle()
        return frontier

    async def _begin(self, account: int, kind: Kind, plan: Plan, about: str) -> Work | None:
        """Write down what goes, unless that is nothing or is written down already. Raises
        Unavailable while something else waits that wrote down events of this account: they would
        be in both."""
        work = await self._background.run(self._surveys.write_down, account, kind, plan, about)
        if work is not None:
            self.wake()
        return work

    # ── what happens by itself ────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        await self._passes.run(self._pass)

    async def _pass(self) -> float:
        self._waiting = await self.step()
        return RETRY_SECONDS if self._waiting else POLL_SECONDS

    @property
    def waiting(self) -> int:
        """How many removals could not go on at the last attempt."""
        held_up = sum(len(accounts) for accounts in self._held_up.values())
        return max(self._waiting + held_up, int(self._passes.failed))

    async def step(self) -> int:
        """Go on with each removal that is not done; how many wait for something."""
        waiting, tried, held_up = 0, set[int](), set[int]()
        while (work := await self._background.run(self._next, tried, held_up)) is not None:
            tried.add(work.number)
            problem, step = "", work.step
            try:
                await self._go_on(work)
            except jobs.NotItsTurn:
                tried.discard(work.number)  # what is begun comes first now
            except Exception as error:  # whatever it is, the others must go on
                problem = jobs.problem_of(error)
                if isinstance(error, (OSError, Conflict)) and work.kind is Kind.ARCHIVE:
                    step = Step.FAILED
            if problem:
                log.warning("The removal %s is not done: %s", work.id, problem)
                step = await self._background.run(self._stop, work, problem, step)
                waiting += step is not Step.FAILED
                if step is Step.SURVEYED:
                    held_up.add(work.account)
        return waiting

    def _stop(self, work: Work, problem: str, step: Step) -> Step:
        """Write down why it waits or failed; how far it is."""
        with self._catalog.writing() as session:
            row = session.get_one(RemovalRow, work.number)
            row.problem = problem
            if step is Step.FAILED:
                row.step, row.ended_at = step.value, self._clock()
            return Step(row.step)

    def _next(self, tried: set[int], held_up: set[int]) -> Work | None:
        """Of an account first what is begun, then in their order; none of an account of which one
        waits that has begun: what that one wrote down, no other may."""
        with self._catalog.reading() as session:
            for work in jobs.unfinished(session):
                if work.number not in tried and work.account not in held_up:
                    return work
        return None

    async def _go_on(self, work: Work) -> None:
        frontier = await self._frontier()
        if work.kind is Kind.ARCHIVE:
            await self._archive(work, frontier)
            return
        async with self.alone:
            work = await self._background.run(self._read, work)  # it may be further by now
            if work.step is Step.QUEUED:
                work = await self._background.run(self._surveys.survey, work, frontier)
            if work.step is Step.SURVEYED:
                work = await self._background.run(self._carry_out, work)
        await self._settle()
        await self._background.run(self._journal.scrub)
        await self._finish(work)

    def _read(self, work: Work) -> Work:
        with self._catalog.reading() as session:
            return jobs.to_work(session.get_one(RemovalRow, work.number))

    def _carry_out(self, work: Work) -> Work:
        for query in work.plan.queries:
            self._copies.check_room(self._remover.survey(query))
        receipt: dict[str, Any] = {}
        if work.kind is Kind.RETENTION:
            self._copies.expire(work.account, work.plan)
        else:
            receipt = self._copies.erase(work.plan)
        if work.kind is Kind.ERASURE:
            (query,) = work.plan.queries
            receipt["exports_withdrawn"] = self._exports.withdraw(work.account, query.tracker)
        return self._note(work, step=Step.REMOVED.value, receipt=receipt, problem="")

    async def _settle(self) -> None:
        """Until the engine has rewritten its files, and the old ones are off the disk."""
        left: Collection[tuple[str, str]] | None = None
        while True:
            left = await self._background.run(self._clear, left)
            if left is not None and not left:
                return
            await asyncio.sleep(SETTLING_SECONDS)

    def _clear(
        self, left: Collection[tuple[str, str]] | None
    ) -> Collection[tuple[str, str]] | None:
        """One step: which replaced parts are still on the disk. None while the engine rewrites."""
        if left is None:
            if not self._remover.settled():
                return None
            left = self._remover.replaced()
        return self._remover.clear(left)

    async def _archive(self, work: Work, frontier: int) -> None:
        """Month by month: each is safe in its file before its rows go."""
        if problem := await self._background.run(self._clock_problem):
            raise Unavailable(problem)
        below = await self._background.run(self._surveys.below, work.account, frontier)
        async with self.alone:
            await self._background.run(self._months.resume, work)
        months = await self._background.run(self._months.due, work, frontier)
        for month in months:
            async with self.alone:
                await self._background.run(self._months.archive, work, month, below)
        await self._settle()
        if months or work.events:
            await self._finish(work)
        else:
            note = await self._background.run(self._months.nothing, work, frontier)
            await self._finish(work, receipt={jobs.NOTE: note})

    async def _finish(self, work: Work, **values: Any) -> None:
        size = await self._background.run(self._remover.size)
        now = self._clock()
        await self._background.run(
            self._note,
            work,
            step=Step.DONE.value,
            query=None,
            bytes_after=size,
            ended_at=now,
            problem="",
            **values,
        )
        await self._background.run(self._catalog.scrub)
        self.done += 1
        self.last_done_at = now

    def _note(self, work: Work, **values: Any) -> Work:
        with self._catalog.writing() as session:
            row = session.get_one(RemovalRow, work.number)
            for name, value in values.items():
                setattr(row, name, value)
            if row.step == Step.DONE.value:
                self.bytes_freed += row.bytes_freed or 0
                return work
            return jobs.to_work(row)


def archive_directory(data: Path) -> Path:
    return data / "archive"
