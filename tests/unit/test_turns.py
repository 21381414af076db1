"""Reads of callers: accounts in turn, and nothing goes on for a caller who has left."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from footfall.core.errors import RateLimited, StoreUnavailable, TooLarge
from footfall.runtime.background import Background
from footfall.runtime.read_queue import (
    CLIENT,
    HEAVY_THREADS,
    SMALL_ROWS_MAX,
    UNDER_WAY,
    Read,
    ReadLimits,
    Turns,
)
from footfall.web.clients import Client

WAITING_MAX = 4


class Work:
    """Reads that last until they are let go, or their query is ended."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[int] = asyncio.Queue()
        self.let_go = threading.Event()
        self.ended: dict[str, threading.Event] = {}
        self._loop = asyncio.get_running_loop()

    def of(self, account: int) -> Callable[[], int]:
        def work() -> int:
            read = UNDER_WAY.get()
            assert read is not None
            ended = self.ended.setdefault(read.id, threading.Event())
            self._loop.call_soon_threadsafe(self.begun.put_nowait, account)
            while not self.let_go.is_set() and not ended.wait(0.01):
                pass
            read.seconds_left()
            return account

        return work

    def end(self, read: str) -> None:
        self.ended.setdefault(read, threading.Event()).set()


@pytest_asyncio.fixture
async def work() -> Work:
    return Work()


@pytest_asyncio.fixture
async def turns(work: Work) -> AsyncIterator[Turns]:
    made = Turns(ReadLimits(waiting_max=WAITING_MAX), work.end)
    yield made
    work.let_go.set()
    await asyncio.to_thread(made.close)


def many() -> int:
    return SMALL_ROWS_MAX + 1


def few() -> int:
    return 0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while True:
            if holds():
                return
            await asyncio.sleep(0)


async def test_an_account_has_one_heavy_read_and_a_few_wait(turns: Turns, work: Work) -> None:
    reads = [asyncio.create_task(turns.read(1, many, work.of(1))) for _ in range(60)]
    await work.begun.get()
    await until(lambda: sum(read.done() for read in reads) == 60 - 1 - WAITING_MAX)
    for read in reads:
        if read.done():
            error = read.exception()
            assert isinstance(error, RateLimited)
            assert error.retry_after_seconds > 0
    assert (turns.heavy.running, turns.heavy.waiting) == (1, WAITING_MAX)
    assert turns.heavy.refused == 60 - 1 - WAITING_MAX
    work.let_go.set()
    results = await asyncio.gather(*reads, return_exceptions=True)
    assert results.count(1) == 1 + WAITING_MAX
    assert (turns.heavy.running, turns.heavy.waiting) == (0, 0)


async def test_a_small_read_never_waits_for_heavy_ones(turns: Turns, work: Work) -> None:
    for account in range(60):
        task = asyncio.create_task(turns.read(account, many, work.of(account)))
        task.add_done_callback(lambda done: done.exception())
    for _ in range(HEAVY_THREADS):
        await work.begun.get()
    assert await turns.read(99, few, lambda: "small") == "small"
    assert turns.heavy.running == HEAVY_THREADS
    work.let_go.set()
    await until(lambda: not turns.heavy.running)


async def test_accounts_take_turns(turns: Turns, work: Work) -> None:
    work.let_go.set()
    order: list[int] = []
    async with turns._turn(turns.heavy, 7), turns._turn(turns.heavy, 8):
        tasks = []
        for account in (1, 1, 1, 2, 2, 3):
            mark = order.append
            tasks.append(asyncio.create_task(_held(turns, account, mark)))
            await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order[:3] == [1, 2, 3]
    assert sorted(order) == [1, 1, 1, 2, 2, 3]


async def _held(turns: Turns, account: int, mark: Callable[[int], None]) -> None:
    async with turns.hold(account):
        mark(account)
        await asyncio.sleep(0)


async def test_reads_within_a_turn_are_a_part_of_it(turns: Turns, work: Work) -> None:
    work.let_go.set()
    async with turns.hold(1):
        assert await turns.read(1, many, work.of(1)) == 1
        assert await turns.read(1, many, work.of(1)) == 1
        assert turns.heavy.running == 1


class Caller:
    """A connection whose request has come; it can be closed."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        self.client = Client(self._messages.get)

    def leave(self) -> None:
        self._messages.put_nowait({"type": "http.disconnect"})


async def _ask(turns: Turns, caller: Caller, work: Callable[[], int]) -> int:
    CLIENT.set(caller.client)
    return await turns.read(1, many, work)


async def test_the_query_of_a_caller_who_leaves_is_ended_and_the_turn_is_free(
    turns: Turns, work: Work
) -> None:
    caller, other = Caller(), Caller()
    first = asyncio.create_task(_ask(turns, caller, work.of(1)))
    await work.begun.get()
    waits = asyncio.create_task(_ask(turns, other, work.of(1)))
    await until(lambda: turns.heavy.waiting == 1)
    caller.leave()
    with pytest.raises(StoreUnavailable):
        await first
    await work.begun.get()  # the next one, though nobody let the first one go
    assert turns.cancelled == 1
    assert [one.is_set() for one in work.ended.values()] == [True, False]
    work.let_go.set()
    assert await waits == 1
    assert await other.client.receive() == {
        "type": "http.request",
        "body": b"",
        "more_body": False,
    }, "the application gets the whole body"


async def test_who_leaves_while_waiting_frees_the_place(turns: Turns, work: Work) -> None:
    first = asyncio.create_task(turns.read(1, many, work.of(1)))
    await work.begun.get()
    callers = [Caller() for _ in range(WAITING_MAX)]
    waiting = [asyncio.create_task(_ask(turns, one, work.of(1))) for one in callers]
    await until(lambda: turns.heavy.waiting == WAITING_MAX)
    for caller in callers:
        caller.leave()
    left = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(error, StoreUnavailable) for error in left)
    assert turns.heavy.waiting == 0
    work.let_go.set()
    assert await first == 1


async def test_a_server_that_stops_ends_every_read(turns: Turns, work: Work) -> None:
    read = asyncio.create_task(turns.read(1, many, work.of(1)))
    await work.begun.get()
    turns.stop()
    with pytest.raises(StoreUnavailable):
        await read


def test_a_read_whose_time_is_over_says_which_limit_it_was() -> None:
    read = Read(ReadLimits(seconds_max=0.0), Background(1))
    with pytest.raises(TooLarge, match="read_seconds_max"):
        read.run(lambda: 1)


async def test_a_body_that_is_under_way_is_not_read_for_the_application() -> None:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    client = Client(messages.get)
    left = asyncio.create_task(client.left())
    parts = [{"type": "http.request", "body": b"%d" % n, "more_body": n < 2} for n in range(3)]
    for part in parts:
        messages.put_nowait(part)
    messages.put_nowait({"type": "http.disconnect"})
    await until(lambda: messages.qsize() == 3)  # one, from which it knows that more follows
    assert [await client.receive() for _ in parts] == parts
    assert not left.done()
    left.cancel()
    await asyncio.wait_for(client.left(), 10)
    for _ in range(2):
        assert await client.receive() == {"type": "http.disconnect"}
