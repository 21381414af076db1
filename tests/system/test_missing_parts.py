"""A store that lost something: the server says so wherever it answers, and no more once it is
repaired."""

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.running import ADMIN_KEY, RunningServer, footfall, inherited

SCANS = 12
RANDOM = bytes(range(256)) * 4


def directory_of(data: Path, table: str) -> Path:
    (link,) = (data / "store").glob(f"data/*/{table}")
    return link.resolve()


def parts_of(data: Path, table: str) -> list[Path]:
    return sorted(directory_of(data, table).glob("*_*_*_*"))


def rot(data: Path) -> None:
    for part in parts_of(data, "events"):
        for file in part.iterdir():
            file.write_bytes(RANDOM)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "random bytes in every part of a table": rot,
    "a part of the counts that is gone": lambda data: shutil.rmtree(parts_of(data, "rollup")[0]),
    "the directory of a table that is gone": lambda data: shutil.rmtree(
        directory_of(data, "events_by_tracker")
    ),
    "the books that are gone": lambda data: shutil.rmtree(directory_of(data, "books")),
    "a store that is gone": lambda data: shutil.rmtree(data / "store"),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("whole") / "data"
    server = RunningServer(data, bootstrap_key=ADMIN_KEY)
    server.start()
    code = server.create_code()
    for _ in range(SCANS):
        assert server.scan(code["slug"]).headers["x-footfall"] == "recorded"
    assert server.analytics(code["id"])["scans"]["total"] == SCANS
    assert facts(server) == (True, "", True, True, None, 0.0)
    server.close()
    return data


def facts(server: RunningServer) -> tuple[bool, str, bool, bool, str | None, float]:
    """ready, warning, complete of a report and of a list, a vendor's header, the gauge."""
    health = httpx.get(f"{server.url}/health").json()
    report = server.client.post("/reports", json={"metrics": ["events"]}).json()
    listed = server.client.get("/events").json()
    vendor = server.client.get("/v1/dynamic")
    gauges = dict(
        line.split(" ", 1)
        for line in httpx.get(f"{server.url}/metrics").text.splitlines()
        if line.startswith("footfall_")
    )
    return (
        *(health["ready"], health["warning"], report["complete"], listed["complete"]),
        vendor.headers.get("Footfall-Complete"),
        float(gauges["footfall_events_missing"]),
    )


def doctor(data: Path) -> tuple[int, str]:
    sent = footfall("doctor", env={**inherited(), "FOOTFALL_DATA": str(data)})
    return sent.returncode, " ".join(sent.stdout.split())


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_missing_is_said_wherever_the_server_answers(
    start_server: StartServer, tmp_path: Path, good: Path, damage: str
) -> None:
    data = tmp_path / "data"
    shutil.copytree(good, data, symlinks=True)
    DAMAGES[damage](data)
    server = start_server(data)
    ready, warning, reported, listed, header, missing = facts(server)
    assert (ready, reported, listed, header) == (False, False, False, "false")
    assert "are missing in the event store" in warning
    assert 0 < missing <= SCANS
    slug = server.create_code()["slug"]
    assert server.scan(slug).headers["x-footfall"] == "recorded"
    code, sent = doctor(data)
    assert code == 1
    assert f"{missing:.0f} events are missing" in sent
    assert server.url.rpartition(":")[2] in sent  # and not the default port
    server.stop()
    code, sent = doctor(data)
    assert code == 1
    assert "events are missing" in sent


def test_nothing_is_said_any_more_once_it_is_repaired(
    start_server: StartServer, tmp_path: Path, good: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(good, data, symlinks=True)
    shutil.rmtree(data / "store")
    server = start_server(data)
    assert facts(server)[0] is False
    server.stop()
    shutil.rmtree(data / "store")
    shutil.copytree(good / "store", data / "store", symlinks=True)
    server.start()
    assert facts(server) == (True, "", True, True, None, 0.0)
    assert doctor(data)[0] == 0
