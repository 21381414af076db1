"""Reads that must not hurt: heavy reports of one key, in 1 GB, beside a light one and redirects;
and live streams on which nothing happens.
"""

import itertools
import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import httpx
import msgspec

from bench import crowd
from bench.cgroups import Limited, limited
from bench.crowd import Asks, Visits
from bench.measures import Measure, at_most
from bench.prepared import COARSE_SLUG, prepare, server_on
from footfall import bootstrap
from footfall.config import Settings
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore
from tests.support.running import RunningServer

SUBJECT: Final = "reads"
YEARS_DAYS: Final = 6 * 365
BATCH: Final = 30_000
LIMIT_BYTES: Final = 1_000_000_000
HEAVY: Final = 24
BESIDE: Final = 60
STREAMS: Final = 60
ASK_SECONDS: Final = 20.0
IDLE_SECONDS: Final = 10.0
TIMEOUT_SECONDS: Final = 120.0
LIGHT_PAUSE_SECONDS: Final = 0.2
SCANS_PER_SECOND: Final = 20
LIGHT: Final = {"metrics": ["counted"]}

Say = Callable[[str], None]


def heavy() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "metrics": ["counted", "uniques"],
        "dimensions": ["city", "user_agent", {"time": "hour"}],
        "since": (now - timedelta(days=YEARS_DAYS)).isoformat(),
        "until": now.isoformat(),
        "top": 1_000,
        "fill": False,
        "compare": "previous",
    }


def measure(directory: Path, events: int, say: Say) -> list[Measure]:
    """On a store with so many events of six years."""
    say(f"reads: making {events:,} events")
    prepare(directory, codes=1)
    stranger = _make(directory, events)
    found: list[Measure] = []
    with limited(LIMIT_BYTES) as group, closing(server_on(directory)) as server:
        server.start(prefix=None if isinstance(group, str) else group.prefix)
        say(f"reads: {HEAVY} heavy reports at once")
        answers = _ask_all(server, HEAVY)
        found += _alive(group, answers)
        say(f"reads: a light report beside {BESIDE} heavy ones")
        found += _beside(server, stranger)
    # On a store of its own: the check of the books goes through the events of the other one.
    prepare(directory / "idle", codes=1)
    with closing(server_on(directory / "idle")) as server:
        say(f"reads: {STREAMS} idle live streams")
        server.start()
        found += _streams(server)
    return found


def _make(directory: Path, events: int) -> str:
    """The events of account 1, as many cities and browsers as visits have; the key of another
    account, with few events."""
    catalog = bootstrap.open_catalog(Settings(data=str(directory)))
    other, secret = catalog.create_account("Light", "light@example.org")
    catalog.close()
    now = bootstrap.now()
    numbers = itertools.count(first_id_at(now - 3_600_000))
    store = ClickHouseStore(f"chdb://{(directory / 'store').absolute()}", 400_000_000)
    try:
        for first in range(0, events, BATCH):
            count = min(BATCH, events - first)
            lines = [
                msgspec.json.encode(_event(next(numbers), 1, one, events))
                for one in range(first, first + count)
            ]
            store.insert(Batch(f"heavy-{first}", 1, count, b"\n".join(lines) + b"\n"))
        few = [msgspec.json.encode(_event(next(numbers), other.id, n, 100)) for n in range(100)]
        store.insert(Batch("light", 1, len(few), b"\n".join(few) + b"\n"))
    finally:
        store.close()
    return secret


def _event(id: int, account: int, number: int, events: int) -> Event:
    mixed = number * 2_654_435_761 % (1 << 32)
    return Event(
        id=id,
        account=account,
        kind=EventKind.OPEN,
        source="native",
        delay=number * (YEARS_DAYS * 86_400_000 - 7_200_000) // events,
        verdict=Verdict.COUNTED,
        visitor=mixed or 1,
        country="NL",
        city=f"City {mixed % 997}",
        user_agent=f"Mozilla/5.0 (Windows NT 10.0; rv:{mixed % 89}.0) Gecko/20100101 Firefox/89.0",
    )


def _ask(server: RunningServer, key: str, body: Any) -> int:
    """The status; 0 when nothing came."""
    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = httpx.post(
            f"{server.url}/reports", json=body, headers=headers, timeout=TIMEOUT_SECONDS
        )
    except httpx.HTTPError:
        return 0
    return answer.status_code


