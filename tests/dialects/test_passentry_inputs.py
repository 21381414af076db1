"""What scanners send: line ends, separators, far too much, one bad scan among good ones."""

from typing import Any

import httpx
import pytest

from tests.dialects.passentry import Venue, refused, verdict

GOOD = ("successful", "")
AT = "2026-05-01T10:00:00Z"


@pytest.fixture
def door(venue: Venue) -> Venue:
    """A pass `MEMBER-7` and a reader `door`."""
    venue.card(venue.template(), "MEMBER-7")
    venue.reader("door")
    return venue


def offline_scan(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "sequence": number,
        "nonce": f"n{number}",
        "scannedAt": "2026-05-01T09:30:00Z",
        "scanType": "barcode",
        "scanValue": "MEMBER-7",
        "status": "successful",
        **fields,
    }


# ── what stands around an id ──────────────────────────────────────────────────────────────────

READ = ("MEMBER-7\r\n", "\tMEMBER-7", "\ufeffMEMBER-7", "\x1dMEMBER-7\x03", "\u200b MEMBER-7\u00a0")


@pytest.mark.parametrize("text", READ)
def test_a_pass_is_found_by_its_id_with_what_a_scanner_adds(door: Venue, text: str) -> None:
    answer = door.scan("door", text)
    assert verdict(answer) == GOOD
    assert answer["scanInfo"]["scanValue"] == text
    assert verdict(door.scan("door\r\n", answer["scanInfo"]["passId"].upper() + "\n")) == GOOD
    uploaded = door.upload("door", AT, offline_scan(1, scanValue=text))
    assert uploaded["scans"][0]["serverStatus"] == "successful"
    assert door.scans(passId=text)["meta"]["totalScans"] == 3


def test_an_id_is_trimmed_likewise_when_a_pass_is_created(door: Venue) -> None:
    template = door.template()
    for text, found in (("\ufeffMEMBER-8\r\n", "MEMBER-8"), (" \tMEMBER-9", "MEMBER-9")):
        query = {"passTemplate": template, "extId": text}
        made = door.client.post("/passes", params=query, json={"pass": {}})
        assert made.json()["data"]["attributes"]["extId"] == found
        assert verdict(door.scan("door", found)) == GOOD
        assert door.client.post("/passes", params=query, json={"pass": {}}).status_code == 409
    inside = {"passTemplate": template, "extId": "MEMBER\x1d10"}
    refused(door.client.post("/passes", params=inside, json={"pass": {}}), 400)


# ── long values ───────────────────────────────────────────────────────────────────────────────


def test_a_scan_of_a_long_text_is_recorded_as_failed(door: Venue) -> None:
    text = "M" * 2001
    answer = door.scan("door", text)
    assert verdict(answer) == ("failed", "Scanned value has more than 2000 characters")
    assert answer["scanInfo"]["scanValue"] == text[:2000]
    assert verdict(door.scan("door", "M" * 2000)) == ("failed", "Pass not found")
    assert verdict(door.scan("door", "é" * 100_000))[0] == "failed"
    assert door.scans(status="failed")["meta"]["totalScans"] == 3


@pytest.mark.parametrize(
    ("given", "shown"),
    [("Refused there", "Refused there"), ("", "Scanned value has more than 2000 characters")],
)
def test_a_long_scan_that_another_system_validated_is_recorded_with_its_status(
    door: Venue, given: str, shown: str
) -> None:
    scan = {"readerId": "door", "scanType": "nfc", "status": "successful", "passId": "MEMBER-7"}
    scan |= {"scanValue": "x" * 3000, "statusDetail": given}
    info = door.ask("POST", "/scans/log", {"scan": scan})["scanInfo"]
    assert (info["status"], info["statusDetail"]) == ("successful", shown)
    assert (info["passExtId"], len(info["scanValue"])) == ("MEMBER-7", 2000)


# ── dates ─────────────────────────────────────────────────────────────────────────────────────

EARLY, LATE = "2027-01-01T00:00:00Z", "2027-02-01T00:00:00+02:00"


