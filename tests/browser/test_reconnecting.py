"""What is shown as it is recorded, over proxies, limits and networks that fail."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.people import browser_of, enter, join, open_page
from tests.browser.walking import PATIENCE_MS
from tests.support.running import PHONE, RunningServer

LIVE = re.compile(r"/events/live\?")
OPEN = "Live"


@pytest.fixture
def image(server: RunningServer) -> str:
    """What records an event when it is opened."""
    made = server.client.post("/trackers", json={"kind": "open", "name": "Reconnecting"}).json()
    return f"{server.url}/t/{made['slug']}.gif"


@pytest.fixture
def page(server: RunningServer, chrome: Browser, image: str) -> Iterator[Page]:
    """An owner's, of an account with an event: without one there is no live list."""
    record(image)
    with browser_of(server, chrome) as context:
        enter(context, server, join(server, server.client, "owner"))
        page = context.new_page()
        page.clock.install()
        yield page


def record(image: str) -> None:
    httpx.get(image, headers={"User-Agent": PHONE}).raise_for_status()


def refuse(page: Page, status: int, headers: dict[str, str] | None = None) -> list[str]:
    """The next attempts to follow are answered so, by a proxy or the server, until unrouted."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=status, headers=headers or {}, body="<html>Bad gateway</html>")

    page.route(LIVE, answer)
    return asked


def run_until(page: Page, shown: Locator) -> None:
    """Move the page's clock on. Requests meanwhile take real time, more on a loaded machine."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        if shown.is_visible():
            return
        page.clock.run_for(2_000)
    pytest.fail(f"{shown} is not shown")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (502, "The server cannot show events now."),
        (504, "The server cannot show events now."),
        (500, "The server cannot show events now."),
        (200, "The server cannot show events now."),
        (503, "The server is busy."),
        (429, "The server is busy."),
    ],
)
def test_a_live_list_goes_on_after_an_answer_that_is_no_stream(
    page: Page, image: str, status: int, says: str
) -> None:
    asked = refuse(page, status)
    record(image)
    open_page(page, "/", "Overview")
    page.get_by_text(re.compile(rf"^{says} Trying again in \d+ s\.$")).wait_for()
    feed = page.get_by_role("list", name="Live").get_by_role("listitem")
    before = feed.count()
    for _ in range(20):
        page.clock.run_for(2_000)
        if len(asked) > 2:
            break
    assert len(asked) > 2
    page.unroute(LIVE)
    record(image)
    run_until(page, page.locator(".pulse", has_text=OPEN))
    # What came meanwhile is there, once.
    first = re.compile(r"^Open")
    expect(feed.filter(has_text=first)).not_to_have_count(0)
    assert before <= feed.count() <= 6


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("store_unavailable", "The server is busy."),
        ("error", "The server cannot show events now."),
    ],
)
def test_a_stream_that_ends_with_an_error_says_why_and_goes_on(
    page: Page, code: str, says: str
) -> None:
    end = f'retry: 2000\n: following\n\nevent: error\ndata: {{"error": "x", "code": "{code}"}}\n\n'
    page.route(LIVE, lambda route: route.fulfill(content_type="text/event-stream", body=end))
    open_page(page, "/", "Overview")
    page.get_by_text(re.compile(rf"^{says} Trying again in \d+ s\.$")).wait_for()
    page.unroute(LIVE)
    run_until(page, page.locator(".pulse", has_text=OPEN))


def test_it_comes_back_when_the_server_says_and_not_before(page: Page) -> None:
    asked = refuse(page, 503, {"Retry-After": "120"})
    open_page(page, "/", "Overview")
    page.get_by_text("The server is busy. Trying again in 120 s.").wait_for()
    page.clock.run_for(110_000)
    assert len(asked) == 1
    page.unroute(LIVE)
    run_until(page, page.locator(".pulse", has_text=OPEN))


def test_a_network_that_is_cut_is_told_and_events_meanwhile_are_not_lost(
    page: Page, server: RunningServer
) -> None:
    made = server.client.post("/trackers", json={"kind": "open", "name": "Cut"}).json()
    image = f"{server.url}/t/{made['slug']}.gif"
    record(image)
    open_page(page, f"/events?days=1&f.tracker={made['id']}", "Events")
    page.get_by_role("checkbox", name="Live").check()
    page.locator(".pulse", has_text=OPEN).wait_for()
    rows = page.get_by_role("region", name="Events", exact=True).get_by_role("row")
    page.context.set_offline(True)
    # Nothing arrives, also no end: after a while the silence is one.
    page.clock.run_for(41_000)
    page.get_by_text("No connection to the server. Trying again in").wait_for()
    expect(rows).to_have_count(2)  # with their heading
    for _ in range(3):
        record(image)
    page.context.set_offline(False)
    run_until(page, page.locator(".pulse", has_text=OPEN))
    expect(rows).to_have_count(5)


def test_a_door_says_that_it_is_not_connected(page: Page, server: RunningServer) -> None:
    asked = {"reader": {"name": "Gate", "id": "reconnecting"}}
    server.client.post("/api/v1/entities/default/readers", json=asked)
    refuse(page, 502)
    open_page(page, "/passes", "Live scans")
    expect(page.get_by_text("The server cannot show events now.")).to_have_count(2)
    page.unroute(LIVE)
    run_until(page, page.locator(".pulse", has_text=OPEN))


def test_a_live_list_of_somebody_who_was_signed_out_leads_to_the_sign_in(
    page: Page, server: RunningServer
) -> None:
    open_page(page, "/", "Overview")
    page.locator(".pulse", has_text=OPEN).wait_for()
    token = page.request.get("/session").json()["csrf"]
    page.request.delete("/session", headers={"X-Footfall-Csrf": token})
    run_until(page, page.get_by_role("button", name="Sign in"))
