"""The list of scans: its filters, its order, and the vendor's own sample."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.dialects import jsonapi
from tests.dialects.passentry import Venue

NAMES = ("first", "second", "third", "fourth", "fifth")


@pytest.fixture
def places(venue: Venue) -> dict[str, str]:
    """An entity and an event, and five scans, no two alike."""
    entity = venue.ask("POST", "/entities", {"entity": {"name": "South"}}, status=201)
    south = entity["data"]["id"]
    event = venue.ask("POST", "/events", {"event": {"name": "Final"}}, status=201)["data"]["id"]
    venue.card(venue.template("Gym"), "gym", groupTag="SPRING")
    venue.card(venue.template("Pool"), "pool", eventId=event)
    venue.reader("north")
    venue.reader("south", south)
    venue.scan("north", "gym")
    venue.scan("south", "gym", "nfc")
    venue.scan("south", "pool")
    venue.scan("north", "nobody")
    logged = {"readerId": "north", "scanType": "nfc", "status": "successful", "scanValue": "x"}
    venue.ask("POST", "/scans/log", {"scan": logged})
    return {"south": south, "event": event}


def found(venue: Venue, **query: Any) -> list[str]:
    """Which of the five, in the order of the list."""
    everything = [one["id"] for one in venue.scans()["data"]][::-1]
    page = venue.scans(**query)
    jsonapi.check(page)
    assert page["meta"]["totalScans"] == len(page["data"])
    return [NAMES[everything.index(one["id"])] for one in page["data"]]


def test_every_filter_narrows_the_list_and_its_counts(venue: Venue, places: dict[str, str]) -> None:
    assert found(venue) == list(NAMES[::-1])
    assert found(venue, entity=places["south"]) == ["third", "second"]
    assert found(venue, readerId="north") == ["fifth", "fourth", "first"]
    assert found(venue, passId="gym") == ["second", "first"]
    assert found(venue, validationType="externalValidation") == ["fifth"]
    assert found(venue, scanType="nfc") == ["fifth", "second"]
    assert found(venue, status="failed") == ["fourth"]
    assert found(venue, eventId=places["event"]) == ["third"]
    assert found(venue, passTemplateName="Gym") == ["second", "first"]
    assert found(venue, groupTag="SPRING") == ["second", "first"]
    assert found(venue, groupTag="SPRING", scanType="nfc", readerId="south") == ["second"]
    assert found(venue, entity="nowhere") == []
    unknown = {"readerId": "nobody", "entity": places["south"], "eventId": "evt_0"}
    answer = venue.client.get("/scans", params=unknown)
    assert json.loads(answer.headers["footfall-notes"]) == [
        "readerId: nothing known has the id 'nobody'.",
        "eventId: nothing known has the id 'evt_0'.",
    ]
    answer = venue.client.get("/scans", params={"passTemplateName": "Gim"})
    (note,) = json.loads(answer.headers["footfall-notes"])
    assert note == "passTemplateName: no pass template has the name 'Gim'."
    assert "footfall-notes" not in venue.client.get("/scans", params={"readerId": "north"}).headers


def test_created_after_is_inclusive_and_created_before_exclusive(
    venue: Venue, places: dict[str, str]
) -> None:
    # The time of receipt is in the first 48 bits of the id.
    ids = [one["id"] for one in venue.scans()["data"]][::-1]
    times = [int(one.replace("-", "")[:12], 16) / 1000 for one in ids]
    third = datetime.fromtimestamp(times[2], UTC).isoformat()
    assert (
        found(venue, createdAfter=third)
        == [name for name, at in zip(NAMES, times, strict=True) if at >= times[2]][::-1]
    )
    assert (
        found(venue, createdBefore=third)
        == [name for name, at in zip(NAMES, times, strict=True) if at < times[2]][::-1]
    )
    assert found(venue, createdAfter="9999-12-31T23:59:59Z") == []
    assert found(venue, createdBefore="1971-01-01") == []


def test_links_keep_the_filters_and_lead_to_every_scan_once(
    venue: Venue, places: dict[str, str]
) -> None:
    page = venue.scans(perPage=2, createdAfter="2020-01-01T00:00:00+01:00")
    seen = [one["id"] for one in page["data"]]
    while page["links"]["next"]:
        path = re.sub(r"^http://localhost:\d+/api/v1", "", page["links"]["next"])
        page = venue.ask("GET", path)
        seen += [one["id"] for one in page["data"]]
    assert seen == [one["id"] for one in venue.scans()["data"]]


def test_the_documented_sample_comes_out_field_for_field_from_equivalent_data(
    venue: Venue,
) -> None:
    """docs.passentry.com/api-reference/v1/scans/get-scans, ids and times apart."""
    sample = json.loads((Path(__file__).parent / "passentry_scans.json").read_text())
    card, reader = sample["included"]
    attributes, given = card["attributes"], reader["attributes"]
    template = venue.template(attributes["passTemplateName"])
    content = {"barcode": None, **attributes["passContent"]}
    venue.card(template, attributes["extId"], **content)
    venue.reader(reader["id"], name=given["name"])
    # The vendor's scans read a value that is not the pass's: so does an upload that names both.
    venue.upload(
        reader["id"],
        "2025-01-13T13:05:30Z",
        *(
            {
                "sequence": number,
                "nonce": one["id"],
                "scannedAt": one["attributes"]["scannedAt"],
                "scanType": one["attributes"]["scanType"],
                "scanValue": one["attributes"]["scanValue"],
                "passId": attributes["extId"],
                "status": one["attributes"]["status"],
                "statusDetail": one["attributes"]["statusDetail"],
            }
            for number, one in enumerate(reversed(sample["data"]), 1)
        ),
    )
    answer = venue.scans(perPage=25)
    jsonapi.check(answer)
    assert apart(answer) == apart(sample)


def apart(document: Any) -> Any:
    """Without ids and times. Links to a pass and its page hold the id."""
    text = json.dumps(document, sort_keys=True)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{24}\b", "id", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "time", text)
    return json.loads(re.sub(r'https?://[^"]*\?pass=', "page?pass=", text))


def test_the_validators_refuse_what_is_no_json_api_document() -> None:
    for wrong in (
        {"data": {"type": "scan"}},
        {"data": {"type": "scan", "id": 7}},
        {"data": [], "surprise": 1},
    ):
        assert jsonapi.ask_library(wrong)
        with pytest.raises(jsonschema.ValidationError):
            jsonapi.SCHEMA_VALIDATOR.validate(wrong)
