"""Trust: the books, how long events are kept, and what was erased."""

import re

import httpx
from playwright.sync_api import Browser, expect

from tests.browser.people import browser_of, enter, join, open_page
from tests.browser.walking import Dashboard, on_a_phone_too
from tests.conftest import StartServer
from tests.support.running import PHONE, wait_for
from tests.system.test_integrity import damage


@on_a_phone_too
def test_the_books_are_shown_by_hour(dashboard: Dashboard) -> None:
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("heading", name="The books balance").wait_for()
    page.get_by_text(re.compile(r"^All [\d,]+ rows balance")).wait_for()
    screens = page.evaluate("() => document.documentElement.scrollHeight / innerHeight")
    assert screens < 2
    page.get_by_text(re.compile(r"^Show all [\d,]+ rows")).click()
    rows = page.get_by_role("region", name="By source and hour")
    rows.get_by_text("balanced").first.wait_for()
    assert rows.get_by_role("row").count() == 13
    assert all(cell.is_visible() for cell in rows.get_by_role("row").nth(1).locator("td").all())
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_what_does_not_balance_stands_before_what_does(
    start_server: StartServer, chrome: Browser
) -> None:
    server = start_server()
    code = server.create_code()
    server.scan(code["slug"])
    server.client.post("/events", json=[{"kind": "delivery"}] * 3).raise_for_status()
    wait_for(lambda: server.client.get("/integrity").json()["totals"]["stored"] == 4 or None)
    server.stop()
    damage(server.data, "ALTER TABLE books DELETE WHERE source = 'openqr'")
    server.start()
    with browser_of(server, chrome) as context:
        enter(context, server, join(server, server.client, "owner"))
        page = context.new_page()
        open_page(page, "/trust", "Trust")
        page.get_by_role("heading", name="1 of 2 rows do not balance").wait_for()
        (row,) = page.get_by_role("region", name="What differs").locator("tbody tr").all()
        assert "Codes" in row.inner_text()
        assert not page.get_by_role("region", name="By source and hour").is_visible()


def test_each_part_of_trust_has_an_address(dashboard: Dashboard) -> None:
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("link", name="Retention").click()
    page.get_by_role("heading", name="How long events are kept").wait_for()
    page.reload()
    page.get_by_role("heading", name="How long events are kept").wait_for()
    current = page.get_by_role("navigation", name="Trust").get_by_role("link", name="Retention")
    assert current.get_attribute("aria-current") == "page"
    page.go_back()
    page.get_by_role("heading", name="The books balance").wait_for()
    dashboard.open("/trust/no-such-part", "Trust")
    page.wait_for_url(re.compile(r"/dashboard/trust(\?|$)"))


def test_rules_are_seen_before_they_take_anything(dashboard: Dashboard) -> None:
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("link", name="Retention").click()
    rules = page.get_by_role("group", name="All sources")
    rules.get_by_label("Days of raw events").fill("30")
    page.get_by_role("button", name="Preview deletion").click()
    row = page.get_by_role("row").filter(has_text="All sources")
    row.wait_for()
    assert "received before" in row.inner_text()
    going = row.get_by_role("cell").nth(2).inner_text()
    assert int(going.replace(",", "")) > 1_000
    keep = page.get_by_role("button", name="Apply retention rules")
    expect(keep).to_be_disabled()
    page.get_by_label(f"type the number of events: {going}").fill(going)
    expect(keep).to_be_enabled()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    (rule,) = dashboard.server.client.get("/retention").json()["rules"]
    assert (rule["raw_days"], rule["rollup_months"]) == (None, None)


