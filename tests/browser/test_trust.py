"""Trust: the books, how long events are kept, and what was erased."""

import httpx

from tests.browser.walking import Dashboard
from tests.running import PHONE


def test_the_books_are_shown_by_hour(dashboard: Dashboard) -> None:
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("heading", name="The books balance").wait_for()
    page.get_by_role("region", name="By source and hour").get_by_text("balanced").first.wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_rules_are_seen_before_they_take_anything(dashboard: Dashboard) -> None:
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("button", name="Retention").click()
    rules = page.get_by_role("group", name="All sources")
    rules.get_by_label("Days of raw events").fill("30")
    page.get_by_role("button", name="See what would go").click()
    row = page.get_by_role("row").filter(has_text="All sources")
    row.wait_for()
    assert int(row.get_by_role("cell").nth(2).inner_text().replace(",", "")) > 1_000
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    (rule,) = dashboard.server.client.get("/retention").json()["rules"]
    assert rule == {"source": "*", "raw_days": None, "rollup_months": None}


def test_a_codes_scans_are_erased_with_a_receipt(dashboard: Dashboard) -> None:
    client = dashboard.server.client
    code = client.post("/v1/dynamic", json={"destination": "https://example.org/erase"}).json()
    link = f"{dashboard.server.url}/s/{code['slug']}"
    assert httpx.get(link, headers={"User-Agent": PHONE}).headers["x-footfall"] == "recorded"
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("button", name="Erasure").click()
    page.get_by_label("Which noun").select_option("code")
    page.get_by_label("Its value").fill(code["id"])
    page.get_by_role("button", name="See what would go").click()
    page.get_by_role("button", name="Erase 1 events for ever").click()
    page.get_by_text("The erasure is written down").wait_for()
    assert not dashboard.serious_violations()
    receipts = page.get_by_role("region", name="What took events away")
    newest = receipts.get_by_role("row").nth(1)
    newest.get_by_text("Done").wait_for()
    newest.get_by_role("button").click()
    page.get_by_role("dialog", name="Receipt").get_by_text("reference code").wait_for()
    assert not dashboard.serious_violations()
    assert client.get("/events", params={"code": code["id"]}).json()["events"] == []


def test_a_policy_is_seen_on_history_and_applied(dashboard: Dashboard) -> None:
    client = dashboard.server.client
    tracker = client.post("/trackers", json={"kind": "scan", "name": "Policy", "privacy": "full"})
    monitor = f"monitor{tracker.json()['id']}"
    told = [{"kind": "scan", "tracker": tracker.json()["id"], "user_agent": f"{monitor}/2 (up)"}]
    assert client.post("/events", json=told).json()["stored"] == 1
    page = dashboard.open("/trust", "Trust")
    page.get_by_role("button", name="What counts").click()
    page.get_by_label("Is a bot").fill(monitor)
    page.get_by_role("button", name="See what would change").click()
    changes = page.get_by_role("region", name="What would change")
    changes.get_by_text(f"Bots · user agent: {monitor}").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    page.get_by_label("Why (a note for later)").fill(monitor)
    page.get_by_role("button", name="Apply to new and stored events").click()
    policies = page.get_by_role("region", name="Policies").get_by_role("row")
    policies.filter(has_text=monitor).get_by_text("In effect").wait_for(timeout=60_000)
    (event,) = client.get("/events", params={"tracker": tracker.json()["id"]}).json()["events"]
    assert event["verdict"] == "bot"
