"""What a deletion takes, looked at and written down before the first event goes."""

from collections.abc import Sequence

import msgspec

from footfall.catalog.catalog import SqlCatalog
from footfall.core.ids import Clock
from footfall.core.queries import EventFilter
from footfall.jobs.archive.archives import Archives
from footfall.jobs.deletion import jobs, policy
from footfall.jobs.deletion.jobs import DELETIONS, Deletion, DeletionCount, Kind, Plan
from footfall.jobs.deletion.policy import Rule
from footfall.jobs.deletion.ports import EventRemover
from footfall.jobs.runner import Step


class Surveys:
    """Every method blocks; any may raise StoreUnavailable. One deletion at a time."""

    def __init__(
        self, catalog: SqlCatalog, remover: EventRemover, archives: Archives, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._remover = remover
        self._archives = archives
        self._clock = clock
        self._nothing: dict[int, dict[bytes, int]] = {}
        """By account and what retention did not find: the id below which it looked."""

    def below(self, account: int, frontier: int) -> int:
        """Bounds the raw events of an account that are taken now."""
        return min(self._remover.newest(account), frontier) + 1

    def rules(self, account: int) -> list[Rule]:
        with self._catalog.reading() as session:
            return policy.read_rules(session, account)

    def expired(self, account: int, rules: Sequence[Rule], now: int, frontier: int) -> Plan:
        """What retention takes now. What goes by when it happened may arrive while it goes: it is
        bounded by an id, and looked for among new ids alone where nothing was found before."""
        queries = []
        for _, query in policy.expired(account, rules, now):
            if query.occurred_until is not None:
                below = self.below(account, frontier)
                known = self._nothing.get(account, {}).get(_key(query))
                above = None if known is None else min(known, below) - 1
                query = msgspec.structs.replace(query, above=above, below=below)
            queries.append(query)
        return Plan(queries=tuple(queries), counts_until=policy.counts_until(rules, now))

    def write_down(self, account: int, kind: Kind, plan: Plan, about: str) -> Deletion | None:
        """None when nothing goes, or it is written down already. Raises Unavailable while something
        else waits that wrote down events of this account: they would be in both."""
        with self._catalog.reading() as session:
            others = DELETIONS.unfinished(session, account)
        if any(one.plan.is_about(plan) for one in others):
            return None
        with self._catalog.reading() as session:
            jobs.check_turn(session, account)
        surveys = [self._remover.survey(query) for query in plan.queries]
        going = [one for survey in surveys for one in survey.going]
        size = sum(survey.bytes for survey in surveys)
        beside_rows = False
        if plan.counts_until is not None:
            counts = self._remover.rollup_size(account, plan.counts_until)
            size += counts.bytes
            beside_rows = counts.rows > 0
        elif not going and kind is Kind.TRACKERS:
            beside_rows = any(self._archives.count(query) for query in plan.queries)
        if not going:
            self._note_nothing(account, plan)
            if not beside_rows:
                return None
        held = self._remover.size()
        with self._catalog.writing() as session:
            return jobs.add(
                session,
                account,
                kind,
                plan,
                self._clock(),
                about=about,
                going=_summed(going),
                bytes_before=held,
                bytes_freed=size,
            )

    def survey(self, deletion: Deletion, frontier: int) -> Deletion:
        """What an erasure takes: events that were received until now."""
        with self._catalog.reading() as session:
            jobs.check_turn(session, deletion.account)
        (query,) = deletion.plan.queries
        query = msgspec.structs.replace(query, below=self.below(deletion.account, frontier))
        survey, size = self._remover.survey(query), self._remover.size()
        with self._catalog.writing() as session:
            return DELETIONS.note(
                session,
                deletion,
                step=Step.SURVEYED,
                work=Plan(queries=(query,)),
                events=jobs.note_going(session, deletion, survey.going),
                bytes_before=size,
                bytes_freed=survey.bytes,
            )

    def _note_nothing(self, account: int, plan: Plan) -> None:
        """A day's queries take the place of those of the day before."""
        self._nothing[account] = {
            _key(query): query.below
            for query in plan.queries
            if query.occurred_until is not None and query.below is not None
        }


def _key(query: EventFilter) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(query, above=None, below=None))


def _summed(going: Sequence[DeletionCount]) -> list[DeletionCount]:
    """One for each source and hour, whatever number of rules names them."""
    found = {(one.source, one.hour): one for one in going}
    assert len(found) == len(going), "two rules for one source"
    return list(found.values())
