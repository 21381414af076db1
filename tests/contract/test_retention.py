"""Rules of retention: what would go, what went, and what stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from footfall.core.errors import InvalidRequest
from footfall.jobs.archive.manifests import Month
from footfall.jobs.deletion import policy
from footfall.jobs.deletion.policy import Rule
from footfall.jobs.runner import Step
from footfall.store.store import ClickHouseStore
from tests.contract.deletions import DAY_MS, NOW, Ground


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('retention')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def ground(tmp_path: Path, store: ClickHouseStore) -> Iterator[Ground]:
    made = Ground(tmp_path, store)
    yield made
    made.close()


def rule(ground: Ground, *rules: Rule) -> list[Rule]:
    with ground.catalog.writing() as session:
        policy.write_rules(session, ground.account, rules)
        return policy.read_rules(session, ground.account)


async def test_each_source_goes_by_its_own_rule_and_what_goes_was_foreseen(
    ground: Ground,
) -> None:
    other = ground.add_account()
    for days in (100, 40, 3):
        ground.insert(NOW - days * DAY_MS, source="native")
        ground.insert(NOW - days * DAY_MS, source="openqr")
        ground.insert(NOW - days * DAY_MS, source="vantio", count=100)
    ground.insert(NOW - 100 * DAY_MS, account=other)
    rules = rule(
        ground,
        Rule(source="*", raw_days=60),
        Rule(source="native", raw_days=30),
        Rule(source="vantio"),
    )
    day = NOW // DAY_MS
    with ground.catalog.reading() as session:
        hours = policy.expired_hours(session, ground.account, NOW)
        assert policy.expired_hours(session, 0, NOW) == {}
    assert hours == {"*": (day - 60) * 24, "native": (day - 30) * 24, "vantio": 0}
    foreseen = await ground.deletions.preview(ground.account, rules)
    assert {one.rule.source: one.survey.events for one in foreseen} == {
        "*": 200,
        "native": 400,
        "vantio": 0,
    }
    assert [one.survey.bytes > 0 for one in foreseen] == [True, True, False]
    await ground.deletions.expire(ground.now)
    assert await ground.deletions.step() == 0
    (done,) = ground.all()
    assert (done.step, done.events) == (Step.DONE, 600)
    assert ground.removed() == 600
    assert {name: ground.count(sources=(name,)) for name in ("native", "openqr", "vantio")} == {
        "native": 200,
        "openqr": 400,
        "vantio": 300,
    }
    assert ground.total() == 1_500  # counts stay
    assert ground.wrong_counts().keys() == {"rollup", "rollup_account", "rollup_ads"}
    assert ground.count(other) == 200
    await ground.deletions.expire(ground.now)
    assert len(ground.all()) == 1  # nothing more to do


async def test_what_a_crash_left_of_a_run_is_done_once(ground: Ground) -> None:
    ground.insert(NOW - 100 * DAY_MS)
    rules = rule(ground, Rule(source="*", raw_days=60))
    await ground.deletions.expire(ground.now)
    ground.restart()
    # A day later, before it is done: what it wrote down is not written down again.
    ground.now += DAY_MS
    with ground.store._engine.mutations() as client:  # it died when one table was done
        client.command(f"ALTER TABLE events DELETE WHERE account = {ground.account}")
    await ground.deletions.step()
    await ground.deletions.expire(ground.now)
    assert [one.step for one in ground.all()] == [Step.DONE]
    assert (ground.count(), ground.removed()) == (0, 200)
    assert await ground.deletions.preview(ground.account, rules)


async def test_counts_go_by_months_when_they_are_told_to(ground: Ground) -> None:
    old, new = Month(2026, 5).since + 5 * DAY_MS, NOW - DAY_MS
    ground.insert(old)
    ground.insert(new)
    (foreseen,) = await ground.deletions.preview(
        ground.account, [Rule(source="*", rollup_months=2)]
    )
    assert (foreseen.survey.events, foreseen.rollup_rows > 0) == (0, True)
    rules = rule(ground, Rule(source="*", raw_days=60, rollup_months=2))
    (foreseen,) = await ground.deletions.preview(ground.account, rules)
    assert foreseen.rollup_rows > 0
    await ground.deletions.expire(ground.now)
    await ground.deletions.step()
    assert ground.count() == ground.total() == 200
    assert ground.wrong_counts() == {}


def test_the_rule_for_all_is_the_accounts_days(ground: Ground) -> None:
    ground.catalog.change_account(ground.account, raw_days=30)
    with ground.catalog.reading() as session:
        assert policy.read_rules(session, ground.account) == [Rule(source="*", raw_days=30)]
    rule(ground, Rule(source="*", raw_days=90), Rule(source="native", raw_days=7))
    (account,) = [one for one in ground.catalog.accounts() if one.id == ground.account]
    assert account.raw_days == 90
    rule(ground)
    (account,) = [one for one in ground.catalog.accounts() if one.id == ground.account]
    assert account.raw_days is None


@pytest.mark.parametrize(
    "rules",
    [
        [Rule(source="native"), Rule(source="native", raw_days=3)],
        [Rule(source="native", rollup_months=3)],
        [Rule(source=f"s{n}") for n in range(51)],
    ],
)
def test_rules_that_cannot_be_kept_are_refused(ground: Ground, rules: list[Rule]) -> None:
    with pytest.raises(InvalidRequest):
        rule(ground, *rules)
