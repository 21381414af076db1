"""What goes on by itself: no failure ends it, and whoever wakes it need not wait."""

import asyncio
import logging

import pytest

from footfall.core.errors import StoreUnavailable
from footfall.runtime.periodic import PeriodicTask

log = logging.getLogger("passes")


@pytest.mark.parametrize("failure", [StoreUnavailable("It is away."), ValueError("a mistake")])
async def test_the_next_pass_comes_whatever_ended_the_last(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    passes, failed, done = (
        PeriodicTask("Deletions", log, retry_seconds=0),
        list[bool](),
        asyncio.Event(),
    )

    async def once() -> float:
        failed.append(passes.failed)
        if len(failed) < 3:
            raise failure
        if len(failed) == 4:
            done.set()
        return 0

    task = asyncio.create_task(passes.run(once))
    await asyncio.wait_for(done.wait(), 10)
    task.cancel()
    assert failed[:4] == [False, True, True, False]
    assert "Deletions wait" in caplog.text


async def test_who_wakes_it_does_not_wait_for_its_turn() -> None:
    passes, begun = PeriodicTask("Deletions", log, retry_seconds=3600), asyncio.Queue[int]()
    made = 0

    async def once() -> float:
        nonlocal made
        made += 1
        begun.put_nowait(made)
        if made == 2:
            passes.wake()  # also while a pass is under way
        return 3600

    task = asyncio.create_task(passes.run(once))
    assert await asyncio.wait_for(begun.get(), 10) == 1
    passes.wake()
    assert await asyncio.wait_for(begun.get(), 10) == 2
    assert await asyncio.wait_for(begun.get(), 10) == 3
    task.cancel()
    assert begun.empty()


@pytest.mark.parametrize("steps", range(5))
async def test_who_ends_it_as_it_is_woken_is_heard(steps: int) -> None:
    """A stop of the server that was not heard would wait for ever."""
    passes, begun = PeriodicTask("Deletions", log, retry_seconds=3600), asyncio.Event()

    async def once() -> float:
        begun.set()
        return 3600

    task = asyncio.create_task(passes.run(once))
    await begun.wait()
    await asyncio.sleep(0)
    passes.wake()
    for _ in range(steps):  # of the event loop, from the waking to the end of its wait
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=10)
    assert task.cancelled()
