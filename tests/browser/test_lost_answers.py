"""An answer that is lost on its way: pressing the button again makes nothing twice."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.people import browser_of, enter, join, open_page
from tests.support.running import RunningServer

UNREACHABLE = "The server does not answer."


@pytest.fixture
def page(server: RunningServer, chrome: Browser) -> Iterator[Page]:
    """An owner's, whose next answer to each path of `lose` is lost."""
    with browser_of(server, chrome) as context:
        enter(context, server, join(server, server.client, "owner"))
        yield context.new_page()


def lose_next_answer(page: Page, path: str) -> list[str]:
    """The server answers the next POST to this path, and nobody gets the answer: it is put into
    the list."""
    lost: list[str] = []

    def cut(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch().text())
        route.abort("connectionreset")

    page.route(re.compile(rf"{re.escape(path)}(\?.*)?$"), cut)
    return lost


def press_twice(page: Page, button: str, scope: str = "") -> None:
    """Once in vain, and again as the page advises."""
    place = page.get_by_role("dialog") if scope == "dialog" else page
    place.get_by_role("button", name=button).click()
    page.get_by_text(UNREACHABLE).wait_for()
    place.get_by_role("button", name=button).click()


def count(server: RunningServer, path: str, name: str) -> int:
    answer = server.client.get(path, headers={"X-Eflow-API-Key": server.key})
    return answer.raise_for_status().text.count(name)


def test_many_codes_are_made_once(page: Page, server: RunningServer) -> None:
    label = f"Seat {uuid.uuid4().hex[:8]}"
    open_page(page, "/codes/new?many=1", "Create codes")
    rows = "".join(f"https://example.org/{n},{label}\n" for n in range(230))
    page.get_by_label("Rows").fill(rows)
    lost = lose_next_answer(page, "/v1/dynamic/bulk")
    press_twice(page, "Create 230 codes")
    page.get_by_role("heading", name="230 codes were created").wait_for()
    assert lost
    codes: list[str] = []
    query = {"search": label, "limit": "100"}
    while True:
        answer = server.client.get("/v1/dynamic", params=query).json()
        codes += [one["destination"] for one in answer["codes"]]
        if answer["next_cursor"] is None:
            break
        query["cursor"] = answer["next_cursor"]
    assert len(codes) == len(set(codes)) == 230


def test_a_programme_its_posters_and_a_mailings_recipients_are_made_once(
    page: Page, server: RunningServer
) -> None:
    name = f"Once {uuid.uuid4().hex[:8]}"
    open_page(page, "/programmes", "Programmes")
    page.get_by_role("button", name="New programme").first.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Landing page").fill("https://example.org/join")
    lose_next_answer(page, "/api/v1/programs")
    press_twice(page, "Create", "dialog")
    page.get_by_role("heading", name=name, level=1).wait_for()
    assert count(server, "/api/v1/programs?limit=100", f'"{name}"') == 1

    page.get_by_role("button", name="Posters", exact=True).click()
    page.get_by_role("button", name="New posters").click()
    page.get_by_role("dialog").get_by_label("Places").fill(f"{name} gym\n{name} gym\n{name} hall")
    lose_next_answer(page, "/api/v1/posters")
    press_twice(page, "Create 3 posters", "dialog")
    page.get_by_role("dialog").wait_for(state="detached")
    # Two were wanted at the same place.
    assert count(server, "/api/v1/posters?limit=100", f"{name} gym") == 2
    assert count(server, "/api/v1/posters?limit=100", f"{name} hall") == 1

    made = server.client.post("/v4/publisher/emailings", json={"subject": name})
    mailing = made.headers["x-created"]
    open_page(page, f"/mailings/{mailing}?tab=recipients", name)
    page.get_by_role("button", name="Add recipients").first.click()
    page.get_by_label("E-mail addresses").fill("a@example.org\nb@example.org")
    lose_next_answer(page, f"/v4/publisher/emailing/{mailing}/links")
    press_twice(page, "Create", "dialog")
    page.get_by_role("link", name="Download").wait_for()
    path = f"/v4/publisher/emailing/{mailing}/destinations?total=true"
    assert server.client.get(path).json()["total"] == 2


def _offer(page: Page, name: str) -> None:
    open_page(page, "/offers", "Offers")
    page.get_by_role("button", name="Create an offer").or_(
        page.get_by_role("button", name="Create the first offer")
    ).first.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Where a click leads").fill("https://example.org/shoes")
    form.get_by_label("Advertiser", exact=True).select_option("A new one…")
    form.get_by_label("Name of the advertiser").fill(f"{name} Ltd")


def test_an_offer_and_its_advertiser_are_made_once(page: Page, server: RunningServer) -> None:
    name = f"Once {uuid.uuid4().hex[:8]}"
    _offer(page, name)
    lose_next_answer(page, "/v1/networks/advertisers")
    press_twice(page, "Create an offer", "dialog")
    page.get_by_role("heading", name=name, level=1).wait_for()
    name = f"Again {uuid.uuid4().hex[:8]}"
    _offer(page, name)
    lose_next_answer(page, "/v1/networks/offers")
    press_twice(page, "Create an offer", "dialog")
    page.get_by_role("heading", name=name, level=1).wait_for()
    for one in (name, f"{name} Ltd"):
        kind = "advertisers" if one.endswith("Ltd") else "offers"
        assert count(server, f"/v1/networks/{kind}?page_size=2000", f'"{one}"') == 1


def test_a_pass_is_made_once(page: Page, server: RunningServer) -> None:
    name = f"Holder {uuid.uuid4().hex[:8]}"
    open_page(page, "/passes/list", "Passes")
    page.get_by_role("button", name="Create a pass").or_(
        page.get_by_role("button", name="Create the first pass")
    ).first.click()
    page.get_by_label("Name of the holder").fill(name)
    lose_next_answer(page, "/api/v1/passes")
    press_twice(page, "Create a pass", "dialog")
    page.get_by_role("link", name="Open its page with the barcode").wait_for()
    assert count(server, "/api/v1/passes?perPage=100", name) == 1


def test_a_key_whose_secret_was_lost_is_not_made_twice_and_the_page_says_so(
    page: Page, server: RunningServer
) -> None:
    name = f"Key {uuid.uuid4().hex[:8]}"
    open_page(page, "/settings", "Settings")
    page.get_by_role("button", name="Create a key").click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    lose_next_answer(page, "/keys")
    press_twice(page, "Create the key", "dialog")
    page.get_by_text("carried out before, and its answer is not kept").wait_for()
    assert count(server, "/keys", f'"{name}"') == 1


def test_two_things_that_are_alike_are_made_when_two_are_wanted(
    page: Page, server: RunningServer
) -> None:
    label = f"Twin {uuid.uuid4().hex[:8]}"
    for _ in range(2):
        open_page(page, "/codes/new", "Create codes")
        page.get_by_label("Where should it lead?").fill("https://example.org/twin")
        page.get_by_label("Label").fill(label)
        page.get_by_role("button", name="Create the code").click()
        page.get_by_role("heading", name="Your code is ready").wait_for()
    answer = server.client.get("/v1/dynamic", params={"search": label}).json()
    assert len(answer["codes"]) == 2
