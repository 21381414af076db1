"""Raw clicks, as a stream and by pages."""

from typing import Any

from tests.dialects.everflow import Network, as_filters, refused, today
from tests.support.running import PHONE


def rows(network: Network, path: str, suffix: str = "", **body: Any) -> dict[str, Any]:
    span = {"from": today(-1), "to": today(1), "timezone_id": 67}
    url = f"/v1/networks/reporting/{path}{suffix}"
    answer: dict[str, Any] = network.call("POST", url, json={**span, **body})
    return answer


def click(network: Network, **parameters: Any) -> str:
    named = {"oid": network.offer, "affid": network.affiliate, "async": "json", **parameters}
    return str(network.fire("/sdk/click", **named).json()["transaction_id"])


def test_the_stream_of_clicks_has_unique_and_repeated_ones_and_none_of_bots(
    network: Network,
) -> None:
    network.change("offers", network.offer, payout_type="cpc", payout=0.1, revenue_type="rpc")
    network.impression()
    first = click(network, sub1="a")
    click(network, _ef_transaction_id=first, sub1="again")
    network.fire(
        "/sdk/click",
        oid=network.offer,
        **{"async": "json"},
        headers={"User-Agent": "Googlebot/2.1"},
    )
    answer = rows(network, "clicks/stream")
    again, unique = answer["clicks"]
    assert (unique["transaction_id"], unique["sub1"], unique["is_unique"]) == (first, "a", 1)
    assert (again["sub1"], again["is_unique"]) == ("again", 0)
    assert (unique["payout_type"], unique["payout"], again["payout"]) == ("CPC", 0.1, 0)
    assert (answer["total_count"], answer["incomplete_results"], answer["cursor"]) == (2, False, "")
    related = unique["relationship"]
    assert related["offer"]["network_offer_id"] == network.offer
    assert related["affiliate"]["name"] == "Publisher"
    assert related["query_parameters"]["sub1"] == "a"
    assert related["device_information"]["device_type"] == "Mobile"
    assert related["http_user_agent"] == PHONE
    report = network.call(
        "POST",
        "/v1/networks/reporting/entity/summary",
        json={"from": today(-1), "to": today(1), "timezone_id": 67, "currency_id": "USD"},
    )
    assert report["total_click"] == answer["total_count"]


def test_filters_and_exclusions_choose_clicks(network: Network) -> None:
    kept = click(network, sub1="a", sub2="x")
    click(network, sub1="a", sub2="y")
    click(network, sub1="b")
    query = {
        "filters": as_filters([("sub1", "a"), ("offer", network.offer)]),
        "exclusions": as_filters([("sub2", "y")]),
    }
    for path in ("clicks/stream", "clicks"):
        found = rows(network, path, query=query)["clicks"]
        assert [row["transaction_id"] for row in found] == [kept]
    nothing = {"filters": as_filters([("advertiser", "Nobody")])}
    assert rows(network, "clicks", query=nothing) == {
        "notes": ["advertiser: nothing known has the id 'Nobody'."],
        "paging": {"page": 1, "page_size": 50, "total_count": 0},
        "clicks": [],
    }


def test_pages_of_clicks_have_each_once_in_either_order(network: Network) -> None:
    ids = [click(network, sub1=str(number)) for number in range(7)]
    newest: list[str] = []
    for page in (1, 2, 3, 4):
        answer = rows(network, "clicks", f"?page={page}&page_size=3")
        assert answer["paging"] == {"page": page, "page_size": 3, "total_count": 7}
        newest += [row["transaction_id"] for row in answer["clicks"]]
    assert newest == ids[::-1]
    oldest = rows(network, "clicks", "?page=2&page_size=4&order_direction=asc")["clicks"]
    assert [row["transaction_id"] for row in oldest] == ids[4:]
    by_body = rows(network, "clicks", page=2, page_size=5)
    assert [row["transaction_id"] for row in by_body["clicks"]] == ids[1::-1]


def test_a_list_of_clicks_that_cannot_be_is_refused(network: Network) -> None:
    span = {"from": "2026-03-01", "to": "2026-03-15", "timezone_id": 67}
    url = "/v1/networks/reporting/clicks"
    assert network.client.post(url, json=span).status_code == 200
    for path in (url, f"{url}/stream"):
        assert "14" in refused(network.client.post(path, json={**span, "to": "2026-03-16"}), 400)
        refused(network.client.post(path, json={"from": "2026-03-01", "timezone_id": 67}), 400)
    for query in ("page=0", "page_size=x", "order_direction=up"):
        assert query.partition("=")[0] in refused(
            network.client.post(f"{url}?{query}", json=span), 400
        )
