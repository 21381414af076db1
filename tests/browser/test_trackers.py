"""Trackers of web pages, and those that stand behind other things."""

import re

import httpx

from tests.browser.walking import Dashboard
from tests.support.running import PHONE


def test_a_tracker_is_made_put_into_a_page_paused_and_deleted(dashboard: Dashboard) -> None:
    page = dashboard.open("/trackers", "Trackers")
    page.get_by_role("button", name="Create a tracker").first.click()
    page.get_by_role("textbox", name="Name").fill("Front page")
    page.get_by_role("button", name="Create it").click()
    dashboard.heading("Front page").wait_for()
    (slug,) = re.findall(r'data-tracker="(\w+)"', page.inner_text("pre"))
    page.locator(".pulse", has_text="Live").wait_for()
    headers = {"User-Agent": PHONE, "Referer": "https://example.org/"}
    httpx.get(f"{dashboard.server.url}/t/{slug}.gif", headers=headers)
    page.get_by_role("list", name="Live").get_by_role("link", name="Impression").wait_for()
    page.get_by_role("button", name="1 events: why this many?").first.wait_for()
    page.get_by_role("button", name="Image").click()
    page.get_by_text(f"/t/{slug}.gif").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("It is paused: events are kept, and not counted.").wait_for()
    page.get_by_role("button", name="Change").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Name", exact=True).fill("Home page")
    page.get_by_role("button", name="Save").click()
    dashboard.heading("Home page").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()

    dashboard.open("/trackers", "Trackers")
    page.get_by_label("Status").select_option("Paused")
    page.get_by_role("link", name="Home page").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    dashboard.heading("Trackers").wait_for()
    page.get_by_label("Search").fill("Home page")
    page.get_by_text("No trackers match your filters").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_a_tracker_leads_to_the_code_that_it_counts_for(dashboard: Dashboard) -> None:
    page = dashboard.open("/trackers", "Trackers")
    page.get_by_label("Of", exact=True).select_option("Everything")
    page.get_by_label("Search").fill("Menu, table")
    page.get_by_role("link", name="Menu, table cards").click()
    page.get_by_role("link", name="Open the code").click()
    page.get_by_role("img", name="QR symbol of Menu, table cards").wait_for()
