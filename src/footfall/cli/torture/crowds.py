"""Strangers who send half of what they should, and then nothing."""

import asyncio
import contextlib
import itertools
import resource
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

from footfall.cli.torture.books import Books, Skipped, close
from footfall.cli.torture.scanning import CONNECTIONS, SLUG, Ledger, Scanning
from footfall.cli.torture.scenarios import ignore
from footfall.cli.torture.server import KEY, Victim

SCANS: Final = 10 * CONNECTIONS
WAIT_SECONDS_MAX: Final = 5.0
STOP_SECONDS_MAX: Final = 10.0
HEAD: Final = "Host: torture\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"
HALVES: Final = (
    b"",
    f"GET /s/{SLUG} HTTP/1.1\r\nHost: tor".encode(),
    f"POST /t/nobody HTTP/1.1\r\n{HEAD}\r\n{{".encode(),
    f"POST /events HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n{HEAD}\r\n[".encode(),
    f"POST /v1/dynamic HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n{HEAD}\r\n{{".encode(),
)
"""What a connection sends before it falls silent."""
BODIES: Final = HALVES[2:]


def silent_visitors(
    directory: Path, visitors: int, on_answer: Callable[[], None] = ignore
) -> Books:
    """More connections than there are slots, each silent after half a request, and from an address
    of its own; people are redirected as ever."""
    _allow_files(visitors + 1_000)
    victim = Victim(directory)
    victim.prepare()
    victim.start()
    ledger = Ledger()

    async def attack() -> None:
        async with _silent(victim.port, HALVES, visitors):
            await Scanning(victim.port, ledger, on_answer).run(SCANS)

    asyncio.run(attack())
    wrong = held_up(ledger)
    victim.settle()
    victim.stop()
    name = f"{visitors:,} silent visitors"
    return close(name, ledger, victim.count(), wrong=wrong, note=longest(ledger))


def half_bodies_at_stop(
    directory: Path,
    visitors: int = 60,
    seconds_max: float = STOP_SECONDS_MAX,
    on_answer: Callable[[], None] = ignore,
) -> Books:
    """The server is stopped while bodies are half sent."""
    victim = Victim(directory)
    victim.prepare()
    victim.start()
    ledger = Ledger()

    async def attack() -> float:
        async with _silent(victim.port, BODIES, visitors):
            await Scanning(victim.port, ledger, on_answer).run(SCANS)
            began = time.monotonic()
            await asyncio.to_thread(victim.stop)
            return time.monotonic() - began

    seconds = asyncio.run(attack())
    wrong = held_up(ledger)
    if seconds > seconds_max:
        wrong.append(f"SIGTERM took {seconds:.1f} s")
    victim.start()
    victim.settle()
    victim.stop()
    note = f"ended after {seconds:.1f} s"
    return close("half bodies at SIGTERM", ledger, victim.count(), wrong=wrong, note=note)


@contextlib.asynccontextmanager
async def _silent(port: int, starts: Sequence[bytes], visitors: int) -> AsyncIterator[None]:
    """So many connections from as many addresses, each with the next of these starts."""
    opened: list[asyncio.StreamWriter] = []

    async def open_one(number: int, start: bytes) -> None:
        source = f"127.1.{number >> 8}.{number & 255}"
        with contextlib.suppress(OSError):  # refused is as good as silent
            _, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
            writer.write(start)
            opened.append(writer)

    turns = zip(range(1, visitors + 1), itertools.cycle(starts), strict=False)
    try:
        while some := tuple(itertools.islice(turns, 100)):
            await asyncio.gather(*(open_one(number, start) for number, start in some))
        yield
    finally:
        for writer in opened:
            writer.transport.abort()


def held_up(ledger: Ledger) -> list[str]:
    wrong = [f"{ledger.missing} were not redirected"] * bool(ledger.missing)
    if ledger.longest_seconds > WAIT_SECONDS_MAX:
        wrong.append(f"a person waited {ledger.longest_seconds:.1f} s")
    return wrong


def longest(ledger: Ledger) -> str:
    return f"the longest redirect took {ledger.longest_seconds:.2f} s"


def _allow_files(number: int) -> None:
    """Raises Skipped when this process may not open so many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if number > most != resource.RLIM_INFINITY:
        raise Skipped(f"it needs {number} open files, and this process may open {most}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, most))
