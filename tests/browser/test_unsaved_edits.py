"""A form with edits that are not saved: whoever leaves it is asked first, however they leave."""

import re
import uuid
from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, StorageState, expect

from tests.browser.conftest import home
from tests.browser.functions import WEB
from tests.browser.walking import PATIENCE_MS
from tests.support.running import RunningServer


class Form(NamedTuple):
    """`path` names the first of a list as `{/its/operation}`; the buttons of `opens` open a dialog,
    without them the form is a part of the page."""

    path: str
    field: str
    opens: tuple[str, ...] = ()
    typed: str = "something typed"


ON_PAGES: Final = [
    Form("/codes/new", "Where should it lead?", typed="example.org/menu"),
    Form("/codes/new?many=1", "Rows", typed="example.org/one"),
    Form("/codes/{/v1/dynamic}?show=destination", "Everybody", typed="https://example.org/x"),
    Form("/codes/{/v1/dynamic}?show=destination", "Source"),
    Form("/codes/{/v1/dynamic}?show=access", "Pause until", typed="2031-05-01T10:00"),
    Form("/codes/{/v1/dynamic}?show=access", "Password"),
    Form("/codes/{/v1/dynamic}?show=details", "Label"),
    Form("/codes/{/v1/dynamic}/design", "Margin, in modules", typed="7"),
    Form("/trust/retention", "Days of raw events", typed="2997"),
    Form("/trust/policies", "Is a bot"),
    Form("/trust/erasure", "Value"),
    Form("/trust/archives", "Every whole month before", typed="2020-01"),
    Form("/settings", "Current password"),
]
IN_DIALOGS: Final = [
    Form("/codes", "New folder", ("Folders",)),
    Form("/trackers", "Name", ("Create a tracker",)),
    Form("/programmes", "Name", ("New programme",)),
    Form("/programmes/webhooks", "Address", ("New webhook",), typed="https://example.org/hook"),
    Form("/programmes/{/api/v1/programs}", "Name", ("Edit",)),
    Form("/programmes/{/api/v1/programs}?tab=posters", "Places", ("New posters",)),
    Form("/programmes/{/api/v1/programs}?tab=ambassadors", "First name", ("New ambassador",)),
    Form("/mailings", "Subject", ("New mailing",)),
    Form("/offers", "Name", ("Create an offer",)),
    Form("/offers/affiliates", "Name", ("Create an affiliate",)),
    Form("/passes/list", "Name of the holder", ("Create a pass",)),
    Form("/passes/readers", "Name", ("Create a reader",)),
    Form("/settings", "E-mail", ("Invite a member",), typed="somebody@example.org"),
    Form("/settings", "Name", ("Create a key",)),
]


