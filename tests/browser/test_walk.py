"""The first ten minutes of somebody who was told only: open the dashboard."""

import csv
import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.conftest import first_link, home
from tests.browser.walking import EMAIL, PASSWORD, PATIENCE_MS
from tests.conftest import StartServer
from tests.support.running import PHONE, RunningServer

Shoot = Callable[[str], None]


def test_a_newcomer_makes_prints_scans_explains_and_exports_a_code(
    start_server: StartServer, chrome: Browser
) -> None:
    server = start_server(bootstrap_key="")
    context = chrome.new_context(base_url=home(server), locale="en-GB", accept_downloads=True)
    walk(context.new_page(), server, lambda _: None)
    context.close()


def test_the_first_command_on_the_screen_works_as_it_stands(
    start_server: StartServer, chrome: Browser
) -> None:
    server = start_server(bootstrap_key="")
    context = chrome.new_context(base_url=home(server), locale="en-GB")
    page = context.new_page()
    sign_up(page, server, lambda _: None)
    page.get_by_role("button", name="Put a key in").click()
    page.get_by_text("With a key of yours").wait_for()
    command = page.locator(".snippet code").inner_text()
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert '"stored":1' in ran.stdout
    page.reload()
    page.get_by_role("button", name="1 events: why this many?").first.wait_for()
    trackers = page.get_by_role("list", name="Top trackers")
    trackers.get_by_text("No tracker").wait_for()
    assert trackers.get_by_role("link").count() == 0
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("row", name="For a terminal").wait_for()
    context.close()


def sign_up(page: Page, server: RunningServer, shoot: Shoot) -> None:
    """By the link that the terminal shows, on a server that has nothing yet."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(first_link(server))
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("New password").fill(PASSWORD)
    shoot("1-welcome")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="Nothing was recorded in these days").wait_for()
    shoot("2-empty")


def walk(page: Page, server: RunningServer, shoot: Shoot) -> None:
    """`shoot` is given the name of each station."""
    sign_up(page, server, shoot)

    page.get_by_role("link", name="Create a code").click()
    page.get_by_label("Where should it lead?").fill("example.org/menu")
    page.get_by_label("Label").fill("Menu")
    page.get_by_role("button", name="Create the code").click()
    page.get_by_role("heading", name="Your code is ready").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("link", name="PNG").first.click()
    shoot("3-created")

    page.get_by_role("link", name="Open its page").click()
    page.get_by_role("heading", name="Menu", level=1).wait_for()
    page.locator(".pulse", has_text="Live").wait_for()
    answer = httpx.get(_read(Path(saved.value.path())), headers={"User-Agent": PHONE})
    assert answer.headers["location"] == "https://example.org/menu"
    page.get_by_role("list", name="Live").get_by_role("link", name="Scan").wait_for()
    number = page.get_by_role("button", name="1 scans: why this many?")
    number.wait_for()
    shoot("4-scanned")

    number.click()
    page.get_by_role("dialog").get_by_text("Everything that was received counts.").wait_for()
    shoot("5-explained")
    page.get_by_role("dialog").get_by_role("link", name="Counted").click()

    page.get_by_role("heading", name="Events", level=1).wait_for()
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export events")
    dialog.get_by_role("button", name="Create the file").click()
    shoot("6-exported")
    with page.expect_download() as saved:
        dialog.get_by_role("link", name="Download").first.click()
    (row,) = csv.DictReader(io.StringIO(Path(saved.value.path()).read_text()))
    assert row["verdict"] == "counted"


def _read(symbol: Path) -> str:
    """What a phone's camera reads."""
    (found,) = zxingcpp.read_barcodes(Image.open(symbol))
    return str(found.text)
