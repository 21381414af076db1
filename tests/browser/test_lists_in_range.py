"""Lists under a choice of days show these days; what does not depend on them has no such choice."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.walking import Dashboard

LONG_AGO = "since=2020-01-01&until=2020-01-02"
ALL = "days=400"


def ask(dashboard: Dashboard, path: str) -> dict[str, Any]:
    answer = dashboard.server.client.get(path).raise_for_status().json()
    assert isinstance(answer, dict)
    return answer


def rows(page: Page, name: str) -> int:
    page.wait_for_function("() => !document.querySelector('.loading')")
    return page.get_by_role("region", name=name, exact=True).get_by_role("row").count()


def test_referrals_and_earnings_are_those_of_the_days_above(dashboard: Dashboard) -> None:
    earning = ask(dashboard, "/api/v1/earnings?limit=1")["earnings"][0]
    referral = ask(dashboard, f"/api/v1/referrals/{earning['referral_id']}")
    programme = ask(dashboard, f"/api/v1/programs/{referral['program_id']}")
    path = f"/programmes/{programme['id']}"
    for tab, name in (("referrals", "Referrals"), ("earnings", "Earnings")):
        page = dashboard.open(f"{path}?tab={tab}&{LONG_AGO}", programme["name"])
        page.get_by_text(f"No {tab[:-1]} in these days").wait_for()
        dashboard.open(f"{path}?tab={tab}&{ALL}", programme["name"])
        page.get_by_text("Created in the days above").wait_for()
        assert rows(page, name) > 1


def test_the_scans_of_a_pass_are_those_of_the_days_above(dashboard: Dashboard) -> None:
    asked = "/events?source=passentry&wallet_pass.present=true&limit=1&fields=wallet_pass"
    (event,) = ask(dashboard, asked)["events"]
    path = f"/passes/{event['wallet_pass']}"
    dashboard.page.goto(f"/dashboard{path}?{LONG_AGO}")
    dashboard.page.get_by_text("It was not scanned in these days.").wait_for()
    dashboard.page.goto(f"/dashboard{path}?{ALL}")
    dashboard.page.get_by_role("region", name="Scans").get_by_role("row").nth(1).wait_for()
    assert not dashboard.serious_violations()


def test_what_does_not_depend_on_days_has_no_choice_of_them(dashboard: Dashboard) -> None:
    code = ask(dashboard, "/v1/dynamic?limit=1")["codes"][0]
    page = dashboard.page
    for view, choices in (("details", 0), ("access", 0), ("scans", 1)):
        page.goto(f"/dashboard/codes/{code['id']}?show={view}")
        page.get_by_role("button", name="Scans", exact=True).wait_for()
        assert page.locator(".range").count() == choices
    dashboard.open("/mailings", "Mailings").locator("main table a").first.click()
    page.locator(".range").wait_for()
    page.get_by_role("button", name="Recipients", exact=True).click()
    page.get_by_role("heading", name="Recipients:").wait_for()
    assert page.locator(".range").count() == 0
