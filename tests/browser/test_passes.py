"""Passes: made, let in at a door or refused, and what the readers did not tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.walking import Dashboard


def test_a_pass_is_made_let_in_once_and_switched_off(dashboard: Dashboard) -> None:
    gate, number = f"Gate {_size(dashboard)}", f"MEMBER-{_size(dashboard)}"
    page = dashboard.open("/passes/readers", "Readers")
    page.get_by_role("button", name="reader").first.click()
    page.get_by_label("Name", exact=True).fill(gate)
    page.get_by_label("Id", exact=True).fill(f"gate-{_size(dashboard)}")
    page.get_by_label("Password").fill("a quiet gate")
    assert not dashboard.serious_violations()
    page.get_by_role("dialog").get_by_role("button", name="Create a").click()
    page.get_by_role("button", name=gate, exact=True).wait_for()
    page.get_by_label("One pass lets in again").select_option("Always")
    page.get_by_text("The same pass admits everybody who shows it").wait_for()
    page.get_by_label("One pass lets in again").select_option("After an hour")
    page.get_by_text("Until then the pass is refused at every reader").wait_for()

    page.get_by_role("link", name="Passes", exact=True).last.click()
    dashboard.heading("Passes").wait_for()
    page.get_by_role("button", name="Create a pass").first.click()
    page.get_by_label("Number of the pass").last.fill(number)
    page.get_by_label("Name of the holder").fill("A. Person")
    page.get_by_role("dialog").get_by_role("button", name="Create a pass").click()
    dashboard.heading(number).wait_for()
    barcode = page.get_by_role("link", name="Open its page with the barcode")
    assert "/download?pass=" in str(barcode.get_attribute("href"))
    here = page.url.split("/dashboard")[1]

    dashboard.open(f"/passes?reader=gate-{_size(dashboard)}", "Live scans")
    page.locator(".pulse", has_text="Live").wait_for()
    page.get_by_text("Let somebody in by hand").click()
    verdict = page.get_by_role("status").filter(has_text=gate)
    for sent in ("Let in", "Pass was scanned already"):
        page.get_by_label("Number of the pass").fill(number)
        page.get_by_role("button", name="Check").click()
        verdict.get_by_text(sent).wait_for()
    row = page.get_by_role("region", name="By reader").get_by_role("row").filter(has_text=gate)
    row.get_by_role("button", name="1 scans: why this many?").nth(1).wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()

    dashboard.open(here, number)
    page.get_by_role("region", name="Scans").get_by_text("Pass was scanned already").wait_for()
    page.get_by_role("button", name="Switch off").click()
    page.get_by_text("Switched off", exact=True).wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    dashboard.open("/passes/list", "Passes")
    page.get_by_label("Number of the pass").fill(number.lower())
    page.get_by_role("button", name="Find").click()
    found = page.get_by_role("region", name="Passes")
    found.get_by_role("row").nth(1).get_by_text("Switched off").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_scans_that_a_reader_did_not_upload_and_double_entries_are_shown(
    dashboard: Dashboard,
) -> None:
    reader, number = f"south-{_size(dashboard)}", f"SEASON-{_size(dashboard)}"
    _send(dashboard, "/api/v1/entities/default/readers", {"reader": {"id": reader, "name": reader}})
    _send(dashboard, f"/api/v1/passes?extId={number}", {"pass": {}})
    rule = {"validationConfiguration": {"validityPeriodSeconds": 3600}}
    dashboard.server.client.patch(
        "/api/v1/entities/default/readerConfiguration", json={"readerConfiguration": rule}
    ).raise_for_status()
    _send(dashboard, "/api/v1/scans/batch", _upload(reader, number))

    page = dashboard.open("/passes", "Live scans")
    row = page.get_by_role("region", name="By reader").get_by_role("row").filter(has_text=reader)
    row.get_by_text("3", exact=True).wait_for()
    page.get_by_role("region", name="Double entries").get_by_role("link", name=number).wait_for()
    feed = page.get_by_role("list", name="The last scans")
    feed.get_by_text(f"{reader} · uploaded later").first.wait_for()
    page.locator(".pulse", has_text="Live").wait_for()
    _send(
        dashboard,
        "/api/v1/scans",
        {"scan": {"readerId": reader, "passId": "NOBODY-KNOWS", "scanType": "nfc"}},
    )
    page.get_by_role("status").get_by_text("Pass not found").wait_for()

    dashboard.open("/passes/readers", "Readers")
    page.get_by_role("button", name=f"Uploads of {reader}").click()
    report = page.get_by_role("dialog")
    report.get_by_text("2–4").wait_for()
    report.get_by_text("1 min 40 s behind").or_(
        report.get_by_text("1 min 41 s behind")
    ).first.wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def _upload(reader: str, number: str) -> dict[str, Any]:
    """Two scans of one pass; those between them have not come, and the clock is 100 s behind."""
    sent = datetime.now(UTC) - timedelta(seconds=100)
    scans = [
        {
            "sequence": sequence,
            "nonce": f"scan-{sequence}",
            "scannedAt": (sent - timedelta(seconds=600 - sequence)).isoformat(),
            "scanType": "barcode",
            "scanValue": number,
            "passId": number,
            "status": "successful",
        }
        for sequence in (1, 5)
    ]
    return {"batch": {"readerId": reader, "sentAt": sent.isoformat(), "scans": scans}}


def _send(dashboard: Dashboard, path: str, body: dict[str, Any]) -> None:
    dashboard.server.client.post(path, json=body).raise_for_status()


def _size(dashboard: Dashboard) -> int:
    size = dashboard.page.viewport_size
    assert size is not None
    return int(size["width"])
