"""How long until the overview can be used, in a browser without a head, over millions of events;
and until a scan by somebody else stands in its live feed.
"""

import json
import time
from statistics import median
from typing import Any, Final

import msgspec
from playwright.sync_api import Browser, sync_playwright

from bench.measures import Measure, at_most
from footfall.web.dashboard import BUILD, INDEX
from tests.support.programs import browser as chromium
from tests.support.running import RunningServer

SUBJECT: Final = "dashboard"
TIMES: Final = 7
SCANS: Final = 10
MILLISECONDS_MAX: Final = 1_000
EMAIL: Final = "bench@example.org"
PASSWORD: Final = "a browser without a head"

STANDS: Final = """() => document.querySelector('[role="img"][aria-label="Countries"]')
    && !document.querySelector('.loading')"""
"""Asked for every frame: a locator's `wait_for` looks every half second after the first quarter."""


class Seen(msgspec.Struct, frozen=True):
    """Milliseconds. `opened`: from opening the address to an overview that stands: numbers, chart,
    rankings, map. `live`: from before a scan is sent to when it stands in the feed."""

    opened: list[float]
    live: list[float]


def ask(server: RunningServer, slug: str) -> Seen | None:
    """In a new browser; the first two openings warm its cache and the engine's. None where the
    dashboard is not built."""
    if not (BUILD / INDEX).is_file():
        return None
    invited = server.client.post(
        "/members", json={"email": EMAIL, "name": "Bench", "role": "viewer"}
    ).json()
    token = invited["link"].partition("#")[2]
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        seen = _look(chrome, server, token, slug)
        chrome.close()
    return seen


def _look(chrome: Browser, server: RunningServer, token: str, slug: str) -> Seen:
    context = chrome.new_context(base_url=f"http://localhost:{server.port}")
    body = json.dumps({"token": token, "password": PASSWORD})
    signed = context.request.post(
        "/session/welcome", data=body, headers={"Content-Type": "application/json"}
    )
    assert signed.ok, signed.text()
    page: Any = context.new_page()
    taken = []
    for _ in range(TIMES):
        page.goto("about:blank")
        began = time.perf_counter()
        page.goto("/dashboard/", wait_until="commit")
        page.wait_for_function(STANDS)
        taken.append((time.perf_counter() - began) * 1000)
    page.locator(".pulse", has_text="Live").wait_for()
    live = [_scan(page, server, slug) for _ in range(SCANS)]
    context.close()
    return Seen(taken[2:], live)


def _scan(page: Any, server: RunningServer, slug: str) -> float:
    newest = page.locator(".feed a").first.get_attribute("href")
    began = time.perf_counter()
    assert server.scan(slug).headers["x-footfall"] == "recorded"
    page.wait_for_function(
        "before => document.querySelector('.feed a').getAttribute('href') !== before", arg=newest
    )
    return (time.perf_counter() - began) * 1000


def report(name: str, seen: Seen | None) -> list[Measure]:
    if seen is None:
        note = "the dashboard is not built: it needs Node.js, and make dashboard"
        return [Measure(SUBJECT, f"opening the overview, {name} events", None, note=note)]
    return [
        Measure(
            SUBJECT,
            f"opening the overview, {name} events",
            median(seen.opened),
            "ms",
            at_most(MILLISECONDS_MAX),
            f"until numbers, chart, rankings and map stand; longest {max(seen.opened):.0f} ms",
        ),
        Measure(
            SUBJECT,
            f"a scan by somebody else stands in the live feed, {name} events",
            median(seen.live),
            "ms",
            at_most(MILLISECONDS_MAX),
            f"of {SCANS}, the longest {max(seen.live):.0f} ms",
        ),
    ]
