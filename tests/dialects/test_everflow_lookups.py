"""The table of offers, and the lists that clients look ids up in."""

from typing import Any

import httpx
import pytest

from footfall.parsing.country_names import NAMES
from tests.dialects.everflow import Network, refused

PATHS = ["/v1/networks/offerstable", "/v1/networks/offers/table"]


def names(body: dict[str, Any]) -> list[str]:
    return [offer["name"] for offer in body["offers"]]


@pytest.mark.parametrize("path", PATHS)
def test_the_table_of_offers_is_filtered_searched_and_paged(network: Network, path: str) -> None:
    network.make_offer("Red boots", offer_status="paused")
    network.make_offer("Blue BOOTS")
    assert names(network.call("GET", path)) == ["Shoes", "Red boots", "Blue BOOTS"]
    assert names(network.call("GET", f"{path}?offer_status=paused")) == ["Red boots"]
    active = {"filters": {"offer_status": "active"}, "search_terms": [], "sort": {}}
    body = network.call("POST", path, json={**active, "paging": {"page": 2, "page_size": 1}})
    assert (names(body), body["paging"]) == (
        ["Blue BOOTS"],
        {"page": 2, "page_size": 1, "total_count": 2},
    )
    assert names(network.call("POST", f"{path}?page=1&page_size=1", json=active)) == ["Shoes"]
    searched = {
        "search_terms": [{"search_type": "name", "value": "boots"}],
        "sort_by": {"column": "created", "order": "desc"},
    }
    assert names(network.call("POST", path, json=searched)) == ["Blue BOOTS", "Red boots"]
    searched["search_terms"] = [{"search_type": "name", "value": "%"}]
    assert names(network.call("POST", path, json=searched)) == []
    status = [{"search_type": "offer_status", "value": "paused"}]
    assert names(network.call("POST", path, json={"search_terms": status})) == ["Red boots"]
    empty = network.client.post(f"{path}?page=9")
    assert (empty.status_code, empty.json()["offers"]) == (200, [])
    noted = network.call("POST", path, json={"filters": {"colour": "red"}})
    assert noted["notes"] == ["filters.colour is unknown and ignored."]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"filters": {"offer_status": "new"}}, "offer_status"),
        ({"search_terms": [{"search_type": "colour", "value": "red"}]}, "colour"),
        ({"paging": {"page": 0}}, "page"),
        ({"filters": []}, "filters"),
    ],
)
def test_a_table_that_cannot_be_is_refused(
    network: Network, body: dict[str, Any], word: str
) -> None:
    assert word in refused(network.client.post(PATHS[0], json=body), 400)


def test_lists_of_ids_are_answered_without_a_key(network: Network) -> None:
    def found(path: str, key: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{network.server.url}/v1/meta/{path}")
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()[key]
        return rows

    countries = found("countries", "countries")
    assert {row["country_code"]: row["country_name"] for row in countries} == NAMES
    assert len({row["country_id"] for row in countries}) == len(NAMES)
    currencies = {row["currency_id"] for row in found("currencies", "currencies")}
    assert {"USD", "EUR", "JPY"} < currencies
    assert all(len(one) == 3 and one.isupper() for one in currencies)
    types = found("devicetypes", "device_types")
    assert [row["name"] for row in types] == ["PC", "Mobile", "Tablet"]
    assert all(row["device_type_name"] == row["name"] for row in types)
    assert "Mobile Safari" in {row["browser_name"] for row in found("browsers", "browsers")}
    assert "iOS" in {row["platform_name"] for row in found("platforms", "platforms")}
    assert "Cellular" in {
        row["connection_type_name"] for row in found("connectiontypes", "connection_types")
    }
