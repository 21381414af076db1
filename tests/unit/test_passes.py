"""What goes on by itself: no failure ends it, and whoever wakes it need not wait."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from footfall.core.errors import StoreUnavailable
from footfall.core.passes import Passes

log = logging.getLogger("passes")


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not check():  # noqa: ASYNC110  (there is no event to wait for)
            await asyncio.sleep(0)


@pytest.mark.parametrize("failure", [StoreUnavailable("It is away."), ValueError("a mistake")])
async def test_the_next_pass_comes_whatever_ended_the_last(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    passes, seen = Passes("Removals", log, retry_seconds=0), list[bool]()

    async def once() -> float:
        seen.append(passes.failed)
        if len(seen) < 3:
            raise failure
        return 3600

    task = asyncio.create_task(passes.run(once))
    await until(lambda: len(seen) == 3 and not passes.failed)
    task.cancel()
    assert seen == [False, True, True]
    assert "Removals wait" in caplog.text


async def test_who_wakes_it_does_not_wait_for_its_turn() -> None:
    passes, made = Passes("Removals", log, retry_seconds=3600), list[int]()

    async def once() -> float:
        made.append(len(made))
        if len(made) == 2:
            passes.wake()  # also while a pass is under way
        return 3600

    task = asyncio.create_task(passes.run(once))
    await until(lambda: len(made) == 1)
    passes.wake()
    await until(lambda: len(made) == 3)
    task.cancel()
    assert made == [0, 1, 2]
