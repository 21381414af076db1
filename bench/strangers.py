"""Scans while strangers come: visitors who each bring a connection, and attacks in 1 GB."""

import gzip
import shutil
import statistics
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Final

import httpx

from bench import crowd, peers, wrk
from bench.cgroups import limited
from bench.crowd import Seen, Strangers, Visits
from bench.measures import Measure, at_least, at_most
from bench.memory import Highest
from bench.prepared import COARSE_SLUG, Prepared, prepare, server_on
from tests.support.running import ADMIN_KEY, RunningServer

SUBJECT: Final = "strangers"
PATH: Final = f"/s/{COARSE_SLUG}"
VISITORS_PER_SECOND: Final = 200
HELD: Final = 5_000
ADDRESSES: Final = 500
LIMIT_BYTES: Final = 1_000_000_000

HALF_HEADER: Final = b"GET /s/x HTTP/1.1\r\nHost: a\r\nX-A: "
HALF_BODY: Final = b"POST /t/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab"
HTTP2: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
EVENT: Final = b'{"kind":"delivery","url":"%s"}' % (b"u" * 1_400)
EVENTS: Final = b"[" + b",".join([EVENT] * 10_000) + b"]"

Say = Callable[[str], None]


def measure(directory: Path, rounds: int, seconds: float, say: Say) -> list[Measure]:
    """`seconds` of each load; visitors come for ten times as long."""
    if not wrk.installed():
        return [Measure(SUBJECT, "all", None, note=wrk.INSTALL)]
    directory.mkdir(parents=True, exist_ok=True)
    prepared = prepare(directory / "footfall", codes=1)
    return [
        *_new_connections(directory, prepared, rounds, seconds, say),
        *_visitors(prepared, 10 * seconds, say),
        *_attacks(prepared, seconds, say),
    ]


def _new_connections(
    directory: Path, prepared: Prepared, rounds: int, seconds: float, say: Say
) -> list[Measure]:
    """A scan on a new connection each, in turns with nginx."""
    script = wrk.write_script(directory, close=True)
    rates: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        say(f"scans on new connections, round {number + 1} of {rounds}")
        if shutil.which("nginx") or Path("/usr/sbin/nginx").exists():
            with peers.nginx(directory / "nginx") as url:
                rates["nginx"].append(wrk.run(url, seconds, script).rate)
        with closing(server_on(prepared.directory)) as server:
            server.start()
            rates["ours"].append(wrk.run(f"{server.url}{PATH}", seconds, script).rate)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    nginx = medians.get("nginx")
    return [
        Measure(
            SUBJECT,
            "a scan on a new connection / nginx return 302 with access log, also new",
            medians["ours"] / nginx if nginx else None,
            target=at_least(0.5),
            note="64 at a time, `Connection: close`"
            if nginx
            else "install nginx: apt-get install nginx-light",
        ),
        *(Measure(SUBJECT, f"rate, {name}", rate, "/s") for name, rate in medians.items()),
    ]


def _visitors(prepared: Prepared, seconds: float, say: Say) -> list[Measure]:
    measures = []
    for count in (0, HELD):
        beside = f", {count:,} idle connections beside" if count else ""
        say(f"{VISITORS_PER_SECOND} visitors a second{beside}")
        with closing(_public(prepared)) as server:
            server.start()
            idle = Strangers(server.port, count, ADDRESSES, seconds + 60)
            with crowd.held(idle) if count else nullcontext():
                seen = _see(server, VISITORS_PER_SECOND, seconds)
        what = f"{VISITORS_PER_SECOND} new visitors a second who keep their connection{beside}"
        measures += [
            Measure(
                SUBJECT,
                f"p99, {what}",
                seen.p99,
                "ms",
                at_most(50),
                f"{seconds:.0f} s, {seen.answered:,} answered; p50 {seen.p50:.1f} ms, "
                f"longest {seen.longest:.0f} ms",
            ),
            Measure(SUBJECT, f"not answered, {what}", seen.failed, "visitors", at_most(0)),
        ]
    return measures


def _public(prepared: Prepared) -> RunningServer:
    """A server that strangers reach without a proxy."""
    return RunningServer(prepared.directory, requests_per_minute=1_000_000)


def _see(server: RunningServer, rate: float, seconds: float) -> Seen:
    return crowd.see(Visits(server.port, PATH, rate, seconds))


# ── attacks, in 1 GB ──────────────────────────────────────────────────────────────────────────


class Bodies:
    """The same body again and again from so many connections with an admin key."""

    def __init__(self, server: RunningServer, body: bytes, encoding: str, at_once: int) -> None:
        self._server = server
        self._body = body
        self._headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Encoding": encoding}
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(at_once)]

    def _run(self) -> None:
        with httpx.Client(base_url=self._server.url, headers=self._headers, timeout=60) as client:
            while not self._stopping.is_set():
                try:
                    answer = client.post("/events", content=self._body)
                except httpx.TransportError:
                    continue
                if answer.status_code == 503:
                    self._stopping.wait(float(answer.headers["retry-after"]))

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()


Attack = Callable[[RunningServer, float], AbstractContextManager[None]]


def _strangers(connections: int, first: bytes = b"", times: int = 1) -> Attack:
    def attack(server: RunningServer, seconds: float) -> AbstractContextManager[None]:
        plan = Strangers(server.port, connections, ADDRESSES, seconds + 60, first, times)
        return crowd.held(plan)

    return attack


def _bodies(body: bytes, encoding: str, at_once: int) -> Attack:
    return lambda server, _: Bodies(server, body, encoding, at_once)


ATTACKS: Final[dict[str, Attack]] = {
    "nothing else": lambda *_: nullcontext(),
    "10,000 silent connections": _strangers(10_000),
    "5,000 half bodies": _strangers(5_000, HALF_BODY),
    "38 connections of HTTP/2": _strangers(38, HTTP2 + b"a" * 100_000, 20),
    "6,000 unfinished headers of 390 KB": _strangers(6_000, HALF_HEADER + b"a" * 390_000),
    "25 bodies of 15 MB at once": _bodies(EVENTS, "identity", 25),
    "60 bodies of gzip at once, 15 MB each": _bodies(gzip.compress(EVENTS, 9), "gzip", 60),
}


def _attacks(prepared: Prepared, seconds: float, say: Say) -> Iterator[Measure]:
    for name, attack in ATTACKS.items():
        say(f"in 1 GB: {name}")
        yield from _attacked(prepared, name, attack, seconds)


def _attacked(prepared: Prepared, name: str, attack: Attack, seconds: float) -> Iterator[Measure]:
    what = f"p99 of scans in 1 GB during {name}"
    with limited(LIMIT_BYTES) as group:
        if isinstance(group, str):
            yield Measure(SUBJECT, what, None, note=group)
            return
        with closing(_public(prepared)) as server:
            server.start(prefix=group.prefix)
            highest = Highest(server.pid)
            with attack(server, seconds):
                seen = _see(server, 50, max(seconds, 2))
            own = highest.stop()
            yield Measure(
                SUBJECT,
                what,
                seen.p99,
                "ms",
                at_most(100),
                f"{seen.answered} of {seen.answered + seen.failed} answered, longest "
                f"{seen.longest:.0f} ms; peak {group.peak() / 1e6:.0f} MB with files, "
                f"resident {own.all:.0f} ({own})",
            )
            lost = seen.failed + group.killed()
            yield Measure(SUBJECT, f"not answered, or killed, during {name}", lost, "", at_most(0))
