"""What APIs ask about policies, and the task that applies them to events that are stored.

    apply: an id is taken → written down → events that come are judged by it → answered
    queued → judging: runs of events, rewritten → counting: counts rebuilt → done

Every step can be repeated: after a crash it goes on with the run that was noted last. What it
changes is first kept as it was, so a report under the earlier policy is right at any moment.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from footfall.capture.enrichment import RulesInEffect
from footfall.catalog.catalog import SqlCatalog
from footfall.core.classification import Rules
from footfall.core.errors import InvalidRequest, TooLarge, Unavailable
from footfall.core.ids import Clock
from footfall.core.reclassification import Change, History, Judgement
from footfall.jobs.archive.archives import Archives
from footfall.jobs.reclassify import versions
from footfall.jobs.reclassify.ports import EventReclassifier
from footfall.jobs.reclassify.versions import FIRST, Policy, Step, Work, WrittenRules
from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask
from footfall.runtime.reader import Frontier

POLL_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 10.0
SETTLING_SECONDS: Final = 0.2
RUN_ROWS: Final = 500_000
"""Looked at in one question."""

RUNS_MAX: Final = 20
KEYS_MAX: Final = 20_000
"""Of one rewriting, which rewrites every part that holds such an event: the fewer the better."""

PREVIEW_ROWS_MAX: Final = 5_000_000
OLDER_MAX: Final = 2_000_000
"""Changed events that a report under an earlier policy may look up: their ids are in memory."""

log = logging.getLogger(__name__)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """`judged` events were judged again; of `unknown` too little was kept for that; `kept` stay as
    they were whatever the rules: archived, or from when other raw events are gone."""

    judged: int
    unknown: int
    kept: int
    changes: list[Change]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """The policy of an answer. `applied`: all stored events are judged by it. `policy` and `below`
    are those of a query; None under the one in effect."""

    number: int
    applied: bool
    policy: int | None = None
    below: int | None = None


class Policies:
    """Its methods run on the event loop; the work itself on threads. `alone` keeps away whatever
    else recounts."""

    def __init__(
        self,
        catalog: SqlCatalog,
        reclassifier: EventReclassifier,
        archives: Archives,
        frontier: Frontier,
        background: Background,
        clock: Clock,
        rules: RulesInEffect,
        next_id: Callable[[], int],
        alone: asyncio.Lock,
    ) -> None:
        self._catalog = catalog
        self._reclassifier = reclassifier
        self._archives = archives
        self._frontier = frontier
        self._background = background
        self._clock = clock
        self._rules = rules
        self._next_id = next_id
        self._alone = alone
        self._passes = PeriodicTask("Policies", log, RETRY_SECONDS)
        self._numbers: dict[int, int] = {}
        self._under_way: set[int] = set()
        """The accounts whose stored events are not all judged by the policy in effect."""
        with catalog.reading() as session:
            for row in versions.applied(session):
                self._show(versions.to_work(row))

    def _show(self, work: Work) -> None:
        """From now on events are judged by it."""
        if self._numbers.get(work.account) != work.number:
            self._rules.show(work.account, self._compiled(work.rules))
        self._numbers[work.account] = work.number
        if work.step is Step.DONE:
            self._under_way.discard(work.account)
        else:
            self._under_way.add(work.account)

    def _compiled(self, rules: WrittenRules) -> Rules:
        return versions.compile_rules(rules, self._rules.default)

    # ── what APIs ask ────────────────────────────────────────────────────────────────────────

    async def named(self, account: int, number: int | None, since: int = 0) -> Named:
        """What a question under this policy (None: the one in effect) about what happened since
        then takes. Raises InvalidRequest."""
        current = self._numbers.get(account, FIRST)
        if number is None or number == current:
            return Named(number=current, applied=account not in self._under_way)
        below = await asyncio.to_thread(self._ends_at, account, number)
        whole_from = await self._background.run(self._reclassifier.whole_from, account)
        if since < whole_from:
            raise InvalidRequest(
                "policy: raw events of that time are gone or archived, and what an earlier policy"
                f" made of them is known no more. Ask since {_time(whole_from)}, or without it."
            )
        older = await self._background.run(self._reclassifier.older, account, number)
        if older > OLDER_MAX:
            raise TooLarge(
                f"Since policy {number} {older:,} verdicts changed; at most {OLDER_MAX:,} can be"
                " taken back in an answer."
            )
        return Named(number=number, applied=True, policy=number, below=below)

    def _ends_at(self, account: int, number: int) -> int:
        with self._catalog.reading() as session:
            below = versions.ends_at(session, account, number)
            known = number == FIRST or versions.was_in_effect(session, account, number)
        if below is None or not known:
            raise InvalidRequest(f"policy: {number} was never in effect. See GET /policies.")
        return below

    async def rules_of(self, account: int, number: int) -> WrittenRules:
        """Raises NotFound."""

        def find() -> WrittenRules:
            with self._catalog.reading() as session:
                return versions.find(session, account, number).rules

        return await asyncio.to_thread(find)

    async def preview(
        self, account: int, rules: WrittenRules, since: int, until: int, zone: str
    ) -> Preview:
        """What these rules would change of what happened in [since, until). Raises TooLarge."""
        below = await self._frontier.as_of() + 1
        history = await self._background.run(
            self._history, account, rules, below, since, until, zone
        )
        rows = await self._background.run(self._reclassifier.count, history)
        if rows > PREVIEW_ROWS_MAX:
            raise TooLarge(
                f"A preview looks at {PREVIEW_ROWS_MAX:,} events at most; since then {rows:,} were"
                " received. Choose a later since."
            )
        judged = unknown = first = 0
        changes: dict[tuple[str, Judgement, Judgement], int] = {}
        while look := await self._background.run(self._reclassifier.look, history, first, RUN_ROWS):
            judged, unknown, first = judged + look.events, unknown + look.unknown, look.last + 1
            for one in look.changes:
                what = one.day, one.before, one.after
                changes[what] = changes.get(what, 0) + one.events
        kept = await self._background.run(self._reclassifier.kept, history)
        found = [Change(*what, events) for what, events in sorted(changes.items())]
        return Preview(judged=judged, unknown=unknown, kept=kept, changes=found)

    async def apply(self, account: int, number: int) -> Policy:
        """In effect, and written down, when it returns; stored events follow. Raises NotFound,
        Conflict."""
        since_id = self._next_id()  # never used: what was judged until now has smaller ones
        policy, work = await asyncio.to_thread(self._begin, account, number, since_id)
        self._show(work)
        self._passes.wake()
        return policy

    def _begin(self, account: int, number: int, since_id: int) -> tuple[Policy, Work]:
        with self._catalog.writing() as session:
            versions.begin(session, account, number, since_id, self._clock())
            session.flush()
            row = versions.find_row(session, account, number)
            return versions.find(session, account, number), versions.to_work(row)

    # ── what happens by itself ────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        await self._passes.run(self._pass)

    async def _pass(self) -> float:
        return RETRY_SECONDS if await self.step() else POLL_SECONDS

    async def step(self) -> int:
        """Go on with each that is not applied; how many wait for something."""
        waiting = 0
        for work in await self._background.run(self._unfinished):
            problem = ""
            try:
                await self._go_on(work)
            except Unavailable as error:
                problem = error.message
            except Exception:  # whatever it is, the others must go on
                log.exception("Policy %d of account %d waits", work.number, work.account)
                problem = "Something went wrong; the server's log has the details."
            if problem:
                waiting += 1
                log.warning("Policy %d is not applied: %s", work.number, problem)
                await self._background.run(self._note, work, problem=problem)
        return waiting

    def _unfinished(self) -> list[Work]:
        with self._catalog.reading() as session:
            return versions.unfinished(session)

    async def _go_on(self, work: Work) -> None:
        self._show(work)
        if work.step is Step.QUEUED:
            # Whatever was judged by the policy before has a smaller id, and is in the store.
            work = await self._background.run(self._look_ahead, work, await self._frontier.as_of())
        await self._frontier.catch_up()
        while work.step is Step.JUDGING:
            async with self._alone:
                work = await self._background.run(self._judge_runs, work)
        await self._count(work)
        await self._settle()
        changed = await self._background.run(self._reclassifier.changed, work.account, work.number)
        # First here, then for everybody to read: whoever reads that it has ended, asks at once.
        self._under_way.discard(work.account)
        await self._background.run(
            self._note,
            work,
            step=Step.DONE.value,
            problem="",
            receipt={**work.receipt, "changed": changed},
            ended_at=self._clock(),
        )

    def _look_ahead(self, work: Work, as_of: int) -> Work:
        """How many events there are to look at, all judged before until this id."""
        history = self._history(work.account, work.rules, as_of + 1)
        receipt = {"total": self._reclassifier.count(history)}
        step = Step.JUDGING.value
        return self._note(work, below=as_of + 1, step=step, receipt=receipt, problem="")

    def _judge_runs(self, work: Work) -> Work:
        """As many runs as one rewriting can name what is found in."""
        assert work.below is not None
        history = self._history(work.account, work.rules, work.below)
        first, last, keys = work.judged_id + 1, work.judged_id, dict[int, Judgement]()
        judged = unknown = 0
        for _ in range(RUNS_MAX):
            look = self._reclassifier.look(history, last + 1, RUN_ROWS)
            if look is None:
                break
            if keys and len(keys.keys() | look.keys.keys()) > KEYS_MAX:
                break
            keys |= look.keys
            last, judged, unknown = look.last, judged + look.events, unknown + look.unknown
        some = list(keys.items())
        for start in range(0, len(some), KEYS_MAX):
            piece = dict(some[start : start + KEYS_MAX])
            self._reclassifier.rewrite(history, work.number, first, last, piece)
        if last >= first:
            receipt = _added(work.receipt, {"judged": judged, "unknown": unknown})
            return self._note(work, judged_id=last, receipt=receipt, problem="")
        kept = self._reclassifier.kept(history)
        receipt = {**work.receipt, "kept": kept}
        return self._note(work, step=Step.COUNTING.value, receipt=receipt)

    async def _count(self, work: Work) -> None:
        for by_receipt in (False, True):
            runs = await self._background.run(
                self._reclassifier.touched, work.account, work.number, by_receipt=by_receipt
            )
            for first, last in runs:
                async with self._alone:
                    await self._background.run(
                        self._reclassifier.recount,
                        *(work.account, first, last),
                        by_receipt=by_receipt,
                    )
                if len(runs) > 1:
                    await self._settle()  # the engine takes a thousand deletions at a time

    async def _settle(self) -> None:
        """Until the engine has rewritten its files."""
        while True:
            if await self._background.run(self._reclassifier.settled):
                return
            await asyncio.sleep(SETTLING_SECONDS)

    def _history(
        self,
        account: int,
        rules: WrittenRules,
        below: int,
        since: int = 0,
        until: int | None = None,
        zone: str = "UTC",
    ) -> History:
        """Without the months that are archived: their files stay as they are."""
        return History(
            account=account,
            rules=self._compiled(rules),
            below=below,
            kept=self._archives.archived(account),
            since=since,
            until=until,
            zone=zone,
        )

    def _note(self, work: Work, **values: Any) -> Work:
        with self._catalog.writing() as session:
            row = versions.find_row(session, work.account, work.number)
            for name, value in values.items():
                setattr(row, name, value)
            return versions.to_work(row)


def _added(receipt: dict[str, Any], more: dict[str, int]) -> dict[str, Any]:
    return {**receipt, **{name: receipt.get(name, 0) + number for name, number in more.items()}}


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
