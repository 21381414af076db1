"""The dashboard of a server whose public URL has a path."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import first_link
from tests.browser.people import Person, browser_of, sign_in
from tests.browser.walking import EMAIL, PASSWORD
from tests.support.running import RunningServer

PATH = "/foot/fall"


@pytest.fixture
def below(tmp_path: Path) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path / "data", public_url=f"http://localhost:1{PATH}")
    server.start()
    yield server
    server.close()


def test_somebody_signs_in_and_sees_a_code(below: RunningServer, chrome: Browser) -> None:
    token = first_link(below).partition("#")[2]
    body = {"token": token, "email": EMAIL, "password": PASSWORD}
    httpx.post(f"{below.url}/session/welcome", json=body).raise_for_status()
    code = below.create_code()
    asked: list[str] = []
    with browser_of(below, chrome) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{PATH}/dashboard/codes/{code['id']}")
        sign_in(page, Person(EMAIL, ""))
        drawing = page.locator("img").first
        drawing.wait_for()
        assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
        page.get_by_role("link", name="Events").first.click()
        page.wait_for_url(re.compile(f"{PATH}/dashboard/events"))
    assert asked
    assert all(httpx.URL(url).path.startswith(f"{PATH}/") for url in asked)
