"""A page whose script cannot be fetched: after an upgrade, offline, with a broken build."""

from playwright.sync_api import Page, Request, Route

from tests.browser.walking import Dashboard

SCRIPT = "**/assets/Trust-*.js"
PROBLEM = "This page cannot be shown"


def follow(dashboard: Dashboard, name: str) -> Page:
    page = dashboard.page
    if (menu := page.get_by_role("button", name="Menu", exact=True)).is_visible():
        menu.click()
    page.get_by_role("link", name=name).click()
    return page


def loads(page: Page) -> list[str]:
    """Filled with the address of each document that the browser loads from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.resource_type == "document":
            found.append(request.url)

    page.on("request", note)
    return found


def forget(dashboard: Dashboard) -> None:
    """What the browser says of the missing script."""
    assert all("Failed to load resource" in one for one in dashboard.complaints)
    dashboard.complaints.clear()


def test_a_tab_that_was_open_over_an_upgrade_is_reloaded_once(dashboard: Dashboard) -> None:
    page = dashboard.open("/", "Overview")
    page.route(SCRIPT, lambda route: route.fulfill(status=404), times=1)
    documents = loads(page)
    follow(dashboard, "Trust")
    dashboard.heading("Trust").wait_for()
    assert len(documents) == 1
    forget(dashboard)


def test_a_script_that_stays_away_ends_in_words_and_not_in_a_loop(dashboard: Dashboard) -> None:
    page = dashboard.open("/", "Overview")
    page.route(SCRIPT, lambda route: route.fulfill(status=404))
    documents = loads(page)
    follow(dashboard, "Trust")
    dashboard.heading(PROBLEM).wait_for()
    page.get_by_text("its script is not on the server").wait_for()
    assert len(documents) == 1
    follow(dashboard, "Codes")
    dashboard.heading("Codes").wait_for()
    follow(dashboard, "Trust")
    dashboard.heading(PROBLEM).wait_for()
    assert len(documents) == 1
    page.unroute(SCRIPT)
    page.get_by_role("button", name="Try again").click()
    dashboard.heading("Trust").wait_for()
    forget(dashboard)


def test_without_a_network_a_page_says_so_and_opens_when_it_is_back(dashboard: Dashboard) -> None:
    page = dashboard.open("/", "Overview")
    page.wait_for_function("() => !document.querySelector('.loading')")
    documents = loads(page)
    page.context.set_offline(True)
    follow(dashboard, "Trust")
    page.get_by_text("You are offline").wait_for()
    assert not dashboard.is_wider_than_screen()
    page.context.set_offline(False)
    dashboard.heading("Trust").wait_for()
    assert documents == []
    forget(dashboard)


def test_a_map_whose_script_is_missing_leaves_the_rest_of_the_page(dashboard: Dashboard) -> None:
    page = dashboard.page

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/assets/WorldMap-*.js", refuse)
    dashboard.open("/", "Overview")
    page.get_by_text("its script is not on the server").wait_for()
    page.get_by_role("list", name="Top trackers").wait_for()
    dashboard.complaints.clear()
