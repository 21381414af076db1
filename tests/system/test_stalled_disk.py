"""A server whose disk takes no writes: people go on, and the books show what became of their scans.

The disk is a lock on the journal's file, held by this process.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import StartServer
from tests.support.running import RunningServer, wait_for


@contextmanager
def stalled_disk(data: Path) -> Iterator[sqlite3.Connection]:
    other = sqlite3.connect(data / "journal.db", isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
        other.execute("COMMIT")
    finally:
        other.close()


def health(server: RunningServer) -> httpx.Response:
    return httpx.get(f"{server.url}/health")


def metric(server: RunningServer, name: str) -> float:
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    (line,) = [line for line in lines if line.startswith(f"{name} ")]
    return float(line.split()[1])


def scans_of(server: RunningServer, code: str) -> int:
    return int(server.analytics(code)["scans"]["total"])


def settled(server: RunningServer) -> bool | None:
    return health(server).json()["pending"] == 0 or None


def ingest(server: RunningServer, id: str) -> httpx.Response:
    return server.client.post("/events", json=[{"kind": "scan", "id": id}])


def test_people_go_on_while_the_disk_stalls_and_their_scans_are_recorded_after_it(
    start_server: StartServer,
) -> None:
    server = start_server(scan_wait_seconds=0.2)
    code = server.create_code()
    assert server.scan(code["slug"]).headers["x-footfall"] == "recorded"
    with stalled_disk(server.data):
        scans = [server.scan(code["slug"]) for _ in range(3)]
        assert [one.status_code for one in scans] == [302] * 3
        assert [one.headers["x-footfall"] for one in scans] == ["pending"] * 3
        pixel = httpx.get(f"{server.url}/t/nobody.gif")
        assert (pixel.status_code, pixel.headers["x-footfall"]) == (200, "pending")
        refused = ingest(server, "a")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        state = health(server)
        assert (state.status_code, state.json()["live"], state.json()["pending"]) == (503, False, 4)
        assert metric(server, "footfall_journal_stalled") == 1
        assert metric(server, "footfall_events_pending") == 4
    wait_for(lambda: settled(server))
    wait_for(lambda: health(server).json()["live"] or None)
    assert ingest(server, "a").status_code == 200
    assert metric(server, "footfall_events_answered_pending_total") == 4
    state = health(server)
    assert (state.json()["recorded"], state.json()["unrecorded"]) == (6, 0)
    assert scans_of(server, code["id"]) == 4
    books = server.client.get("/integrity").json()
    assert books["balanced"]


def test_a_server_that_is_killed_with_pending_scans_has_lost_none_that_it_called_recorded(
    start_server: StartServer,
) -> None:
    server = start_server(scan_wait_seconds=0.2)
    code = server.create_code()
    recorded = [server.scan(code["slug"]).headers["x-footfall"] for _ in range(5)]
    assert recorded == ["recorded"] * 5
    with stalled_disk(server.data):
        assert server.scan(code["slug"]).headers["x-footfall"] == "pending"
        server.kill()
    server.start()
    assert scans_of(server, code["id"]) == 5
    assert health(server).json()["warning"] == ""
    books = server.client.get("/integrity").json()
    assert books["balanced"]


def test_a_server_with_a_stalled_disk_stops_when_it_is_told_to(start_server: StartServer) -> None:
    server = start_server(scan_wait_seconds=0.2)
    code = server.create_code()
    with stalled_disk(server.data):
        assert server.scan(code["slug"]).headers["x-footfall"] == "pending"
        server.stop()
