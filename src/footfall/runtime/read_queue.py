"""Reads of callers: accounts in turn, within limits, and none for a caller who has left.

    small: a few threads, for what looks at few rows → the answer, or "this is no small read"
    heavy: fewer threads, one for an account, a few wait, the others are refused

A small read never waits for a heavy one.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol, TypeVar

import msgspec

from footfall.core.errors import FootfallError, RateLimited, StoreUnavailable, TooLarge
from footfall.runtime.background import NICENESS, Background

T = TypeVar("T")

HEAVY_THREADS: Final = 2
SMALL_THREADS: Final = 2
THREADS: Final = HEAVY_THREADS + SMALL_THREADS
HEAVY_NICENESS: Final = 19
"""The loader goes first: a small read waits for what it has to load."""

HEAVY_AT_ONCE: Final = 1
"""Of an account."""

SMALL_WAITING_MAX: Final = 100
"""Of an account: each takes milliseconds."""

SMALL_ROWS_MAX: Final = 100_000
"""What looks at more rows is heavy."""

RETRY_SECONDS: Final = 5
SLICE_SECONDS_MAX: Final = 86_400.0
WATCHED_AFTER_SECONDS: Final = 0.05
CANCEL_AGAIN_SECONDS: Final = 0.2
"""A query may begin just after it was cancelled."""

log = logging.getLogger(__name__)


class Left(Protocol):
    """The connection of a request: see `web.clients.Client`."""

    async def left(self) -> None:
        """Return when the caller has closed it."""


CLIENT: Final[ContextVar[Left | None]] = ContextVar("client", default=None)
"""Who waits for the answer of this task; None for nobody."""


class ReadLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Of each read: seconds, bytes of the event store's memory; of an account: heavy reads that
    wait."""

    seconds_max: float = 30.0
    memory_bytes_max: int = 150_000_000
    waiting_max: int = 4


class Read:
    """One read of a caller, as the threads and the event store that work for it know it."""

    def __init__(self, limits: ReadLimits, threads: Background) -> None:
        self.id = secrets.token_hex(8)
        self.threads = threads
        self.memory_bytes_max = limits.memory_bytes_max
        self.cancelled = False
        self.working: asyncio.Future[Any] | None = None
        self._limits = limits
        self._until = time.monotonic() + limits.seconds_max

    def seconds_left(self) -> float:
        """Raises TooLarge when there are none, and StoreUnavailable when the caller has left."""
        if self.cancelled:
            raise StoreUnavailable("This read was cancelled.")
        if (seconds := self._until - time.monotonic()) <= 0:
            raise TooLarge(
                f"This takes longer than a read may take ({self._limits.seconds_max:g} seconds,"
                " read_seconds_max). Choose a shorter window, fewer dimensions, or longer buckets."
            )
        return seconds

    def run(self, work: Callable[[], T]) -> T:
        """In a thread."""
        token = UNDER_WAY.set(self)
        try:
            self.seconds_left()
            return work()
        finally:
            UNDER_WAY.reset(token)


UNDER_WAY: Final[ContextVar[Read | None]] = ContextVar("read", default=None)
"""The read that this thread works for."""

_HELD: Final[ContextVar[Read | None]] = ContextVar("held", default=None)
"""The heavy read whose turn this task has."""


