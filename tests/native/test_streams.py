"""Streams of an account beside each other: none holds another up, or a place for nobody."""

import asyncio
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from footfall.core.calendar import EARLIEST_MS
from footfall.core.queries import EventFilter
from footfall.dialects.native.filters import read_filters
from footfall.dialects.native.followers import Follower, Followers
from footfall.runtime.quotas import Places
from footfall.runtime.read_queue import SMALL_ROWS_MAX, ReadLimits, Turns
from footfall.runtime.reader import Reader
from footfall.store.store import ClickHouseStore
from tests.contract.exports import Loaded
from tests.native.places import running
from tests.native.test_reads import MANY, NOW, metrics
from tests.support.running import RunningServer, output_of, wait_for


async def test_streams_neither_wait_for_a_long_read_of_others_nor_end_with_their_error(
    tmp_path: Path,
) -> None:
    await asyncio.to_thread(output_of, MANY, tmp_path)
    program = (
        "import asyncio, sys\n"
        "from tests.native.test_streams import unlike\n"
        "print(asyncio.run(unlike(sys.argv[1])))"
    )
    assert await asyncio.to_thread(output_of, program, tmp_path / "store") == "1 0 1 True False\n"


class _Newest(Loaded):
    async def as_of(self) -> int:
        return ((32_500_000_000 + (2 * SMALL_ROWS_MAX - 1) * 60_000) << 22) + 1


async def unlike(directory: str) -> str:
    """Of streams of one account, while its heavy turn is taken: how many events one of few rows
    got, and one of many; how many reads wait; whether one that the engine cannot read ended, and
    whether that of few rows did."""
    store = ClickHouseStore(f"chdb://{directory}", 400_000_000)
    turns = Turns(ReadLimits(), store.cancel)
    reader = Reader(_Newest(), store, turns)
    parts: Any = SimpleNamespace(stopping=asyncio.Event(), recorded=lambda _: 1, reader=reader)
    followers = Followers(parts)
    never: Any = "never"
    plain = EventFilter(account=1)
    nothing = read_filters({"referrer": ["nothing"]}, 1, "UTC", EARLIEST_MS, NOW)
    broken, few, *many = (
        Follower(wanted, frozenset({field}), after)
        for wanted, field, after in (
            (msgspec.structs.replace(plain, above=never), "id", 1),
            (plain, "id", await reader.as_of() - 1),
            (nothing, "id", 1),
            (nothing, "city", 1),
        )
    )
    async with asyncio.timeout(20), turns.hold(1):
        with ExitStack() as open_streams:
            for one in (broken, *many):
                open_streams.enter_context(followers.joined(1, one))
            await broken.woken.wait()
            for _ in iter(lambda: turns.heavy.waiting, 1):
                await asyncio.sleep(0.01)
            open_streams.enter_context(followers.joined(1, few))
            await few.woken.wait()
            waiting = turns.heavy.waiting
        for _ in iter(lambda: turns.heavy.waiting, 0):  # who left holds no place
            await asyncio.sleep(0.01)
    found = few.news.count(b"data:"), sum(one.news.count(b"data:") for one in many)
    await asyncio.to_thread(turns.close)
    store.close()
    return " ".join(str(one) for one in (*found, waiting, broken.ends, few.ends))


def paused(server: RunningServer) -> socket.socket:
    """A download that stops after its first bytes. They are more than the system holds for it."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(
        b"GET /events?format=csv HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer %b\r\n\r\n" % server.key.encode()
    )
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def rest_of(connection: socket.socket) -> bytes:
    """Its last bytes, once the server has closed it."""
    last = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(1 << 20):
            last = (last + piece)[-5:]
    return last


def test_a_download_that_its_client_does_not_read_ends_and_gives_its_place_back(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    output_of(MANY, data)
    server = running(tmp_path, send_timeout_seconds=8)
    open_streams = 'footfall_streams_open{kind="events"}'
    try:
        with paused(server) as first, paused(server) as second:
            assert metrics(server)[open_streams] == 2
            page = server.client.get("/events", params={"format": "ndjson", "limit": 100})
            whole = server.client.get("/events", params={"format": "csv"})
            assert page.status_code == 200
            assert (whole.status_code, whole.headers.get("Retry-After")) == (429, "30")
            wait_for(lambda: metrics(server)[open_streams] == 0 or None)
            assert not any(rest_of(one).endswith(b"0\r\n\r\n") for one in (first, second))
    finally:
        server.close()


async def test_a_stream_gets_the_place_that_another_gives_back_soon() -> None:
    places = Places("streams", 4, 1)
    give_back = places.take(1)
    waiting = asyncio.create_task(places.take_soon(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    give_back()
    (await waiting)()
    assert (places.taken, places.refused) == (0, 0)
