"""Conversions: recorded once, listed, and counted with exact money."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from footfall.core.accounts import Privacy
from tests.dialects.everflow import Network, as_filters, refused, today
from tests.support.running import ADMIN_KEY, RunningServer


def span() -> dict[str, Any]:
    return {"from": today(-1), "to": today(1), "timezone_id": 67}


def listed(network: Network, suffix: str = "", **body: Any) -> list[dict[str, Any]]:
    asked = {**span(), "show_conversions": True, "show_events": True, **body}
    path = f"/v1/networks/reporting/conversions{suffix}"
    rows: list[dict[str, Any]] = network.call("POST", path, json=asked)["conversions"]
    return rows


def summary(network: Network) -> dict[str, Any]:
    body = {**span(), "currency_id": "USD"}
    found: dict[str, Any] = network.call("POST", "/v1/networks/reporting/entity/summary", json=body)
    return found


def table(network: Network, *columns: str, **body: Any) -> list[tuple[list[str], dict[str, Any]]]:
    named = [{"column": name} for name in columns]
    asked = {**span(), "currency_id": "USD", "columns": named, **body}
    rows = network.call("POST", "/v1/networks/reporting/entity/table", json=asked)["table"]
    return [([one["id"] for one in row["columns"]], row["reporting"]) for row in rows]


def click(network: Network, **parameters: Any) -> str:
    named = {"oid": network.offer, "affid": network.affiliate, "async": "json", **parameters}
    return str(network.fire("/sdk/click", **named).json()["transaction_id"])


def convert(network: Network, **parameters: Any) -> httpx.Response:
    """By the script's path, or another `path`."""
    path = parameters.pop("path", "/sdk/conversion")
    answer = network.server.client.get(
        path, params=parameters, headers={"User-Agent": "python-requests/2.32"}
    )
    assert answer.status_code == 200, answer.text
    return answer


def outcome(answer: httpx.Response) -> str:
    return str(answer.headers["x-footfall"])


