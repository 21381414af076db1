"""Programmes: posters for a list of places, who came through them, and what they earn."""

import re
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import Page, expect

from tests.browser.walking import Dashboard
from tests.support.running import PHONE


def test_a_programme_goes_from_its_posters_to_a_paid_earning(dashboard: Dashboard) -> None:
    page = dashboard.open("/programmes", "Programmes")
    name = f"Spring {uuid.uuid4().hex[:6]}"
    _make_programme(page, name)
    dashboard.heading(name).wait_for()
    _make_ambassador(page)
    _make_posters(dashboard)
    _sign_up_after_a_scan(dashboard)

    _tab(page, "Referrals")
    page.get_by_role("button", name="Convert: Ana Diaz").click()
    page.get_by_role("button", name="Verify: Ana Diaz").wait_for()
    page.get_by_role("button", name="Add an earning: Ana Diaz").click()
    form = page.get_by_role("dialog", name="An earning for bringing Ana Diaz")
    expect(form.get_by_label("Amount")).to_have_value("12.50")
    form.get_by_role("button", name="Add an earning").click()
    form.wait_for(state="hidden")
    assert not dashboard.serious_violations()

    _tab(page, "Earnings")
    page.get_by_text("€12.50").wait_for()
    page.get_by_role("button", name="Approve: Ana Diaz").click()
    page.get_by_role("button", name="Mark as paid: Ana Diaz").click()
    paying = page.get_by_role("dialog", name="Mark €12.50 as paid")
    paying.get_by_label("Number of the payment").fill("SEPA-7")
    paying.get_by_role("button", name="Mark as paid").click()
    page.get_by_text("SEPA-7").wait_for()
    assert not dashboard.is_wider_than_screen()

    _tab(page, "Report")
    funnel = page.get_by_role("list", name="From a scan to an earning")
    funnel.get_by_role("button", name=f"2 events of {name}: why").wait_for()
    funnel.get_by_role("button", name=f"1 impressions of {name}: why").click()
    why = page.get_by_role("dialog", name=f"Why this many impressions of {name}")
    why.get_by_text("Bots").wait_for()
    page.keyboard.press("Escape")
    expect(funnel.get_by_role("listitem").filter(has_text="Converted")).to_contain_text("1")
    page.get_by_role("list", name="By poster").get_by_text("Gym").wait_for()
    page.get_by_role("list", name="By ambassador").get_by_text("Sam Lee").wait_for()
    assert page.get_by_text("€12.50").count() == 2  # earned, and paid
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()

    page = dashboard.open("/programmes", "Programmes")
    page.get_by_role("button", name=f"1 impressions of {name}: why").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_a_webhook_is_made_tells_its_secret_once_and_goes(dashboard: Dashboard) -> None:
    url = f"https://example.org/{uuid.uuid4().hex[:6]}"
    page = dashboard.open("/programmes/webhooks", "Webhooks")
    page.get_by_role("button", name="New webhook").click()
    form = page.get_by_role("dialog", name="New webhook")
    form.get_by_label("Address").fill("ftp://example.org")
    form.get_by_role("button", name="Create").click()
    form.get_by_role("alert").wait_for()
    dashboard.complaints.clear()  # the browser names the refusal
    form.get_by_label("Address").fill(url)
    form.get_by_label("Changed earnings").uncheck()
    form.get_by_role("button", name="Create").click()
    secret = page.get_by_role("dialog", name="The secret of this webhook")
    secret.get_by_text("whsec_").wait_for()
    assert not dashboard.serious_violations()
    secret.get_by_role("button", name="I’ve saved it").click()

    row = page.get_by_role("row").filter(has_text=url)
    expect(row).to_contain_text("New earnings")
    expect(row).not_to_contain_text("Changed earnings")
    assert not page.get_by_text("whsec_").count()
    page.get_by_role("button", name=f"Turn off: {url}").click()
    page.get_by_role("button", name=f"Turn on: {url}").wait_for()
    page.get_by_role("button", name=f"Deliveries to {url}").click()
    page.get_by_role("dialog").get_by_text("Nothing was sent yet").wait_for()
    page.keyboard.press("Escape")
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()

    page.get_by_role("button", name=f"Delete the webhook: {url}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    row.wait_for(state="hidden")


def _tab(page: Page, name: str) -> None:
    page.get_by_role("group", name="Parts of the programme").get_by_role(
        "button", name=name
    ).click()


def _make_programme(page: Page, name: str) -> None:
    page.get_by_role("button", name="New programme").first.click()
    form = page.get_by_role("dialog", name="New programme")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Landing page").fill("https://example.org/join")
    form.get_by_label("Amount").fill("12,50")
    form.get_by_role("button", name="Create").click()


def _make_ambassador(page: Page) -> None:
    _tab(page, "Ambassadors")
    page.get_by_role("button", name="New ambassador").click()
    form = page.get_by_role("dialog", name="New ambassador")
    form.get_by_label("First name").fill("Sam")
    form.get_by_label("Last name").fill("Lee")
    form.get_by_label("E-mail").fill("sam@example.edu")
    form.get_by_role("button", name="Create").click()
    page.get_by_text("sam@example.edu").wait_for()


def _make_posters(dashboard: Dashboard) -> None:
    """One for each place; the code of one is downloaded for print."""
    page = dashboard.page
    _tab(page, "Posters")
    page.get_by_role("button", name="New posters").click()
    form = page.get_by_role("dialog", name="New posters")
    form.get_by_label("Places, one a line").fill("Gym\n\nLibrary, floor 1\n")
    form.get_by_label("Ambassador").select_option(label="Sam Lee")
    form.get_by_role("button", name="Create 2 posters").click()
    page.get_by_role("button", name="Print: Library, floor 1").wait_for()
    page.get_by_role("button", name="Print: Gym").click()
    printing = page.get_by_role("dialog", name="Print: Gym")
    code = printing.get_by_role("img", name="QR code of Gym")
    expect(code).to_have_js_property("complete", True)
    assert code.evaluate("image => image.naturalWidth") > 0
    printing.get_by_label("Read from").select_option(index=1)
    with page.expect_download() as download:
        printing.get_by_role("link", name="PDF").click()
    assert download.value.suggested_filename == "Gym.pdf"
    assert download.value.path().read_bytes().startswith(b"%PDF")
    assert not dashboard.serious_violations()
    page.keyboard.press("Escape")
    assert not dashboard.is_wider_than_screen()


def _sign_up_after_a_scan(dashboard: Dashboard) -> None:
    """A phone scans the poster of the gym and its owner signs up; a bot comes by too."""
    client = dashboard.server.client
    programme = urlsplit(dashboard.page.url).path.rsplit("/", 1)[1]
    asked = client.get("/api/v1/posters", params={"programId": programme})
    posters: list[dict[str, Any]] = asked.json()["posters"]
    (gym,) = [poster for poster in posters if poster["location"] == "Gym"]
    slug = re.sub(r".*/", "", gym["short_url"])
    link = f"{dashboard.server.url}/s/{slug}"
    httpx.get(link, headers={"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"})
    scan = httpx.get(link, headers={"User-Agent": PHONE})
    (impression,) = parse_qs(urlsplit(scan.headers["location"]).query)["impression_id"]
    person = {"first_name": "Ana", "last_name": "Diaz", "email": "ana@example.com"}
    sent = client.post("/api/v1/referrals", json={"impression_id": impression, **person})
    assert sent.status_code == 200, sent.text
