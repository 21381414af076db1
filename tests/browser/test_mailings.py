"""Mailings: what goes into a mail, and who opened and clicked, machines apart."""

import csv
import uuid

import httpx
from playwright.sync_api import Page, expect

from tests.browser.walking import Dashboard
from tests.support.running import PHONE

MAIL_PROXY = (
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
)


def test_a_mailing_goes_from_its_recipients_to_opens_and_clicks(dashboard: Dashboard) -> None:
    subject = f"Sale {uuid.uuid4().hex[:6]}"
    page = dashboard.open("/mailings", "Mailings")
    page.get_by_role("button", name="New mailing").first.click()
    form = page.get_by_role("dialog", name="New mailing")
    form.get_by_label("Subject").fill(subject)
    form.get_by_role("button", name="Create").click()
    dashboard.heading(subject).wait_for()
    first, second = _add_recipients(page)
    page.get_by_role("heading", name="Recipients: 2").wait_for()
    assert not dashboard.serious_violations()
    _read(first["pixel"], PHONE)
    _read(second["pixel"], MAIL_PROXY)
    _read(first["link1"], PHONE)

    page = dashboard.open("/mailings", "Mailings")
    page.get_by_role("button", name=f"1 opens of {subject}: why").wait_for()
    assert not dashboard.is_wider_than_screen()
    page.get_by_role("link", name=subject).click()
    dashboard.heading(subject).wait_for()
    page.get_by_role("button", name=f"1 opens of {subject}: why").wait_for()
    page.get_by_role("button", name=f"1 clicks of {subject}: why").wait_for()
    report = page.get_by_role("region", name="Report")
    report.get_by_text("Opens by people").wait_for()
    assert report.get_by_text("by 1 recipient: 50% of all recipients").count() == 2
    machines = report.get_by_role("link")
    expect(machines).to_have_text("1")
    page.get_by_role("list", name="Clicks by link").get_by_text("example.org/sale").wait_for()
    page.get_by_role("img", name="Over time").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_what_to_paste_is_there_for_everybody_and_for_one(dashboard: Dashboard) -> None:
    asked = {"subject": "Trial", "destinations": [{}], "links": ["https://example.org/shop"]}
    made = dashboard.server.client.post("/v4/publisher/links", json=asked).json()
    page = dashboard.open(f"/mailings/{made['emailing']}?tab=mail", "Trial")
    page.get_by_text('<a href="{{link1}}">https://example.org/shop</a>').wait_for()
    assert not dashboard.serious_violations()
    page.get_by_role("button", name="Create a recipient for a trial").click()
    one = page.get_by_role("dialog")
    one.get_by_text("In place of the link to https://example.org/shop").wait_for()
    one.get_by_role("button", name="Copy").first.click()
    one.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    _read(copied.split('"')[1], PHONE)
    assert not dashboard.serious_violations()
    page.keyboard.press("Escape")
    assert not dashboard.is_wider_than_screen()

    page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog", name="Edit the mailing")
    form.get_by_label("Subject").fill("Trial of the shop")
    form.get_by_role("button", name="Save").click()
    dashboard.heading("Trial of the shop").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    dashboard.heading("Mailings").wait_for()
    assert not page.get_by_role("link", name="Trial of the shop").count()


def test_an_old_mailing_is_shown_from_when_it_was_sent(dashboard: Dashboard) -> None:
    old = {"subject": "Winter", "timestamp": "2025-01-05 10:00:00"}
    made = dashboard.server.client.post("/v4/publisher/emailings", json=old)
    page = dashboard.open(f"/mailings/{made.headers['x-created']}", "Winter")
    page.get_by_text("was sent on 5 Jan 2025").wait_for()
    assert not dashboard.serious_violations()
    page.get_by_role("button", name="Show all days since then").click()
    page.get_by_text("was sent on 5 Jan 2025").wait_for(state="hidden")
    assert "since=2025-01-05" in page.url
    assert not dashboard.is_wider_than_screen()


def _add_recipients(page: Page) -> tuple[dict[str, str], dict[str, str]]:
    """Two people by address, which only the file holds; its rows."""
    page.get_by_role("button", name="Add recipients").click()
    form = page.get_by_role("dialog", name="Recipients and their links")
    form.get_by_label("E-mail addresses").fill("ana@example.com\njo@example.com")
    form.get_by_label("Links in the mail").fill("https://example.org/sale")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    form.get_by_role("button", name="Create the file for 2 recipients").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the file").click()
    page.keyboard.press("Escape")
    assert not any("ana@example.com" in body for body in sent)
    with download.value.path().open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["email"], second["email"]) == ("ana@example.com", "jo@example.com")
    return first, second


def _read(url: str, user_agent: str) -> None:
    """As a mail program does with an image, and a browser with a link."""
    answer = httpx.get(url, headers={"User-Agent": user_agent})
    assert answer.headers["x-footfall"] in ("recorded", "machine_open")
