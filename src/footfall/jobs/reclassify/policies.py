"""What APIs ask about policies, and the task that applies them to events that are stored.

    apply: an id is taken → written down → events that come are classified by it → answered
    queued → classifying: runs of events, rewritten → counting: counts rebuilt → done

Each run is noted (see `jobs.runner`). What it changes is first kept as it was, so a report under
the earlier policy is right at any moment.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from footfall.capture.enrichment import RulesInEffect
from footfall.catalog.catalog import SqlCatalog
from footfall.core.classification import Rules
from footfall.core.errors import InvalidRequest, TooLarge
from footfall.core.ids import Clock
from footfall.core.reclassification import Change, Classification, ReclassificationScope
from footfall.jobs.archive.archives import Archives
from footfall.jobs.reclassify import versions
from footfall.jobs.reclassify.ports import EventReclassifier
from footfall.jobs.reclassify.versions import FIRST, Application, Policy, State, WrittenRules
from footfall.jobs.runner import Runner, Step
from footfall.runtime.background import Background
from footfall.runtime.reader import Frontier

RUN_ROWS: Final = 500_000
"""Looked at in one question."""

RUNS_MAX: Final = 20
KEYS_MAX: Final = 20_000
"""Of one rewriting, which rewrites every part that holds such an event: the fewer the better."""

PREVIEW_ROWS_MAX: Final = 5_000_000
OLDER_MAX: Final = 2_000_000
"""Changed events that a report under an earlier policy may look up: their ids are in memory."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """`classified` events got a verdict by the rules, the same or another; of `unknown` too little
    was kept for that; `kept` stay as they were whatever the rules: archived, or from when other raw
    events are gone."""

    classified: int
    unknown: int
    kept: int
    changes: list[Change]


class PolicySelection(msgspec.Struct, frozen=True, kw_only=True):
    """The policy of an answer. `applied`: all stored events are classified by it. `policy` and
    `below` are those of a query; None under the one in effect."""

    number: int
    applied: bool
    policy: int | None = None
    below: int | None = None


class Policies(Runner[Application]):
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
        super().__init__("Policies", versions.APPLICATIONS, catalog, background, clock)
        self._reclassifier = reclassifier
        self._archives = archives
        self._frontier = frontier
        self._rules = rules
        self._next_id = next_id
        self._alone = alone
        self._numbers: dict[int, int] = {}
        self._under_way: set[int] = set()
        """The accounts whose stored events are not all classified by the policy in effect."""
        with catalog.reading() as session:
            for account, policy in versions.applied(session):
                self._show(account, policy)

    def _show(self, account: int, policy: Policy) -> None:
        """From now on events are classified by it."""
        if self._numbers.get(account) != policy.number:
            self._rules.show(account, self._compiled(policy.rules))
        self._numbers[account] = policy.number
        if policy.state is State.APPLYING:
            self._under_way.add(account)
        else:
            self._under_way.discard(account)

    def _compiled(self, rules: WrittenRules) -> Rules:
        return versions.compile_rules(rules, self._rules.default)

    # ── what APIs ask ────────────────────────────────────────────────────────────────────────

    async def named(self, account: int, number: int | None, since: int = 0) -> PolicySelection:
        """What a question under this policy (None: the one in effect) about what happened since
        then takes. Raises InvalidRequest."""
        current = self._numbers.get(account, FIRST)
        if number is None or number == current:
            return PolicySelection(number=current, applied=account not in self._under_way)
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
        return PolicySelection(number=number, applied=True, policy=number, below=below)

    def _ends_at(self, account: int, number: int) -> int:
        with self._catalog.reading() as session:
            below = versions.ends_at(session, account, number)
            known = number == FIRST or versions.was_in_effect(session, account, number)
        if below is None or not known:
            raise InvalidRequest(f"policy: {number} was never in effect. See GET /policies.")
        return below

    async def rules_of(self, account: int, number: int) -> WrittenRules:
        """Raises NotFound."""
        return (await asyncio.to_thread(self._find, account, number)).rules

    def _find(self, account: int, number: int) -> Policy:
        with self._catalog.reading() as session:
            return versions.find(session, account, number)

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
        classified = unknown = first = 0
        changes: dict[tuple[str, Classification, Classification], int] = {}
        while look := await self._background.run(self._reclassifier.look, history, first, RUN_ROWS):
            classified, unknown, first = (
                classified + look.events,
                unknown + look.unknown,
                look.last + 1,
            )
            for one in look.changes:
                what = one.day, one.before, one.after
                changes[what] = changes.get(what, 0) + one.events
        kept = await self._background.run(self._reclassifier.kept, history)
        found = [Change(*what, events) for what, events in sorted(changes.items())]
        return Preview(classified=classified, unknown=unknown, kept=kept, changes=found)

    async def apply(self, account: int, number: int) -> Policy:
        """In effect, and written down, when it returns; stored events follow. Raises NotFound,
        Conflict."""
        since_id = self._next_id()  # never used: what was classified until now has smaller ones
        policy = await asyncio.to_thread(self._begin, account, number, since_id)
        self._show(account, policy)
        self.wake()
        return policy

    def _begin(self, account: int, number: int, since_id: int) -> Policy:
        with self._catalog.writing() as session:
            versions.begin(session, account, number, since_id, self._clock())
            return versions.find(session, account, number)

    # ── what happens by itself ────────────────────────────────────────────────────────────────

    async def _go_on(self, job: Application) -> None:
        policy = await self._background.run(self._find, job.account, job.work)
        self._show(job.account, policy)
        if job.step is Step.QUEUED:
            # Whatever was classified by the policy before has a smaller id, and is in the store.
            as_of = await self._frontier.as_of()
            job = await self._background.run(self._look_ahead, job, policy.rules, as_of)
        await self._frontier.catch_up()
        while job.step is Step.CLASSIFYING:
            async with self._alone:
                job = await self._background.run(self._classify_runs, job, policy.rules)
        await self._count(job)
        await self._until(self._reclassifier.settled)
        changed = await self._background.run(self._reclassifier.changed, job.account, job.work)
        # First here, then for everybody to read: whoever reads that it has ended, asks at once.
        self._under_way.discard(job.account)
        receipt = {**job.receipt, "changed": changed}
        await self._background.run(
            self._note, job, step=Step.DONE, receipt=receipt, ended_at=self._clock()
        )

    def _look_ahead(self, job: Application, rules: WrittenRules, as_of: int) -> Application:
        """How many events there are to look at, all classified before until this id."""
        total = self._reclassifier.count(self._history(job.account, rules, as_of + 1))
        return self._note(job, step=Step.CLASSIFYING, below=as_of + 1, receipt={"total": total})

    def _classify_runs(self, job: Application, rules: WrittenRules) -> Application:
        """As many runs as one rewriting can name what is found in."""
        assert job.below is not None
        history = self._history(job.account, rules, job.below)
        first, last, keys = job.classified_id + 1, job.classified_id, dict[int, Classification]()
        classified = unknown = 0
        for _ in range(RUNS_MAX):
            look = self._reclassifier.look(history, last + 1, RUN_ROWS)
            if look is None:
                break
            if keys and len(keys.keys() | look.keys.keys()) > KEYS_MAX:
                break
            keys |= look.keys
            last, classified, unknown = look.last, classified + look.events, unknown + look.unknown
        some = list(keys.items())
        for start in range(0, len(some), KEYS_MAX):
            piece = dict(some[start : start + KEYS_MAX])
            self._reclassifier.rewrite(history, job.work, first, last, piece)
        if last >= first:
            receipt = _added(job.receipt, {"classified": classified, "unknown": unknown})
            return self._note(job, classified_id=last, receipt=receipt)
        receipt = {**job.receipt, "kept": self._reclassifier.kept(history)}
        return self._note(job, step=Step.COUNTING, receipt=receipt)

    async def _count(self, job: Application) -> None:
        for by_receipt in (False, True):
            runs = await self._background.run(
                self._reclassifier.touched, job.account, job.work, by_receipt=by_receipt
            )
            for first, last in runs:
                async with self._alone:
                    await self._background.run(
                        self._reclassifier.rebuild_counts,
                        *(job.account, first, last),
                        by_receipt=by_receipt,
                    )
                if len(runs) > 1:
                    await self._until(
                        self._reclassifier.settled
                    )  # the engine takes a thousand deletions at a time

    def _history(
        self,
        account: int,
        rules: WrittenRules,
        below: int,
        since: int = 0,
        until: int | None = None,
        zone: str = "UTC",
    ) -> ReclassificationScope:
        """Without the months that are archived: their files stay as they are."""
        return ReclassificationScope(
            account=account,
            rules=self._compiled(rules),
            below=below,
            kept=self._archives.archived(account),
            since=since,
            until=until,
            zone=zone,
        )


def _added(receipt: dict[str, Any], more: dict[str, int]) -> dict[str, Any]:
    return {**receipt, **{name: receipt.get(name, 0) + number for name, number in more.items()}}


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
