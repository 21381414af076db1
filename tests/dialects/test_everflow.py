"""Ad impressions from the call to the row, as Everflow's clients see them."""

import re
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Privacy, Scope
from footfall.core.events import EventKind
from footfall.core.trackers import Tracker
from footfall.dialects.everflow.calls import LANDING_LENGTH_MAX, Call, fill_in
from tests.conftest import StartServer, in_words
from tests.dialects.everflow import Network, make_link, refused, today
from tests.support.running import PHONE, RunningServer

GIF = re.compile(rb"GIF89a.{37}", re.DOTALL)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
STREAM = "/v1/networks/reporting/impressions/stream"


# ── capture ───────────────────────────────────────────────────────────────────────────────────


def test_the_scripts_call_is_answered_with_ids_that_a_page_elsewhere_may_read(
    network: Network,
) -> None:
    origin = {"Origin": "https://site.example"}
    answer = network.fire(oid=network.offer, affid=network.affiliate, headers=origin)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "https://site.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    body = answer.json()
    assert re.fullmatch(r"[0-9a-f]{32}", body["transaction_id"])
    assert body == {
        "transaction_id": body["transaction_id"],
        "oid": network.offer,
        "aid": network.advertiser,
    }


def test_without_an_origin_nobody_is_allowed_anything(network: Network) -> None:
    answer = network.fire(oid=network.offer)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_preflight_is_allowed_and_records_nothing(network: Network) -> None:
    answer = network.server.client.options(
        "/sdk/impression", headers={"Origin": "https://site.example"}
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://site.example"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert network.stream() == []


def test_a_row_shows_what_the_call_said(network: Network) -> None:
    manager = network.make("employees", first_name="Ana", last_name="Diaz")
    network.change(
        "advertisers", network.advertiser, network_employee_id=manager["network_employee_id"]
    )
    network.change("offers", network.offer, payout=2.5, project_id="P-7")
    id = network.impression(
        sub1="news",
        sub6="six",
        source_id="src",
        creative_id=12,
        campaign_id=5,
        uid=9,
        idfa="AB-1",
        headers={"Referer": "https://site.example/page", "Accept-Language": "nl,en;q=0.5"},
        **{"async": "json"},
    )
    (row,) = network.stream()
    assert row["transaction_id"] == id
    shown = {
        "source_id": "src",
        "sub1": "news",
        "sub2": "",
        "payout_type": "CPM",
        "payout": 0.0025,
        "referer": "https://site.example/page",
        "error_code": 0,
        "error_message": "N/A",
        "project_id": "P-7",
        "user_ip": "127.0.0.1",
        "is_async": True,
        "creative_id": 12,
        "campaign_id": 5,
        "network_offer_url_id": 9,
        "coupon_code": "",
        "idfa": "AB-1",
        "google_ad_id": "",
        "currency_id": "USD",
    }
    assert {name: row[name] for name in shown} == shown
    related = row["relationship"]
    assert related["offer"] == {
        "network_offer_id": network.offer,
        "network_id": network.account,
        "network_advertiser_id": network.advertiser,
        "network_offer_group_id": 0,
        "name": "Shoes",
        "offer_status": "active",
        "network_tracking_domain_id": 1,
        "visibility": "public",
        "currency_id": "USD",
    }
    assert related["advertiser"]["name"] == "Maker"
    assert related["affiliate"]["network_affiliate_id"] == network.affiliate
    assert related["account_manager"]["full_name"] == "Ana Diaz"
    assert related["affiliate_manager"]["network_employee_id"] == 0
    device = related["device_information"]
    assert (device["platform_name"], device["device_type"], device["is_mobile"]) == (
        "iOS",
        "Mobile",
        True,
    )
    assert (device["brand"], device["language"]) == ("Apple", "nl")
    assert related["http_user_agent"] == PHONE
    assert related["query_parameters"]["sub6"] == "six"
    assert related["query_parameters"]["oid"] == str(network.offer)


def test_a_pixel_is_an_image_whatever_happens(network: Network) -> None:
    known = network.fire(f"/imp/{network.affiliate}/{network.offer}/", sub1="pixel")
    unknown = network.fire("/imp/1/999999999/")
    broken = network.fire("/imp/")
    for answer, outcome in ((known, "recorded"), (unknown, "orphan"), (broken, "orphan")):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/gif"
        assert GIF.fullmatch(answer.content)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-footfall"] == outcome
    (row,) = network.stream()
    assert (row["sub1"], row["is_async"]) == ("pixel", False)


def test_a_head_request_is_answered_and_not_counted(network: Network) -> None:
    for path in ("/sdk/impression", f"/imp/{network.affiliate}/{network.offer}/"):
        answer = network.server.client.head(path, params={"oid": network.offer})
        assert answer.headers["x-footfall"] == "not counted"
    assert network.stream() == []


def test_an_offer_that_nobody_knows_is_told_an_id_or_the_script_would_wait_for_ever(
    network: Network,
) -> None:
    for oid in ("999999999", "undefined", "", "-1", "1e3", "9" * 30):
        answer = network.fire(oid=oid, __cc="NONE")
        assert answer.headers["x-footfall"] == "orphan"
        assert re.fullmatch(r"[0-9a-f]{32}", answer.json()["transaction_id"])
    assert network.fire(oid="undefined").json()["oid"] == 0


def test_a_coupon_alone_names_offer_and_affiliate(network: Network) -> None:
    code = f"Save-{network.account}"
    made = network.make(
        "couponcodes",
        coupon_code=code,
        network_offer_id=network.offer,
        network_affiliate_id=network.affiliate,
    )
    sent = network.fire(oid="undefined", affid="", __cc=code.upper()).json()
    assert (sent["oid"], sent["aid"]) == (network.offer, network.advertiser)
    (row,) = network.stream()
    assert row["coupon_code"] == code
    assert row["relationship"]["affiliate"]["network_affiliate_id"] == network.affiliate
    network.change("couponcodes", made["network_coupon_code_id"], coupon_status="inactive")
    assert network.fire(oid="undefined", __cc=code).headers["x-footfall"] == "orphan"


def test_a_coupon_of_another_offer_names_no_affiliate(network: Network) -> None:
    code = f"Other-{network.account}"
    network.make(
        "couponcodes",
        coupon_code=code,
        network_offer_id=network.make_offer("Hats"),
        network_affiliate_id=network.affiliate,
    )
    sent = network.fire(oid=network.offer, __cc=code).json()
    assert sent["oid"] == network.offer
    (row,) = network.stream()
    assert row["coupon_code"] == code
    assert row["relationship"]["affiliate"]["network_affiliate_id"] == 0


def test_coupons_and_offer_urls_are_known_after_a_restart(start_server: StartServer) -> None:
    server = start_server()
    network = Network(server)
    network.make("couponcodes", coupon_code="AGAIN", network_offer_id=network.offer)
    url = network.make(
        "offerurls",
        network_offer_id=network.offer,
        name="Sale",
        destination_url="https://example.org/sale",
    )["network_offer_url_id"]
    server.stop()
    server.start()
    assert network.fire(__cc="again").json()["oid"] == network.offer
    clicked = network.fire(f"/clk/1/{network.offer}/", uid=url)
    assert clicked.headers["location"] == "https://example.org/sale"
    network.close()


def test_an_offer_that_is_not_active_refuses_and_begins_again(network: Network) -> None:
    network.change("offers", network.offer, offer_status="paused")
    assert network.fire(oid=network.offer).headers["x-footfall"] == "refused: paused"
    clicked = network.fire(f"/clk/1/{network.offer}/")
    assert (clicked.status_code, clicked.headers["x-footfall"]) == (404, "refused: paused")
    network.change("offers", network.offer, offer_status="active")
    id = network.impression()
    assert [row["transaction_id"] for row in network.stream()] == [id]


def test_only_what_counts_is_streamed(network: Network) -> None:
    assert (
        network.fire(oid=network.offer, headers={"User-Agent": BOT}).headers["x-footfall"] == "bot"
    )
    network.fire("/sdk/click", oid=network.offer, **{"async": "json"})
    assert network.stream() == []


def test_too_many_and_too_long_parameters_are_cut_and_recorded(network: Network) -> None:
    many = {f"p{n}": "x" for n in range(150)}
    network.impression(sub1="é" * 600, **many)
    network.server.client.get(
        f"/sdk/impression?oid={network.offer}&sub1=%ff%00&sub2=" + "y" * 9000,
        headers={"User-Agent": PHONE},
    )
    odd, cut = network.stream()
    assert cut["sub1"] == "é" * 512
    assert len(cut["relationship"]["query_parameters"]) == 100
    assert odd["sub1"] == "\ufffd\0"
    assert set(odd["sub2"]) == {"y"}


# ── privacy ───────────────────────────────────────────────────────────────────────────────────


def test_a_truncated_address_is_shown_masked(server: RunningServer) -> None:
    network = Network(server, Privacy.TRUNCATED)
    link = make_link(network, is_server_side=True)
    for ip in ("198.51.100.7", "2001:db8:1:2::3", ""):
        network.fire(link, user_ip=ip)
    shown = [row["user_ip"] for row in network.stream()]
    assert shown == ["", "2001:0db8:0001:xxxx", "198.51.100.xxx"]
    network.close()


def test_a_coarse_event_keeps_nothing_that_names_a_person(server: RunningServer) -> None:
    network = Network(server, Privacy.COARSE)
    network.impression(idfa="AB-1", user_id="someone", sub1="place")
    (row,) = network.stream()
    assert (row["user_ip"], row["idfa"], row["sub1"]) == ("", "", "place")
    assert row["relationship"]["query_parameters"] == {}
    assert row["relationship"]["http_user_agent"] == ""
    assert row["relationship"]["device_information"]["device_type"] == "Mobile"
    network.close()


# ── the impression package, limits, errors ────────────────────────────────────────────────────


def test_without_the_impression_package_there_is_no_stream_and_nothing_is_lost(
    network: Network,
) -> None:
    network.call("PUT", "/v1/networks/info", json={"impression_package": False})
    id = network.impression()
    assert "impression package" in refused(network.ask(), 403)
    network.call("PUT", "/v1/networks/info", json={"impression_package": True})
    assert [row["transaction_id"] for row in network.stream()] == [id]


def test_whoever_asks_too_often_is_told_when_to_come_back(start_server: StartServer) -> None:
    server = start_server(requests_per_minute=3)
    headers = {"X-Eflow-API-Key": server.key}
    left = []
    for _ in range(4):
        answer = httpx.get(f"{server.url}/v1/networks/info", headers=headers)
        left.append((answer.status_code, answer.headers["x-ratelimit-remaining"]))
    assert left == [(200, "2"), (200, "1"), (200, "0"), (429, "0")]
    assert answer.headers["x-ratelimit-limit"] == "3"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    refused(answer, 429)


def test_without_a_good_key_the_text_is_the_vendors(server: RunningServer) -> None:
    for headers in ({}, {"X-Eflow-API-Key": "nonsense"}, {"Authorization": f"Bearer {server.key}"}):
        answer = httpx.post(server.url + STREAM, headers=headers, json={})
        assert refused(answer, 401) == "No Authentication Method Found"


def test_a_key_that_may_read_streams_and_changes_nothing(network: Network) -> None:
    catalog = open_catalog(Settings(data=str(network.server.data)))
    secret, _ = catalog.create_key(network.account, "reader", frozenset({Scope.READ}))
    catalog.close()
    with httpx.Client(base_url=network.server.url, headers={"X-Eflow-API-Key": secret}) as client:
        asked = {"from": today(), "to": today(), "timezone_id": 67}
        assert client.post(STREAM, json=asked).status_code == 200
        refused(client.post("/v1/networks/labels", json={"name": "no"}), 403)
        refused(client.put("/v1/networks/info", json={}), 403)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/v1/networks"), ("GET", "/v1/networks/nothing"), ("GET", "/v1/meta/nothing")),
        *(("POST", "/v1/affiliates/reporting/adjustments"), ("GET", "/v1/affiliates/invoices")),
        *(("GET", "/v1/partners/connections"), ("GET", "/v1/advertisers/offers")),
        *(("GET", "/sdk"), ("GET", "/sdk/nothing"), ("POST", "/sdk/nothing/at/all")),
        *(("GET", "/scripts/nothing.js"), ("GET", "/s2s"), ("GET", "/s2s/nothing")),
    ],
    ids=in_words,
)
def test_a_path_that_is_not_there_is_refused_in_the_vendors_form(
    network: Network, method: str, path: str
) -> None:
    refused(network.client.request(method, path), 404)
    refused(httpx.request(method, network.server.url + path), 404)


