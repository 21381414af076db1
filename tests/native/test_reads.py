"""Reads that cannot hurt: places for streams, turns for reports, and an end for who has left."""

import asyncio
import itertools
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from footfall.api.errors import error_answer
from footfall.core.calendar import DAY_MS
from footfall.core.errors import FootfallError, StoreDefect, StoreUnavailable, TooLarge
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at
from footfall.core.ports import Batch
from footfall.core.queries import Bucket, EventFilter
from footfall.core.reports import ArchivedMonth, ReportQuery
from footfall.dialects.copernica.dialect import COPERNICA
from footfall.dialects.everflow.dialect import EVERFLOW
from footfall.dialects.native import reports
from footfall.dialects.native.dialect import NATIVE
from footfall.dialects.native.followers import Follower, Followers
from footfall.dialects.native.windows import read_window
from footfall.dialects.openqr.dialect import OPENQR
from footfall.dialects.passentry.dialect import PASSENTRY
from footfall.dialects.vantio.dialect import VANTIO
from footfall.runtime.read_queue import SMALL_ROWS_MAX, ReadLimits, Turns
from footfall.runtime.reader import Reader
from footfall.runtime.row_budgets import Budgets
from footfall.store.query.report_query import ReportRunner
from footfall.store.query.report_tables import table_for
from footfall.store.store import ClickHouseStore
from tests.contract.exports import Loaded
from tests.native.places import ingest, new_event, running, stranger_of
from tests.support.running import RunningServer, output_of, wait_for

IN_ALL, OF_ACCOUNT = 30, 20
AT_ONCE = 60
NOW = 1_790_035_200_000
HEAVY = {
    "metrics": ["counted", "uniques"],
    "dimensions": ["city", "user_agent", {"time": "hour"}],
    "since": "2026-01-01",
    "until": "2026-07-01",
    "top": 1000,
    "fill": False,
}

