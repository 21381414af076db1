"""How long until the overview can be used, in a browser without a head, over millions of events."""

import json
import time
from statistics import median
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from bench.measures import Measure, at_most
from tests.programs import browser as chromium
from tests.running import RunningServer

SUBJECT: Final = "dashboard"
TIMES: Final = 7
MILLISECONDS_MAX: Final = 1_000
EMAIL: Final = "bench@example.org"
PASSWORD: Final = "a browser without a head"


def ask(server: RunningServer) -> list[float]:
    """Milliseconds from opening the address to an overview that stands: numbers, chart, rankings,
    map. The first two warm the browser's cache and the engine's."""
    invited = server.client.post(
        "/members", json={"email": EMAIL, "name": "Bench", "role": "viewer"}
    ).json()
    token = invited["link"].partition("#")[2]
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        taken = _open(chrome, server, token)
        chrome.close()
    return taken


def _open(chrome: Browser, server: RunningServer, token: str) -> list[float]:
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
        page.get_by_role("img", name="Countries").wait_for()
        page.wait_for_function("() => !document.querySelector('.loading')")
        taken.append((time.perf_counter() - began) * 1000)
    context.close()
    return taken[2:]


def report(name: str, taken: list[float]) -> Measure:
    return Measure(
        SUBJECT,
        f"opening the overview, {name} events",
        median(taken),
        "ms",
        at_most(MILLISECONDS_MAX),
        f"until numbers, chart, rankings and map stand; longest {max(taken):.0f} ms",
    )
