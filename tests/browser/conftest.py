"""The dashboard as people open it: the built page from a real server, in a real browser.

A test opens it on a desk. What it says of the layout, `serious_violations` and
`is_wider_than_screen`, holds on a phone too: the page is resized for it. A test whose steps differ
on a phone has the mark `on_a_phone_too`, and runs on both.
"""

import fcntl
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Request,
    StorageState,
    StorageStateCookie,
    expect,
    sync_playwright,
)

from footfall.web.dashboard import BUILD, INDEX
from tests.browser.people import COOKIE
from tests.browser.walking import DESKTOP, EMAIL, PASSWORD, PATIENCE_MS, Dashboard
from tests.support.programs import browser as chromium
from tests.support.running import ADMIN_KEY, RunningServer, footfall, inherited

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """For a file: while it is there, its loop runs in the worker, where others' tests want one."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A data directory with the demo in it, which nobody changes. The first worker that needs it
    makes it, for 5 s of CPU; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    data = shared / "demo" / "data"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not data.exists():
            making = shared / "demo-in-making" / "data"
            env = {**inherited(), "FOOTFALL_BOOTSTRAP_KEY": ADMIN_KEY}
            made = footfall("demo", "--data", str(making), "--events", "20000", env=env)
            assert made.returncode == 0, made.stdout
            making.parent.rename(data.parent)
    return data


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, demo: Path) -> Iterator[RunningServer]:
    """A server with the demo in it, as after `make demo`. A worker's files share it: what a test
    changes, it makes first."""
    assert (BUILD / INDEX).is_file(), "Build the dashboard first: make dashboard"
    data = tmp_path_factory.mktemp("dashboard") / "data"
    shutil.copytree(demo, data, symlinks=True)
    server = RunningServer(data, creations_per_hour=100_000, requests_per_minute=1_000_000)
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def signed_in(product: RunningServer) -> StorageState:
    """The owner's cookies: the link of the first start was used."""
    token = first_link(product).partition("#")[2]
    body = {"token": token, "email": EMAIL, "password": PASSWORD}
    answer = httpx.post(f"{product.url}/session/welcome", json=body).raise_for_status()
    (cookie,) = [one for one in answer.cookies.jar if one.name == COOKIE]
    return StorageState(
        cookies=[
            StorageStateCookie(
                name=cookie.name,
                value=cookie.value or "",
                domain="localhost",
                path="/",
                expires=-1,
                httpOnly=True,
                secure=False,
                sameSite="Strict",
            )
        ],
        origins=[],
    )


def home(server: RunningServer) -> str:
    """The address that the server prints: its cookie is this host's."""
    return f"http://localhost:{server.port}"


def first_link(server: RunningServer) -> str:
    """The newest: each start ends the link of the one before."""
    *_, link = re.findall(r"\S+/dashboard/welcome#\S+", server.log.read_text())
    return str(link)


@pytest.fixture
def dashboard(
    request: pytest.FixtureRequest,
    product: RunningServer,
    chrome: Browser,
    signed_in: StorageState,
) -> Iterator[Dashboard]:
    """Signed in as the owner; no request may leave the server, and the page may complain of
    nothing."""
    context = chrome.new_context(
        base_url=home(product),
        viewport=getattr(request, "param", DESKTOP),
        storage_state=signed_in,
        locale="en-GB",
        timezone_id="Europe/Amsterdam",
        accept_downloads=True,
        # What breathes while it waits is drawn sixty times a second, by the processor.
        reduced_motion="reduce",
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=home(product))
    yield from _watched(context, product)
    context.close()


def _watched(context: BrowserContext, product: RunningServer) -> Iterator[Dashboard]:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    strangers: list[str] = []
    complaints: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((home(product), "blob:", "data:")):
            strangers.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield Dashboard(page, product, complaints)
    assert not strangers
    assert not complaints
