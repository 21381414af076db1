"""Codes from their making to their print, as people do it on a desk and on a phone."""

import re
from pathlib import Path

import httpx
from playwright.sync_api import FilePayload, Page

from tests.browser.walking import Dashboard, on_a_phone_too
from tests.support.running import PHONE

LOGO = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6364f8cf500f000385018051c0d5a10000000049454e44ae426082"
)


def _is_right(dashboard: Dashboard) -> None:
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def _make(page: Page, destination: str, label: str) -> str:
    """The id of a new code, whose page is open."""
    page.get_by_label("Where should it lead?").fill(destination)
    page.get_by_label("Label").fill(label)
    page.get_by_role("button", name="Create the code").click()
    page.get_by_role("heading", name="Your code is ready").wait_for()
    page.get_by_role("link", name="Open its page").click()
    page.get_by_role("heading", name=label, level=1).wait_for()
    (code,) = re.findall(r"c_\w+", page.url)
    return str(code)


@on_a_phone_too
def test_a_code_is_made_and_scanned_and_its_scan_appears(dashboard: Dashboard) -> None:
    page = dashboard.open("/codes", "Codes")
    page.get_by_role("img", name="Scans of Menu, table cards over time").or_(
        page.get_by_role("link", name="Menu, table cards")
    ).first.wait_for()
    page.get_by_role("button", name=re.compile(r"[\d,]+ scans of Menu, table cards: why")).click()
    page.get_by_role("dialog").get_by_text("Received").wait_for()
    page.keyboard.press("Escape")
    _is_right(dashboard)

    page.get_by_role("link", name="Create a code").click()
    code = _make(page, "example.org/lunch", "Lunch")
    page.get_by_role("img", name="QR symbol of Lunch").wait_for()
    page.locator(".pulse", has_text="Live").wait_for()
    shown = dashboard.server.client.get(f"/v1/dynamic/{code}").json()
    assert shown["destination"] == "https://example.org/lunch"
    httpx.get(f"{dashboard.server.url}/s/{shown['slug']}", headers={"User-Agent": PHONE})
    page.get_by_role("list", name="Live").get_by_role("link", name="Scan").wait_for()
    page.get_by_role("button", name="1 scans: why this many?").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download as PDF").click()
    assert saved.value.suggested_filename == "lunch.pdf"
    assert Path(saved.value.path()).read_bytes().startswith(b"%PDF")
    _is_right(dashboard)


def test_a_code_is_led_elsewhere_and_back_paused_locked_and_deleted(dashboard: Dashboard) -> None:
    page = dashboard.open("/codes/new", "Create codes")
    code = _make(page, "https://example.org/first", "Poster")
    page.get_by_role("button", name="Destination", exact=True).click()
    page.get_by_label("Everybody").fill("https://example.org/second")
    page.get_by_label("Android").fill("https://example.org/android")
    page.get_by_role("button", name="Save").first.click()
    history = page.get_by_role("list", name="History")
    history.get_by_text("https://example.org/second").wait_for()
    page.get_by_label("Campaign", exact=True).fill("spring")
    page.get_by_text("utm_campaign=spring").wait_for()
    page.get_by_role("button", name="Save").last.click()
    history.get_by_text("Campaign: spring").wait_for()
    history.get_by_role("button", name="Undo change 1").click()
    history.get_by_text("by owner@example.org. Undid change 1.").wait_for()
    assert page.get_by_label("Everybody").input_value() == "https://example.org/first"
    _is_right(dashboard)

    page.get_by_role("button", name="Access").click()
    page.get_by_role("button", name="Pause now").click()
    page.get_by_text("It is paused: scans are kept, and not counted.").wait_for()
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("It is live.").wait_for()
    page.get_by_label("Pause until").fill("2031-05-01T10:00")
    page.get_by_role("button", name="Pause until then").click()
    page.get_by_text("It is paused until 1 May 2031").wait_for()
    page.get_by_label("New PIN").fill("1234")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("A PIN is set.").wait_for()
    _is_right(dashboard)

    page.get_by_role("button", name="Details").click()
    page.get_by_label("Folder").select_option("New folder…")
    page.get_by_label("Name of the new folder").fill(f"Walls {code}")
    page.get_by_label("Tags").fill("wall, north, wall")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").get_by_text("Saved").wait_for()
    shown = dashboard.server.client.get(f"/v1/dynamic/{code}").json()
    assert (shown["tags"], shown["folder"]) == (["wall", "north"], f"Walls {code}")
    assert (shown["has_pin"], shown["status"]) == (True, "paused")
    _is_right(dashboard)

    page.get_by_role("button", name="Delete this code").click()
    page.get_by_text("are erased").wait_for()
    page.get_by_role("button", name="Delete for good").click()
    dashboard.heading("Codes").wait_for()
    assert dashboard.server.client.get(f"/v1/dynamic/{code}").status_code == 404