@pytest.fixture(scope="module")
def page(product: RunningServer, chrome: Browser, signed_in: StorageState) -> Iterator[Page]:
    context = chrome.new_context(
        base_url=home(product),
        storage_state=signed_in,
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/dashboard/events")
    yield page
    context.close()


def _name(form: Form) -> str:
    return f"{form.path} {form.field}"


def _opened(page: Page, form: Form) -> Locator:
    """Its field; one step back are the events."""
    path = re.sub(r"\{(.*)\}", lambda one: _first(page, one[1]), form.path)
    for place in "/events", path:
        page.evaluate("path => history.pushState(null, '', `/dashboard${path}`)", place)
        page.get_by_role("heading", level=1).wait_for()
    within: Page | Locator = page
    for name in form.opens:
        page.get_by_role("main").get_by_role("button", name=name).first.click()
        within = page.get_by_role("dialog")
    return within.get_by_label(form.field).first


def _first(page: Page, operation: str) -> str:
    body = page.request.get(f"{operation}?limit=1").json()
    while isinstance(body, dict) and "id" not in body:
        body = next(one for one in body.values() if isinstance(one, list | dict) and one)
    return str((body[0] if isinstance(body, list) else body)["id"])


def _stay(page: Page) -> None:
    question = page.get_by_role("alertdialog", name="Leave without saving?")
    question.get_by_role("button", name="Stay").click()
    question.wait_for(state="detached")


def _reload_refused(page: Page) -> None:
    """The browser asks, in its own words; the answer is to stay."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.evaluate("() => void setTimeout(() => location.reload())")
    page.wait_for_event("dialog")
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("form", ON_PAGES, ids=_name)
def test_a_form_of_a_page_asks_before_it_is_left(page: Page, form: Form) -> None:
    field = _opened(page, form)
    field.fill(form.typed)
    address = page.url
    page.get_by_role("link", name="Overview", exact=True).click()
    _stay(page)
    page.get_by_role("button", name="Sign out").click()
    _stay(page)
    page.go_back()
    _stay(page)
    assert page.url == address
    _reload_refused(page)
    expect(field).to_have_value(form.typed)
    page.go_back()
    page.get_by_role("alertdialog").get_by_role("button", name="Leave").click()
    page.get_by_role("heading", name="Events", level=1).wait_for()
    page.go_forward()
    before = field.input_value()
    field.fill(form.typed)
    field.fill(before)
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("heading", name="Overview", level=1).wait_for()


@pytest.mark.parametrize("form", IN_DIALOGS, ids=_name)
def test_a_form_in_a_dialog_asks_before_it_is_closed(page: Page, form: Form) -> None:
    field = _opened(page, form)
    before = field.input_value()
    field.fill(form.typed)
    address = page.url
    dialog = page.get_by_role("dialog")
    for _ in range(3):
        page.keyboard.press("Escape")
        _stay(page)
    dialog.get_by_role("button", name="Close").click()
    _stay(page)
    page.mouse.click(2, 2)
    _stay(page)
    page.go_back()
    _stay(page)
    assert page.url == address
    _reload_refused(page)
    expect(field).to_have_value(form.typed)
    field.fill(before)
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_a_dialog_is_left_with_its_edits_when_that_is_the_answer(page: Page) -> None:
    _opened(page, IN_DIALOGS[1]).fill("typed")
    page.keyboard.press("Escape")
    page.get_by_role("alertdialog").get_by_role("button", name="Leave").click()
    page.get_by_role("dialog").wait_for(state="detached")


def test_a_form_that_was_saved_is_left_without_a_question(page: Page) -> None:
    field = _opened(page, Form("/codes/{/v1/dynamic}?show=details", "Label"))
    field.fill(uuid.uuid4().hex)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved", exact=True).wait_for()
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("heading", name="Overview", level=1).wait_for()


def test_a_form_that_opens_what_it_made_asks_nothing(page: Page) -> None:
    name = uuid.uuid4().hex
    for form in IN_DIALOGS[1], IN_DIALOGS[2]:
        field = _opened(page, form)
        field.fill(name)
        dialog = page.get_by_role("dialog")
        if form.path == "/programmes":
            dialog.get_by_label("Landing page").fill("https://example.org")
        dialog.locator("button[type=submit]").click()
        page.get_by_role("heading", name=name, level=1).wait_for()


def test_a_range_is_picked_beside_unsaved_edits_without_a_question(page: Page) -> None:
    field = _opened(page, Form("/trust/policies", "Is a bot"))
    field.fill("Prober")
    page.locator(".range select").first.select_option("7")
    expect(page).to_have_url(re.compile("days=7"))
    expect(field).to_have_value("Prober")


def test_every_form_of_the_pages_says_whether_it_has_unsaved_edits() -> None:
    """`Form` cannot be written without it."""
    plain = {
        path.relative_to(WEB / "src").as_posix()
        for path in (WEB / "src").rglob("*.tsx")
        if re.search(r"<form\b", path.read_text())
    }
    assert plain == {"parts/Form.tsx", "pages/signin/SignIn.tsx", "pages/signin/Welcome.tsx"}