MANY = f"""
import sys
from footfall.store.store import ClickHouseStore

store = ClickHouseStore(f"chdb://{{sys.argv[1]}}/store", 400_000_000)
with store.opened().inserting() as client:
    client.command(
        "INSERT INTO incoming (id, account, kind, source, verdict, city, user_agent, visitor)"
        " SELECT bitShiftLeft(toUInt64(32500000000 + number * 60000), 22) + 1, 1, 'open', 'native',"
        " 'counted', toString(cityHash64(number) % 997), toString(cityHash64(number) % 89), number"
        " FROM numbers({2 * SMALL_ROWS_MAX})"
    )
store.close()
"""
"""An event a minute, of 2026."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('reads')}", 400_000_000)
    numbers = itertools.count(first_id_at(NOW))
    lines = [
        msgspec.json.encode(
            Event(
                id=next(numbers),
                account=1,
                kind=EventKind.OPEN,
                source="native",
                delay=number * DAY_MS,
                verdict=Verdict.COUNTED,
                city=f"City {number % 50}",
            )
        )
        for number in range(500)
    ]
    opened.insert(Batch("reads", 1, len(lines), b"\n".join(lines) + b"\n"))
    yield opened
    opened.close()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    started = running(
        tmp_path_factory.mktemp("live"),
        live_streams_max=IN_ALL,
        live_streams_of_account_max=OF_ACCOUNT,
    )
    yield started
    started.close()


def metrics(server: RunningServer) -> dict[str, float]:
    lines = server.client.get("/metrics").text.splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


async def _open_streams(
    url: str, key: str, count: int, stack: list[httpx.AsyncClient]
) -> list[httpx.Response]:
    client = httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": key},
        limits=httpx.Limits(max_connections=count),
        timeout=60,
    )
    stack.append(client)
    requests = [client.build_request("GET", "/events/live") for _ in range(count)]
    return await asyncio.gather(*(client.send(one, stream=True) for one in requests))


async def test_of_many_streams_at_once_exactly_as_many_as_may_are_open(
    server: RunningServer,
) -> None:
    ours = server.client.headers["Authorization"]
    with stranger_of(server) as stranger:
        theirs = stranger.headers["Authorization"]
    clients: list[httpx.AsyncClient] = []
    found = await _open_streams(server.url, ours, AT_ONCE, clients)
    assert Counter(one.status_code for one in found) == {200: OF_ACCOUNT, 429: AT_ONCE - OF_ACCOUNT}
    assert all(int(one.headers["Retry-After"]) > 0 for one in found if one.status_code == 429)
    others = await _open_streams(server.url, theirs, AT_ONCE, clients)
    left = IN_ALL - OF_ACCOUNT
    assert Counter(one.status_code for one in others) == {200: left, 429: AT_ONCE - left}
    seen = await asyncio.to_thread(metrics, server)
    assert seen['footfall_streams_open{kind="live"}'] == IN_ALL
    assert seen['footfall_reads_refused_total{reason="live"}'] == 2 * AT_ONCE - IN_ALL
    for one in (*found, *others):
        await one.aclose()
    for client in clients:
        await client.aclose()
    await asyncio.to_thread(
        wait_for, lambda: metrics(server)['footfall_streams_open{kind="live"}'] == 0 or None
    )


def test_every_stream_of_an_account_gets_what_is_recorded(server: RunningServer) -> None:
    with ExitStack() as opened:
        streams = [
            opened.enter_context(server.client.stream("GET", "/events/live", params=query))
            for query in ({}, {}, {"country": "BE"}, {"fields": "id"})
        ]
        lines = [one.iter_lines() for one in streams]
        for one in lines:
            assert next(one) == "retry: 2000"
        ingest(server, [new_event(number) for number in range(4)])
        data = [
            [next(line for line in one if line.startswith("data: ")) for _ in range(count)]
            for one, count in zip(lines, (4, 4, 1, 4), strict=True)
        ]
    assert data[0] == data[1]
    assert json.loads(data[2][0].removeprefix("data: "))["country"] == "BE"
    assert all(set(json.loads(one.removeprefix("data: "))) == {"id"} for one in data[3])


def test_a_stream_that_comes_again_at_once_gets_each_event_once(server: RunningServer) -> None:
    for _ in range(5):
        with server.client.stream("GET", "/events/live") as stream:
            assert next(stream.iter_lines()) == "retry: 2000"
    with server.client.stream("GET", "/events/live", params={"fields": "id"}) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        for number in range(3):
            sent = server.client.post("/events", json=[new_event(number)]).json()["events"][0]["id"]
            data = next(line for line in lines if line.startswith("data: "))
            assert json.loads(data.removeprefix("data: ")) == {"id": sent}


async def test_a_stream_that_cannot_read_ends_with_an_error(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from tests.native.test_reads import ending\n"
        "print(asyncio.run(ending(sys.argv[1])))"
    )
    last = await asyncio.to_thread(output_of, program, tmp_path / "store")
    event, data = last.strip().split("\n")
    assert event == "event: error"
    sent = json.loads(data.removeprefix("data: "))
    assert sent["code"] == "store_defect"
    assert "DB::Exception" not in sent["error"]


async def ending(directory: str) -> str:
    """What a stream of live events ends with whose table is gone. In a process of its own: the
    engine opens one directory."""
    store = ClickHouseStore(f"chdb://{directory}", 400_000_000)
    with store.opened().mutations() as client:
        client.command("DROP TABLE events")
    turns = Turns(ReadLimits(), store.cancel)
    parts: Any = SimpleNamespace(
        stopping=asyncio.Event(),
        recorded=lambda _: 1,
        reader=Reader(Loaded(), store, turns),
    )
    followers = Followers(parts)
    follower = Follower(EventFilter(account=1), frozenset({"id"}), 1)
    with followers.joined(1, follower):
        async with asyncio.timeout(60):
            await follower.woken.wait()
        assert follower.ends
    await asyncio.to_thread(turns.close)
    store.close()
    return follower.news.decode().strip()


@pytest.mark.parametrize(
    "answered",
    [
        partial(error_answer, COPERNICA),
        partial(error_answer, EVERFLOW),
        partial(error_answer, OPENQR),
        partial(error_answer, VANTIO),
        partial(error_answer, NATIVE),
        partial(error_answer, PASSENTRY),
    ],
    ids=["copernica", "everflow", "openqr", "vantio", "native", "passentry"],
)
def test_a_defect_is_a_500_in_every_api_and_says_its_id(answered: Any) -> None:
    error: FootfallError = StoreDefect("It is a defect, in its log as 12ab34cd.")
    status, body = answered(error)
    assert status == 500
    assert "12ab34cd" in msgspec.json.encode(body).decode()


def test_what_has_too_many_rows_is_refused_after_a_look_at_few_events(
    store: ClickHouseStore,
) -> None:
    query = ReportQuery(
        account=1,
        occurred_since=NOW - 500 * DAY_MS + 1,
        occurred_until=NOW,
        dimensions=("city",),
        bucket=Bucket.HOUR,
        buckets=12_000,
        rows_max=100_000,
    )
    asked: list[str] = []
    with store.opened().reading() as client:

        def ask(sql: str, parameters: dict[str, Any]) -> bytes:
            asked.append(sql)
            return bytes(client.raw_query(sql, parameters=parameters, fmt="JSONCompact"))

        with pytest.raises(TooLarge, match="100,000 rows"):
            ReportRunner(query, table_for(query), ask).report()
    assert len(asked) == 1
    assert "LIMIT {looked_at:UInt32}" in asked[0]


def test_a_report_with_more_buckets_than_rows_is_refused_before_anything_is_read() -> None:
    wanted = msgspec.convert(
        {
            "dimensions": [{"time": "quarter_hour"}],
            "since": "2020-01-01",
            "until": "2026-01-01",
        },
        reports.ReportRequest,
    )
    window = read_window(wanted.since, wanted.until, "UTC", NOW)
    with pytest.raises(TooLarge):
        reports.read_report(wanted, 1, window, 1_000_000)
    without = msgspec.structs.replace(wanted, fill=False)
    assert reports.read_report(without, 1, window, 1_000_000).query.rows_max == 100_000
    assert reports.read_report(without, 1, window, 50_000).query.rows_max == 25_000
    previous = msgspec.structs.replace(without, compare="previous")
    with pytest.raises(TooLarge):
        reports.read_report(previous, 1, window, 1_000_000)


async def test_a_report_reads_the_file_that_stands_in_the_place_of_one_that_is_gone(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    """An erasure rewrites an archived month while the report begins."""
    month = ArchivedMonth("", NOW - 600 * DAY_MS, NOW - 550 * DAY_MS)
    file = tmp_path / "new.parquet"
    file.write_bytes(b"".join(store.archive_store().write(EventFilter(account=1))))
    manifests = iter([str(tmp_path / "old.parquet"), str(file)])
    gone: list[str] = []

    def look(account: int, since: int) -> tuple[ArchivedMonth, ...]:
        gone.append(next(manifests))
        return (msgspec.structs.replace(month, path=gone[-1]),)

    turns = Turns(ReadLimits(), store.cancel)
    parts: Any = SimpleNamespace(
        reader=Reader(Loaded(), store, turns),
        deletions=SimpleNamespace(archives=SimpleNamespace(gone=look)),
    )
    query = ReportQuery(
        account=1,
        occurred_since=NOW - 700 * DAY_MS,
        occurred_until=NOW + DAY_MS + 1,
        dimensions=("city",),
    )
    report = await reports.ask(parts, Budgets(1_000_000), "key", query)
    assert report.table == "events and archive"
    assert report.totals.counted == 1_000  # of the table and of the file
    assert gone == [str(tmp_path / "old.parquet"), str(file)]
    manifests = iter([str(tmp_path / "old.parquet")] * 2)
    with pytest.raises(StoreUnavailable):
        await reports.ask(parts, Budgets(1_000_000), "key", query)
    await asyncio.to_thread(turns.close)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[RunningServer]:
    """A server of 200,000 events."""
    data = tmp_path / "data"
    data.mkdir()
    output_of(MANY, data)
    started = running(tmp_path)
    yield started
    started.close()


def post(server: RunningServer, body: Any) -> socket.socket:
    content = json.dumps(body).encode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(
        b"POST /reports HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer %b\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (server.key.encode(), len(content), content)
    )
    return connection


def test_heavy_reports_take_turns_and_end_when_their_caller_leaves(full: RunningServer) -> None:
    callers = [post(full, HEAVY) for _ in range(12)]
    refused = wait_for(
        lambda: (
            seen
            if (seen := metrics(full))['footfall_reads_refused_total{reason="heavy"}'] == 12 - 5
            else None
        )
    )
    assert refused['footfall_reads_running{lane="heavy"}'] <= 1
    with stranger_of(full) as stranger:
        answer = stranger.post("/reports", json={"metrics": ["counted"]})
    assert answer.status_code == 200
    for one in callers:
        one.close()
    seen = wait_for(
        lambda: (
            seen
            if not (seen := metrics(full))['footfall_reads_running{lane="heavy"}']
            and not seen['footfall_reads_waiting{lane="heavy"}']
            else None
        )
    )
    assert seen["footfall_reads_cancelled_total"] >= 1
    with post(full, HEAVY | {"top": 3}) as again:
        status = again.recv(1 << 16).split(b"\r\n", 1)[0]
    assert re.fullmatch(rb"HTTP/1.1 200 .*", status)
