"""A server whose clock leapt removes nothing by its age until the clock is believed."""

import json
from pathlib import Path
from typing import Any

import httpx

from footfall.bootstrap import now
from footfall.runtime.watched_clock import NAME, read_uptime
from tests.conftest import StartServer
from tests.support.running import RunningServer, footfall, output_of, wait_for

DAY_MS = 86_400_000

FILL = f"""
import sys
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore

store = ClickHouseStore(f"chdb://{{sys.argv[1]}}", 400_000_000)
events = [
    Event(
        id=(int(sys.argv[2]) - n * {DAY_MS} - EPOCH_MS << TIME_SHIFT) + n, account=1,
        source="native", kind=EventKind.CLICK, verdict=Verdict.COUNTED,
    )
    for n in range(40)
]
lines = b"".join(msgspec.json.encode(one) + b"\\n" for one in events)
store.insert(Batch("fill", 1, len(events), lines))
store.close()
"""


def deletions(server: RunningServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.client.get("/deletions").json()["deletions"]
    return found


def test_a_clock_that_leapt_between_two_starts_removes_nothing_until_confirmed(
    start_server: StartServer, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    output_of(FILL, data / "store", now())
    uptime, boot = read_uptime()
    believed = {"wall": now() - 60 * DAY_MS, "uptime": uptime, "boot": boot}
    (data / NAME).write_text(json.dumps({"believed": believed, "leap": None}))
    server = start_server(data, requests_per_minute=1_000_000)

    def looked_after(moment: int) -> bool | None:
        leap = json.loads((data / NAME).read_text())["leap"]
        return (leap is not None and leap["at"]["wall"] > moment) or None

    rules = [{"source": "*", "raw_days": 20}]
    assert server.client.put("/retention", json={"rules": rules}).status_code == 200
    asked = server.client.post("/archives", json={"before": "2026-01", "remove": True}).json()["id"]
    wait_for(lambda: server.client.get(f"/deletions/{asked}").json()["problem"] or None)
    moment = now()
    server.client.put("/retention", json={"rules": rules})  # wakes what removes
    wait_for(lambda: looked_after(moment))
    assert [one["kind"] for one in deletions(server)] == ["archive"]
    assert "60.0 days ahead" in httpx.get(f"{server.url}/health").json()["warning"]
    assert "footfall_clock_leaping 1.0" in httpx.get(f"{server.url}/metrics").text
    sent = footfall("doctor", "--data", str(data))
    assert (sent.returncode, "60.0 days ahead" in sent.stdout) == (1, True)
    assert footfall("clock", "--data", str(data)).returncode == 1
    erasure = server.client.post("/erasures", json={"reference": {"profile": "x"}}).json()["id"]
    wait_for(lambda: server.client.get(f"/deletions/{erasure}").json()["step"] == "done" or None)

    assert footfall("clock", "--confirm", "--data", str(data)).returncode == 0
    assert footfall("clock", "--data", str(data)).returncode == 0
    server.client.put("/retention", json={"rules": rules})
    wait_for(lambda: any(one["kind"] == "retention" for one in deletions(server)) or None)
    (retention,) = [one for one in deletions(server) if one["kind"] == "retention"]
    assert retention["events"] in (19, 20)
    assert httpx.get(f"{server.url}/health").json()["warning"] == ""
