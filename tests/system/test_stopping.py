"""A signal ends the server within its bound, whatever is under way."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import StartServer
from tests.support.running import RunningServer, verify, wait_for
from tests.system.strangers import Sockets, headers_of, metric, post, sockets

GRACE = 0.5
STOP_SECONDS_MAX = GRACE + 5 + 4
"""With the time that a machine at full load takes for it."""


@pytest.fixture
def stopped(start_server: StartServer) -> RunningServer:
    return start_server(stop_seconds=GRACE)


@pytest.fixture
def opened(stopped: RunningServer) -> Iterator[Sockets]:
    with sockets(stopped) as opened:
        yield opened


def end(server: RunningServer, *numbers: int) -> int:
    """The exit code after these signals."""
    process = server._process
    assert process is not None
    for number in numbers:
        os.kill(process.pid, number)
    return process.wait(timeout=STOP_SECONDS_MAX)


def get(server: RunningServer, path: str) -> bytes:
    headers = f"Host: a\r\nAuthorization: Bearer {server.key}\r\n"
    return f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode()


def ingest(server: RunningServer, events: int) -> None:
    body = [{"kind": "delivery", "url": "https://a.org/" + "u" * 500} for _ in range(events)]
    assert server.client.post("/events", json=body).status_code == 200


def test_half_bodies_half_headers_and_idle_connections_do_not_hold_up_a_stop(
    stopped: RunningServer, opened: Sockets
) -> None:
    ingest(stopped, 10)
    for path in ("/t/x", "/events", "/v1/dynamic"):
        opened.open(post(path, headers_of(stopped, "native"), 50, b"{"))
    opened.open(b"GET /s/x HTTP/1.1\r\n")
    opened.open()
    wait_for(lambda: metric(stopped, "footfall_body_bytes") >= 3 or None)
    assert end(stopped, signal.SIGTERM) == 0
    assert verify(stopped.data).returncode == 0


def test_who_does_not_read_its_answer_does_not_hold_up_a_stop(
    stopped: RunningServer, opened: Sockets
) -> None:
    for _ in range(3):
        ingest(stopped, 10_000)
    for path in ("/events?limit=1000", "/events?format=ndjson", "/events/live"):
        for _ in range(4):
            opened.open(get(stopped, path))
    for one in opened.all:
        one.recv(1)
    assert end(stopped, signal.SIGTERM) == 0
    assert verify(stopped.data).returncode == 0


def test_reports_whose_clients_have_left_do_not_hold_up_a_stop(
    stopped: RunningServer, opened: Sockets
) -> None:
    ingest(stopped, 10_000)
    asked = {
        "metrics": ["uniques", "counted"],
        "dimensions": ["city", "url", {"time": "hour"}],
        "since": "2020-01-01",
        "until": "2026-12-31",
        "top": 1000,
    }
    assert stopped.client.post("/reports", json=asked).status_code == 200
    body = json.dumps(asked).encode()
    for number in range(12):
        start = post("/reports", headers_of(stopped, "native"), len(body), body)
        one = opened.open(start)
        if number % 2:
            one.close()
    assert end(stopped, signal.SIGTERM) == 0


def test_an_answer_under_way_is_finished_in_the_grace(start_server: StartServer) -> None:
    server = start_server(stop_seconds=30)
    with sockets(server) as opened:
        whole = b'{"destination":"https://a.org/"}'
        headers = {**headers_of(server, "openqr"), "Connection": "close"}
        one = opened.open(post("/v1/dynamic", headers, len(whole), whole[:5]))
        wait_for(lambda: metric(server, "footfall_body_bytes") == 5 or None)
        os.kill(server.pid, signal.SIGTERM)
        one.sendall(whole[5:])
        assert one.recv(100).startswith(b"HTTP/1.1 201 ")
        assert end(server) == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once_and_nothing_is_lost(
    start_server: StartServer, second: int
) -> None:
    server = start_server(stop_seconds=600)
    code = server.create_code()
    slug = str(code["short_url"].rsplit("/", 1)[1])
    with sockets(server) as opened:
        opened.open(post("/t/x", {}, 50, b"{"))
        wait_for(lambda: metric(server, "footfall_body_bytes") == 1 or None)
        assert server.scan(slug).headers["x-footfall"] == "recorded"
        os.kill(server.pid, signal.SIGTERM)
        wait_for(lambda: _refuses(server) or None)
        assert end(server, second) == -second
    server.start()
    assert server.analytics(code["id"])["scans"]["total"] == 1


def _refuses(server: RunningServer) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) != 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_stop_as_sigterm_does(
    start_server: StartServer, number: int
) -> None:
    server = start_server()
    server.stop()
    # Whatever ignores the signal around the tests.
    server.start(prefix=["env", "--default-signal=HUP,INT"])
    assert end(server, number) == 0


def test_nohup_keeps_the_server_running(start_server: StartServer) -> None:
    first = start_server()
    first.stop()
    first.start(prefix=["nohup"])
    os.kill(first.pid, signal.SIGHUP)
    assert first.client.get("/health").status_code == 200
    assert end(first, signal.SIGTERM) == 0


PROGRAM = """
import asyncio, os, signal, sys, threading, time
from footfall.runtime import shutdown as stopping
stopping.CLOSE_SECONDS_MAX = 0.2
async def main():
    stop = stopping.Stopping(0.1)
    stop.listen()
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.requested.wait()
    if sys.argv[1] == "loop":
        time.sleep(60)
    else:
        await stop.within(0.1, "a thread", asyncio.to_thread(time.sleep, 60))
        stop.finish()
asyncio.run(main())
"""


@pytest.mark.parametrize(("hangs", "code"), [("loop", 1), ("thread", 0)])
def test_what_hangs_is_left_behind(hangs: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, hangs], timeout=30, check=False)
    assert done.returncode == code
