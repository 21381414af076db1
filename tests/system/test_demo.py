"""`footfall demo` as its users run it: the command, then a server on its directory."""

import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from footfall.cli.demo.doors import PROMISED
from footfall.core.events import Verdict
from footfall.dialects.everflow.ids import transaction_id
from footfall.dialects.native.filters import FILTERED
from tests.conftest import StartServer
from tests.support.running import RunningServer, footfall, output_of, verify

EVENTS = 20_000
ASK = """
import sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn=sys.argv[1])
print(*(value for row in client.query(sys.argv[2]).result_rows for value in row))
"""
COUNT = """SELECT count(), countIf(verdict = 'counted'), uniqExact(id),
    (SELECT sum(events) FROM rollup WHERE dimension = 'total') FROM events"""
SUMS = """SELECT source, toString(kind), toString(verdict), count(), sum(id), uniqExact(country),
    uniqExact(url), uniqExact(scan_value) FROM events GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
"""The ids of events are times: their sum tells whether these are the same."""


def run_demo(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    server = RunningServer(data)
    arguments = ("demo", "--data", str(data), "--events", str(EVENTS), *options)
    return footfall(*arguments, env=server.environment())


def asked(data: Path, sql: str) -> list[str]:
    """What the store answers while no server has it."""
    return output_of(ASK, f"chdb://{data / 'store'}", sql).split()


def stored(data: Path) -> tuple[int, ...]:
    """All rows, the counted ones, how many ids there are, and what the rollup sums up to."""
    return tuple(map(int, asked(data, COUNT)))


def totals(server: RunningServer) -> list[dict[str, Any]]:
    """The analytics of every code, without what each account draws again."""
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
    assert rows == ids == rollup == EVENTS - PROMISED
    assert 0.85 < counted / rows < 0.95
    server = start_server(loaded)
    answers = totals(server)
    scans = counted_by(server, "source")["openqr"]
    server.stop()
    assert len(answers) == 12
    assert sum(answer["total"] for answer in answers) == scans
    busiest = max(answers, key=lambda answer: answer["total"])
    assert busiest["topCountry"] == "NL"
    assert busiest["topDevice"] == "mobile"
    assert sum(day["n"] for day in busiest["daily"]) == busiest["window_total"]


def test_every_face_has_something_to_show(loaded: Path, start_server: StartServer) -> None:
    server = start_server(loaded)
    programmes_agree(server)
    mailings_agree(server)
    offers_agree(server)
    doors_agree(server)
    verdicts = counted_by(server, "verdict", metric="events")
    assert set(verdicts) == {verdict.value for verdict in Verdict}
    assert sum(verdicts.values()) == EVENTS
    by_source = counted_by(server, "source", metric="uniques")
    assert all(by_source[source] > 100 for source in ("vantio", "everflow", "native", "copernica"))
    assert not by_source["openqr"]
    pages = counted_by(server, "url", source="native", kind="impression")
    assert max(pages, key=lambda url: pages[url]) == "https://example.org/shop"
    newest = server.client.get("/events", params={"limit": 1}).json()["events"][0]
    age = datetime.now(UTC) - datetime.fromisoformat(newest["received_at"])
    assert age < timedelta(minutes=30)
    server.stop()


def test_every_column_that_a_filter_names_has_values(loaded: Path) -> None:
    """A new column fails here until the demo fills it."""
    values = ", ".join(
        f"uniqExactIf(toString({name}), toString({name}) NOT IN ('', '0', '::'))"
        for name in FILTERED
    )
    counts = dict(
        zip(FILTERED, map(int, asked(loaded, f"SELECT {values} FROM events")), strict=True)
    )
    assert {name: count for name, count in counts.items() if count < 2} == {}


def test_a_conversion_of_the_demo_is_a_duplicate_when_it_is_sent_again(
    loaded: Path, start_server: StartServer
) -> None:
    server = start_server(loaded)
    found: dict[str, str | int] = {"kind": "conversion", "verdict": "counted", "limit": 1000}
    conversions = server.client.get("/events", params=found).json()["events"]
    assert {one["attribution"] for one in conversions} == {"click", "coupon", "impression"}
    assert any("goal" in one for one in conversions)
    for one in conversions:
        called = one["metadata"]["query"]
        again = server.client.get("/sdk/conversion", params={"oid": one["offer"], **called})
        assert again.headers["x-footfall"] == "duplicate", again.text
        assert again.json()["conversion_id"] == transaction_id(int(one["id"]))
    assert server.client.get("/events", params=found).json()["events"] == conversions
    server.stop()


def programmes_agree(server: RunningServer) -> None:
    """Fewer at each step, and money only of those who became customers."""
    programs = server.client.get("/api/v1/programs").json()["programs"]
    assert len(programs) == 2
    assert len(server.client.get("/api/v1/users").json()["users"]) == 9
    funnel = server.client.get("/api/v1/funnel", params={"groupBy": "poster"}).json()["total"]
    assert funnel["scans"] == counted_by(server, "source")["vantio"]
    assert funnel["scans"] > 20 * funnel["referrals"]
    assert funnel["referrals"] > funnel["converted"] == funnel["earnings"]["count"] > 0
    assert 0 < funnel["earnings"]["paid"]["EUR"] < funnel["earnings"]["amounts"]["EUR"]
    referrals = server.client.get("/api/v1/referrals", params={"limit": 100}).json()["referrals"]
    assert {"pending", "verified", "rejected"} <= {one["status"] for one in referrals}
    seen = server.client.get(f"/api/v1/impressions/{referrals[0]['impression_id']}")
    assert seen.status_code == 200, seen.text


def mailings_agree(server: RunningServer) -> None:
    emailings = server.client.get("/v4/publisher/emailings").json()["data"]
    assert len(emailings) == 3
    for one in emailings:
        sent = server.client.get(f"/v4/publisher/emailing/{one['id']}/statistics").json()
        mails = int(one["destinations"])
        assert sent["deliveries"]["total"] + sent["errors"]["total"] == mails
        assert mails > sent["impressions"]["unique"] > 3 * sent["clicks"]["unique"] > 0
    kinds = counted_by(server, "verdict", metric="events", source="copernica", kind="open")
    assert 0.2 < kinds["machine_open"] / kinds["counted"] < 1.2


def offers_agree(server: RunningServer) -> None:
    headers = {"X-Eflow-API-Key": server.key}
    offers = server.client.get("/v1/networks/offers", headers=headers).json()["offers"]
    assert sorted(one["offer_status"] for one in offers) == ["active"] * 3 + ["paused"]
    assert (
        len(server.client.get("/v1/networks/affiliates", headers=headers).json()["affiliates"]) == 6
    )
    today = datetime.now(UTC).date()
    asked = {
        "from": str(today - timedelta(days=100)),
        "to": str(today),
        "timezone_id": 67,
        "currency_id": "EUR",
        "columns": [{"column": "offer"}],
        "query": {"filters": []},
    }
    path = "/v1/networks/reporting/entity"
    table = server.client.post(path, json=asked, headers=headers).json()["table"]
    assert len(table) == 4
    assert all(row["reporting"]["imp"] > 5 * row["reporting"]["total_click"] > 0 for row in table)
    subs = counted_by(server, "sub1", source="everflow", kind="click")
    assert {"garden-gazette", "kettle"} <= set(subs)


def doors_agree(server: RunningServer) -> None:
    answer = server.client.get("/api/v1/scans").json()
    meta = answer["meta"]
    assert meta["successfulScans"] > 5 * meta["failedScans"] > 0
    assert meta["readersCount"] == 4
    reasons = counted_by(server, "scan_status_detail", source="passentry")
    assert {
        *("Pass was scanned already", "Pass has expired", "Pass not found", "Pass is not active")
    } <= set(reasons)
    gate = server.client.get("/api/v1/readers/garden-gate/report").json()["data"]["attributes"]
    assert gate["recorded"] == PROMISED
    assert gate["missingSequences"] == [{"from": 12, "to": 14}, {"from": 29, "to": 29}]
    assert server.client.get("/api/v1/scans/conflicts").json()["data"]
    assert server.client.get("/api/v1/passes").json()["meta"]["totalCount"] == 160


def counted_by(
    server: RunningServer, dimension: str, metric: str = "counted", **filters: str
) -> dict[str, int]:
    asked = {
        "metrics": [metric],
        "dimensions": [dimension],
        "since": (datetime.now(UTC) - timedelta(days=100)).isoformat(),
        "filters": filters,
        "top": 100,
    }
    answer = server.client.post("/reports", json=asked)
    assert answer.status_code == 200, answer.text
    return {row[dimension]: row[metric] for row in answer.json()["rows"]}


def test_the_books_of_a_demo_balance(loaded: Path) -> None:
    done = verify(loaded)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The books balance." in done.stdout


def test_a_second_run_adds_nothing_and_another_demo_is_refused(loaded: Path) -> None:
    before = stored(loaded)
    again = run_demo(loaded)
    assert again.returncode == 0
    assert "nothing was added" in again.stdout
    last = again.stdout.rstrip().splitlines()[-1]
    assert last == f"Now: footfall serve --data {loaded.absolute()}"
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


def test_the_same_seed_makes_the_same_numbers(tmp_path: Path) -> None:
    until = time.time_ns() // 1_000_000
    order = {"events": 2_000, "days": 90, "until": until}
    answers = []
    for name, seed in (("one", 7), ("same", 7), ("other", 8)):
        data = tmp_path / name
        data.mkdir()
        (data / "demo.json").write_text(json.dumps(order | {"seed": seed}))
        assert run_demo(data, "--events", "2000", "--seed", str(seed)).returncode == 0
        answers.append(asked(data, SUMS))
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