def test_the_screen_says_what_ages_and_when_there_is_nothing_to_do(dashboard: Dashboard) -> None:
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("link", name="Retention").click()
    rules = page.get_by_role("group", name="All sources")
    rules.get_by_label("Days of raw events").fill("3000")
    rules.get_by_label("Counted since events").select_option("happened")
    page.get_by_role("button", name="Preview deletion").click()
    nothing = "Nothing to delete: no raw event of this rule happened before"
    page.get_by_role("status").filter(has_text=nothing).wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    page.get_by_role("link", name="Archives").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Leave").click()
    page.get_by_label("Every whole month before").fill("2025-01")
    page.get_by_label("Months in which events").select_option("happened")
    page.get_by_role("button", name="Write the files").click()
    nothing = "Nothing to archive: no raw event happened before 2025-01."
    page.get_by_role("status").filter(has_text=nothing).wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_an_archive_that_deletes_raw_events_asks_before_it_begins(dashboard: Dashboard) -> None:
    page = dashboard.open("/trust/archives", "Trust")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    page.get_by_label("Every whole month before").fill("2025-01")
    page.get_by_label("Months in which events").select_option("happened")
    page.get_by_label("Delete the raw events of archived months; counts stay").check()
    page.get_by_role("button", name="Write the files").click()
    question = page.get_by_role("dialog", name="Delete raw events?")
    question.get_by_text("every whole month before 2025-01 are deleted").wait_for()
    assert not dashboard.serious_violations()
    question.get_by_role("button", name="Cancel").click()
    question.wait_for(state="detached")
    assert not [url for url in sent if url.endswith("/archives")]
    page.get_by_role("button", name="Write the files").click()
    question.get_by_role("button", name="Write the files and delete").click()
    nothing = "Nothing to archive: no raw event happened before 2025-01."
    page.get_by_role("status").filter(has_text=nothing).wait_for()
    assert len([url for url in sent if url.endswith("/archives")]) == 1


def test_a_codes_scans_are_erased_with_a_receipt(dashboard: Dashboard) -> None:
    client = dashboard.server.client
    code = client.post("/v1/dynamic", json={"destination": "https://example.org/erase"}).json()
    link = f"{dashboard.server.url}/s/{code['slug']}"
    assert httpx.get(link, headers={"User-Agent": PHONE}).headers["x-footfall"] == "recorded"
    before = len(client.get("/deletions").json()["deletions"])
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("link", name="Erasure").click()
    page.get_by_label("Which resource").select_option("code")
    page.get_by_label("Its value").fill(code["id"])
    page.get_by_role("button", name="Preview deletion").click()
    erase = page.get_by_role("button", name="Erase 1 events for ever")
    expect(erase).to_be_disabled()
    page.get_by_label("type the number of events: 1").fill("2")
    expect(erase).to_be_disabled()
    page.get_by_label("type the number of events: 1").fill("1")
    erase.click()
    page.get_by_text("The erasure is written down").wait_for()
    assert not dashboard.serious_violations()
    receipts = page.get_by_role("region", name="Deletion log")
    expect(receipts.get_by_role("row")).to_have_count(1 + before + 1)
    newest = receipts.get_by_role("row").nth(1)
    newest.get_by_text("Done").wait_for()
    newest.get_by_role("button").click()
    page.get_by_role("dialog", name="Deletion report").get_by_text("reference code").wait_for()
    assert not dashboard.serious_violations()
    # An erasure of before may stand in the list as done until it is asked for again.
    wait_for(lambda: not client.get("/events", params={"code": code["id"]}).json()["events"])


def test_a_policy_is_seen_on_history_and_applied(dashboard: Dashboard) -> None:
    client = dashboard.server.client
    tracker = client.post("/trackers", json={"kind": "scan", "name": "Policy", "privacy": "full"})
    monitor = f"monitor{tracker.json()['id']}"
    sent = [{"kind": "scan", "tracker": tracker.json()["id"], "user_agent": f"{monitor}/2 (up)"}]
    assert client.post("/events", json=sent).json()["stored"] == 1
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("link", name="What counts").click()
    page.get_by_label("Is a bot").fill(monitor)
    page.get_by_role("button", name="See what would change").click()
    changes = page.get_by_role("region", name="What would change")
    changes.get_by_text(f"Bots · user agent: {monitor}").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    page.get_by_label("Why (a note for later)").fill(monitor)
    page.get_by_role("button", name="Apply to new and stored events").click()
    policies = page.get_by_role("region", name="Policies").get_by_role("row")
    policies.filter(has_text=monitor).get_by_text("In effect").wait_for()
    (event,) = client.get("/events", params={"tracker": tracker.json()["id"]}).json()["events"]
    assert event["verdict"] == "bot"
