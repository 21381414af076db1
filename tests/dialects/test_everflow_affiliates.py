"""The affiliates' own view: each sees its own rows, and nothing that is the network's alone."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from footfall.api.openapi import Operation
from footfall.dialects.everflow.api import OPERATIONS
from footfall.dialects.everflow.view import AFFILIATES, HIDDEN
from tests.dialects.everflow import Network, as_filters, refused, today
from tests.support.running import RunningServer

OWN = [one for one in OPERATIONS if one.path.startswith(AFFILIATES) and "{" not in one.path]
"""Those that name a row or an offer are in `test_everflow_dashboard.py`."""
SPAN = {"from": today(-1), "to": today(1), "timezone_id": 67}
REPORT = {**SPAN, "currency_id": "USD", "columns": [{"column": "affiliate"}, {"column": "sub1"}]}


class Affiliate:
    """An affiliate of a network, with a key, a click and a conversion."""

    def __init__(self, network: Network, name: str) -> None:
        self.name = name
        made = network.make("affiliates", name=name)
        self.id: int = made["network_affiliate_id"]
        path = f"/v1/networks/affiliates/{self.id}/apikeys"
        self.made = network.call("POST", path)
        self.client = httpx.Client(
            base_url=network.server.url,
            headers={"X-Eflow-API-Key": self.made["api_key"]},
            timeout=30,
        )
        named = {"oid": network.offer, "affid": self.id, "async": "json", "sub1": f"of {name}"}
        self.clicked = network.fire("/sdk/click", **named).json()["transaction_id"]
        network.fire(
            "/sdk/conversion",
            transaction_id=self.clicked,
            oid=network.offer,
            amount="19.99",
            adv1="secret",
        )

    def call(self, method: str, path: str, **options: Any) -> Any:
        answer = self.client.request(method, f"{AFFILIATES}/{path}", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def two(server: RunningServer) -> Iterator[tuple[Network, Affiliate, Affiliate]]:
    network = Network(server)
    network.change(
        "offers",
        network.offer,
        **{"payout_type": "cpa", "payout": 1.1, "revenue_type": "rpa", "revenue": 77.5},
    )
    ours, theirs = Affiliate(network, "Ours"), Affiliate(network, "Theirs")
    yield network, ours, theirs
    for one in (ours.client, theirs.client, network):
        one.close()


def test_a_key_is_made_for_one_affiliate_of_the_network(
    two: tuple[Network, Affiliate, Affiliate], server: RunningServer
) -> None:
    _, ours, _ = two
    assert ours.made["network_affiliate_id"] == ours.id
    stranger = Network(server)
    for id in (ours.id, 0, "x"):
        refused(stranger.client.post(f"/v1/networks/affiliates/{id}/apikeys"), 404)
    stranger.close()


@pytest.mark.parametrize("one", OWN, ids=lambda one: f"{one.method} {one.path}")
def test_an_affiliate_sees_its_own_rows_and_no_others(
    two: tuple[Network, Affiliate, Affiliate], one: Operation
) -> None:
    network, ours, theirs = two
    body: dict[str, Any] = {}
    if one.method == "POST":
        query = {"filters": as_filters([("offer", network.offer)])}
        body = {"json": {**REPORT, "query": query}}
    answer = ours.client.request(one.method, one.path, **body)
    assert answer.status_code == 200, answer.text
    text = answer.text
    for kept in (theirs.name, theirs.clicked, f"/{theirs.id}/", "Maker", "secret", "77.5"):
        assert kept not in text, kept
    if "entity/table" in one.path:
        assert "of Ours" in text
    if "clicks" in one.path or "conversions" in one.path:
        found = answer.json()
        (row,) = found["clicks"] if "clicks" in one.path else found["conversions"]
        assert (row["transaction_id"], row["sub1"]) == (ours.clicked, "of Ours")
    forged = {"filters": as_filters([("affiliate", theirs.id)])}
    if one.method == "POST":
        answer = ours.client.request(one.method, one.path, json={**REPORT, "query": forged})
        assert answer.status_code == 200, answer.text
        assert theirs.name not in answer.text
        assert "of " not in answer.text


def test_what_an_affiliate_earns_is_what_the_network_pays_out(
    two: tuple[Network, Affiliate, Affiliate],
) -> None:
    network, ours, _ = two
    shown = ours.call("POST", "reporting/entity/summary", json=REPORT)
    assert (shown["total_click"], shown["cv"]) == (1, 1)
    assert (shown["payout"], shown["revenue"], shown["profit"]) == (1.1, 1.1, 0)
    (row,) = ours.call("POST", "reporting/conversions", json=SPAN)["conversions"]
    assert (row["revenue_type"], row["revenue"], row["sale_amount"]) == ("CPA", 1.1, 19.99)
    assert not {"payout", "adv1", "advertiser"} & {*row, *row["relationship"]}
    whole = network.call("POST", "/v1/networks/reporting/entity/summary", json=REPORT)
    assert (whole["cv"], whole["payout"], whole["revenue"]) == (2, 2.2, 155)


@pytest.mark.parametrize("name", sorted(HIDDEN))
def test_what_the_network_keeps_for_itself_cannot_be_asked(
    two: tuple[Network, Affiliate, Affiliate], name: str
) -> None:
    _, ours, _ = two
    path = f"{AFFILIATES}/reporting"
    asked = {**REPORT, "columns": [{"column": name}]}
    assert name in refused(ours.client.post(f"{path}/entity/table", json=asked), 400)
    for kind in ("filters", "exclusions"):
        body = {**REPORT, "query": {kind: as_filters([(name, "1")])}}
        for last in ("entity/summary", "clicks/stream", "conversions"):
            assert name in refused(ours.client.post(f"{path}/{last}", json=body), 400)


def test_an_affiliates_key_opens_nothing_else(
    two: tuple[Network, Affiliate, Affiliate],
) -> None:
    network, ours, _ = two
    for one in OPERATIONS:
        if not one.path.startswith(AFFILIATES) and not one.keyless:
            path = one.path.replace("{id}", str(network.offer))
            refused(ours.client.request(one.method, path), 403)
    bearer = {"Authorization": f"Bearer {ours.made['api_key']}"}
    for path in ("/events", "/trackers", "/keys", "/v1/analytics", "/exports"):
        answer = httpx.get(network.server.url + path, headers=bearer)
        assert answer.status_code in (403, 404, 405), (path, answer.text)
    sent = httpx.post(f"{network.server.url}/events", json=[{"kind": "scan"}], headers=bearer)
    assert sent.status_code == 403


def test_a_networks_key_is_out_of_the_affiliates_realm(
    two: tuple[Network, Affiliate, Affiliate],
) -> None:
    network, _, _ = two
    for one in OWN:
        assert "Out Of Realm" in refused(network.client.request(one.method, one.path), 403)


@pytest.fixture
def affiliate(network: Network) -> Iterator[Affiliate]:
    made = Affiliate(network, "Runner")
    yield made
    made.client.close()


def test_a_suspended_affiliate_and_a_revoked_key_see_nothing(
    network: Network, affiliate: Affiliate
) -> None:
    affiliate.call("GET", "alloffers")
    network.change("affiliates", affiliate.id, account_status="suspended")
    assert "suspended" in refused(affiliate.client.get(f"{AFFILIATES}/alloffers"), 403)
    network.change("affiliates", affiliate.id, account_status="active")
    affiliate.call("GET", "alloffers")
    headers = {"Authorization": f"Bearer {network.key}"}
    url = f"{network.server.url}/keys/{affiliate.made['key_id']}"
    assert httpx.delete(url, headers=headers).status_code == 200
    refused(affiliate.client.get(f"{AFFILIATES}/alloffers"), 401)


def test_offers_are_shown_as_an_affiliate_may_run_them(
    network: Network, affiliate: Affiliate
) -> None:
    network.change("offers", network.offer, payout_type="cps", payout=7.5, revenue=99)
    network.make_offer("Private", visibility="private")
    network.make_offer("Asked", visibility="require_approval")
    network.make_offer("Paused", offer_status="paused")
    network.make_offer("Deleted", offer_status="deleted")
    body = affiliate.call("GET", "offersrunnable?page=1&page_size=10")
    (offer,) = body["offers"]
    assert body["paging"] == {"page": 1, "page_size": 10, "total_count": 1}
    assert (offer["name"], offer["network_offer_id"]) == ("Shoes", network.offer)
    assert offer["tracking_url"].endswith(f"/clk/{affiliate.id}/{network.offer}/")
    assert offer["relationship"]["offer_affiliate_status"] == "approved"
    (payout,) = offer["relationship"]["payouts"]["entries"]
    assert (payout["payout_type"], payout["payout_percentage"]) == ("cps", 7.5)
    assert "99" not in json.dumps(offer["relationship"])
    assert not {"destination_url", "internal_notes", "network_advertiser_id", "revenue"} & {*offer}
    everything = affiliate.call("GET", "alloffers")["offers"]
    assert [one["name"] for one in everything] == ["Shoes", "Asked", "Paused"]
    statuses = [one["relationship"]["offer_affiliate_status"] for one in everything]
    assert statuses == ["approved", "require_approval", "approved"]


def test_the_stream_of_an_affiliate_has_a_smaller_limit(
    network: Network, affiliate: Affiliate
) -> None:
    sent = [
        {"kind": "click", "references": {"affiliate": str(affiliate.id), "sub1": str(number)}}
        for number in range(5_002)
    ]
    network.ingest(*sent)
    page = affiliate.call("POST", "reporting/clicks/stream", json=SPAN)
    assert len(page["clicks"]) == 5_000
    assert (page["total_count"], page["incomplete_results"]) == (5_003, True)
    again = {**SPAN, "cursor": page["cursor"]}
    rest = affiliate.call("POST", "reporting/clicks/stream", json=again)
    assert len(rest["clicks"]) == 3
