"""What holds for every operation of the Everflow dialect: described, and accounts apart."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from footfall.api.openapi import Operation
from footfall.core.ids import ID_MAX
from footfall.dialects.everflow.api import OPERATIONS, document
from footfall.dialects.everflow.ids import read_transaction_id, transaction_id
from footfall.dialects.everflow.resources import RESOURCES
from footfall.dialects.everflow.view import AFFILIATES
from footfall.parsing.country_names import NAMES, country_code
from tests.dialects.everflow import Network, as_filters, refused, today
from tests.dialects.routes import described_routes, served_routes
from tests.support.running import RunningServer


async def test_every_route_is_described_and_every_description_has_a_route(tmp_path: Path) -> None:
    assert described_routes(document()) == await served_routes(tmp_path, "Everflow")


def test_the_document_says_how_the_key_is_given() -> None:
    (key,) = document()["components"]["securitySchemes"].values()
    assert key == {"type": "apiKey", "in": "header", "name": "X-Eflow-API-Key"}


# ── accounts apart ────────────────────────────────────────────────────────────────────────────

FIELDS: dict[str, dict[str, Any]] = {
    "employees": {"first_name": "Ana"},
    "creatives": {"name": "Banner", "network_offer_id": "{offers}"},
    "offerurls": {
        "name": "Sale",
        "network_offer_id": "{offers}",
        "destination_url": "https://example.org/sale",
    },
    "couponcodes": {"coupon_code": "OURS-{offers}", "network_offer_id": "{offers}"},
    "campaigns": {"campaign_name": "Push"},
    "offers": {
        "name": "Boots",
        "network_advertiser_id": "{advertisers}",
        "destination_url": "https://example.org/boots",
    },
    "advertisers": {"name": "Second", "network_employee_id": "{employees}"},
    "affiliates": {"name": "Second", "network_affiliate_tier_id": "{affiliatetiers}"},
}
"""What makes one of each; `{path}` is the id of what is made below that path."""


def filled(fields: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    def fill(value: Any) -> Any:
        if isinstance(value, str) and (whole := re.fullmatch(r"\{(\w+)\}", value)):
            return ids[whole[1]]
        return value.format(**ids) if isinstance(value, str) else value

    return {name: fill(value) for name, value in fields.items()}


@pytest.fixture(scope="module")
def ours(server: RunningServer) -> Iterator[tuple[Network, dict[str, int]]]:
    """A network with one of everything, and an impression; ids by path."""
    network = Network(server)
    ids: dict[str, int] = {"offers": network.offer}
    later = ("offers", "advertisers", "affiliates")
    for one in sorted(RESOURCES, key=lambda one: one.path in later):
        fields = filled(
            FIELDS.get(one.path, {"name": "Thing"}), {**ids, "advertisers": network.advertiser}
        )
        ids[one.path] = network.make(one.path, **fields)[one.id]
    network.impression(oid=network.offer)
    clicked = network.fire("/sdk/click", oid=network.offer, **{"async": "json"}).json()
    network.fire("/sdk/conversion", transaction_id=clicked["transaction_id"], oid=network.offer)
    yield network, ids
    network.close()


@pytest.fixture(scope="module")
def stranger(server: RunningServer) -> Iterator[Network]:
    network = Network(server)
    yield network
    network.close()


def shown(network: Network, ids: dict[str, int]) -> list[object]:
    return [network.call("GET", f"/v1/networks/{path}/{id}") for path, id in ids.items()]


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_no_account_sees_or_touches_anothers(
    stranger: Network, ours: tuple[Network, dict[str, int]], one: Operation
) -> None:
    network, ids = ours
    before = shown(network, ids)
    resource = one.path.split("/")[3]
    path = one.path.replace("{id}", str(ids.get(resource, 0)))
    fields = {"name": "Mine", **filled(FIELDS.get(resource, {}), ids)}
    if one.path.startswith(AFFILIATES):
        refused(stranger.client.request(one.method, path), 403)
    elif "{id}" in one.path:
        body = {} if one.body is None else {"json": fields}
        refused(stranger.client.request(one.method, path, **body), 404)  # type: ignore[arg-type]
    elif resource == "tracking":
        named = {"network_offer_id": network.offer, "network_affiliate_id": network.affiliate}
        refused(stranger.client.post(path, json=named), 404)
    elif resource == "reporting":
        for type, id in {"offer": network.offer, "affiliate": network.affiliate}.items():
            query = {"filters": as_filters([(type, id)])}
            assert stranger.stream(query=query) == []
        assert stranger.stream() == []
        if "clicks" in path or "conversions" in path:
            span = {"from": "2026-01-01", "to": "2026-01-02", "timezone_id": 67}
            now = {"from": today(-1), "to": today(1)}
            body = stranger.call(one.method, path, json={**span, **now})
            assert next(value for value in body.values() if isinstance(value, list)) == []
    elif one.path.endswith("table"):
        body = {} if one.body is None else {"json": {"filters": {}}}
        rows = stranger.call(one.method, path, **body)["offers"]
        assert {row["network_offer_id"] for row in rows} == {stranger.offer}
    elif one.method == "POST" and any(
        "{" in str(value) for value in FIELDS.get(resource, {}).values()
    ):
        assert stranger.client.post(path, json=fields).status_code in (400, 409)
    elif one.method == "GET" and resource in ids:
        body = stranger.call("GET", path)
        rows = next(value for value in body.values() if isinstance(value, list))
        assert {row["network_id"] for row in rows} <= {stranger.account}
    elif resource == "info":
        answer = stranger.client.request(one.method, path, json={})
        assert answer.json()["network_id"] == stranger.account
    assert shown(network, ids) == before


def test_a_stranger_uses_none_of_our_resources_in_its_own(
    stranger: Network, ours: tuple[Network, dict[str, int]]
) -> None:
    _, ids = ours
    named = {
        "network_advertiser_id": "advertisers",
        "network_category_id": "categories",
        "network_offer_group_id": "offergroups",
        "network_business_unit_id": "businessunits",
        "network_channel_id": "channels",
    }
    for field, path in named.items():
        answer = stranger.client.put(
            f"/v1/networks/offers/{stranger.offer}", json={field: ids[path]}
        )
        refused(answer, 400)
    for path in ("advertisers", "affiliates"):
        own = stranger.advertiser if path == "advertisers" else stranger.affiliate
        answer = stranger.client.put(
            f"/v1/networks/{path}/{own}", json={"network_employee_id": ids["employees"]}
        )
        refused(answer, 400)


def test_an_event_that_names_anothers_resource_shows_its_number_alone(
    stranger: Network, ours: tuple[Network, dict[str, int]]
) -> None:
    """A tracking call may name any number: it tells nothing of what it is elsewhere."""
    network, _ = ours
    stranger.impression(affid=network.affiliate)
    (row,) = stranger.stream()
    assert row["relationship"]["affiliate"] == {
        "network_affiliate_id": network.affiliate,
        "network_id": stranger.account,
        "name": "",
        "account_status": "",
        "network_traffic_source_id": 0,
    }
    query = {"filters": as_filters([("affiliate", "Publisher")])}
    assert stranger.stream(query=query) == [], "our affiliate's name"


def test_anothers_coupon_leads_to_its_own_offer_and_nowhere_else(
    stranger: Network, ours: tuple[Network, dict[str, int]]
) -> None:
    network, ids = ours
    code = network.call("GET", f"/v1/networks/couponcodes/{ids['couponcodes']}")["coupon_code"]
    sent = stranger.fire(oid=stranger.offer, affid="", __cc=code, sub1="coupon").json()
    assert sent["oid"] == stranger.offer
    (row,) = stranger.stream(query={"filters": as_filters([("sub1", "coupon")])})
    assert row["relationship"]["affiliate"]["network_affiliate_id"] == 0


# ── pure parts ────────────────────────────────────────────────────────────────────────────────


def test_a_transaction_id_leads_back_to_its_event() -> None:
    for event in (0, 1, 268_435_456_789, ID_MAX):
        text = transaction_id(event)
        assert re.fullmatch(r"[0-9a-f]{32}", text)
        assert read_transaction_id(text) == event
        assert read_transaction_id(text[:-1] + ("0" if text[-1] != "0" else "1")) is None
    for text in ("", "0" * 31, "g" * 32, transaction_id(ID_MAX).upper(), transaction_id(7) + "\n"):
        assert read_transaction_id(text) is None


def test_transaction_ids_sort_as_events_do() -> None:
    events = [1, 2, 255, 256, 1 << 40, (1 << 62) + 5]
    assert sorted(map(transaction_id, events)) == [transaction_id(one) for one in events]


def test_countries_are_known_by_code_and_name() -> None:
    assert country_code("united states") == country_code("us") == country_code("US") == "US"
    assert country_code("United Kingdom") == "GB"
    assert country_code("") == ""
    assert country_code("Atlantis") == "Atlantis"
    for code, name in NAMES.items():
        assert country_code(name) == code
        assert "(" not in name
        assert "&" not in name


def test_time_zones_are_the_vendors_where_they_are_known(network: Network) -> None:
    rows = network.call("GET", "/v1/meta/timezones")["timezones"]
    assert [row["timezone_id"] for row in rows] == list(range(1, 100))
    zones = {row["timezone_id"]: row for row in rows}
    assert zones[67] == {
        "timezone_id": 67,
        "timezone_name": "Greenwich Mean Time (UTC)",
        "timezone": "UTC",
        "utc_offset": "+00:00",
        "assigned_by": "vendor",
    }
    known = re.findall(
        r"(\d+) (\S+)",
        """
        1 Pacific/Kiritimati 2 Pacific/Enderbury 3 Pacific/Tongatapu 4 Pacific/Chatham
        5 Pacific/Auckland 6 Pacific/Fiji 7 Asia/Kamchatka 8 Pacific/Norfolk
        9 Australia/Lord_Howe 10 Pacific/Guadalcanal 11 Australia/Adelaide 12 Australia/Sydney
        13 Australia/Brisbane 14 Australia/Darwin 15 Asia/Seoul 16 Asia/Tokyo 67 UTC
        80 America/New_York 85 America/Chicago 87 America/Denver 90 America/Los_Angeles
        99 Pacific/Pago_Pago
        """,
    )
    for id, name in ((int(number), name) for number, name in known):
        assert (zones[id]["timezone"], zones[id]["assigned_by"]) == (name, "vendor")
    inferred = [row for row in rows if row["assigned_by"] == "inferred"]
    assert len(inferred) == 99 - len(known)
    assert len({row["timezone"] for row in rows}) == 99
    assert zones[16]["utc_offset"] == "+09:00"
    assert zones[56]["timezone"] == "Europe/Berlin"


INFERRED = """
17 Asia/Hong_Kong 18 Asia/Kuala_Lumpur 19 Asia/Manila 20 Asia/Shanghai 21 Asia/Singapore
22 Asia/Taipei 23 Australia/Perth 24 Asia/Bangkok 25 Asia/Ho_Chi_Minh 26 Asia/Jakarta
27 Asia/Rangoon 28 Asia/Dhaka 29 Asia/Kathmandu 30 Asia/Colombo 31 Asia/Kolkata 32 Asia/Karachi
33 Asia/Tashkent 34 Asia/Yekaterinburg 35 Asia/Kabul 36 Asia/Baku 37 Asia/Dubai 38 Asia/Tbilisi
39 Asia/Yerevan 40 Asia/Tehran 41 Africa/Nairobi 42 Asia/Baghdad 43 Asia/Kuwait 44 Asia/Riyadh
45 Europe/Minsk 46 Europe/Moscow 47 Africa/Cairo 48 Asia/Beirut 49 Asia/Jerusalem
50 Europe/Athens 51 Europe/Bucharest 52 Europe/Helsinki 53 Europe/Istanbul
54 Africa/Johannesburg 55 Europe/Amsterdam 56 Europe/Berlin 57 Europe/Brussels 58 Europe/Paris
59 Europe/Prague 60 Europe/Rome 61 Europe/Lisbon 62 Africa/Algiers 63 Europe/London
64 Atlantic/Cape_Verde 65 Africa/Casablanca 66 Europe/Dublin 68 America/Scoresbysund
69 Atlantic/Azores 70 Atlantic/South_Georgia 71 America/St_Johns 72 America/Sao_Paulo
73 America/Argentina/Buenos_Aires 74 America/Santiago 75 America/Halifax 76 America/Puerto_Rico
77 Atlantic/Bermuda 78 America/Caracas 79 America/Indiana/Indianapolis 81 America/Bogota
82 America/Lima 83 America/Panama 84 America/Mexico_City 86 America/El_Salvador
88 America/Mazatlan 89 America/Phoenix 91 America/Tijuana 92 Pacific/Pitcairn
93 America/Anchorage 94 Pacific/Gambier 95 America/Adak 96 Pacific/Marquesas 97 Pacific/Honolulu
98 Pacific/Niue
"""


def test_what_is_looked_up_needs_no_key_and_everything_else_does(network: Network) -> None:
    """A client may look an id up before it has a key."""
    url = network.server.url
    for headers in ({}, {"X-Eflow-API-Key": "wrong"}):
        answer = httpx.get(f"{url}/v1/meta/timezones", headers=headers)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["timezones"]) == 99
    for one in OPERATIONS:
        if not one.keyless:
            path = one.path.replace("{id}", str(network.offer))
            refused(httpx.request(one.method, url + path), 401)
    for one in OPERATIONS:
        assert one.keyless == one.path.startswith("/v1/meta/")
        described = document()["paths"][one.path][one.method.lower()]
        assert described.get("security") == ([] if one.keyless else None)


def test_every_inferred_time_zone_is_the_one_of_the_vendors_list(network: Network) -> None:
    rows = network.call("GET", "/v1/meta/timezones")["timezones"]
    found = {
        str(row["timezone_id"]): row["timezone"] for row in rows if row["assigned_by"] == "inferred"
    }
    assert found == dict(re.findall(r"(\d+) (\S+)", INFERRED))


def test_a_day_of_a_report_is_the_day_of_the_zone_that_the_id_names(network: Network) -> None:
    """20:00 of London's 20 June is 00:45 of Kathmandu's 21 June, and 13:00 of Mexico City's 20."""
    network.ingest({"occurred_at": "2025-06-20T19:00:00Z"})
    for id, day in ((29, "2025-06-21"), (63, "2025-06-20"), (84, "2025-06-20"), (1, "2025-06-21")):
        span = {"from": day, "to": day, "timezone_id": id}
        assert len(network.stream(**span)) == 1
        body = {**span, "currency_id": "USD", "columns": [{"column": "date"}]}
        table = network.call("POST", "/v1/networks/reporting/entity/table", json=body)["table"]
        assert [row["columns"][0]["label"] for row in table] == [day]