def events(network: Network) -> list[dict[str, Any]]:
    """All conversions of the account, whatever their verdict, by the native API."""
    answer = network.server.client.get(
        "/events",
        params={"kind": "conversion"},
        headers={"Authorization": f"Bearer {network.key}"},
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


def test_a_conversion_of_the_script_is_listed_and_counted(network: Network) -> None:
    network.change(
        "offers", network.offer, payout_type="cpa", payout=1.1, revenue_type="rps", revenue=7.5
    )
    clicked = click(network, sub1="news", source_id="s")
    answer = convert(
        network, transaction_id=clicked, oid=network.offer, amount="19.99", order_id="O-1", adv1="x"
    )
    assert outcome(answer) == "recorded"
    body = answer.json()
    assert (body["transaction_id"], body["html_pixel"]) == (clicked, "")
    (row,) = listed(network)
    assert row["conversion_id"] == body["conversion_id"] != clicked
    assert row["transaction_id"] == clicked
    assert (row["status"], row["event"], row["is_event"]) == ("approved", "Base", False)
    assert (row["sub1"], row["source_id"], row["adv1"]) == ("news", "s", "x")
    assert (row["order_id"], row["sale_amount"]) == ("O-1", 19.99)
    assert (row["payout_type"], row["payout"]) == ("CPA", 1.1)
    assert (row["revenue_type"], row["revenue"]) == ("RPS", 1.49925)
    assert (row["platform"], row["device_type"]) == ("iOS", "Mobile"), "as its click"
    assert row["session_user_ip"] == "127.0.0.1"
    assert row["click_unix_timestamp"] <= row["conversion_unix_timestamp"]
    assert row["relationship"]["affiliate"]["network_affiliate_id"] == network.affiliate
    assert row["relationship"]["offer"]["network_offer_id"] == network.offer
    found = summary(network)
    assert {name: found[name] for name in ("total_click", "cv", "total_cv", "cvr", "event")} == {
        "total_click": 1,
        "cv": 1,
        "total_cv": 1,
        "cvr": 100,
        "event": 0,
    }
    money = ("payout", "revenue", "profit", "margin", "cpa", "rpa", "cpc", "rpc", "gross_sales")
    assert [found[name] for name in money] == [
        *(1.1, 1.49925, 0.39925, 26.63, 1.1, 1.49925, 1.1, 1.49925, 19.99)
    ]
    ((ids, of_row),) = table(network, "offer", "affiliate", "sub1")
    assert ids == [str(network.offer), str(network.affiliate), "news"]
    assert (of_row["cv"], of_row["payout"]) == (1, 1.1)


def test_a_servers_postback_is_the_same_conversion(network: Network) -> None:
    clicked = click(network)
    for path in ("/", "/sdk/conversion"):
        answer = convert(network, path=path, nid=network.account, transaction_id=clicked)
        assert answer.json()["transaction_id"] == clicked
    form = {"nid": network.account, "transaction_id": clicked}
    for url in (
        f"/?nid={network.account}&transaction_id={clicked}",
        f"/?nid={network.account}",
        "/",
    ):
        posted = network.server.client.post(url, data=form)
        assert outcome(posted) == "duplicate"
    (row,) = listed(network)
    assert row["transaction_id"] == clicked


def test_what_is_sent_again_is_answered_as_the_first_time_and_stored_once(
    network: Network,
) -> None:
    # Named, for a conversion that names nothing is looked for in every account of the worker.
    named = {"transaction_id": click(network), "nid": network.account}
    sent: list[dict[str, Any]] = [
        {},
        {"order_id": "1"},
        {"order_id": "2"},
        {"event_id": "5"},
        {"event_id": "5", "order_id": "1"},
        {"adv_event_id": "signup"},
    ]
    first = [convert(network, **named, **more) for more in sent]
    assert {outcome(one) for one in first} == {"recorded"}
    again = [convert(network, **named, **more, amount="3") for more in sent]
    assert {outcome(one) for one in again} == {"duplicate"}
    assert [one.json() for one in again] == [one.json() for one in first]
    assert len(listed(network)) == len(events(network)) == len(sent)
    found = summary(network)
    assert (found["cv"], found["event"]) == (3, 3)


def test_events_after_the_conversion_are_listed_and_counted_apart(network: Network) -> None:
    network.change("offers", network.offer, payout_type="cpa", payout=2)
    clicked = click(network)
    convert(network, transaction_id=clicked)
    convert(network, transaction_id=clicked, event_id=5, amount=10)
    assert [row["event"] for row in listed(network)] == ["5", "Base"]
    assert [row["event"] for row in listed(network, show_events=False)] == ["Base"]
    assert [row["event"] for row in listed(network, show_conversions=False)] == ["5"]
    assert listed(network, show_conversions=False, show_events=False) == []
    query = {"filters": as_filters([("event_name", "5")])}
    assert [row["event"] for row in listed(network, query=query)] == ["5"]
    rows = {ids[0]: shown for ids, shown in table(network, "event_name")}
    assert (rows[""]["cv"], rows[""]["event"], rows[""]["payout"]) == (1, 0, 2)
    assert (rows["5"]["cv"], rows["5"]["event"], rows["5"]["payout"]) == (0, 1, 0)


def test_an_unknown_transaction_is_recorded_as_an_orphan_and_does_not_count(
    network: Network,
) -> None:
    stranger = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    for named in ({"oid": network.offer}, {"nid": network.account}):
        answer = convert(network, transaction_id=stranger, **named)
        assert outcome(answer) == "orphan"
        assert answer.json() == {
            "conversion_id": "",
            "transaction_id": stranger,
            "html_pixel": "",
        }
    assert outcome(convert(network, nid=network.account)) == "orphan"
    assert listed(network) == []
    found = events(network)
    assert {(one["verdict"], one["reason"]) for one in found} == {
        ("orphan", "unknown transaction"),
        ("orphan", "no transaction"),
    }
    assert summary(network)["cv"] == 0
    ((_, of_offer),) = table(network, "offer")
    assert of_offer["invalid_cv_scrub"] == 1


def test_a_transaction_of_another_offer_or_network_is_unknown(
    network: Network, server: RunningServer
) -> None:
    other = Network(server)
    clicked = click(network)
    boots = network.make_offer("Boots")
    for named in ({"oid": boots}, {"oid": other.offer}, {"nid": other.account}):
        assert outcome(convert(network, transaction_id=clicked, **named)) == "orphan"
    assert outcome(convert(network, transaction_id=clicked, aid=other.advertiser)) == "orphan"
    assert outcome(convert(network, transaction_id=clicked, aid=network.advertiser)) == "recorded"
    assert listed(other) == []
    other.close()


def test_the_latest_known_transaction_of_a_list_is_converted(network: Network) -> None:
    first, second = click(network), click(network)
    kept = "|".join([first, second, "0" * 32])
    answer = convert(network, transaction_id=kept, oid=network.offer)
    assert answer.json()["transaction_id"] == second


def test_a_view_through_conversion_needs_an_offer_that_has_it(network: Network) -> None:
    seen = network.impression()
    assert outcome(convert(network, transaction_id=seen, oid=network.offer)) == "refused"
    network.change("offers", network.offer, is_view_through_enabled=True)
    assert outcome(convert(network, transaction_id=seen, oid=network.offer)) == "recorded"
    (row,) = listed(network)
    assert (row["is_view_through"], row["transaction_id"]) == (True, seen)
    found = summary(network)
    assert (found["cv"], found["view_through_cv"], found["total_cv"]) == (0, 1, 1)


def test_a_coupon_converts_without_a_click(network: Network) -> None:
    code = f"SAVE-{network.offer}"
    network.make(
        "couponcodes",
        coupon_code=code,
        network_offer_id=network.offer,
        network_affiliate_id=network.affiliate,
    )
    named = {"coupon_code": code.lower(), "order_id": "7", "aid": network.advertiser}
    assert outcome(convert(network, **named)) == "recorded"
    assert outcome(convert(network, **named)) == "duplicate"
    (row,) = listed(network)
    assert (row["coupon_code"], row["click_unix_timestamp"]) == (code, 0)
    assert row["relationship"]["affiliate"]["name"] == "Publisher"


def test_a_conversion_that_lacks_its_advertisers_token_is_refused(network: Network) -> None:
    network.change("advertisers", network.advertiser, verification_token="s3cret")
    clicked = click(network)
    for token in ({}, {"verification_token": "wrong"}):
        answer = convert(network, transaction_id=clicked, oid=network.offer, **token)
        assert outcome(answer) == "refused"
    assert listed(network) == []
    named = {"transaction_id": clicked, "oid": network.offer, "verification_token": "s3cret"}
    assert outcome(convert(network, **named)) == "recorded"
    (row,) = listed(network)
    assert "verification_token" not in row["relationship"]["query_parameters"]
    assert {one.get("reason", "") for one in events(network)} == {"", "verification token"}


def test_clicks_of_bots_and_paused_offers_convert_nothing(network: Network) -> None:
    named = {"oid": network.offer, "async": "json"}
    bot = network.fire("/sdk/click", **named, headers={"User-Agent": "Googlebot/2.1"}).json()
    assert outcome(convert(network, transaction_id=bot["transaction_id"], oid=network.offer)) == (
        "refused"
    )
    clicked = click(network)
    network.change("offers", network.offer, offer_status="paused")
    assert outcome(convert(network, transaction_id=clicked, oid=network.offer)) == "refused"
    assert {one.get("reason", "") for one in events(network)} == {"click: bot", "paused"}
    assert summary(network)["invalid_cv_scrub"] == 2


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"amount": "19,99"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "10000000000"}, "amount"),
        ({"order_id": "x" * 201}, "order_id"),
        ({"event_id": "\x00"}, "event_id"),
    ],
)
def test_a_conversion_that_cannot_be_is_refused_and_nothing_is_stored(
    network: Network, parameters: dict[str, str], word: str
) -> None:
    clicked = click(network)
    named: dict[str, Any] = {"transaction_id": clicked, "oid": network.offer, **parameters}
    answer = network.server.client.get("/sdk/conversion", params=named)
    assert word in refused(answer, 400)
    assert events(network) == []


