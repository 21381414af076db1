"""What becomes of exports when trackers are erased."""

from footfall.core.trackers import DeletedTracker
from footfall.jobs.runner import Step
from tests.contract.exports import NOW, SOURCE, Place


async def test_erased_events_come_back_by_no_file(place: Place) -> None:
    place.insert(15, tracker=7)
    kept = place.insert(15, first=50, tracker=8)
    done = await place.create()
    place.finish()
    apart = await place.create(tracker=8)
    place.finish()
    running = await place.create()
    for _ in range(3):
        place.exports.step()
    place.erase(7)
    expired = place.state(done)
    assert (expired.step, "erased" in expired.problem) == (Step.EXPIRED, True)
    assert place.ids(apart) == kept
    assert f"{done.id}.ndjson" not in place.files()
    assert (place.state(running).step, place.state(running).rows) == (Step.QUEUED, 0)
    place.finish()
    assert place.ids(running) == kept
    assert place.state(running).rows_total == len(kept)


async def test_exports_without_events_of_its_source_outlive_a_tracker(place: Place) -> None:
    ids = place.insert(15)
    done = await place.create(sources=(SOURCE, "other"))
    place.finish()
    running = await place.create(sources=(SOURCE,))
    for _ in range(2):
        place.exports.step()
    place.erase(7, source="third")
    assert place.ids(done) == ids
    assert (place.state(running).step, place.state(running).rows) == (Step.RUNNING, 10)
    place.erase(8, source="other")
    assert place.state(done).step is Step.EXPIRED
    assert (place.state(running).step, place.state(running).rows) == (Step.RUNNING, 10)


async def test_the_passes_after_the_first_take_back_only_what_was_asked_for_since(
    place: Place,
) -> None:
    kept = place.insert(15, tracker=8)
    before = await place.create()
    place.exports.step()
    place.erase(7)
    assert place.state(before).step is Step.QUEUED
    place.finish()
    place.insert(5, first=50, tracker=7)  # it was under way when its tracker was deleted
    since = await place.create()
    place.finish()
    place.erase(7)
    assert place.ids(before) == kept
    assert place.state(since).step is Step.EXPIRED
    later = await place.create()
    place.finish()
    place.restart()  # forgets when the passes were
    place.erase(7)
    assert place.state(later).step is Step.EXPIRED


async def test_an_export_asked_for_during_an_erasure_is_taken_back_by_the_next(
    place: Place,
) -> None:
    place.insert(15)
    deleted_trackers = [DeletedTracker(place.account, 7, SOURCE, NOW)]
    place.now += 10
    export = await place.create()
    place.exports.erase(deleted_trackers, began=NOW + 5)
    place.finish()
    place.exports.erase(deleted_trackers, began=NOW + 20)
    assert place.state(export).step is Step.EXPIRED
