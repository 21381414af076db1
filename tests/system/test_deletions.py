"""Retention, erasure and archives as their users have them: by HTTP, and through `kill -9`."""

import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from footfall.bootstrap import now, open_catalog
from footfall.config import Settings
from footfall.core.accounts import Scope
from footfall.jobs.archive.manifests import Month
from tests.conftest import StartServer
from tests.support.running import RunningServer, footfall, output_of, wait_for

DAY_MS = 86_400_000
EVENTS = 3_000

FILL = f"""
import random, sys
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore

store = ClickHouseStore(f"chdb://{{sys.argv[1]}}", 400_000_000)
chance, until = random.Random(1), int(sys.argv[2])
for batch in range(3):
    events = [
        Event(
            id=(until - chance.randrange(1, 150 * {DAY_MS}) - EPOCH_MS << TIME_SHIFT) + n,
            source=chance.choice(["native", "openqr"]), account=1, tracker=n % 5,
            kind=EventKind.SCAN, verdict=Verdict.COUNTED, visitor=1 + n % 90,
            profile=str(n % 10), offer=str(n % 2),
        )
        for n in range({EVENTS} // 3)
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\\n" for one in events)
    store.insert(Batch(f"fill-{{batch}}", batch, len(events), lines))
store.close()
"""

COUNT = """
import json, sys
from footfall.store.store import ClickHouseStore

store = ClickHouseStore(f"chdb://{sys.argv[1]}", 400_000_000)
store.open()
with store._engine.reading() as client:
    ask = lambda sql, **of: client.query(sql, **of).result_rows[0][0]
    answer = {
        "events": ask("SELECT count() FROM events"),
        "by_tracker": ask("SELECT count() FROM events_by_tracker"),
        "by_quarter_hour": ask("SELECT sum(events) FROM events_by_quarter_hour"),
        "erased": ask("SELECT count() FROM events WHERE profile = '3'"),
        "total": ask("SELECT sum(events) FROM rollup WHERE dimension = 'total'"),
        "ads": ask("SELECT sum(events) FROM rollup_ads"),
        "mutations": ask("SELECT count() FROM system.mutations"),
    }
print(json.dumps(answer))
"""


class Owner:
    """An admin of an account of its own."""

    def __init__(self, server: RunningServer, name: str) -> None:
        catalog = open_catalog(Settings(data=str(server.data)))
        account, self.key = catalog.create_account(name, f"{name}@example.org")
        catalog.close()
        self.account = account.id
        self.client = client_with(server, self.key)


@pytest.fixture(scope="module")
def ours(server: RunningServer) -> Iterator[Owner]:
    owner = Owner(server, "ours")
    yield owner
    owner.client.close()


@pytest.fixture(scope="module")
def stranger(server: RunningServer) -> Iterator[httpx.Client]:
    with Owner(server, "stranger").client as client:
        yield client


def client_with(server: RunningServer, secret: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=30)


def ingest(client: httpx.Client, count: int, **references: str) -> None:
    event = {"kind": "click", "references": references, "ip": "203.0.113.9", "unique": "7"}
    assert client.post("/events", json=[event] * count).json()["stored"] == count


def done(client: httpx.Client, id: str) -> dict[str, Any]:
    def check() -> dict[str, Any] | None:
        deletion: dict[str, Any] = client.get(f"/deletions/{id}").json()
        return deletion if deletion["step"] in ("done", "failed") else None

    return wait_for(check)


def would_go(client: httpx.Client, **asked: Any) -> int:
    answer = client.post("/erasures", json={**asked, "dry_run": True})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["events"])