def _ask_all(server: RunningServer, count: int) -> Counter[int]:
    with ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(_ask, server, server.key, heavy()) for _ in range(count)]
        return Counter(one.result() for one in asked)


def _alive(group: Limited | str, answers: Counter[int]) -> list[Measure]:
    statuses = ", ".join(f"{count} × {status}" for status, count in sorted(answers.items()))
    what = f"{HEAVY} heavy reports of one key"
    if isinstance(group, str):
        return [Measure(SUBJECT, f"{what}: lives in 1 GB", None, note=group)]
    return [
        Measure(SUBJECT, f"{what}: lives in 1 GB", group.killed(), "kills", at_most(0), statuses),
        Measure(SUBJECT, f"{what}: most memory", group.peak() / 1e6, "MB", at_most(1_000)),
    ]


def _beside(server: RunningServer, stranger: str) -> list[Measure]:
    """Heavy reports are asked again and again, `BESIDE` at any time: who asks is a process of its
    own, and so are those who scan."""
    body = msgspec.json.encode(heavy())
    asks = Asks(server.port, "/reports", server.key, body, BESIDE, ASK_SECONDS + 60)
    visits = Visits(server.port, f"/s/{COARSE_SLUG}", SCANS_PER_SECOND, ASK_SECONDS)
    light, failed = [], 0
    headers = {"Authorization": f"Bearer {stranger}"}
    with (
        # Made once: to make one reads the world's certificates, which takes this machine.
        httpx.Client(base_url=server.url, headers=headers, timeout=TIMEOUT_SECONDS) as client,
        crowd.held(asks),
        ThreadPoolExecutor(1) as pool,
    ):
        seeing = pool.submit(crowd.see, visits)
        while not seeing.done():
            began = time.perf_counter()
            failed += client.post("/reports", json=LIGHT).status_code != 200
            light.append(time.perf_counter() - began)
            time.sleep(LIGHT_PAUSE_SECONDS)
        seen = seeing.result()
    what = f"beside {BESIDE} heavy ones of another account"
    note = f"{len(light)} asked, {failed} not answered"
    scans = f"{seen.answered} of {seen.answered + seen.failed} answered, p50 {seen.p50:.1f} ms"
    return [
        Measure(SUBJECT, f"a light report {what}, longest", max(light), "s", at_most(1.0), note),
        Measure(SUBJECT, f"redirect p99 {what}", seen.p99, "ms", at_most(100), scans),
    ]


def _p99_ms(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98] * 1000


def _streams(server: RunningServer) -> list[Measure]:
    """Nothing is recorded while they idle; then people scan."""
    alone = _scans(server)
    idle = _share(server.pid)
    with ExitStack() as open_streams:
        settings = httpx.Limits(max_connections=STREAMS)
        client = open_streams.enter_context(
            httpx.Client(base_url=server.url, headers=server.client.headers, limits=settings)
        )
        for number in range(STREAMS):
            # Half of them of one page, as dashboards are, and all of them of one account.
            query = {"kind": "open" if number % 2 else "scan"}
            request = client.stream("GET", "/events/live", params=query, timeout=None)
            assert open_streams.enter_context(request).status_code == 200
        time.sleep(1)
        share = _share(server.pid)
        beside = _scans(server)
    return [
        Measure(
            SUBJECT,
            f"{STREAMS} idle live streams, of a core",
            share,
            target=at_most(0.03),
            note=f"{idle:.3f} without any",
        ),
        Measure(
            SUBJECT,
            f"redirect p99 beside {STREAMS} live streams / alone",
            beside / alone,
            target=at_most(1.5),
            note=f"{beside:.1f} and {alone:.1f} ms",
        ),
    ]


def _scans(server: RunningServer) -> float:
    """p99 in ms of 20 scans a second, on one connection."""
    taken = []
    with httpx.Client(base_url=server.url) as client:
        for _ in range(int(IDLE_SECONDS * 20)):
            began = time.perf_counter()
            client.get(f"/s/{COARSE_SLUG}").read()
            taken.append(time.perf_counter() - began)
            time.sleep(0.05)
    return _p99_ms(taken)


def _share(pid: int) -> float:
    """Of a core, while nothing happens."""
    spent, began = _cpu_seconds(pid), time.monotonic()
    time.sleep(IDLE_SECONDS)
    return (_cpu_seconds(pid) - spent) / (time.monotonic() - began)


def _cpu_seconds(pid: int) -> float:
    """User and system: fields 14 and 15 of proc(5) `stat`."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
