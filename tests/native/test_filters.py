"""Every filter of the native API, by the events that it finds."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from footfall.native.filters import FILTERED
from tests.native.places import refused, stranger_of
from tests.running import RunningServer

FIRST, SECOND, THIRD = "198.51.100.4", "203.0.113.9", "2001:db8::1"


@pytest.fixture(scope="module")
def client(place: RunningServer) -> Iterator[httpx.Client]:
    """An account with four events: at three addresses, and one without."""
    with stranger_of(place) as client:
        body = {"kind": "open", "name": "addresses", "privacy": "full"}
        tracker = int(client.post("/trackers", json=body).json()["id"])
        addresses = [{"ip": one} for one in (FIRST, SECOND, THIRD)]
        tell_of(client, [{"tracker": tracker, **one} for one in [*addresses, {}]])
        yield client


def tell_of(client: httpx.Client, events: list[dict[str, Any]]) -> None:
    response = client.post("/events", json=[{"kind": "open", **one} for one in events])
    assert response.json()["stored"] == len(events), response.text


def found(client: httpx.Client, column: str, **filters: Any) -> list[Any]:
    """The column's value in each event that the list finds, oldest first."""
    response = client.get("/events", params={"order": "oldest", **filters})
    assert response.status_code == 200, response.text
    return [one.get(column, "") for one in response.json()["events"]]


BY_ADDRESS: list[tuple[dict[str, Any], list[str]]] = [
    ({"ip": FIRST}, [FIRST]),
    ({"ip": [FIRST, "2001:DB8:0::1"]}, [FIRST, THIRD]),
    ({"ip": "::ffff:198.51.100.4"}, [FIRST]),
    ({"ip": ""}, [""]),
    ({"ip.is": SECOND}, [SECOND]),
    ({"ip.not": FIRST}, [SECOND, THIRD, ""]),
    ({"ip.present": "true"}, [FIRST, SECOND, THIRD]),
    ({"ip.present": "false"}, [""]),
    ({"ip.prefix": "198.51."}, [FIRST]),
    ({"ip.contains": "113"}, [SECOND]),
    ({"ip.from": FIRST}, [FIRST, SECOND, THIRD]),
    ({"ip.to": SECOND}, [FIRST]),
    ({"ip.from": "203.0.0.0", "ip.to": "203.1.0.0"}, [SECOND]),
]


@pytest.mark.parametrize(("filters", "addresses"), BY_ADDRESS)
def test_an_address_is_found_by_every_test_and_everywhere(
    client: httpx.Client, filters: dict[str, Any], addresses: list[str]
) -> None:
    assert found(client, "ip", **filters) == addresses
    lines = client.get("/events", params={**filters, "format": "ndjson", "order": "oldest"}).text
    assert [json.loads(line)["ip"] for line in lines.splitlines()] == addresses
    body = {"filters": filters, "dimensions": ["ip"], "metrics": ["events"]}
    report = client.post("/reports", json=body).json()
    assert sorted(row["ip"] for row in report["rows"]) == sorted(addresses)


@pytest.mark.parametrize("filters", [{"ip": SECOND}, {"ip.not": FIRST}])
def test_a_stream_of_an_address_gives_its_events(
    client: httpx.Client, filters: dict[str, Any]
) -> None:
    addresses = found(client, "ip", **filters)
    with client.stream("GET", "/events/live", params={**filters, "after": "0"}) as stream:
        data = (line for line in stream.iter_lines() if line.startswith("data:"))
        assert [json.loads(next(data)[5:]).get("ip", "") for _ in addresses] == addresses


@pytest.mark.parametrize("name", ["ip", "ip.not", "ip.from", "ip.to"])
def test_what_is_no_address_is_refused_as_one(client: httpx.Client, name: str) -> None:
    assert "no address" in refused(client.get("/events", params={name: "198.51.100.400"}))


@pytest.mark.parametrize("column", FILTERED)
def test_every_column_is_filtered_and_shown_at_once(client: httpx.Client, column: str) -> None:
    everything = found(client, column)
    for present in ("true", "false"):
        some = found(client, column, **{f"{column}.present": present, "fields": column})
        assert some == [one for one in everything if (one != "") == (present == "true")]
