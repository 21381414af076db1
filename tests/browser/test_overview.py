"""The first page: what was counted, from where, and why so many."""

import re

import httpx

from tests.browser.walking import Dashboard
from tests.support.running import PHONE


def test_the_overview_shows_what_was_counted_and_why(dashboard: Dashboard) -> None:
    page = dashboard.open("/", "Overview")
    page.get_by_role("img", name="Over time").wait_for()
    page.get_by_role("listbox", name="Countries").wait_for()
    number = page.get_by_role("button", name=re.compile(r"^[\d,]+ events: why"))
    number.first.click()
    waterfall = page.get_by_role("dialog", name="Why this many events")
    waterfall.get_by_text("Received").wait_for()
    waterfall.get_by_text("Bots").wait_for()
    assert not dashboard.serious_violations()
    page.keyboard.press("Escape")
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_every_number_of_a_ranking_opens_to_why(dashboard: Dashboard) -> None:
    page = dashboard.open("/", "Overview")
    sources = page.get_by_role("list", name="By source")
    number = sources.get_by_role("button", name=re.compile("events: Codes: why"))
    shown = number.inner_text()
    number.click()
    waterfall = page.get_by_role("dialog", name="Why this many events: Codes")
    waterfall.get_by_role("link", name="Counted").wait_for()
    assert shown in waterfall.inner_text()


def test_a_scan_appears_while_one_looks(dashboard: Dashboard) -> None:
    page = dashboard.open("/", "Overview")
    feed = page.get_by_role("list", name="Live")
    page.locator(".pulse", has_text="Live").wait_for()
    code = dashboard.server.client.get("/v1/dynamic", params={"limit": 1}).json()["codes"][0]
    scan = httpx.get(f"{dashboard.server.url}/s/{code['slug']}", headers={"User-Agent": PHONE})
    assert scan.headers["x-footfall"] == "recorded"
    (event,) = dashboard.server.client.get("/events", params={"limit": 1}).json()["events"]
    assert event["code"] == code["id"]
    feed.locator(f"a[href*='/{event['id']}?']").wait_for()