def test_a_page_on_another_origin_may_read_the_answer(network: Network) -> None:
    origin = {"Origin": "https://shop.example"}
    answer = network.server.client.get("/sdk/conversion", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert network.server.client.options("/sdk/conversion", headers=origin).status_code == 204


def test_money_adds_up_exactly_and_clicks_and_impressions_have_theirs(network: Network) -> None:
    network.change(
        "offers", network.offer, payout_type="cpc", payout=0.1, revenue_type="rpm", revenue=1.68
    )
    for number in range(3):
        network.impression()
        convert(network, transaction_id=click(network), order_id=number, amount="0.1")
    found = summary(network)
    assert (found["payout"], found["cpc"], found["gross_sales"]) == (0.3, 0.1, 0.3)
    assert (found["revenue"], found["rpm"]) == (0.00504, 1.68)
    assert found["profit"] == -0.29496


def test_a_coarse_network_keeps_no_parameters_of_a_conversion(server: RunningServer) -> None:
    network = Network(server, Privacy.COARSE)
    convert(
        network,
        transaction_id=click(network),
        oid=network.offer,
        order_id="7",
        email="a@b.example",
        event_source_url="https://shop.example/?name=ada",
    )
    (row,) = listed(network)
    assert (row["session_user_ip"], row["order_id"], row["url"], row["email"]) == ("", "", "", "")
    assert row["relationship"]["query_parameters"] == {}
    assert row["device_type"] == "Mobile"
    network.close()


def test_pages_of_conversions_have_each_once(network: Network) -> None:
    clicked = click(network)
    for number in range(5):
        convert(network, transaction_id=clicked, oid=network.offer, order_id=str(number))
    found: list[str] = []
    for page in (1, 2, 3):
        found += [row["order_id"] for row in listed(network, f"?page={page}&page_size=2")]
    assert found == ["4", "3", "2", "1", "0"]


def test_a_conversion_that_arrives_many_times_at_once_is_stored_once(network: Network) -> None:
    named: dict[str, str | int] = {"transaction_id": click(network), "oid": network.offer}
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(
                lambda _: httpx.get(
                    f"{network.server.url}/sdk/conversion", params=named, timeout=60
                ),
                range(16),
            )
        )
    assert sorted(map(outcome, answers)) == ["duplicate"] * 15 + ["recorded"]
    assert len({one.json()["conversion_id"] for one in answers}) == 1
    assert len(events(network)) == 1


def test_an_answered_conversion_outlives_a_killed_server(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", bootstrap_key=ADMIN_KEY)
    server.start()
    network = Network(server)
    clicked = click(network)
    first = convert(network, transaction_id=clicked).json()
    server.kill()
    server.start()
    with httpx.Client(base_url=server.url, headers={"X-Eflow-API-Key": network.key}) as client:
        again = client.get("/sdk/conversion", params={"transaction_id": clicked})
        assert (outcome(again), again.json()) == ("duplicate", first)
        path = "/v1/networks/reporting/conversions"
        (row,) = client.post(path, json=span()).json()["conversions"]
    assert row["conversion_id"] == first["conversion_id"]
    network.close()
    server.close()
