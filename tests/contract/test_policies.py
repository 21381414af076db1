"""Policies on a real catalog, engine and disk: what stays as it was, and what a crash leaves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from footfall.capture.enrichment import RulesInEffect
from footfall.capture.id_generator import IdGenerator
from footfall.core.classification import Rules
from footfall.core.errors import InvalidRequest, StoreUnavailable
from footfall.core.queries import EventFilter
from footfall.core.reclassification import Classification, ReclassificationScope
from footfall.jobs.reclassify import versions
from footfall.jobs.reclassify.policies import Policies
from footfall.jobs.reclassify.versions import Application, Policy, State, WrittenRules
from footfall.store.maintenance.reclassify import Reclassifier
from footfall.store.store import ClickHouseStore
from tests.contract.deletions import DAY_MS, NOW, Ground

MAY = NOW - 120 * DAY_MS
RULES = WrittenRules(bots=("acmemonitor",))


class UpToDate:
    """A store that has every event there is."""

    async def catch_up(self) -> None:
        pass

    async def as_of(self) -> int:
        return (1 << 62) - 1


class Failing(Reclassifier):
    """An engine that fails in the middle of a rewriting, as often as it is told to."""

    def __init__(self, store: ClickHouseStore) -> None:
        super().__init__(store.opened(), store.open)
        self.left = 0

    def rewrite(
        self,
        history: ReclassificationScope,
        policy: int,
        first: int,
        last: int,
        keys: dict[int, Classification],
    ) -> None:
        super().rewrite(history, policy, first, last, keys)
        if self.left:
            self.left -= 1
            raise StoreUnavailable("The event store does not answer.")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('policies')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def ground(tmp_path: Path, store: ClickHouseStore) -> Iterator[Ground]:
    made = Ground(tmp_path, store)
    yield made
    made.close()


def policies_of(
    ground: Ground, reclassifier: Reclassifier, kind: type[Policies] = Policies
) -> Policies:
    return kind(
        *(ground.catalog, reclassifier, ground.deletions.archives, UpToDate(), ground.background),
        *(lambda: ground.now, RulesInEffect(Rules()), IdGenerator(lambda: ground.now, 0, 0).next),
        ground.deletions.alone,
    )


def make(ground: Ground, rules: WrittenRules = RULES) -> int:
    with ground.catalog.writing() as session:
        return versions.make(session, ground.account, rules, "", ground.now).number


def state(ground: Ground, number: int) -> Policy:
    with ground.catalog.reading() as session:
        return versions.find(session, ground.account, number)


async def apply(ground: Ground, policies: Policies, number: int) -> Policy:
    await policies.apply(ground.account, number)
    await policies.step()
    return state(ground, number)


def bots(ground: Ground, **more: Any) -> int:
    return ground.count(values={"reason": ("user agent: acmemonitor",)}, **more)


async def test_what_is_archived_or_lost_other_events_stays_as_it_was(ground: Ground) -> None:
    for at in (MAY, NOW - 40 * DAY_MS, NOW - DAY_MS):
        ground.insert(at, user_agent="AcmeMonitor/1")
    await ground.archive("2026-06")
    policies = policies_of(ground, ground.store.reclassifier())
    number = make(ground)
    preview = await policies.preview(ground.account, RULES, 0, NOW + DAY_MS, "UTC")
    assert (preview.classified, preview.kept) == (400, 200)
    done = await apply(ground, policies, number)
    assert (done.state, done.problem) == (State.IN_EFFECT, "")
    assert done.receipt == {
        "total": 600,
        "classified": 400,
        "unknown": 0,
        "kept": 200,
        "changed": 400,
    }
    assert bots(ground) == 400
    assert bots(ground, until=MAY + DAY_MS) == 0
    assert ground.wrong_counts() == {}

    ground.store.remover().expire(EventFilter(account=ground.account, until=NOW - 30 * DAY_MS))
    reclassified = ground.query("reclassified", EventFilter(account=ground.account))
    assert reclassified == ground.count() == 200
    with pytest.raises(InvalidRequest, match="Ask since"):
        await policies.named(ground.account, 1, NOW - 31 * DAY_MS)
    assert (await policies.named(ground.account, 1, NOW - 29 * DAY_MS)).policy == 1
    again = await apply(ground, policies, make(ground, WrittenRules()))
    assert again.receipt["changed"] == 200
    assert ground.total() == 600  # the counts of what is gone stay


async def test_who_reads_that_it_has_ended_gets_answers_under_it(ground: Ground) -> None:
    answered: list[bool] = []

    class Watched(Policies):
        """Looks at each moment in which somebody could read how far it is."""

        def _note(self, job: Application, **values: Any) -> Application:
            noted = super()._note(job, **values)
            if state(ground, job.work).ended_at:
                answered.append(ground.account not in self._under_way)
            return noted

    ground.insert(NOW - DAY_MS, user_agent="AcmeMonitor/1")
    policies = policies_of(ground, ground.store.reclassifier(), Watched)
    await apply(ground, policies, make(ground))
    assert answered == [True]


async def test_what_a_crash_leaves_is_done_once(ground: Ground) -> None:
    for day in (1, 2, 3):
        ground.insert(NOW - day * DAY_MS, user_agent="AcmeMonitor/1")
    failing = Failing(ground.store)
    policies = policies_of(ground, failing)
    failing.left = 2
    number = make(ground)
    waiting = await apply(ground, policies, number)
    assert waiting.state is State.APPLYING
    assert "does not answer" in waiting.problem
    with ground.store._engine.mutations() as client:
        # As a crash between the two tables leaves it: of `events` the old rows.
        sql = f"UPDATE verdict = 'counted', reason = '' WHERE account = {ground.account}"
        client.command(f"ALTER TABLE events {sql}")
    policies = policies_of(ground, failing)  # another start
    assert (await policies.named(ground.account, None)).applied is False
    await policies.step()
    await policies.step()
    done = state(ground, number)
    assert (done.state, done.problem, done.receipt["changed"]) == (State.IN_EFFECT, "", 600)
    assert bots(ground) == 600
    assert ground.wrong_counts() == {}
    assert ground.query("reclassified", EventFilter(account=ground.account)) == 600
