"""How many passwords are compared at once and in a second."""

import asyncio

from footfall.core.errors import RateLimited
from footfall.passwords import BURST, WAIT_SECONDS_MAX, Lane


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_lane_compares_one_at_a_time() -> None:
    lane, inside, most = Lane(1_000), 0, 0

    async def compare() -> None:
        nonlocal inside, most
        async with lane.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(compare() for _ in range(20)))
    assert (most, lane.checked) == (1, 20)


async def test_a_lane_refuses_what_would_wait_too_long_and_recovers() -> None:
    clock = Clock()
    lane = Lane(4, clock)

    async def compare() -> None:
        async with lane.turn():
            pass

    tasks = [asyncio.create_task(compare()) for _ in range(100)]
    for _ in range(5):
        await asyncio.sleep(0)  # all that need no pause are done, the others wait or are refused
    refused = [task for task in tasks if task.done() and task.exception()]
    assert len(tasks) - len(refused) == BURST + 4 * WAIT_SECONDS_MAX + 1
    assert lane.refused == len(refused)
    for task in refused:
        error = task.exception()
        assert isinstance(error, RateLimited)
        assert error.retry_after_seconds == WAIT_SECONDS_MAX + 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    clock.now += 60
    await asyncio.wait_for(compare(), 5)