def test_a_method_that_a_path_does_not_take_is_refused_in_the_vendors_form(
    network: Network,
) -> None:
    refused(network.client.get(STREAM), 405)
    refused(network.client.delete("/s2s/nothing"), 405)


def test_a_body_that_is_too_large_is_refused(network: Network) -> None:
    refused(network.client.post(STREAM, content=b" " * (1 << 21)), 413)


def test_a_total_counts_also_when_the_newest_was_told_late(network: Network) -> None:
    def new_event(at: datetime, number: int) -> list[dict[str, Any]]:
        return [{"occurred_at": at.isoformat(), "user_agent": PHONE}] * number

    now = datetime.now(UTC)
    network.ingest(*new_event(now - timedelta(hours=1), 6_000))
    network.ingest(*new_event(now - timedelta(hours=1), 6_000))
    network.ingest(*new_event(now - timedelta(days=3), 1))
    span = {"from": today(-5), "to": today(1)}
    first = network.ask(**span).json()
    assert (len(first["impressions"]), first["total_count"]) == (10_000, 12_001)
    rest = network.ask(**span, cursor=first["cursor"]).json()
    assert (len(rest["impressions"]), rest["total_count"]) == (2_001, 12_001)


def test_offers_follow_a_label_that_is_renamed(network: Network) -> None:
    offer = network.make_offer(labels=["blue", "big"])
    fired = network.impression(oid=offer)
    labels = network.call("GET", "/v1/networks/labels")["labels"]
    (blue,) = [one["network_label_id"] for one in labels if one["name"] == "blue"]
    network.change("labels", blue, name="navy")
    assert network.call("GET", f"/v1/networks/offers/{offer}")["labels"] == ["navy", "big"]
    for name in ("navy", str(blue), "big"):
        assert network.filtered(("label", name)) == [fired]
    assert network.filtered(("label", "blue")) == []


