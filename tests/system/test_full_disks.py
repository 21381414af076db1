"""A start on a disk that is full or can only be read: people are redirected, the server says what
it cannot do, and does it again by itself once it can."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from footfall.catalog.connections import copies_of
from tests.support.mounting import mount, small_disk
from tests.support.running import ADMIN_KEY, RunningServer, wait_for


class Disk:
    """A small disk where this user may mount one; else a place whose journal leads to a directory
    that is away: nor can SQLite open that."""

    def __init__(self, directory: Path, *, mounted: bool) -> None:
        self.directory = directory
        self.mounted = mounted

    def fill(self) -> None:
        if not self.mounted:
            self.protect()
            return
        with (
            contextlib.suppress(OSError),
            (self.directory / "filler").open("wb", buffering=0) as file,
        ):
            while True:
                file.write(b"x" * (1 << 16))

    def free(self) -> None:
        if not self.mounted:
            self.release()
            return
        (self.directory / "filler").unlink()

    def protect(self) -> None:
        if self.mounted:
            assert mount("-o", "remount,ro", str(self.directory))
            return
        journal, away = self.directory / "data" / "journal.db", self.directory / "away"
        away.mkdir()
        journal.rename(away / journal.name)
        journal.symlink_to(away / journal.name)
        away.rename(self.directory / "gone")

    def release(self) -> None:
        if self.mounted:
            assert mount("-o", "remount,rw", str(self.directory))
            return
        (self.directory / "gone").rename(self.directory / "away")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as mounted:
        yield Disk(tmp_path / "disk", mounted=mounted)


def refuses_changes(server: RunningServer) -> None:
    refused = server.client.post("/v1/dynamic", json={"destination": "https://example.org/x"})
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (503, True)


@pytest.mark.parametrize(
    ("take", "give"), [(Disk.fill, Disk.free), (Disk.protect, Disk.release)], ids=["full", "read"]
)
def test_a_start_without_a_disk_to_write_to_redirects_says_so_and_recovers(
    disk: Disk, tmp_path: Path, take: Callable[[Disk], None], give: Callable[[Disk], None]
) -> None:
    server = RunningServer(disk.directory / "data", bootstrap_key=ADMIN_KEY)
    server.log = tmp_path / "log"
    copies = copies_of(server.data / "catalog.db")
    server.start()
    code = server.create_code()
    assert server.scan(code["slug"]).headers["x-footfall"] == "recorded"
    assert server.analytics(code["id"])["scans"]["total"] == 1
    server.stop()
    take(disk)
    server.start()
    answer = server.scan(code["slug"])
    assert (answer.status_code, answer.headers["x-footfall"]) == (302, "unrecorded")
    assert answer.headers["location"] == "https://example.org/menu"
    health = httpx.get(f"{server.url}/health")
    assert (health.status_code, health.json()["live"], health.json()["ready"]) == (
        503,
        False,
        False,
    )
    assert "journal.db cannot be opened" in health.json()["problem"]
    metrics = httpx.get(f"{server.url}/metrics").text
    assert "footfall_journal_unopened 1.0" in metrics
    assert f"footfall_catalog_unopened {float(disk.mounted)}" in metrics
    assert [one["id"] for one in server.client.get("/v1/dynamic").json()["codes"]] == [code["id"]]
    unread = server.client.get(f"/v1/dynamic/{code['id']}/scans")
    assert unread.status_code == 503
    assert "journal.db cannot be opened" in unread.text
    assert int(unread.headers["retry-after"]) > 0
    if disk.mounted:
        assert "catalog.db cannot be used" in health.json()["warning"]
        refuses_changes(server)
        server.kill()
        assert sum(copy.exists() for copy in copies) == 1
        server.start()
        assert sum(copy.exists() for copy in copies) == 1
    give(disk)

    def recovered() -> bool | None:
        state = httpx.get(f"{server.url}/health").json()
        return (state["ready"] and not state["warning"]) or None

    wait_for(recovered)
    assert server.scan(code["slug"]).headers["x-footfall"] == "recorded"
    made = server.create_code("https://example.org/x")
    assert server.scan(made["slug"]).headers["x-footfall"] == "recorded"
    assert server.analytics(code["id"])["scans"]["total"] == 2
    server.close()
    assert not any(copy.exists() for copy in copies)
    assert "Traceback" not in server.log.read_text()
