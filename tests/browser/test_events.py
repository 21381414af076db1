"""The explorer: finding events, reading one, and taking them along."""

import csv
import json
import re
import subprocess

import httpx
from playwright.sync_api import Page, expect

from tests.browser.walking import Dashboard, on_a_phone_too
from tests.support.running import PHONE

ROWS = "region", "Events"


@on_a_phone_too
def test_filters_pages_and_a_file_of_what_is_shown(dashboard: Dashboard) -> None:
    page = dashboard.open("/events?days=365", "Events")
    _add_filter(page, "Country", "Germany")
    page.get_by_role("button", name="Change the filter: Country is Germany").wait_for()
    of_germany = _count(dashboard, country="DE")
    assert _total(page, of_germany)
    rows = page.get_by_role("region", name="Events", exact=True).get_by_role("row")
    expect(rows).to_have_count(51)
    first = rows.nth(1).inner_text()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_text("Page 2").wait_for()
    expect(rows.nth(1)).not_to_have_text(first)
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()

    page.get_by_role("button", name="Copy as curl").click()
    shown = _run(dashboard, page.evaluate("() => navigator.clipboard.readText()"))
    links = [row.get_attribute("href") or "" for row in rows.get_by_role("link").all()]
    assert [one["id"] for one in shown["events"]] == [
        link.split("/")[-1].split("?")[0] for link in links
    ]

    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export events")
    dialog.get_by_text(f"{of_germany:,} events").wait_for()
    dialog.get_by_role("button", name="Create the file").click()
    with page.expect_download() as downloading:
        dialog.get_by_role("link", name=re.compile("Download: CSV")).first.click()
    with downloading.value.path().open() as file:
        assert {row["country"] for row in csv.DictReader(file)} == {"DE"}
    assert not dashboard.serious_violations()
    dialog.get_by_role("button", name=re.compile("Delete CSV")).first.click()
    dialog.get_by_text("No file yet").wait_for()


def test_what_matches_nothing_says_which_filter_to_remove(dashboard: Dashboard) -> None:
    page = dashboard.open("/events?days=365&f.country=DE&f.browser=toaster", "Events")
    page.get_by_role("heading", name="No event matches all of these filters").wait_for()
    page.get_by_text("Without “Browser is toaster”").wait_for()
    assert page.get_by_text("Without “Country is Germany”").count() == 0
    assert not dashboard.serious_violations()
    page.get_by_text("Remove it").click()
    assert _total(page, _count(dashboard, country="DE"))


def test_an_event_tells_why_it_does_not_count(dashboard: Dashboard) -> None:
    page = dashboard.open("/events?days=365&f.verdict=bot", "Events")
    page.get_by_role("region", name="Events", exact=True).get_by_role("link").first.click()
    dashboard.heading("Event").wait_for()
    page.get_by_text("It does not count: a program sent the request, not a person.").wait_for()
    page.get_by_text("Reason: user agent").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    page.get_by_role("button", name="Copy").first.click()
    copied = json.loads(page.evaluate("() => navigator.clipboard.readText()"))
    assert copied == dashboard.server.client.get(f"/events/{copied['id']}").json()
    page.get_by_role("link", name="Back to the events").click()
    page.get_by_role("button", name="Change the filter: Verdict is Bots").wait_for()


def test_newer_events_wait_for_a_click_and_come_by_themselves_when_live(
    dashboard: Dashboard,
) -> None:
    page = dashboard.open("/events?f.verdict=counted&days=1", "Events")
    page.get_by_text("As of").wait_for()
    _scan(dashboard)
    page.get_by_text("1 newer").wait_for()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("1 newer")).to_have_count(0)
    page.get_by_role("checkbox", name="Live").check()
    page.locator(".pulse", has_text="Live").wait_for()
    rows = page.get_by_role("region", name="Events", exact=True).get_by_role("row")
    before = rows.nth(1).get_by_role("link").get_attribute("href")
    _scan(dashboard)
    expect(rows.nth(1).get_by_role("link")).not_to_have_attribute("href", str(before))
    assert not dashboard.serious_violations()


def test_chosen_columns_stay_chosen(dashboard: Dashboard) -> None:
    page = dashboard.open("/events?days=365", "Events")
    page.get_by_role("button", name="Columns").click()
    dialog = page.get_by_role("dialog", name="Columns")
    dialog.get_by_role("checkbox", name="Language").check()
    dialog.get_by_role("checkbox", name="Kind").uncheck()
    assert not dashboard.serious_violations()
    page.reload()
    page.get_by_role("columnheader", name="Language").wait_for()
    assert page.get_by_role("columnheader", name="Kind").count() == 0


def _add_filter(page: Page, field: str, value: str) -> None:
    page.get_by_role("button", name="Add a filter").click()
    dialog = page.get_by_role("dialog", name="Add a filter")
    dialog.get_by_label("Field").select_option(label=field)
    dialog.get_by_role("checkbox", name=value).check()
    dialog.get_by_role("button", name="Filter", exact=True).click()


def _total(page: Page, events: int) -> bool:
    page.get_by_role("button", name=f"{events:,} events: why this many?").wait_for()
    return True


def _count(dashboard: Dashboard, **filters: str) -> int:
    asked = {"limit": "1", "total": "exact", **filters}
    return int(dashboard.server.client.get("/events", params=asked).json()["total"]["events"])


def _run(dashboard: Dashboard, command: str) -> dict[str, list[dict[str, str]]]:
    """What a command answers that somebody pastes into a terminal."""
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"KEY": dashboard.server.key, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        timeout=20,
    )
    answer: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
    return answer


def _scan(dashboard: Dashboard) -> None:
    code = dashboard.server.client.get("/v1/dynamic", params={"limit": 1}).json()["codes"][0]
    scan = httpx.get(f"{dashboard.server.url}/s/{code['slug']}", headers={"User-Agent": PHONE})
    assert scan.headers["x-footfall"] == "recorded"