def test_a_code_is_designed_checked_and_downloaded(dashboard: Dashboard) -> None:
    page = dashboard.open("/codes/new", "Create codes")
    code = _make(page, "https://example.org/design", "Sticker")
    page.get_by_role("link", name="Design", exact=True).click()
    dashboard.heading("Design Sticker").wait_for()
    check = page.get_by_role("region", name="Will it be read?")
    check.get_by_text("Readers will read it.").wait_for()
    page.get_by_label("Symbol, as a colour code").fill("#cccccc")
    check.get_by_text("The contrast is").wait_for()
    page.get_by_label("Symbol, as a colour code").fill("#0f766e")
    check.get_by_text("Readers will read it.").wait_for()
    logo = FilePayload(name="logo.png", mimeType="image/png", buffer=LOGO)
    page.get_by_label("Logo in the middle").set_input_files(logo)
    page.get_by_role("button", name="Remove the logo").wait_for()
    page.get_by_label("Width in print, mm").fill("30")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as SVG").click()
    svg = Path(saved.value.path()).read_text()
    assert 'width="30mm"' in svg
    assert "0f766e" in svg
    assert "data:image/png" in svg
    page.get_by_label("Name of the theme").fill(f"Teal {code}")
    page.get_by_role("button", name="Save and use for this code").click()
    page.get_by_text("This code is drawn so from now on.").wait_for()
    drawn = dashboard.server.client.get(f"/v1/dynamic/{code}/qr")
    assert "0f766e" in drawn.text
    _is_right(dashboard)


def test_many_codes_are_made_from_rows_found_again_and_printed(dashboard: Dashboard) -> None:
    page = dashboard.open("/codes/new", "Create codes")
    page.get_by_role("button", name="Many at once").click()
    page.get_by_label("Rows").fill("destination,label\nexample.org/1,Table 1\nnowhere,Table 2")
    page.get_by_text("1 of 2 rows need a change").wait_for()
    assert page.get_by_role("button", name="Create 2 codes").is_disabled()
    row = f"row {page.evaluate('innerWidth')}"
    rows = "".join(f'https://example.org/{seat},"Seat {seat}, {row}"\n' for seat in range(1, 31))
    csv = FilePayload(name="seats.csv", mimeType="text/csv", buffer=f"url,label\n{rows}".encode())
    page.get_by_label("Or choose a CSV file").set_input_files(csv)
    page.get_by_text("30 rows, all good.").wait_for()
    page.get_by_role("button", name="Create 30 codes").click()
    page.get_by_role("heading", name="30 codes were created").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    lines = Path(saved.value.path()).read_text().splitlines()
    assert len(lines) == 31
    assert lines[1].startswith(f'"Seat 1, {row}",https://example.org/1,http')
    _is_right(dashboard)

    page.get_by_role("link", name="To all codes").click()
    page.get_by_role("link", name=f"Seat 29, {row}").wait_for()
    page.get_by_label("Search").fill(f"Seat 30, {row}")
    page.get_by_role("link", name=f"Seat 29, {row}").wait_for(state="detached")
    page.get_by_label("Search").fill(f", {row}")
    page.get_by_text("Select all 30 shown").click()
    page.get_by_role("link", name="Print a sheet").click()
    dashboard.heading("Print a sheet").wait_for()
    page.get_by_label("Copies of each").fill("2")
    page.get_by_label("Columns").fill("4")
    page.get_by_text("4 pages").wait_for()
    sheet = page.get_by_role("region", name="Page 1", exact=True)
    sheet.get_by_role("img", name=f"QR symbol of Seat 30, {row}").first.wait_for()
    assert sheet.get_by_role("img").count() == 16
    page.get_by_text("At most 44 mm fit so.").wait_for()
    _is_right(dashboard)