def test_a_pass_that_could_never_be_valid_is_refused(venue: Venue) -> None:
    template = venue.template()
    path = f"/passes?passTemplate={template}&extId=M-1"

    def dated(valid_from: str | None, expires_at: str | None) -> dict[str, Any]:
        return {"pass": {"validFrom": valid_from, "expiresAt": expires_at}}

    for wrong in (dated(LATE, EARLY), dated(EARLY, EARLY)):
        assert "validFrom" in refused(venue.client.post(path, json=wrong), 400)
    refused(venue.client.get("/passes/M-1"), 404)
    venue.ask("POST", path, dated(EARLY, LATE), status=201)

    def change(**fields: str | None) -> httpx.Response:
        return venue.client.patch("/passes/M-1", json={"pass": fields})

    refused(change(validFrom="2027-03-01T00:00:00Z"), 400)
    refused(change(expiresAt="2026-03-01T00:00:00Z"), 400)
    shown = venue.ask("GET", "/passes/M-1")["data"]["attributes"]
    assert (shown["validFrom"], shown["expiresAt"]) == (EARLY, "2027-01-31T22:00:00Z")
    assert change(validFrom="2027-03-01T00:00:00Z", expiresAt=None).is_success


def test_an_event_that_ends_before_it_begins_is_refused(venue: Venue) -> None:
    dates = {"startDateTime": LATE, "endDateTime": EARLY}
    refused(venue.client.post("/events", json={"event": {"name": "Gala", **dates}}), 400)
    asked = {"event": {"name": "Gala", "startDateTime": EARLY, "endDateTime": LATE}}
    made = venue.ask("POST", "/events", asked, status=201)["data"]["id"]
    late = {"event": {"startDateTime": "2027-03-01T00:00:00Z"}}
    refused(venue.client.patch(f"/events/{made}", json=late), 400)
    assert venue.ask("GET", f"/events/{made}")["data"]["attributes"]["startDateTime"] == EARLY


# ── one bad scan among good ones ──────────────────────────────────────────────────────────────


def test_an_upload_is_classified_scan_by_scan(door: Venue) -> None:
    bad: list[tuple[Any, str]] = [
        (offline_scan(2, scanValue="x" * 2001), "scanValue"),
        (offline_scan(3, scanValue=""), "scanValue"),
        (offline_scan(4, scannedAt="1970-01-01T00:00:00Z"), "scannedAt"),
        (offline_scan(0), "sequence"),
        (offline_scan(5, scannedAt="yesterday"), "scannedAt"),
        (offline_scan(6, scanType="smell"), "scanType"),
        (offline_scan(7, nonce="n" * 101), "nonce"),
        (offline_scan(8, sequence=10**30), "sequence"),
        ({"nonce": "lonely"}, "sequence"),
        ({}, "sequence"),
        (7, "object"),
        (None, "object"),
        ([], "object"),
    ]
    scans = [offline_scan(1), *(scan for scan, _ in bad), offline_scan(9)]
    answer = door.upload("door", AT, *scans)
    first, *refusals, last = answer["scans"]
    assert (first["result"], last["result"]) == ("recorded", "recorded")
    assert {one["result"] for one in refusals} == {"refused"}
    for refusal, (scan, named) in zip(refusals, bad, strict=True):
        assert named in refusal["reason"], scan
        assert refusal["scanId"] is None
    nonces = ["n2", "n3", "n4", "n0", "n5", "n6", "", "n8", "lonely", "", "", "", ""]
    assert [one["nonce"] for one in refusals] == nonces
    counts = {name: answer["meta"][name] for name in ("recorded", "duplicates", "refused")}
    assert counts == {"recorded": 2, "duplicates": 0, "refused": len(bad)}
    corrected = [scan | {"scanValue": "MEMBER-7"} for scan, _ in bad[:1]]
    again = door.upload("door", AT, *scans[:1], *corrected)
    assert [one["result"] for one in again["scans"]] == ["duplicate", "recorded"]
    report = door.ask("GET", "/readers/door/report")["data"]["attributes"]
    assert (report["recorded"], report["duplicates"], report["refused"]) == (3, 1, len(bad))


def test_an_upload_that_cannot_be_read_at_all_is_refused_whole(door: Venue) -> None:
    good = [offline_scan(1)]
    for batch in (
        {"readerId": "door", "sentAt": "now", "scans": good},
        {"readerId": "door", "sentAt": AT, "scans": {}},
        {"readerId": "", "sentAt": AT, "scans": good},
        {"readerId": "door", "sentAt": AT, "scans": [7] * 5001},
    ):
        refused(door.client.post("/scans/batch", json={"batch": batch}), 400)
    body = b'{"batch": {"readerId": "door", "sentAt": "2026-05-01T10:00:00Z", "scans": [{]}}'
    refused(door.client.post("/scans/batch", content=body), 400)
    assert door.scans()["meta"]["totalScans"] == 0
