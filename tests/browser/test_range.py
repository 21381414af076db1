"""The days that a page shows, and whose days: in the address, and carried by every link."""

from urllib.parse import parse_qs, urlsplit

from tests.browser.walking import Dashboard, on_a_phone_too

PICKED = {"since": ["2026-10-01"], "until": ["2026-10-16"], "zone": ["Asia/Tokyo"]}
ADDRESS = "?since=2026-10-01&until=2026-10-16&zone=Asia/Tokyo"


def parameters(address: str | None) -> dict[str, list[str]]:
    assert address is not None
    return parse_qs(urlsplit(address).query)


def test_every_link_of_the_side_bar_and_the_rows_carries_the_range(dashboard: Dashboard) -> None:
    page = dashboard.open(f"/{ADDRESS}", "Overview")
    page.wait_for_function("() => !document.querySelector('.loading')")
    links = page.get_by_role("link", include_hidden=True).all()
    addresses = [one.get_attribute("href") or "" for one in links]
    inside = [one for one in addresses if one.startswith("/dashboard")]
    assert len(inside) > 10
    assert [one for one in inside if not parameters(one).items() >= PICKED.items()] == []


@on_a_phone_too
def test_the_range_outlives_a_row_and_the_side_bar(dashboard: Dashboard) -> None:
    page = dashboard.open(f"/codes{ADDRESS}", "Codes")
    for name in ("codes", "trackers"):
        page.locator("main table a").first.click()
        page.wait_for_url(f"**/{name}/**")
        assert parameters(page.url) == PICKED
        if (menu := page.get_by_role("button", name="Menu", exact=True)).is_visible():
            menu.click()
        page.get_by_role("link", name="Trackers").click()
        dashboard.heading("Trackers").wait_for()
        assert parameters(page.url) == PICKED


def test_a_typed_number_of_days_and_the_default_stand_in_the_address(dashboard: Dashboard) -> None:
    page = dashboard.open("/?days=7", "Overview")
    page.wait_for_url("**/*days=7&zone=*")
    assert page.get_by_label("Days").input_value() == "7"
    dashboard.open("/trackers", "Trackers")
    page.wait_for_url("**/trackers?days=30&zone=Europe%2FAmsterdam")


def test_the_back_button_brings_the_range_of_then(dashboard: Dashboard) -> None:
    page = dashboard.open("/", "Overview")
    days = page.get_by_label("Days")
    days.select_option("7")
    page.wait_for_url("**days=7&**")
    page.get_by_role("combobox", name="Time zone").fill("Tokyo")
    page.get_by_role("option", name="Tokyo").click()
    page.wait_for_url("**zone=Asia%2FTokyo")
    page.go_back()
    page.wait_for_url("**days=7&zone=Europe%2FAmsterdam")
    page.go_back()
    page.wait_for_url("**days=30&zone=Europe%2FAmsterdam")
    assert days.input_value() == "30"


def test_days_that_are_not_in_the_calendar_are_replaced_in_the_address(
    dashboard: Dashboard,
) -> None:
    page = dashboard.open("/?days=soon&since=2026-02-30&until=2026-03-40&zone=Nowhere", "Overview")
    page.wait_for_url("**/?days=30&zone=Europe%2FAmsterdam")
