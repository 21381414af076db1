"""`GET /integrity` and `footfall verify`: servers are killed, and stores damaged by hand."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import Privacy, Scope
from tests.support.running import RunningServer, output_of, verify, wait_for

DAMAGE = """
import sys
from footfall.store.store import ClickHouseStore
store = ClickHouseStore(f"chdb://{sys.argv[1]}", 400_000_000)
with store.opened().mutations() as client:
    for statement in sys.argv[2:]:
        client.command(statement, settings={"mutations_sync": 1})
store.close()
"""


def damage(data: Path, *statements: str) -> None:
    output_of(DAMAGE, data / "store", *statements)


class World:
    """A server with two accounts: scans of the one, events that both tell."""

    def __init__(self, directory: Path) -> None:
        self.server = RunningServer(directory / "data", requests_per_minute=100_000)
        self.server.start()
        self.data = self.server.data
        catalog = SqlCatalog(f"sqlite:///{self.data / 'catalog.db'}", lambda: 0)
        _, secret = catalog.create_account("Second", "second@example.org", Privacy.FULL)
        catalog.close()
        self.second = httpx.Client(
            base_url=self.server.url, headers={"Authorization": f"Bearer {secret}"}, timeout=30
        )
        self.code = self.server.create_code()
        self.backdated = 0
        """Events of January that were told."""

    def scan(self, times: int) -> None:
        for _ in range(times):
            assert self.server.scan(self.code["slug"]).headers["x-footfall"] == "recorded"

    def ingest(self, client: httpx.Client, count: int, *, backdated: bool = False) -> None:
        events = [
            {"kind": "delivery", "metadata": {"n": n}, "unique": str(n)} for n in range(count)
        ]
        if backdated:
            self.backdated += count
            for one in events:
                one["occurred_at"] = "2026-01-05T10:20:00Z"
        answer = client.post("/events", json=events)
        assert answer.status_code == 200, answer.text

    def books(
        self, client: httpx.Client | None = None, window: dict[str, str] | None = None
    ) -> dict[str, Any]:
        answer = (client or self.server.client).get("/integrity", params=window)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def settled(self, client: httpx.Client | None = None) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            books = self.books(client)
            return None if books["totals"]["waiting"] else books

        return wait_for(look)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("integrity"))
    yield made
    made.second.close()
    made.server.close()


def by_source(books: dict[str, Any], name: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for row in books["rows"]:
        total[row["source"]] = total.get(row["source"], 0) + row[name]
    return total


def test_every_answered_event_is_on_the_books_of_its_account_and_source(world: World) -> None:
    world.scan(7)
    world.ingest(world.server.client, 20)
    world.ingest(world.second, 30, backdated=True)
    first, second = world.settled(), world.settled(world.second)
    for books in (first, second):
        assert books["balanced"]
        assert books["gaps"] == []
        assert books["freshness"] == {"waiting": 0, "oldest_waiting_seconds": None}
    for name in ("answered", "journalled", "stored"):
        assert by_source(first, name) == {"openqr": 7, "native": 20}
        assert by_source(second, name) == {"native": 30}
    assert second["totals"]["removed"] == second["totals"]["unrecorded"] == 0


def test_the_books_balance_at_every_moment_of_a_rush(world: World) -> None:
    """Nothing stands still while they are read: what is on its way is waiting, not missing."""
    sent, seen_waiting = 0, False
    begun_with = world.settled(world.second)["totals"]["stored"]
    with ThreadPoolExecutor(2) as pool:
        while sent < 15 or not seen_waiting:
            sent += 1
            telling = [
                pool.submit(world.ingest, client, 400)
                for client in (world.server.client, world.second)
            ]
            books = world.books()
            assert books["balanced"], books
            seen_waiting = seen_waiting or books["totals"]["waiting"] > 0
            for one in telling:
                one.result()
    assert world.settled()["balanced"]
    totals = world.settled(world.second)["totals"]
    assert totals["answered"] == totals["journalled"] == totals["stored"]
    assert totals["stored"] == begun_with + 400 * sent


@pytest.mark.parametrize(
    ("window", "status"),
    [
        ({"since": "yesterday"}, 400),
        ({"since": "2026-01-01T00:00:00"}, 400),
        ({"since": "9" * 40}, 400),
        ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, 400),
        ({"until": "\u0663"}, 400),
        ({"untill": "2026-01-01T00:00:00Z"}, 400),
        ({"since": "2026-01-01T00:00:00Z"}, 200),
        ({"since": "0", "until": "1767225600000"}, 200),
    ],
)
def test_a_window_is_read_or_refused_with_a_reason(
    world: World, window: dict[str, str], status: int
) -> None:
    answer = world.server.client.get("/integrity", params=window)
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["code"] == "invalid_request"
    elif "until" not in window:
        assert answer.json()["by"] == "day"
        assert sum(row["stored"] for row in answer.json()["rows"]) > 0


def test_the_books_need_a_key_that_may_read(world: World) -> None:
    assert httpx.get(f"{world.server.url}/integrity").status_code == 401
    catalog = SqlCatalog(f"sqlite:///{world.data / 'catalog.db'}", lambda: 0)
    secret, _ = catalog.create_key(1, "tells", frozenset({Scope.CAPTURE}))
    catalog.close()
    headers = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{world.server.url}/integrity", headers=headers).status_code == 403


def test_what_was_erased_is_removed_on_the_books_with_a_receipt(world: World) -> None:
    events = [{"kind": "open", "references": {"profile": "77"}} for _ in range(40)]
    assert world.second.post("/events", json=events).status_code == 200
    before = world.settled(world.second)["totals"]
    asked = world.second.post("/erasures", json={"reference": {"profile": "77"}})
    assert asked.status_code == 202, asked.text
    deletion = f"/deletions/{asked.json()['id']}"
    wait_for(lambda: world.second.get(deletion).json()["ended_at"])
    books = world.settled(world.second)
    assert books["balanced"], books
    assert books["totals"] == {**before, "removed": 40, "unexplained": 0}
    assert world.settled()["totals"]["removed"] == 0


def test_a_running_server_is_not_verified_beside(world: World) -> None:
    done = verify(world.data)
    assert done.returncode == 1
    assert "is used by another Footfall" in done.stderr


def test_the_books_balance_after_a_kill_and_every_damage_is_found(world: World) -> None:
    """One story, because a start takes seconds: kill, verify, damage, verify, repair, start."""
    server = world.server
    world.scan(25)
    world.ingest(world.server.client, 500)
    world.ingest(world.second, 300, backdated=True)
    server.kill()
    done = verify(world.data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The books balance." in done.stdout

    server.start()
    books = world.settled()
    assert books["balanced"], books
    answered_before = books["totals"]["stored"]
    world.scan(3)
    books = world.settled()
    assert (books["totals"]["answered"], books["totals"]["stored"]) == (3, answered_before + 3)
    server.stop()

    damage(
        world.data,
        "ALTER TABLE rollup DELETE WHERE account = 1 AND dimension = 'total' AND tracker = 0",
        "INSERT INTO rollup SELECT * FROM rollup WHERE account = 2 AND dimension = 'country'",
        "ALTER TABLE events_by_tracker DELETE WHERE account = 1 AND tracker > 0",
    )
    done = verify(world.data)
    assert done.returncode == 1
    assert "footfall verify --repair" in done.stdout
    for table in ("rollup", "events_by_tracker"):
        assert f"│ {table} " in done.stdout, done.stdout
    done = verify(world.data, "--repair")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "counted again from raw rows" in done.stdout
    server.start()
    assert world.settled()["balanced"]
    assert server.analytics(world.code["id"])["scans"]["total"] == 35
    server.stop()


def test_what_the_store_lost_is_named_as_a_gap(world: World) -> None:
    """The store is that of an older backup, and the journal is not."""
    server = world.server
    if server._process is None or server._process.poll() is not None:
        server.start()
    stored = world.settled()["totals"]["stored"]
    server.stop()
    with sqlite3.connect(world.data / "journal.db") as journal:
        journal.execute("UPDATE ledger SET journalled = journalled - 1 WHERE account = 2")
        journal.execute("UPDATE ledger SET released = released - 1 WHERE account = 2")
    journal.close()
    damage(
        world.data,
        "ALTER TABLE batches DELETE WHERE first > 1",
        "ALTER TABLE books DELETE WHERE account = 1 AND source = 'openqr'",
    )
    done = verify(world.data)
    assert done.returncode == 1
    assert "not balanced" in done.stdout
    server.start()
    books = world.settled()
    assert not books["balanced"]
    assert books["totals"]["missing"] == 35
    assert books["totals"]["stored"] == stored - 35
    (gap,) = books["gaps"]
    assert gap["missing"] == gap["last"] - gap["first"] + 1 > 0
    assert gap["after"] is not None
    assert world.books(world.second)["totals"]["missing"] < 0


def test_a_running_server_finds_wrong_counts_by_itself_and_warns(world: World) -> None:
    server = world.server
    world.ingest(world.second, 5, backdated=True)
    world.settled(world.second)
    server.stop()
    damage(
        world.data,
        "ALTER TABLE rollup DELETE WHERE account = 2 AND dimension = 'country'"
        " AND bucket < toDateTime('2026-02-01')",
    )
    notes = {"unrecorded": [[1, "openqr", 490_000, 12]]}
    (world.data / "integrity.json").write_bytes(msgspec.json.encode(notes))
    server.start()
    wait_for(lambda: "Rollups" in server.client.get("/health").json()["warning"] or None)
    assert "footfall_integrity_differences 1.0" in server.client.get("/metrics").text
    january = {"since": "2026-01-05T00:00:00Z", "until": "2026-01-06T00:00:00Z"}
    books = world.books(world.second, january)
    assert not books["balanced"]
    (difference,) = books["rollups"]["differences"]
    assert difference == {
        **{"table": "rollup", "hour": "2026-01-05T10:00:00Z"},
        **{"expected": world.backdated, "found": 0, "rows": 1},
    }
    assert world.books(window=january)["rollups"]["differences"] == []
    # What went unrecorded before a restart is told after it.
    day = {"since": str(490_000 * 3_600_000), "until": str(490_001 * 3_600_000)}
    assert world.books(window=day)["totals"]["unrecorded"] == 12