def test_a_query_in_plain_utf_8_is_read_as_such(network: Network) -> None:
    query = f"/sdk/impression?oid={network.offer}&sub1=é€".encode()
    head = b"GET " + query + b" HTTP/1.1\r\nHost: a\r\nUser-Agent: " + PHONE.encode()
    with socket.create_connection(("127.0.0.1", network.server.port)) as connection:
        connection.sendall(head + b"\r\nConnection: close\r\n\r\n")
        answered = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"x-footfall: recorded" in answered
    assert [row["sub1"] for row in network.stream()] == ["é€"]


def test_what_visitors_say_makes_no_landing_too_long() -> None:
    macros = "&".join(f"s{n}={{sub{n}}}" for n in range(1, 11))
    tracker = Tracker(
        id=7,
        account=1,
        slug="offer-1",
        kind=EventKind.IMPRESSION,
        source="everflow",
        destination="",
        privacy=Privacy.FULL,
        references={"offer": "7"},
    )
    said = {f"sub{n}": "é" * 512 for n in range(1, 11)}
    call = Call(
        tracker, 7, said, f"https://example.org/?t={{transaction_id}}&o={{offer_id}}&{macros}"
    )
    filled = fill_in(call, "0" * 32, {})
    assert len(filled) < LANDING_LENGTH_MAX
    assert filled.startswith(f"https://example.org/?t={'0' * 32}&o=7&s1=&s2=")
    short = msgspec.structs.replace(call, fields={"sub1": "é"})
    assert "&s1=%C3%A9&s2=" in fill_in(short, "0" * 32, {})
