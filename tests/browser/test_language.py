"""A page has one language, whatever the reader's browser speaks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.browser.conftest import home
from tests.browser.functions import Functions
from tests.browser.walking import Dashboard
from tests.support.running import RunningServer, wait_for

DAYS = "?since=2026-10-01&until=2026-11-16&zone=UTC"
PAGES = {
    f"/{DAYS}": "Overview",
    f"/events{DAYS}": "Events",
    f"/trust{DAYS}": "Trust",
    f"/offers{DAYS}": "Offers",
    f"/mailings{DAYS}": "Mailings",
}


@pytest.fixture(scope="module")
def locales() -> Iterator[Functions]:
    with Functions("locale.ts") as functions:
        yield functions


@pytest.mark.parametrize(
    ("reader", "locale"),
    [
        ("en-US", "en-US"),
        ("en-GB", "en-GB"),
        ("en", "en"),
        ("de-DE", "en-GB-u-hc-h23"),
        ("ar-EG", "en-GB-u-hc-h12"),
        ("ja-JP", "en-GB-u-hc-h23"),
        ("hi-IN", "en-GB-u-hc-h12"),
        ("en-US@posix", "en-GB"),
        ("", "en-GB"),
    ],
)
def test_a_reader_chooses_conventions_within_the_language_of_the_page(
    locales: Functions, reader: str, locale: str
) -> None:
    assert locales("localeOf", "en", reader) == locale


def test_a_german_browser_reads_the_same_english_as_a_british_one(
    product: RunningServer, chrome: Browser, signed_in: StorageState
) -> None:
    contexts = [
        chrome.new_context(base_url=home(product), storage_state=signed_in, locale=locale)
        for locale in ("en-GB", "de-DE")
    ]
    british, german = (context.new_page() for context in contexts)
    for path, heading in PAGES.items():
        for page in (british, german):
            _open(page, path, heading)
        wait_for(lambda: _text(british) == _text(german) or None, 15)
    for context in contexts:
        context.close()


def test_a_country_has_one_name_on_every_page(dashboard: Dashboard) -> None:
    """Reports of offers come with names of their own, such as Turkey."""
    body = {"metrics": ["counted"], "dimensions": ["offer"], "filters": {"country": "TR"}}
    rows = dashboard.server.client.post("/reports", json=body).json()["rows"]
    offer = next(row["offer"] for row in rows if row["offer"] and row["counted"])
    page = dashboard.page
    page.goto(f"/dashboard/offers/{offer}?days=365&by=country&only=country:TR")
    page.get_by_role("cell", name="Türkiye").wait_for()
    page.get_by_text("Only Country Türkiye").wait_for()
    page.goto("/dashboard/events?days=365&f.country=TR")
    page.get_by_text("Country is Türkiye").wait_for()
    assert "Turkey" not in page.locator("main").inner_text()


def _open(page: Page, path: str, heading: str) -> None:
    page.goto(f"/dashboard{path}")
    page.get_by_role("heading", name=heading, level=1).wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    if heading == "Overview":
        page.get_by_role("button", name="List").click()
        page.get_by_role("button", name="As a table").click()
    page.wait_for_function(
        "() => !document.querySelector('.loading') && !document.body.innerText.includes('…')"
    )


def _text(page: Page) -> str:
    """What a page shows, without what changes as time passes."""
    return re.sub(r"\d+ \w+ ago|now|As of [\d:]+", "", page.locator("main").inner_text())
