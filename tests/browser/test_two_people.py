"""Two people in one browser: one's page shows and sends nothing in the other's name."""

import re
import uuid

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import again, browser_of, enter, join, open_page, sign_in
from tests.native.places import stranger_of
from tests.support.running import RunningServer

SECRET = re.compile(r"oqr_\w{10,}")
LATE = """() => {
  const fetched = window.fetch
  let refused, renewed
  const refusal = new Promise((resolve) => { refused = resolve })
  const renewal = new Promise((resolve) => { renewed = resolve })
  window.fetch = async (...given) => {
    const answer = await fetched(...given)
    const [request, options] = given
    if (String(request).endsWith('/session')) {
      await refusal
      setTimeout(renewed, 100)
    }
    if (options?.method === 'PATCH' && answer.status === 403) {
      refused()
      new BroadcastChannel('footfall.session').postMessage('look')
      await renewal
    }
    return answer
  }
}"""
"""The refusal of a change comes when the page has looked for its session already."""

CLICK = """([tag, text]) =>
  [...document.querySelectorAll(tag)].find(one => one.innerText.trim() === text)?.click()
"""


def _make_tracker(server: RunningServer) -> str:
    name = f"Tracker {uuid.uuid4().hex[:8]}"
    server.client.post("/trackers", json={"kind": "open", "name": name}).raise_for_status()
    return name


def _put_key_in(page: Page) -> str:
    """The secret that stands in the command then."""
    page.get_by_role("button", name="Put a key in").click()
    page.get_by_text("With a key of yours").wait_for()
    (secret,) = SECRET.findall(page.locator(".snippet code").inner_text())
    return str(secret)


def test_the_next_person_in_the_tab_finds_neither_key_nor_data_of_the_last(
    server: RunningServer, chrome: Browser
) -> None:
    name = _make_tracker(server)
    ada = join(server, server.client, "owner")
    with stranger_of(server) as stranger:
        bo = join(server, stranger, "owner")
        with browser_of(server, chrome) as context:
            enter(context, server, ada)
            page = context.new_page()
            open_page(page, "/trackers", "Trackers")
            page.get_by_role("link", name=name).wait_for()
            page.get_by_label("Search").fill("nothing is called this")
            page.get_by_text("No trackers match your filters").wait_for()
            open_page(page, "/offers/affiliates", "Affiliates")
            secret = _put_key_in(page)
            # The session ends on the server: the next answer is 401.
            csrf = page.request.get("/session").json()["csrf"]
            page.request.delete("/session", headers={"X-Footfall-Csrf": csrf})
            page.get_by_role("link", name="Trackers").click()
            page.get_by_role("button", name="Sign in").wait_for()
            assert secret not in page.content()
            sign_in(page, bo)
            page.get_by_role("heading", name="Trackers", level=1).wait_for()
            page.get_by_text("No trackers yet").or_(
                page.get_by_text("Put a key in")
            ).first.wait_for()
            assert name not in page.content()
            page.get_by_role("link", name="Offers", exact=True).click()
            page.get_by_role("link", name="Affiliates").click()
            page.get_by_role("button", name="Put a key in").wait_for()
            assert secret not in page.content()
            assert _put_key_in(page) != secret
            # And after signing out.
            page.get_by_role("button", name="Sign out").click()
            page.get_by_role("button", name="Sign in").wait_for()
            assert not SECRET.search(page.content())


def test_a_second_sign_in_closes_the_pages_of_the_first(
    server: RunningServer, chrome: Browser
) -> None:
    name = _make_tracker(server)
    ada = join(server, server.client, "owner")
    with stranger_of(server) as stranger:
        bo = join(server, stranger, "owner")
        with browser_of(server, chrome) as context:
            enter(context, server, ada)
            first, second = context.new_page(), context.new_page()
            open_page(first, "/trackers", "Trackers")
            first.get_by_role("link", name=name).wait_for()
            open_page(second, "/settings", "Settings")
            second.get_by_role("button", name="Sign out").click()
            # The first page learns of it, and asks who is there.
            first.get_by_role("button", name="Sign in").wait_for()
            assert name not in first.content()
            sign_in(second, bo)
            first.get_by_role("button", name="Sign out").wait_for()
            expect(first.get_by_role("contentinfo").or_(first.locator("aside"))).to_contain_text(
                bo.email
            )
            assert name not in first.content()


def test_a_page_under_another_session_is_told_so_and_saves_nothing(
    server: RunningServer, chrome: Browser
) -> None:
    """As when the cookie changes and no page of ours could tell the others."""
    name = _make_tracker(server)
    ada = join(server, server.client, "owner")
    with stranger_of(server) as stranger:
        bo = join(server, stranger, "owner")
        with browser_of(server, chrome) as context:
            enter(context, server, ada)
            page = context.new_page()
            open_page(page, "/trackers", "Trackers")
            page.get_by_role("link", name=name).click()
            page.get_by_role("heading", name=name, level=1).wait_for()
            # What the page reads by itself may be refused before a click, and its target be gone.
            enter(context, server, bo)
            page.evaluate(CLICK, ["button", "Pause"])
            page.get_by_role("heading", name="You are signed in as somebody else").wait_for()
            page.get_by_text(f"{bo.email} (Stranger) signed in").wait_for()
            assert name not in page.content()
            page.get_by_role("button", name=f"Continue as {bo.email}").click()
            page.get_by_role("button", name="Sign out").wait_for()
            assert name not in page.content()
            # Reading is refused too, so that nothing of bo's is shown as ada's.
            enter(context, server, ada)
            page.evaluate(CLICK, ["a", "Settings"])
            page.get_by_role("heading", name="You are signed in as somebody else").wait_for()
    kept = server.client.get("/trackers", params={"search": name}).json()["trackers"]
    assert [one["paused"] for one in kept] == [False]


@pytest.mark.parametrize("late", [False, True])
def test_a_page_goes_on_when_its_member_got_another_session(
    server: RunningServer, chrome: Browser, late: bool
) -> None:
    """As when the password was changed in another tab."""
    name = _make_tracker(server)
    ada = join(server, server.client, "owner")
    with browser_of(server, chrome) as context:
        enter(context, server, ada)
        page = context.new_page()
        open_page(page, "/trackers", "Trackers")
        page.get_by_role("link", name=name).click()
        page.get_by_role("heading", name=name, level=1).wait_for()
        if late:
            page.evaluate(LATE)
        enter(context, server, again(server, ada))
        page.get_by_role("button", name="Pause", exact=True).click()
        page.get_by_role("button", name="Resume").wait_for()


def test_a_viewer_reads_who_makes_codes_in_place_of_a_form(
    server: RunningServer, chrome: Browser
) -> None:
    with browser_of(server, chrome) as context:
        enter(context, server, join(server, server.client, "viewer"))
        page = context.new_page()
        for path in ("/codes/new", "/codes/new?many=1"):
            open_page(page, path, "Create codes")
            page.get_by_text("An owner or editor of the account can do this").wait_for()
            expect(page.locator("main").get_by_role("textbox")).to_have_count(0)