class Lane:
    """Threads, given to accounts in turn. Its methods run on the event loop."""

    def __init__(
        self, threads: int, niceness: int, at_once: int, waiting_max: int, what: str
    ) -> None:
        """`at_once` and `waiting_max` are an account's."""
        self.threads = Background(threads, niceness)
        self._free = threads
        self._at_once = at_once
        self._waiting_max = waiting_max
        self._what = what
        self._running: Counter[int] = Counter()
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}
        """The account whose turn is next stands first."""
        self.running = self.waiting = 0
        self.refused = 0

    async def enter(self, account: int, *, patient: bool = False) -> None:
        """Wait for a turn. Raises RateLimited when too many of the account wait, unless it is
        `patient`."""
        if self._free and self._running[account] < self._at_once:
            self._start(account)
            return
        queue = self._waiting.get(account, ())
        if len(queue) >= self._waiting_max and not patient:
            self.refused += 1
            raise RateLimited(
                f"As many {self._what} of this account are running ({self._running[account]}) and"
                f" waiting ({len(queue)}) as may. Try again in {RETRY_SECONDS} seconds.",
                RETRY_SECONDS,
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(account, deque()).append(turn)
        self.waiting += 1
        try:
            await _or_left(turn)
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.leave(account)
            else:
                self._forget(account, turn)
            raise

    def leave(self, account: int) -> None:
        """Give the turn to the next account that waits."""
        self._free += 1
        self.running -= 1
        self._running[account] -= 1
        if not self._running[account]:
            del self._running[account]
        for other, queue in self._waiting.items():
            if self._running[other] < self._at_once:
                turn = queue[0]
                self._forget(other, turn)
                if other in self._waiting:  # behind all others
                    self._waiting[other] = self._waiting.pop(other)
                self._start(other)
                turn.set_result(None)
                return

    def _start(self, account: int) -> None:
        self._free -= 1
        self.running += 1
        self._running[account] += 1

    def _forget(self, account: int, turn: asyncio.Future[None]) -> None:
        self._waiting[account].remove(turn)
        self.waiting -= 1
        if not self._waiting[account]:
            del self._waiting[account]


class Turns:
    """`stop` ends the query of the read with this id, in a thread."""

    def __init__(self, limits: ReadLimits, stop: Callable[[str], None]) -> None:
        self._limits = limits
        self._stop = stop
        self._stopping = Background(1)
        self._under_way: set[Read] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.heavy = Lane(
            HEAVY_THREADS, HEAVY_NICENESS, HEAVY_AT_ONCE, limits.waiting_max, "heavy reads"
        )
        self.small = Lane(SMALL_THREADS, NICENESS, SMALL_THREADS, SMALL_WAITING_MAX, "small reads")
        self._closed = False
        self.cancelled = 0
        """Reads whose caller left before they were done."""
        self.over_limit = 0

    async def read(self, account: int, rows: Callable[[], int] | None, work: Callable[[], T]) -> T:
        """The work's result. `rows` tells how many rows it looks at, at most; None is few. Within
        `hold` it is a part of that read. Raises RateLimited, TooLarge, and what the work raises."""
        if (held := _HELD.get()) is not None:
            return await self._run(held, work)
        if rows is not None and not await self.is_small(account, rows):
            async with self.hold(account):
                return await self.read(account, None, work)
        async with self._turn(self.small, account) as read:
            return await self._run(read, work)

    async def is_small(self, account: int, rows: Callable[[], int]) -> bool:
        async with self._turn(self.small, account) as read:
            return await self._run(read, rows) <= SMALL_ROWS_MAX

    async def slice(self, account: int, work: Callable[[], T]) -> T:
        """A part of a file that is under way: heavy, and never refused. All of a file may take
        long, so it has no limit of time."""
        limits = msgspec.structs.replace(self._limits, seconds_max=SLICE_SECONDS_MAX)
        async with self._turn(self.heavy, account, limits, patient=True) as read:
            return await self._run(read, work)

    @asynccontextmanager
    async def hold(self, account: int) -> AsyncIterator[None]:
        """The account's heavy turn, for reads one after another and what is made of them."""
        if _HELD.get() is not None:
            yield
            return
        async with self._turn(self.heavy, account) as read:
            token = _HELD.set(read)
            try:
                yield
            finally:
                _HELD.reset(token)

    @asynccontextmanager
    async def _turn(
        self, lane: Lane, account: int, limits: ReadLimits | None = None, *, patient: bool = False
    ) -> AsyncIterator[Read]:
        """It ends when the thread is free again, also when nobody waits for that any more."""
        await lane.enter(account, patient=patient)
        read = Read(limits or self._limits, lane.threads)
        self._under_way.add(read)

        def over(_: object = None) -> None:
            self._under_way.discard(read)
            lane.leave(account)

        try:
            yield read
        finally:
            if read.working is None or read.working.done():
                over()
            else:
                read.working.add_done_callback(over)

    async def _run(self, read: Read, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreUnavailable("The server stops.")
        future = read.working = read.threads.start(read.run, work)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await _or_left(future)
        except TooLarge:
            self.over_limit += 1
            raise
        except BaseException:
            if not future.done():
                self.cancelled += 1
                self.cancel(read)
            raise

    def cancel(self, read: Read) -> None:
        """End it soon: its query under way, and those that would follow."""
        read.cancelled = True
        task = asyncio.create_task(self._cancel(read))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _cancel(self, read: Read) -> None:
        while read.working is not None and not read.working.done():
            try:
                await self._stopping.run(self._stop, read.id)
            except FootfallError as error:
                log.warning("A read goes on to its limit: %s", error.message)
            await asyncio.wait({read.working}, timeout=CANCEL_AGAIN_SECONDS)

    def stop(self) -> None:
        """Cancel all that is under way, and begin nothing more: the server is to stop."""
        self._closed = True
        for read in tuple(self._under_way):
            self.cancel(read)

    def close(self) -> None:
        self.heavy.threads.close()
        self.small.threads.close()
        self._stopping.close()


async def _or_left(future: "asyncio.Future[T]") -> T:
    """The future's result. Raises StoreUnavailable once the caller has left: nobody reads it."""
    client = CLIENT.get()
    await asyncio.wait({future}, timeout=None if client is None else WATCHED_AFTER_SECONDS)
    if client is not None and not future.done():
        left = asyncio.ensure_future(client.left())
        either: set[asyncio.Future[Any]] = {future, left}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
        if not future.done():
            raise StoreUnavailable("The caller has left.")
    return future.result()
