"""People at a dashboard: each with a session of their own, in browsers that they may share."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import httpx
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.walking import PASSWORD, PATIENCE_MS
from tests.support.running import RunningServer

COOKIE: Final = "footfall_session"


class Person(NamedTuple):
    email: str
    session: str
    """What the cookie of their session holds."""


def join(server: RunningServer, admin: httpx.Client, role: str) -> Person:
    """Somebody new in the admin's account."""
    email = f"{uuid.uuid4().hex[:10]}@example.org"
    link = admin.post("/members", json={"email": email, "role": role}).json()["link"]
    body = {"token": link.partition("#")[2], "password": PASSWORD}
    answer = httpx.post(f"{server.url}/session/welcome", json=body).raise_for_status()
    return Person(email, answer.cookies[COOKIE])


def again(server: RunningServer, person: Person) -> Person:
    """The same person, with another session."""
    body = {"email": person.email, "password": PASSWORD}
    answer = httpx.post(f"{server.url}/session", json=body).raise_for_status()
    return Person(person.email, answer.cookies[COOKIE])


def home(server: RunningServer) -> str:
    return f"http://localhost:{server.port}"


@contextmanager
def browser_of(
    server: RunningServer, chrome: Browser, zone: str = "Europe/Amsterdam"
) -> Iterator[BrowserContext]:
    """A browser in which nobody is signed in yet."""
    context = chrome.new_context(
        base_url=home(server), locale="en-GB", timezone_id=zone, reduced_motion="reduce"
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=home(server))
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def enter(context: BrowserContext, server: RunningServer, person: Person) -> None:
    """The browser's session is this person's from now on."""
    context.add_cookies([{"name": COOKIE, "value": person.session, "url": home(server)}])


def sign_in(page: Page, person: Person) -> None:
    """As they do it, on the page that asks for it."""
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def copied(page: Page) -> str:
    return str(page.evaluate("() => navigator.clipboard.readText()"))


def open_page(page: Page, path: str, heading: str) -> None:
    page.goto(f"/dashboard{path}")
    page.get_by_role("heading", name=heading, level=1).wait_for()
