"""Whose export is gone on with, and from when its time counts."""

import pytest

from footfall.core.calendar import HOUR_MS
from footfall.core.errors import Conflict
from footfall.core.reports import ReportQuery
from footfall.jobs.export.jobs import JOBS_MAX, KEPT_HOURS
from footfall.jobs.runner import Step
from tests.contract.exports import SOURCE, Place

DAY_MS = KEPT_HOURS * HOUR_MS


async def test_a_small_export_does_not_wait_for_another_accounts_large_ones(place: Place) -> None:
    place.insert(100)
    large = [await place.create() for _ in range(3)]
    place.account = place.add_account()
    ids = place.insert(5)
    small = await place.create()
    for _ in range(6):  # three turns of each: counted, written, done
        place.exports.step()
    assert place.state(small).step is Step.DONE
    assert place.ids(small) == ids
    (first, *others) = [place.exports.find(one.account, SOURCE, one.id) for one in large]
    assert (first.step, first.rows) == (Step.RUNNING, 20)
    assert {one.step for one in others} == {Step.QUEUED}
    place.finish()
    first = place.exports.find(first.account, SOURCE, first.id)
    assert (first.step, first.rows) == (Step.DONE, 100)


async def test_the_day_of_an_export_begins_with_its_work(place: Place) -> None:
    place.insert(25)
    early, late = await place.create(), await place.create()
    while place.state(early).step is not Step.DONE:
        place.exports.step()
    place.now += 9 * DAY_MS
    place.exports.step()  # counts the other one
    begun = place.state(late)
    assert (begun.step, begun.expires_at) == (Step.RUNNING, place.now + DAY_MS)
    place.now += DAY_MS - 1
    place.exports.step()
    assert place.state(late).rows == 10
    place.now += 1
    place.exports.step()
    assert place.state(late).step is Step.FAILED


async def test_queued_exports_are_among_those_that_an_account_may_have(place: Place) -> None:
    for _ in range(JOBS_MAX):
        await place.create()
    place.now += 2 * DAY_MS
    with pytest.raises(Conflict):
        await place.create()


async def test_an_export_that_cannot_begin_fails_after_its_day(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = await place.create()

    def refuse(query: ReportQuery) -> None:
        raise RuntimeError("no engine takes this")

    monkeypatch.setattr(place.store, "report", refuse)
    place.exports.step()
    assert place.state(export).step is Step.RUNNING
    place.now += DAY_MS
    place.finish()
    assert place.state(export).step is Step.FAILED
