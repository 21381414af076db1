"""Scans beside what keeps the data in order: an erasure, the scrub of a journal of 600 MB, and
somebody who reads the journal's file.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from bench import crowd
from bench.crowd import Visits
from bench.measures import Measure, at_most
from bench.prepared import COARSE_SLUG, prepare, server_on
from tests.support.running import RunningServer

SUBJECT: Final = "upkeep"
SCANS_PER_SECOND: Final = 100
BODY_EVENTS: Final = 500
ROUND_SECONDS: Final = 3
PADDING: Final = "p" * 1_300
TIMEOUT_SECONDS: Final = 300.0

Say = Callable[[str], None]


def measure(directory: Path, journal_bytes: int, seconds: float, say: Say) -> list[Measure]:
    """`journal_bytes` of events are ingested first; `seconds` of scans, or as long as it takes."""
    prepare(directory, codes=1)
    found = []
    with closing(_without_store(directory)) as server:
        say(f"upkeep: a journal of {journal_bytes >> 20} MB")
        server.start()
        _ingest(server, journal_bytes)
    with closing(server_on(directory)) as server:
        server.start()
        _settle(server)
        say("upkeep: scans beside nothing")
        found.append(_seen(server, "nothing", lambda: time.sleep(seconds), 50))
        say("upkeep: scans beside an erasure and the scrub of the journal")
        size = (directory / "journal.db").stat().st_size
        what = f"an erasure and the scrub of {size / 1e6:.0f} MB"
        found.append(_seen(server, what, lambda: _erase(server, 3), 50))
        with ExitStack() as reading:
            _read(reading, directory / "journal.db")

            def ingest_and_erase() -> None:
                _ingest(server, journal_bytes // 20)
                _settle(server)
                _ask_erasure(server, 4)
                time.sleep(seconds)

            say("upkeep: scans beside a reader of the journal")
            what = "a reader of the journal, with ingestion and an erasure that waits for it"
            found.append(_seen(server, what, ingest_and_erase, 50))
    return found


def _seen(server: RunningServer, what: str, work: Callable[[], Any], most_ms: float) -> Measure:
    """Scans of new visitors until the work is done."""
    visits = Visits(server.port, f"/s/{COARSE_SLUG}", SCANS_PER_SECOND, ROUND_SECONDS)
    rounds = []
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        began = time.monotonic()
        while not working.done():
            rounds.append(crowd.see(visits))
        working.result()
        taken = time.monotonic() - began
    answered, failed = sum(one.answered for one in rounds), sum(one.failed for one in rounds)
    p50, p99 = median(one.p50 for one in rounds), max(one.p99 for one in rounds)
    note = (
        f"{taken:.0f} s, in turns of {ROUND_SECONDS}; {answered:,} of {answered + failed:,} "
        f"answered; p50 {p50:.1f} ms, longest {max(one.longest for one in rounds):.0f} ms"
    )
    name = f"greatest p99 of {SCANS_PER_SECOND} scans a second beside {what}"
    return Measure(SUBJECT, name, p99, "ms", at_most(most_ms), note)


def _without_store(directory: Path) -> RunningServer:
    """A server whose event store is away: the journal keeps everything."""
    settings = {"store_url": "clickhouse://127.0.0.1:9/default", "read_wait_seconds": 1}
    return RunningServer(directory, requests_per_minute=1_000_000, **settings)


def _ingest(server: RunningServer, size: int) -> None:
    for body in _bodies(size):
        while True:
            answer = server.client.post("/events", content=body, timeout=TIMEOUT_SECONDS)
            if answer.status_code == 200:
                break
            assert answer.status_code == 503, answer.text
            time.sleep(float(answer.headers["retry-after"]))


def _settle(server: RunningServer) -> None:
    """Until all of it is in the event store."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while server.client.get("/health").json()["backlog"]["events"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _bodies(size: int) -> Iterator[bytes]:
    while size > 0:
        events = [
            {
                "kind": "delivery",
                "references": {"profile": str(number % 10)},
                "metadata": {"padding": f"{number}{PADDING}"},
            }
            for number in range(BODY_EVENTS)
        ]
        body = msgspec.json.encode(events)
        size -= len(body)
        yield body


def _ask_erasure(server: RunningServer, profile: int) -> str:
    asked = server.client.post("/erasures", json={"reference": {"profile": str(profile)}})
    assert asked.status_code < 300, asked.text
    return str(asked.json()["id"])


def _erase(server: RunningServer, profile: int) -> None:
    """Until it is done, which includes the journal's file."""
    asked = _ask_erasure(server, profile)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        deletion = server.client.get(f"/deletions/{asked}").json()
        if deletion["step"] == "done":
            return
        assert time.monotonic() < deadline, deletion
        time.sleep(0.2)


def _read(reading: ExitStack, journal: Path) -> None:
    """A transaction that stays open, as a backup by somebody's own script would hold it."""
    file = reading.enter_context(closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)))
    file.execute("BEGIN")
    file.execute("SELECT count(*) FROM groups").fetchone()
