"""The native API over a store: pages near and far, a file of many events, a report of a month."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final

import httpx

from bench.measures import Measure, at_least, at_most
from footfall.core.ids import to_text
from tests.running import RunningServer

SUBJECT: Final = "native"
TIMES: Final = 24
STREAMS: Final = 3
EXPORTED: Final = 200_000
DAY_MS: Final = 86_400_000
FILTERED: Final = "first page of 100 with two filters"


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
        "first page of 100": milliseconds(page()),
        f"page of 100 after all but 99 of {events:,}": milliseconds(page(cursor=far)),
        FILTERED: milliseconds(page(country="NL", device="mobile")),
        "report of 30 days by country": milliseconds(
            lambda: server.client.post("/reports", json=month)
        ),
        "ndjson, a row": median(stream_milliseconds(server, since) for _ in range(STREAMS)),
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


def report(name: str, asked: dict[str, float], bare: dict[str, float]) -> list[Measure]:
    near, far, filtered, month, row = asked.values()
    bare_month, bare_row = bare["report of 30 days by country"], bare["ndjson, a row"]
    return [
        Measure(
            SUBJECT,
            f"a page after all but 99 events / the first, {name}",
            far / near,
            target=at_most(1.2),
            note=f"{far:.1f} ms / {near:.1f} ms",
        ),
        Measure(SUBJECT, f"{FILTERED}, {name}", filtered, "ms"),
        Measure(
            SUBJECT,
            f"rows a second of NDJSON / the engine's own into a socket, {name}",
            bare_row / row,
            target=at_least(0.7),
            note=f"{1000 / row:,.0f} / {1000 / bare_row:,.0f} rows a second, every field",
        ),
        Measure(SUBJECT, f"report of 30 days by country, {name}", month, "ms", target=at_most(30)),
        Measure(
            SUBJECT,
            f"the same / the bare query, {name}",
            month / bare_month,
            target=at_most(2),
            note=f"{month:.1f} ms / {bare_month:.1f} ms",
        ),
    ]


def compare(middle: dict[str, float], large: dict[str, float]) -> Measure:
    return Measure(
        SUBJECT,
        f"{FILTERED}, 100 M / 10 M",
        large[FILTERED] / middle[FILTERED],
        target=at_most(1.5),
        note=f"{large[FILTERED]:.1f} ms / {middle[FILTERED]:.1f} ms",
    )