def test_an_erasure_takes_what_was_asked_for_of_ones_own_account_alone(
    ours: Owner, stranger: httpx.Client
) -> None:
    for client in (ours.client, stranger):
        ingest(client, 30, profile="7", emailing="1")
        ingest(client, 12, profile="8")
    person = {"reference": {"profile": "7"}}
    assert would_go(ours.client, **person) == would_go(stranger, **person) == 30
    asked = ours.client.post("/erasures", json=person)
    assert asked.status_code == 202
    receipt = done(ours.client, asked.json()["id"])
    assert (receipt["step"], receipt["events"], receipt["about"]) == (
        *("done", 30),
        "reference profile",
    )
    assert sum(day["events"] for day in receipt["days"]) == 30
    assert {day["source"] for day in receipt["days"]} == {"native"}
    assert would_go(ours.client, **person) == 0
    assert would_go(ours.client, ip="203.0.113.0/24") == 12
    assert would_go(stranger, **person) == 30
    assert stranger.get(f"/deletions/{receipt['id']}").status_code == 404
    assert stranger.get("/deletions").json() == {"deletions": [], "cursor": None}
    shown = ours.client.get("/deletions").text
    assert asked.json()["proof_salt"] not in shown
    proof = subprocess.run(
        f"printf '%s' '{asked.json()['proof_salt']} reference profile 7' | sha256sum",
        shell=True, capture_output=True, text=True,
    ).stdout.split()[0]  # fmt: skip
    assert receipt["proof"] == proof


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"tracker": 1, "ip": "203.0.113.9"}, {"tracker": 0}, {"who": "me"}),
        *({"reference": {}}, {"reference": {"country": "NL"}}, {"reference": {"profile": ""}}),
        *({"ip": "example.org"}, {"ip": "0.0.0.0/0"}, {"ip": "203.0.113.9/24"}, {"ip": "::"}),
        *({"events": []}, {"events": [7]}, {"events": ["-1"]}, {"events": ["9" * 30]}),
        {"events": ["1"] * 10_001},
    ],
    ids=str,
)
def test_an_erasure_that_cannot_be_understood_is_refused(ours: Owner, body: dict[str, Any]) -> None:
    answer = ours.client.post("/erasures", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/retention", {"rules": [{"source": "native", "raw_days": 0}]}),
        ("PUT", "/retention", {"rules": [{"source": "a b"}]}),
        ("PUT", "/retention", {"rules": [{"source": "native", "rollup_months": 3}]}),
        ("POST", "/retention/preview", {"rules": [{"source": "*", "raw_days": "many"}]}),
        ("POST", "/retention/preview", []),
        ("PUT", "/retention", {"rules": [{"source": "*", "raw_days": 9, "age_by": "seen_at"}]}),
        ("POST", "/archives", {"before": "2026-01", "age_by": "received"}),
        ("POST", "/archives", {"before": "2026-13"}),
        ("POST", "/archives", {"before": "2099-01"}),
        ("GET", "/deletions?limit=0", None),
        ("GET", "/deletions?cursor=x", None),
    ],
)
def test_what_makes_no_sense_is_refused(ours: Owner, method: str, path: str, body: Any) -> None:
    answer = ours.client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_only_an_admin_may(server: RunningServer) -> None:
    catalog = open_catalog(Settings(data=str(server.data)))
    secret, _ = catalog.create_key(1, "writes", frozenset({Scope.READ, Scope.WRITE, Scope.CAPTURE}))
    catalog.close()
    with client_with(server, secret) as client:
        for method, path in (
            *(("GET", "/retention"), ("PUT", "/retention"), ("GET", "/retention/preview")),
            *(("POST", "/retention/preview"), ("POST", "/erasures"), ("GET", "/deletions")),
            *(("GET", "/deletions/del_1"), ("POST", "/archives"), ("GET", "/archives")),
        ):
            assert client.request(method, path, json={}).status_code == 403, path


def test_rules_are_those_of_the_account_and_the_command_line_alike(
    server: RunningServer, ours: Owner, stranger: httpx.Client
) -> None:
    rules = [
        {"source": "*", "raw_days": 365, "age_by": "occurred_at", "rollup_months": 60},
        {"source": "native", "raw_days": 90, "age_by": "received_at", "rollup_months": None},
    ]
    put = ours.client.put("/retention", json={"rules": rules})
    assert put.json() == ours.client.get("/retention").json() == {"rules": rules}
    kept = {"source": "*", "raw_days": None, "age_by": "received_at", "rollup_months": None}
    assert stranger.get("/retention").json() == {"rules": [kept]}
    account, data = str(ours.account), str(server.data)
    options = "--raw-days", "30", "--age-by", "received_at"
    changed = footfall("accounts", "change", account, *options, "--data", data)
    assert "raw events kept 30 days since receipt" in changed.stdout, changed.stderr
    (first, _) = ours.client.get("/retention").json()["rules"]
    assert (first["raw_days"], first["age_by"]) == (30, "received_at")
    preview = ours.client.get("/retention/preview").json()
    assert [(one["source"], one["events"]) for one in preview["sources"]] == [
        ("*", 0),
        ("native", 0),
    ]
    metrics = httpx.get(f"{server.url}/metrics").text
    assert "footfall_deletions_waiting 0.0" in metrics


