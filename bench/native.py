"""The native API over a store: pages near and far, a file of many events, a report of a month."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final, NamedTuple

import httpx

from bench.measures import Measure, at_least, at_most
from footfall.core.ids import to_text
from tests.support.running import RunningServer

SUBJECT: Final = "native"
TIMES: Final = 24
EXPORTED: Final = 200_000
DAY_MS: Final = 86_400_000
REPORT: Final = "report of 30 days by country"
ROW: Final = "ndjson, a row"
FIRST: Final = "first page of 100"
FAR: Final = "page after all but 99 events"
FILTERED: Final = "first page of 100 with two filters"


class Turn(NamedTuple):
    """Medians in milliseconds: what the engine takes, and right after it the server."""

    bare: dict[str, float]
    asked: dict[str, float]


def export_span(events: int, days: int) -> int:
    """So many milliseconds before now hold about EXPORTED of the events."""
    return days * DAY_MS * min(EXPORTED, events) // events


def ask(server: RunningServer, events: int, days: int) -> dict[str, float]:
    """Medians in milliseconds."""

    def page(**query: Any) -> Callable[[], httpx.Response]:
        return lambda: server.client.get("/events", params={"limit": 100, "total": "none", **query})

    first = page()().json()
    oldest = page(order="oldest")().json()["events"][-1]["id"]
    # The first page's own cursor, moved to where only the oldest hundred are left.
    _, as_of, asked, _ = first["next"].split("-")
    far = "-".join((to_text(int(oldest)), as_of, asked, ""))
    assert len(page(cursor=far)().json()["events"]) == 99
    month = {
        "dimensions": ["country"],
        "metrics": ["events", "counted"],
        "since": (datetime.now(UTC) - timedelta(days=30)).date().isoformat(),
    }
    since = datetime.now(UTC) - timedelta(milliseconds=export_span(events, days))
    return {
        FIRST: milliseconds(page()),
        FAR: milliseconds(page(cursor=far)),
        FILTERED: milliseconds(page(country="NL", device="mobile")),
        REPORT: milliseconds(lambda: server.client.post("/reports", json=month)),
        ROW: stream_milliseconds(server, since),
    }


def milliseconds(ask_once: Callable[[], httpx.Response]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        response = ask_once()
        taken.append((time.perf_counter() - began) * 1000)
        assert response.status_code == 200, response.text
    return median(taken[TIMES // 4 :])


def stream_milliseconds(server: RunningServer, since: datetime) -> float:
    """A row of one long answer."""
    query = {"format": "ndjson", "received_at.from": since.isoformat()}
    rows = 0
    began = time.perf_counter()
    with server.client.stream("GET", "/events", params=query) as response:
        for piece in response.iter_raw():
            rows += piece.count(b"\n")
    return (time.perf_counter() - began) * 1000 / max(rows, 1)


def report(name: str, turns: Sequence[Turn]) -> list[Measure]:
    """Each the median over the turns: the machine's speed changes between them."""
    near, far, month = (_median(turns, key) for key in (FIRST, FAR, REPORT))
    row = _median(turns, ROW)
    bare_month, bare_row = (median(turn.bare[key] for turn in turns) for key in (REPORT, ROW))
    return [
        Measure(
            SUBJECT,
            f"a page after all but 99 events / the first, {name}",
            median(turn.asked[FAR] / turn.asked[FIRST] for turn in turns),
            target=at_most(1.2),
            note=f"{far:.1f} ms / {near:.1f} ms",
        ),
        Measure(SUBJECT, f"{FILTERED}, {name}", _median(turns, FILTERED), "ms"),
        Measure(
            SUBJECT,
            f"rows a second of NDJSON / the engine's own into a socket, {name}",
            median(turn.bare[ROW] / turn.asked[ROW] for turn in turns),
            target=at_least(0.7),
            note=f"{1000 / row:,.0f} / {1000 / bare_row:,.0f} rows a second, every field",
        ),
        Measure(SUBJECT, f"{REPORT}, {name}", month, "ms", target=at_most(30)),
        Measure(
            SUBJECT,
            f"the same / the bare query, {name}",
            median(turn.asked[REPORT] / turn.bare[REPORT] for turn in turns),
            target=at_most(2),
            note=f"{month:.1f} ms / {bare_month:.1f} ms",
        ),
    ]


def compare(middle: Sequence[Turn], large: Sequence[Turn]) -> Measure:
    here, there = _median(large, FILTERED), _median(middle, FILTERED)
    return Measure(
        SUBJECT,
        f"{FILTERED}, 100 M / 10 M",
        here / there,
        target=at_most(1.5),
        note=f"{here:.1f} ms / {there:.1f} ms",
    )


def _median(turns: Sequence[Turn], name: str) -> float:
    return median(turn.asked[name] for turn in turns)
