"""`footfall demo` as its users run it: the command, then a server on its directory."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartServer
from tests.running import RunningServer

EVENTS = 20_000
COUNT = """
import sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn=sys.argv[1])
print(*client.query("SELECT count(), countIf(verdict = 'counted'), uniqExact(id),"
    " (SELECT sum(events) FROM rollup WHERE dimension = 'total') FROM events").result_rows[0])
"""


def run_demo(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    server = RunningServer(data)
    return subprocess.run(
        [*server.command()[:-3], "demo", "--data", str(data), "--events", str(EVENTS), *options],
        env=server.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def stored(data: Path) -> tuple[int, ...]:
    """All rows, the counted ones, how many ids there are, and what the rollup sums up to."""
    url = f"chdb://{data / 'store'}"
    done = subprocess.run([sys.executable, "-c", COUNT, url], capture_output=True, check=True)
    return tuple(map(int, done.stdout.split()))


def totals(server: RunningServer) -> list[dict[str, Any]]:
    """The analytics of every code, without what each account draws anew."""
    codes = server.client.get("/v1/dynamic", params={"limit": 100}).json()["codes"]
    answers = [server.analytics(code["id"], days=90) for code in codes]
    return [answer["scans"] | answer["analytics"] for answer in answers]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the demo in it: what follows leaves it as it is."""
    data = tmp_path_factory.mktemp("demo") / "data"
    done = run_demo(data)
    assert done.returncode == 0, done.stderr
    return data


def test_a_demo_is_answered_for_scan_by_scan(loaded: Path, start_server: StartServer) -> None:
    rows, counted, ids, rollup = stored(loaded)
    assert rows == ids == rollup == EVENTS
    assert 0.85 < counted / rows < 0.92
    server = start_server(loaded)
    answers = totals(server)
    server.stop()
    assert len(answers) == 12
    assert sum(answer["total"] for answer in answers) == counted
    busiest = max(answers, key=lambda answer: answer["total"])
    assert busiest["topCountry"] == "NL"
    assert busiest["topDevice"] == "mobile"
    assert sum(day["n"] for day in busiest["daily"]) == busiest["window_total"]


def test_a_second_run_adds_nothing_and_another_demo_is_refused(loaded: Path) -> None:
    before = stored(loaded)
    again = run_demo(loaded)
    assert again.returncode == 0
    assert "nothing was added" in again.stdout
    other = run_demo(loaded, "--seed", "2")
    assert other.returncode == 1
    assert "--seed 1" in other.stderr
    assert stored(loaded) == before


def test_an_interrupted_demo_is_completed(loaded: Path) -> None:
    """Everything was inserted, and the process died before it noted that."""
    before = stored(loaded)
    note = loaded / "demo.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"complete": False}))
    assert run_demo(loaded).returncode == 0
    assert stored(loaded) == before


def test_the_same_seed_makes_the_same_numbers(tmp_path: Path, start_server: StartServer) -> None:
    until = time.time_ns() // 1_000_000
    order = {"events": EVENTS, "days": 90, "until": until}
    answers = []
    for name, seed in (("one", 7), ("same", 7), ("other", 8)):
        data = tmp_path / name
        data.mkdir()
        (data / "demo.json").write_text(json.dumps(order | {"seed": seed}))
        assert run_demo(data, "--seed", str(seed)).returncode == 0
        answers.append(totals(start_server(data)))
    assert answers[0] == answers[1]
    assert answers[0] != answers[2]


@pytest.mark.parametrize("days", ["0", "366"])
def test_days_out_of_range_are_refused(tmp_path: Path, days: str) -> None:
    refused = run_demo(tmp_path / "demo", "--days", days)
    assert refused.returncode == 1
    assert "1 to 365" in refused.stderr


def test_a_running_server_is_not_disturbed(server: RunningServer) -> None:
    refused = run_demo(server.data)
    assert refused.returncode == 1
    assert "no server runs" in " ".join(refused.stderr.split())
