"""Other people's connections, from a process of their own: `python -m bench.crowd` reads what to do
as JSON from its standard input, does it, and writes what it saw on its standard output."""

import asyncio
import contextlib
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Iterator
from typing import Final

import msgspec
import uvloop

from footfall.cli.torture.books import Broken

ANSWER_SECONDS_MAX: Final = 10.0
AGAIN_SECONDS: Final = 0.05
OPENED_AT_ONCE: Final = 200


class Visits(msgspec.Struct, frozen=True):
    """New visitors: each connects, scans once and keeps its connection open, as browsers do, for
    `keep_seconds` or until the server closes it."""

    port: int
    path: str
    rate: float
    seconds: float
    keep_seconds: float = 30.0


class Seen(msgspec.Struct, frozen=True):
    """Milliseconds from the beginning of a connection to the whole answer."""

    answered: int
    failed: int
    p50: float
    p99: float
    longest: float


class Strangers(msgspec.Struct, frozen=True):
    """So many connections that are open all the time, from so many addresses of loopback. On each,
    `first` is sent, `times` times; one that the server closes is opened again."""

    port: int
    connections: int
    addresses: int
    seconds: float
    first: bytes = b""
    times: int = 1


class Asks(msgspec.Struct, frozen=True):
    """The same request with a body again and again, so many at any time. Who is refused comes
    again after `again_seconds`."""

    port: int
    path: str
    key: str
    body: bytes
    at_once: int
    seconds: float
    again_seconds: float = 0.2


Plan = Visits | Strangers | Asks


def see(visits: Visits) -> Seen:
    """What visitors see. Raises Broken."""
    with _begun("visits", visits) as process:
        out, _ = process.communicate()
    if process.returncode:
        raise Broken("The visitors' process failed.")
    return msgspec.json.decode(out, type=Seen)


@contextlib.contextmanager
def held(strangers: Strangers | Asks) -> Iterator[None]:
    """While strangers hold their connections, or ask. They have had two seconds for it by then."""
    role = "strangers" if isinstance(strangers, Strangers) else "asks"
    with _begun(role, strangers) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield


@contextlib.contextmanager
def _begun(role: str, plan: Plan) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "bench.crowd", role]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.wait()


# ── in the other process ──────────────────────────────────────────────────────────────────────


async def _visit(visits: Visits, latencies: list[float]) -> None:
    request = (
        f"GET {visits.path} HTTP/1.1\r\nHost: 127.0.0.1:{visits.port}\r\n"
        "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)\r\n\r\n"
    ).encode()
    began = time.perf_counter()
    writer = None
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            reader, writer = await asyncio.open_connection("127.0.0.1", visits.port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 302 "):
            latencies.append((time.perf_counter() - began) * 1000)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(visits.keep_seconds):
                await reader.read()
    except (OSError, EOFError, TimeoutError):
        pass
    finally:
        if writer is not None:
            writer.close()


async def _visits(visits: Visits) -> None:
    latencies: list[float] = []
    visitors: set[asyncio.Task[None]] = set()
    count = round(visits.rate * visits.seconds)
    began = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(began + number / visits.rate - time.perf_counter())
        visitors.add(task := asyncio.create_task(_visit(visits, latencies)))
        task.add_done_callback(visitors.discard)
    deadline = time.perf_counter() + ANSWER_SECONDS_MAX
    while len(latencies) < count and visitors and time.perf_counter() < deadline:
        await asyncio.wait(visitors, timeout=0.1)
    latencies.sort()
    answered = len(latencies)
    p50, p99 = (latencies[int(answered * share)] if answered else 0 for share in (0.5, 0.99))
    longest = latencies[-1] if latencies else 0
    seen = Seen(answered, count - answered, p50, p99, longest)
    sys.stdout.buffer.write(msgspec.json.encode(seen))


async def _hold(strangers: Strangers, number: int, opening: asyncio.Semaphore) -> None:
    address = number % strangers.addresses
    source = f"127.1.{address // 250}.{address % 250 + 1}", 0
    while True:
        writer = None
        try:
            async with opening:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", strangers.port, local_addr=source
                )
                for _ in range(strangers.times):
                    writer.write(strangers.first)
            await reader.read()
        except (OSError, EOFError):
            pass
        finally:
            if writer is not None:
                writer.close()
        await asyncio.sleep(AGAIN_SECONDS)


async def _strangers(strangers: Strangers) -> None:
    opening = asyncio.Semaphore(OPENED_AT_ONCE)
    tasks = [
        asyncio.create_task(_hold(strangers, number, opening))
        for number in range(strangers.connections)
    ]
    await asyncio.sleep(2)
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
    await asyncio.wait(tasks, timeout=strangers.seconds)


async def _ask(asks: Asks) -> None:
    request = (
        f"POST {asks.path} HTTP/1.1\r\nHost: 127.0.0.1:{asks.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {asks.key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(asks.body)}\r\n\r\n"
    ).encode() + asks.body
    while True:
        head = b""
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            reader, writer = await asyncio.open_connection("127.0.0.1", asks.port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n")
            while await reader.read(1 << 20):
                pass
            writer.close()
        if b" 200 " not in head:
            await asyncio.sleep(asks.again_seconds)


async def _asks(asks: Asks) -> None:
    tasks = [asyncio.create_task(_ask(asks)) for _ in range(asks.at_once)]
    await asyncio.sleep(2)
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
    await asyncio.wait(tasks, timeout=asks.seconds)


def _main() -> Awaitable[None]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    plan = sys.stdin.buffer.readline()
    if sys.argv[1] == "visits":
        return _visits(msgspec.json.decode(plan, type=Visits))
    if sys.argv[1] == "asks":
        return _asks(msgspec.json.decode(plan, type=Asks))
    return _strangers(msgspec.json.decode(plan, type=Strangers))


if __name__ == "__main__":
    uvloop.run(_main())  # type: ignore[arg-type]
