"""Of what was erased no file of the data directory keeps a trace, however it is compressed."""

from pathlib import Path
from typing import Any

import httpx

from footfall.bootstrap import now
from footfall.jobs.archive.manifests import Month
from tests.conftest import StartServer
from tests.support.remains import remains
from tests.support.running import output_of, wait_for

DAY_MS = 86_400_000
SOMEBODY, OTHERS = "profile-q8Zr2LxW7vNd", "profile-of-others"
SUB = "sub-Rn6DzO1EjTla"
TRACES = (
    *(SOMEBODY.encode(), b"agent-J5tKy0PbQmXe", b"referrer-c3GwHs9VfUiA", SUB.encode()),
    bytes((0xFF, 0xFF, 198, 51, 100, 77)),  # an address in a column
)

FILL = f"""
import sys
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore

store = ClickHouseStore(f"chdb://{{sys.argv[1]}}", 400_000_000)
until = int(sys.argv[2])
somebody = dict(
    profile={SOMEBODY!r}, user_agent="agent-J5tKy0PbQmXe/1", ip="198.51.100.77",
    referrer="https://example.org/referrer-c3GwHs9VfUiA", sub1={SUB!r}, offer="7",
)
others = dict(profile={OTHERS!r}, user_agent="another", ip="203.0.113.5")
for batch in range(3):
    events = [
        Event(
            id=(until - (batch * 400 + n) * {DAY_MS} // 10 - EPOCH_MS << TIME_SHIFT) + n,
            source="native", account=1, tracker=n % 3, kind=EventKind.CLICK,
            verdict=Verdict.COUNTED, visitor=n, **(others if n % 4 else somebody),
        )
        for n in range(400)
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\\n" for one in events)
    store.insert(Batch(f"fill-{{batch}}", batch, len(events), lines))
store.close()
"""


def done(client: httpx.Client, path: str, state: str = "step") -> dict[str, Any]:
    def check() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(path).json()
        return found if found[state] in ("done", "failed", "applied") else None

    return wait_for(check)


def ingest(client: httpx.Client) -> None:
    event = {
        "kind": "click",
        "references": {"profile": SOMEBODY, "offer": "7", "sub1": SUB},
        "ip": "198.51.100.77",
        "user_agent": "agent-J5tKy0PbQmXe/1",
        "referrer": "https://example.org/referrer-c3GwHs9VfUiA",
    }
    assert client.post("/events", json=[event] * 20).json()["stored"] == 20


def make_copies(client: httpx.Client) -> None:
    """Everywhere where a copy of an event can be, from policies and exports to archives."""
    for format in ("csv", "ndjson", "parquet"):
        body = {"format": format, "filters": {"profile": [SOMEBODY]}}
        export = client.post("/exports", json=body).json()
        assert done(client, f"/exports/{export['id']}", "state")["rows"] > 0
    rules = {"internal": ["198.51.100.0/24"]}
    assert client.post("/policies", json={"rules": rules}).json()["number"] == 2
    assert client.post("/policies/2/apply").status_code == 202
    wait_for(lambda: client.get("/policies/2").json()["ended_at"])
    assert client.get("/policies/2").json()["receipt"]["changed"] > 0
    month = str(Month.of(now()))
    for before, remove in ((month, False), (str(Month.read(month).before(1)), True)):
        asked = client.post("/archives", json={"before": before, "remove": remove}).json()
        assert done(client, f"/deletions/{asked['id']}")["step"] == "done"


def test_no_file_has_a_trace_of_what_was_erased(start_server: StartServer, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    output_of(FILL, data / "store", now())
    server = start_server(data)
    client = server.client
    ingest(client)
    make_copies(client)
    ingest(client)
    found = remains(data, *TRACES)
    assert {trace for traces in found.values() for trace in traces} == {*TRACES}
    places = {path.partition("/")[0] for path in found}
    assert places >= {"archive", "catalog.db", "exports", "store"} - {"catalog.db"}
    person = {"reference": {"profile": SOMEBODY}}
    would_go = client.post("/erasures", json={**person, "dry_run": True}).json()
    asked = client.post("/erasures", json=person).json()
    receipt = done(client, f"/deletions/{asked['id']}")
    assert receipt["step"] == "done"
    # Counts of what is archived are not recomputed: they keep a sub id that they count by.
    left = remains(data, *TRACES)
    assert all(path.startswith("store/") for path in left)
    assert {trace for traces in left.values() for trace in traces} <= {SUB.encode()}
    asked = client.post("/erasures", json={"reference": {"sub1": SUB}}).json()
    assert done(client, f"/deletions/{asked['id']}")["step"] == "done"
    assert remains(data, *TRACES) == {}
    assert receipt["events"] == would_go["events"] > 0
    assert receipt["receipt"]["archived_events"] == would_go["archived_events"] > 0
    kept = client.post("/reports", json={"metrics": ["events"], "since": "2025-01-01T00:00:00Z"})
    assert kept.json()["totals"]["events"] > 0
