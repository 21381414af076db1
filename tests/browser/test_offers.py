"""Offers: made, linked for an affiliate, counted, and told apart."""

import re

import httpx
from playwright.sync_api import Page

from tests.browser.walking import Dashboard
from tests.support.running import PHONE


def test_an_offer_is_made_linked_and_its_impressions_and_clicks_are_told_apart(
    dashboard: Dashboard,
) -> None:
    offer, affiliate = _unlike("Hats", dashboard), _unlike("Daily Deals", dashboard)
    page = dashboard.open("/offers", "Offers")
    _make_offer(page, offer)
    dashboard.heading(offer).wait_for()
    dashboard.open("/offers/affiliates", "Affiliates")
    page.get_by_role("button", name="Create an affiliate").first.click()
    page.get_by_label("Name", exact=True).fill(affiliate)
    page.get_by_role("dialog").get_by_role("button", name="Create an affiliate").click()
    page.get_by_role("button", name=affiliate).wait_for()
    assert not dashboard.serious_violations()

    page.get_by_role("navigation", name="Offers").get_by_role("link", name="Offers").click()
    page.get_by_label("Find an offer").fill(offer)
    page.get_by_role("link", name=offer).click()
    page.get_by_label("Affiliate", exact=True).select_option(affiliate)
    page.get_by_label("sub1, if any").fill("news")
    link = page.locator("code", has_text=re.compile(r"/clk/.*sub1=news"))
    image = page.locator("code", has_text=re.compile(r"/imp/.*sub1=news"))
    click, pixel = link.inner_text(), image.inner_text().split('"')[1]
    for address in (pixel, click):
        sent = httpx.get(address.replace("&amp;", "&"), headers={"User-Agent": PHONE})
        assert sent.headers["x-footfall"] == "recorded"
    page.get_by_role("button", name="1 impressions: why this many?").wait_for()

    page.reload()
    table = page.get_by_role("region", name="Who, where and what")
    table.get_by_role("button", name=affiliate).wait_for()
    page.get_by_label("Add a column").select_option("sub1")
    table.get_by_role("button", name="news").click()
    page.get_by_text("Only sub1 news").wait_for()
    with page.expect_download() as file:
        page.get_by_role("button", name="As a CSV file").click()
    assert f"{affiliate},,news,1,1," in file.value.path().read_text()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()

    page.get_by_role("button", name="Add a filter…").click()
    page.get_by_label("Only or without").select_option("Without")
    page.get_by_label("Value").fill(affiliate)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Nothing was counted with these filters").wait_for()
    assert f"without=affiliate%3A{affiliate.split()[0]}" in page.url


def test_an_offer_keeps_its_banners_and_counts_no_more_when_it_is_paused(
    dashboard: Dashboard,
) -> None:
    name = _unlike("Shoes", dashboard)
    made = dashboard.server.client.post(
        "/v1/networks/offers",
        headers={"X-Eflow-API-Key": dashboard.server.key},
        json={"name": name, "destination_url": "https://example.org/"},
    ).json()
    offer = made["network_offer_id"]
    page = dashboard.open(f"/offers/{offer}", name)
    page.get_by_role("button", name="Add a creative").click()
    page.get_by_label("Name", exact=True).fill("Leaderboard")
    page.get_by_label("Width").fill("728")
    page.get_by_label("Height").fill("90")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("region", name="Creatives").get_by_text("728 × 90").wait_for()
    page.get_by_role("button", name="Change").click()
    page.get_by_label("Status").select_option("Paused")
    assert not dashboard.serious_violations()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Paused", exact=True).wait_for()
    httpx.get(f"{dashboard.server.url}/imp/0/{offer}/", headers={"User-Agent": PHONE})
    page.get_by_role("button", name="1 events: why this many?").click()
    page.get_by_role("dialog").get_by_text("Paused or locked").wait_for()


def _make_offer(page: Page, name: str) -> None:
    page.get_by_role("button", name="Create an offer").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Where a click leads").fill("https://example.org/shop?ad={transaction_id}")
    page.get_by_label("Advertiser", exact=True).select_option("A new one…")
    page.get_by_label("Name of the advertiser").fill(f"The shop of {name}")
    page.get_by_role("dialog").get_by_role("button", name="Create an offer").click()


def _unlike(name: str, dashboard: Dashboard) -> str:
    """A name of its own: desk and phone look at one server."""
    size = dashboard.page.viewport_size
    assert size is not None
    return f"{name} {size['width']}"
