"""The durable redirect against nginx, against the same server's empty 302, and against what a
user would write alone. The servers run in turn, several rounds of all; medians count.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Final

from bench import peers, wrk
from bench.measures import Measure, at_least, at_most
from bench.prepared import COARSE_SLUG, FULL_SLUG, Prepared, prepare, server_on
from bench.sample import Asked, Kept, sample
from bench.watching import Dashboard, LagWatch, settle
from bench.wrk import Load
from footfall.capture.link_key import LinkKey
from footfall.capture.signed_links import SignedLink, Signer
from footfall.core.events import EventKind

SUBJECT: Final = "redirect"
OURS: Final = ("coarse", "full", "pixel", "dashboard")
"""Loads of Footfall: of a coarse code, of a full-privacy tracker, of a signed pixel of the same
tracker, beside a dashboard."""

Say = Callable[[str], None]


def measure(directory: Path, rounds: int, seconds: float, dsn: str, say: Say) -> list[Measure]:
    """`dsn` of a PostgreSQL for the naive server, "" for SQLite."""
    if not wrk.installed():
        return [Measure(SUBJECT, "all", None, note=wrk.INSTALL)]
    directory.mkdir(parents=True, exist_ok=True)
    script = wrk.write_script(directory)
    prepared = prepare(directory / "footfall", codes=1)
    loads: dict[str, list[Load]] = defaultdict(list)
    lags: list[float] = []
    recorded = answered = 0
    for number in range(rounds):
        say(f"redirect, round {number + 1} of {rounds}")
        if shutil.which("nginx") or Path("/usr/sbin/nginx").exists():
            with peers.nginx(directory / "nginx") as url:
                loads["nginx"].append(wrk.run(url, seconds, script))
        with peers.empty() as url:
            loads["empty"].append(wrk.run(url, seconds, script))
        with peers.naive(directory / "naive", dsn) as url:
            loads["naive"].append(wrk.run(url, seconds, script))
        made, lag, count = _footfall(prepared, seconds, script)
        for name, load in made.items():
            loads[name].append(load)
            answered += load.answers - load.errors
        lags.append(lag)
        recorded += count
    say("redirect: counting what is stored")
    kept = sample(Asked(kind="count", directory=str(prepared.directory)), Kept)
    return [
        *_ratios(loads, dsn),
        Measure(
            SUBJECT,
            "loader's lag under load, longest",
            max(lags),
            "s",
            at_most(1.0),
            "age of the oldest event not yet in the store, by /health",
        ),
        Measure(
            SUBJECT,
            "answered − stored",
            float(max(recorded, answered) - kept.ids),
            "events",
            at_most(0),
            f"wrk saw {answered:,} answers, the server recorded {recorded:,}, "
            f"the store has {kept.rows:,} rows with {kept.ids:,} ids",
        ),
        Measure(
            SUBJECT,
            "failed answers",
            float(sum(load.errors for name in OURS for load in loads[name])),
            "answers",
            at_most(0),
        ),
    ]


def _footfall(
    prepared: Prepared, seconds: float, script: Path
) -> tuple[dict[str, Load], float, int]:
    """Loads of one start, the longest lag in seconds, and how many scans it says it recorded."""
    with closing(server_on(prepared.directory)) as server:
        server.start()
        loads = {}
        with LagWatch(server) as coarse_lag:
            loads["coarse"] = wrk.run(f"{server.url}/s/{COARSE_SLUG}", seconds, script)
        settle(server)
        with LagWatch(server) as full_lag:
            loads["full"] = wrk.run(f"{server.url}/s/{FULL_SLUG}", seconds, script)
        settle(server)
        loads["pixel"] = wrk.run(f"{server.url}/p/{sign_pixel(prepared)}.gif", seconds, script)
        settle(server)
        with Dashboard(server, prepared.subjects[0].code):
            loads["dashboard"] = wrk.run(f"{server.url}/s/{COARSE_SLUG}", seconds, script)
        recorded = settle(server)
    return loads, max(coarse_lag.seconds_max, full_lag.seconds_max), recorded


def sign_pixel(prepared: Prepared) -> str:
    """As a mailing has it: an open of one destination."""
    signer = Signer(LinkKey(prepared.directory / "link-key").key)
    references = {"emailing": "12", "destination": "3456", "profile": "789"}
    return signer.write(SignedLink(prepared.full, EventKind.OPEN, references, "3456"))


def _ratios(loads: dict[str, list[Load]], dsn: str) -> list[Measure]:
    rates = {name: median(load.rate for load in runs) for name, runs in loads.items()}
    nginx_rate = rates.get("nginx")
    measures = []
    for name, text in (("coarse", "a coarse code"), ("full", "a full-privacy tracker")):
        measures += [
            Measure(
                SUBJECT,
                f"{text} / nginx return 302 with access log",
                rates[name] / nginx_rate if nginx_rate else None,
                target=at_least(0.15),
                note="" if nginx_rate else "install nginx: apt-get install nginx-light",
            ),
            Measure(SUBJECT, f"{text} / same server's empty 302", rates[name] / rates["empty"]),
            Measure(
                SUBJECT,
                f"{text} / uvicorn and {'PostgreSQL' if dsn else 'SQLite'} alone",
                rates[name] / rates["naive"],
                target=at_least(3),
            ),
        ]
    measures.append(
        Measure(
            SUBJECT,
            "a signed pixel / the redirect, both of a full-privacy tracker",
            rates["pixel"] / rates["full"],
            target=at_least(0.9),
        )
    )
    calm, busy = loads["coarse"], loads["dashboard"]
    measures += [
        Measure(
            SUBJECT,
            "p99 while a dashboard asks every 200 ms",
            median(load.p99 for load in busy),
            "ms",
            at_most(10),
            f"p50 {median(load.p50 for load in busy):.1f} ms; without the dashboard "
            f"p50 {median(load.p50 for load in calm):.1f} ms, "
            f"p99 {median(load.p99 for load in calm):.1f} ms",
        )
    ]
    measures += [Measure(SUBJECT, f"rate, {name}", rate, "/s") for name, rate in rates.items()]
    return measures
