"""Clicks, and what servers tell over signed links."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.dialects.everflow import DESTINATION, Network, make_link
from tests.support.running import PHONE

# ── a server tells ────────────────────────────────────────────────────────────────────────────


def test_a_server_tells_what_somebody_saw_over_a_signed_link(network: Network) -> None:
    link = make_link(network, is_server_side=True, sub1="signed")
    seen = {"user_ip": "198.51.100.7", "user_agent": PHONE, "referer": "https://app.example/"}
    answer = httpx.get(network.server.url + link, params={**seen, "sub1": "forged", "sub2": "more"})
    assert answer.headers["x-footfall"] == "recorded"
    assert answer.json()["oid"] == network.offer
    (row,) = network.stream()
    assert (row["user_ip"], row["referer"]) == ("198.51.100.7", "https://app.example/")
    assert (row["sub1"], row["sub2"]) == ("signed", "more")
    assert row["relationship"]["device_information"]["platform_name"] == "iOS"
    assert not {"user_ip", "user_agent", "referer"} & {*row["relationship"]["query_parameters"]}


def test_a_servers_link_that_is_not_ours_records_nothing(network: Network) -> None:
    link = make_link(network, is_server_side=True)
    for text in (
        "/s2s/",
        "/s2s/abc",
        link[:-1],
        link[:6] + ("y" if link[6] == "x" else "x") + link[7:],
    ):
        answer = network.fire(text)
        assert (answer.status_code, answer.headers["x-footfall"]) == (404, "invalid")
    assert network.stream() == []


def test_nobody_else_may_say_who_saw_it(network: Network) -> None:
    network.impression(user_ip="198.51.100.7", user_agent="Other")
    (row,) = network.stream()
    assert row["user_ip"] == "127.0.0.1"
    assert row["relationship"]["http_user_agent"] == PHONE


# ── clicks ────────────────────────────────────────────────────────────────────────────────────


def test_a_click_goes_on_with_its_macros_filled_in(network: Network) -> None:
    network.change(
        "offers",
        network.offer,
        destination_url="https://example.org/{sub1}?t={transaction_id}&a={affiliate_id}"
        "&v={impression_transaction_id}&x={unknown}#top",
    )
    seen = network.impression()
    answer = network.fire(
        make_link(network, "clicks", sub1="a b/ü&"), impression_transaction_id=seen
    )
    assert (answer.status_code, answer.headers["x-footfall"]) == (302, "recorded")
    location = urlsplit(answer.headers["location"])
    assert location.path == "/a%20b%2F%C3%BC%26"
    assert location.fragment == "top"
    said = parse_qs(location.query)
    assert re.fullmatch(r"[0-9a-f]{32}", said["t"][0])
    assert said["t"] != [seen]
    assert (said["a"], said["v"], said["x"]) == ([str(network.affiliate)], [seen], ["{unknown}"])


def test_a_click_leads_to_the_offers_other_page(network: Network) -> None:
    sale = network.make(
        "offerurls",
        network_offer_id=network.offer,
        name="Sale",
        destination_url="https://example.org/sale",
    )["network_offer_url_id"]
    link = make_link(network, "clicks", network_offer_url_id=sale)
    assert network.fire(link).headers["location"] == "https://example.org/sale"
    other = network.make_offer("Hats")
    foreign = network.fire(f"/clk/1/{other}/", uid=sale)
    assert foreign.headers["location"] == DESTINATION
    network.change("offerurls", sale, url_status="inactive")
    assert network.fire(link).headers["location"] == DESTINATION


def test_the_scripts_click_is_json_and_told_once(network: Network) -> None:
    first = network.fire("/sdk/click", oid=network.offer, **{"async": "json"})
    body = first.json()
    assert set(body) == {"transaction_id", "oid", "aid", "session_duration"}
    assert first.headers["x-footfall"] == "recorded"
    again = network.fire(
        "/sdk/click",
        oid=network.offer,
        _ef_transaction_id=body["transaction_id"],
        **{"async": "json"},
    )
    assert again.headers["x-footfall"] == "duplicate"
    assert again.json()["transaction_id"] == body["transaction_id"]
    forged = network.fire(
        "/sdk/click", oid=network.offer, _ef_transaction_id="0" * 31 + "1", **{"async": "json"}
    )
    assert forged.headers["x-footfall"] == "recorded"
    assert network.fire("/sdk/click", oid=network.offer).status_code == 302


def test_a_click_on_nothing_is_a_page_that_says_so(network: Network) -> None:
    answer = network.fire("/clk/1/999999999/")
    assert (answer.status_code, answer.headers["x-footfall"]) == (404, "orphan")
    assert answer.headers["content-type"].startswith("text/html")
    assert network.fire("/sdk/nothing").status_code == 404
