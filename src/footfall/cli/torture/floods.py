"""More than a small machine can hold, at once."""

import asyncio
import contextlib
import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import msgspec

from footfall.cli.torture.books import Books, close
from footfall.cli.torture.crowds import held_up, longest
from footfall.cli.torture.memory import memory_group
from footfall.cli.torture.scanning import CONNECTIONS, REFERRER, Ledger, Scanning
from footfall.cli.torture.scenarios import ignore
from footfall.cli.torture.server import Victim

MEMORY_BYTES: Final = 1_000_000_000
EVENTS: Final = 10_000
"""Of one body."""
FIRST_EVENT: Final = 1_000_000_000
"""Their numbers begin here, above those of scans."""
POSTING: Final = 60
REPORTING: Final = 24
SECONDS_AFTER: Final = 60.0
PADDING: Final = "x" * 1_300
GZIP: Final = {"Content-Encoding": "gzip", "Content-Type": "application/x-ndjson"}
REPORT: Final = {
    "metrics": ["events", "counted", "uniques"],
    "dimensions": ["city", "user_agent", {"time": "hour"}],
    "since": "2021-01-01",
    "until": "2027-01-01",
    "top": 1_000,
    "compare": "previous",
}


def flood_in_little_memory(
    directory: Path, seconds: float, bodies: int, on_answer: Callable[[], None] = ignore
) -> Iterator[Books]:
    """On a machine of 1 GB: 60 gzip bodies at once, each of 15 MB when inflated, and 24 heavy
    reports, while people are scanned. `bodies` of 10,000 events are stored before. The books of
    the scans, of the ingested events, and of both."""
    with memory_group(MEMORY_BYTES) as group:
        victim = Victim(directory, group.prefix)
        victim.prepare()
        victim.start()
        scans, ingested = Ledger(), Ledger(sent=FIRST_EVENT, first=FIRST_EVENT)
        for _ in range(bodies):
            body, numbers = _events(ingested, "")
            if victim.client.post("/events", content=body, headers=GZIP).status_code == 200:
                ingested.answered |= numbers
        flood = Flood(victim, time.monotonic() + seconds, ingested)
        asyncio.run(flood.run(scans, on_answer))
        wrong = held_up(scans)
        if not victim.runs:
            wrong.append("the server was killed")
            victim.start()
        peak = group.peak_bytes() >> 20
        victim.settle()
        victim.stop()
        counted = victim.count()
    note = f"peak {peak} MiB; {flood.answers()}; {longest(scans)}"
    whole = Ledger(
        scans.answered | ingested.answered, scans.unrecorded, scans.pending, ingested.sent
    )
    yield close("flood in 1 GB: scans", scans, counted, part=True, wrong=wrong, note=note)
    yield close("flood in 1 GB: events", ingested, counted, part=True)
    yield close("flood in 1 GB, all", whole, counted)


class Flood:
    """Requests without pause until a moment, and the statuses that they got."""

    def __init__(self, victim: Victim, ends: float, ingested: Ledger) -> None:
        self._victim = victim
        self._ends = ends
        self._ingested = ingested
        self._statuses: list[tuple[str, int]] = []

    def answers(self) -> str:
        counts = {one: self._statuses.count(one) for one in sorted({*self._statuses})}
        return ", ".join(f"{path} {status} × {n}" for (path, status), n in counts.items())

    async def run(self, scans: Ledger, on_answer: Callable[[], None]) -> None:
        body, numbers = _events(self._ingested, PADDING)
        async with httpx.AsyncClient(
            base_url=self._victim.client.base_url,
            headers=self._victim.client.headers,
            timeout=SECONDS_AFTER,
            limits=httpx.Limits(max_connections=None),
        ) as client:
            post = client.build_request("POST", "/events", content=body, headers=GZIP)
            report = client.build_request("POST", "/reports", json=REPORT)
            await asyncio.gather(
                self._scan(scans, on_answer),
                *(self._ask(client, post, numbers) for _ in range(POSTING)),
                *(self._ask(client, report, set()) for _ in range(REPORTING)),
            )

    def _going_on(self) -> bool:
        return time.monotonic() < self._ends and self._victim.runs

    async def _ask(
        self, client: httpx.AsyncClient, request: httpx.Request, numbers: set[int]
    ) -> None:
        while self._going_on():
            with contextlib.suppress(httpx.TransportError):
                answer = await client.send(request)
                self._statuses.append((request.url.path, answer.status_code))
                if answer.status_code == 200:
                    self._ingested.answered |= numbers
            await asyncio.sleep(0.1)

    async def _scan(self, scans: Ledger, on_answer: Callable[[], None]) -> None:
        while self._going_on():
            await Scanning(self._victim.port, scans, on_answer).run(CONNECTIONS)
            await asyncio.sleep(0.1)


def _events(ingested: Ledger, padding: str) -> tuple[bytes, set[int]]:
    """A compressed body of ingested scans, and their numbers. Sent again, they are
    known already."""
    numbers = range(ingested.sent + 1, ingested.sent + 1 + EVENTS)
    ingested.sent += EVENTS
    lines = (
        msgspec.json.encode(
            {
                "id": f"torture-{number}",
                "kind": "scan",
                "tracker": 1,
                "referrer": f"{REFERRER}{number}",
                "user_agent": f"Mozilla/5.0 (iPhone) {number}",
                "ip": f"203.0.113.{number % 250}",
                "metadata": {"padding": padding},
            }
        )
        for number in numbers
    )
    return gzip.compress(b"\n".join(lines)), {*numbers}
