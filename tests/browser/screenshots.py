"""`uv run python -m tests.browser.screenshots`: every page of the dashboard, light and dark, for
docs/screenshots. It makes a demo in a temporary directory and ends what it started."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from rich.progress import track

from tests.browser.conftest import first_link, home
from tests.browser.test_walk import walk
from tests.browser.walking import EMAIL, PASSWORD
from tests.support.programs import browser as chromium
from tests.support.running import RunningServer

DIRECTORY: Final = Path(__file__).parent.parent.parent / "docs" / "screenshots"
COLOURS: Final = 128
"""A picture of a page needs no more, and takes a third of the bytes."""

DESKTOP: Final = ViewportSize(width=1280, height=860)
PHONE: Final = ViewportSize(width=390, height=844)

PAGES: Final = {
    "overview": "/",
    "codes": "/codes",
    "trackers": "/trackers",
    "programmes": "/programmes",
    "mailings": "/mailings",
    "offers": "/offers",
    "passes": "/passes",
    "events": "/events",
    "trust": "/trust",
    "settings": "/settings",
}
OPENED: Final = {
    "code": ("/codes", "table a[href*='/codes/']"),
    "programme": ("/programmes", "table a[href*='/programmes/']"),
    "mailing": ("/mailings", "table a[href*='/mailings/']"),
    "offer": ("/offers", "table a[href*='/offers/']"),
    "event": ("/events", "table a[href*='/events/']"),
}
"""The first row of a list, opened."""


def main() -> None:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        server = _server(Path(temporary) / "data")
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        state = _sign_in(chrome, server)
        for theme in ("light", "dark"):
            context = chrome.new_context(
                base_url=home(server),
                viewport=DESKTOP,
                color_scheme=theme,
                storage_state=state,  # type: ignore[arg-type]
                locale="en-GB",
            )
            page = context.new_page()
            for name, path in track(PAGES.items(), description=f"{theme} pages"):
                _take(page, path, f"{name}-{theme}")
            for name, (path, row) in OPENED.items():
                _settle(page, path)
                page.locator(row).first.click()
                page.wait_for_url(f"**{path}/*")
                _shoot(page, f"{name}-{theme}")
            page.set_viewport_size(PHONE)
            _take(page, "/", f"phone-{theme}")
            context.close()
        server.close()
        _walk(chrome, Path(temporary) / "empty")
        chrome.close()


def _walk(chrome: Browser, data: Path) -> None:
    """The stations of a newcomer, as the test walks them."""
    server = RunningServer(data)
    server.start()
    context = chrome.new_context(base_url=home(server), viewport=DESKTOP, accept_downloads=True)
    page = context.new_page()
    walk(page, server, lambda name: _shoot(page, f"walk-{name}"))
    context.close()
    server.close()


def _server(data: Path) -> RunningServer:
    server = RunningServer(data, requests_per_minute=1_000_000)
    subprocess.run(
        [sys.executable, "-m", "footfall", "demo", "--data", str(data)],
        env=server.environment(),
        check=True,
    )
    server.start()
    return server


def _sign_in(chrome: Browser, server: RunningServer) -> dict[str, Any]:
    context = chrome.new_context(base_url=home(server))
    page = context.new_page()
    page.goto(first_link(server))
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="Overview").wait_for()
    state = context.storage_state()
    context.close()
    return dict(state)


def _take(page: Page, path: str, name: str) -> None:
    _settle(page, path)
    _shoot(page, name)


def _settle(page: Page, path: str) -> None:
    page.goto(f"/dashboard{path}")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function("() => !document.querySelector('.loading')")


def _shoot(page: Page, name: str) -> None:
    """Once nothing loads and no number is awaited: those stand as three dots until then."""
    page.wait_for_function(
        "() => !document.querySelector('.loading') && "
        "![...document.querySelectorAll('td, .stat .value')].some(one => one.innerText === '…')"
    )
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS).save(DIRECTORY / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