def test_kill_9_during_retention_erasure_and_archive_leaves_balanced_books(
    start_server: StartServer, tmp_path: Path
) -> None:
    moments = random.Random(7)
    until = now()
    data = tmp_path / "data"
    data.mkdir()
    output_of(FILL, data / "store", until)
    server = start_server(data)
    rules = [{"source": "*", "raw_days": 100}, {"source": "native", "raw_days": 20}]
    assert server.client.put("/retention", json={"rules": rules}).status_code == 200
    asked = server.client.post("/erasures", json={"reference": {"profile": "3"}})
    before = str(Month.of(until).before(1))
    archive = server.client.post("/archives", json={"before": before, "remove": True})
    assert (asked.status_code, archive.status_code) == (202, 202)

    def wait_until(kind: str, *steps: str) -> None:
        def reached() -> bool | None:
            deletions = server.client.get("/deletions").json()["deletions"]
            return any(one["kind"] == kind and one["step"] in steps for one in deletions) or None

        wait_for(reached, 240)

    for kind in ("erasure", "archive", "retention"):
        wait_until(kind, "surveyed", "removed", "done")
        for _ in range(moments.randrange(20)):
            server.client.get("/deletions")
        server.kill()
        server.start()
    for kind in ("erasure", "archive", "retention"):
        wait_until(kind, "done")
    deletions = server.client.get("/deletions").json()["deletions"]
    assert all(one["problem"] == "" for one in deletions)
    server.stop()
    assert "Traceback" not in server.log.read_text()

    books = json.loads(output_of(COUNT, data / "store"))
    removed = sum(one["events"] for one in deletions)
    assert books["events"] + removed == EVENTS
    assert books["events"] == books["by_tracker"] == books["by_quarter_hour"]
    assert (books["erased"], books["mutations"]) == (0, 0)
    assert removed > EVENTS // 2
    files = f"read_parquet('{data}/archive/1/*.parquet')"
    found = duckdb.sql(f"SELECT count(*), count(*) FILTER (profile = '3') FROM {files}")
    assert found is not None
    ((archived, erased),) = found.fetchall()
    assert archived > 0
    assert erased == 0
    (erasure,) = [one for one in deletions if one["kind"] == "erasure"]
    if not erasure["receipt"]["quarter_hours_whose_counts_stayed"]:
        assert books["total"] == EVENTS - erasure["events"]
    verify = ("archive", "verify", "--data", str(data))
    checked = footfall(*verify)
    assert (checked.returncode, ", 0 wrong" in checked.stdout) == (0, True)
    one = next((data / "archive" / "1").glob("*.parquet"))
    one.write_bytes(one.read_bytes()[:-1] + b"?")
    checked = footfall(*verify)
    assert (checked.returncode, ", 1 wrong" in checked.stdout) == (1, True)


def test_the_command_has_the_running_server_archive(server: RunningServer, ours: Owner) -> None:
    def command(*words: str) -> subprocess.CompletedProcess[str]:
        env = {**server.environment(), "FOOTFALL_KEY": ours.key}
        return footfall("archive", *words, env=env)

    created = command("create", "--before", str(Month.of(now())), "--url", server.url)
    assert created.returncode == 0, created.stderr
    assert "Nothing to archive: no raw event was received before" in created.stdout
    assert "0 files, 0 wrong" in command("verify", "--data", str(server.data)).stdout
    answer = ours.client.get("/deletions").json()["deletions"][0]
    assert (answer["note"][:18], answer["bytes_freed"]) == ("Nothing to archive", 0)
    assert answer["receipt"] == {}
