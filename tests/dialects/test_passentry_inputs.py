"""What scanners send: line ends, separators, far too much, one bad scan among good ones."""

from typing import Any

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
