"""The numbers of the dashboard, single raw rows, and affiliates' links.

https://developers.everflow.io, api-reference
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from footfall.core.calendar import QUARTER_HOUR_MS as QUARTER_MS
from footfall.dialects.everflow.dashboard import spans_at
from footfall.dialects.everflow.zones import ZONES
from tests.dialects.everflow import Network, refused, today
from tests.dialects.test_everflow_affiliates import Affiliate
from tests.support.running import RunningServer

SPAN = {"from": today(-1), "to": today(1), "timezone_id": 67}
TERMS = {"payout_type": "cpa", "payout": 1.1, "revenue_type": "rpa", "revenue": 2.5}
BERLIN = 56


@pytest.fixture(scope="module")
def two(server: RunningServer) -> Iterator[tuple[Network, Affiliate, Affiliate]]:
    """Two affiliates, each with a click and a conversion of now, and impressions of 70 days."""
    network = Network(server)
    network.change("offers", network.offer, **TERMS)
    ours, theirs = Affiliate(network, "Ours"), Affiliate(network, "Theirs")
    network.ingest(
        *(
            {"occurred_at": at.isoformat(), "references": {"affiliate": str(ours.id)}}
            for at in occurred()
        )
    )
    yield network, ours, theirs
    for one in (ours.client, theirs.client, network):
        one.close()


def occurred() -> list[datetime]:
    """Every 5 hours, from 70 days ago until an hour ago; of whole hours, so no run is special."""
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return [last - timedelta(hours=5 * n) for n in range(336)]


def expected(zone: ZoneInfo) -> dict[str, int]:
    """How many impressions each period has, by what a clock of the zone shows."""
    now = datetime.now(zone)
    yesterday = now.date() - timedelta(days=1)
    last_month = (now.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    dates = [at.astimezone(zone).date() for at in occurred()]
    return {
        "today": dates.count(now.date()),
        "yesterday": dates.count(yesterday),
        "current_month": sum(one.replace(day=1) == now.date().replace(day=1) for one in dates),
        "last_month": sum(one.replace(day=1) == last_month for one in dates),
    }


def test_a_network_sees_its_periods_in_its_own_zone(
    two: tuple[Network, Affiliate, Affiliate],
) -> None:
    network, _, _ = two
    for zone in (67, BERLIN):
        changed = network.client.put("/v1/networks/info", json={"reporting_timezone_id": zone})
        assert changed.status_code == 200
        before = expected(ZoneInfo(ZONES[zone]))
        shown = network.call("GET", "/v1/networks/dashboard/summary")
        impressions = dict(shown["impression"])
        assert isinstance(impressions.pop("trending_percentage"), int | float)
        assert impressions in (before, expected(ZoneInfo(ZONES[zone])))
    assert {name: shown[name]["today"] for name in ("click", "conversion", "event")} == {
        "click": 2,
        "conversion": 2,
        "event": 0,
    }
    money = ("payout", "revenue", "profit", "gross_sales")
    assert [shown[name]["current_month"] for name in money] == [2.2, 5, 2.8, 39.98]
    assert shown["cvr"]["today"] == 100
    assert set(shown["unique_click"]) == {*impressions, "trending_percentage"}
    assert set(shown["cvr"]) == set(impressions)


def test_an_affiliate_sees_its_own_periods_and_nothing_of_the_network(
    two: tuple[Network, Affiliate, Affiliate],
) -> None:
    _, ours, theirs = two
    asked = {"timezone_id": BERLIN, "currency_id": "USD"}
    shown = ours.call("POST", "dashboard/summary", json=asked)
    assert "notes" not in shown
    assert shown["impression"]["last_month"] == expected(ZoneInfo("Europe/Berlin"))["last_month"]
    assert (shown["click"]["today"], shown["conversion"]["today"]) == (1, 1)
    assert shown["revenue"]["today"] == 1.1
    assert "2.5" not in str(shown)
    other = theirs.call("POST", "dashboard/summary", json={**asked, "from": today()})
    assert other["impression"]["last_month"] == 0
    assert other["notes"] == ["from is unknown and ignored."]
    path = "/v1/affiliates/dashboard/summary"
    wrong: list[Any] = [{}, {"timezone_id": 0}, {"timezone_id": "67"}, []]
    for body in wrong:
        assert "timezone_id" in refused(ours.client.post(path, json=body), 400) or body == []


@pytest.mark.parametrize(
    ("now", "zone"),
    [
        ("2026-03-29T12:07:31+00:00", "Europe/Berlin"),
        ("2026-03-30T00:00:00+00:00", "Europe/Berlin"),
        ("2026-10-26T00:30:00+00:00", "Europe/Berlin"),
        ("2026-01-01T00:00:01+00:00", "UTC"),
        ("2026-03-01T06:14:59+00:00", "America/New_York"),
        ("2026-04-05T12:00:00+00:00", "Australia/Lord_Howe"),
        ("2026-11-21T23:59:59+00:00", "Asia/Kathmandu"),
    ],
)
def test_periods_begin_and_end_at_midnights_of_the_zone(now: str, zone: str) -> None:
    moment = datetime.fromisoformat(now)
    spans = spans_at(int(moment.timestamp() * 1000), ZoneInfo(zone))
    local = moment.astimezone(ZoneInfo(zone))

    def shown(milliseconds: int) -> datetime:
        return datetime.fromtimestamp(milliseconds / 1000, ZoneInfo(zone))

    for name, (since, until) in spans.items():
        assert since % QUARTER_MS == until % QUARTER_MS == 0
        begins = shown(since)
        assert (begins.hour, begins.minute) == (0, 0), name
    assert shown(spans["today"][0]).date() == local.date()
    assert spans["yesterday"][1] == spans["today"][0]
    assert shown(spans["yesterday"][0]).date() == local.date() - timedelta(days=1)
    assert spans["last_month"][1] == spans["current_month"][0]
    assert shown(spans["last_month"][0]).day == shown(spans["current_month"][0]).day == 1
    assert spans["today"][1] == spans["current_month"][1] > moment.timestamp() * 1000
    until_now, until_then = shown(spans["until_now"][1]), shown(spans["until_then"][1])
    assert until_then.date() == until_now.date() - timedelta(days=1)
    if zone != "Europe/Berlin":
        assert until_then.time() == until_now.time()


def test_one_click_and_one_conversion_are_read_by_their_ids(
    two: tuple[Network, Affiliate, Affiliate],
) -> None:
    network, ours, theirs = two
    for prefix, call in (("/v1/networks/", network.call), ("", ours.call)):
        for key, name in (("clicks", "transaction_id"), ("conversions", "conversion_id")):
            path = f"{prefix}reporting/{key}"
            listed = call("POST", path, json=SPAN)[key]
            assert len(listed) == (2 if prefix else 1)
            for row in listed:
                assert call("GET", f"{path}/{row[name]}") == row
                assert call("GET", f"{path}/{row[name].upper()}") == row
    conversion = network.call("POST", "/v1/networks/reporting/conversions", json=SPAN)
    impression = network.impression()
    wrong: list[tuple[Any, str]] = [
        (ours.client, f"/v1/affiliates/reporting/clicks/{theirs.clicked}"),
        (network.client, f"/v1/networks/reporting/clicks/{impression}"),
        (network.client, f"/v1/networks/reporting/conversions/{ours.clicked}"),
        *(
            (network.client, f"/v1/networks/reporting/clicks/{id}")
            for id in ("0" * 32, "1", "x", "f" * 32, "é", ours.clicked[:-1], f"{ours.clicked}0")
        ),
    ]
    for client, path in wrong:
        assert "There is no such" in refused(client.get(path), 404)
    stranger = Network(two[0].server)
    row = conversion["conversions"][0]["conversion_id"]
    refused(stranger.client.get(f"/v1/networks/reporting/conversions/{row}"), 404)
    stranger.close()


def test_an_affiliate_gets_its_links_of_the_offers_that_it_sees(
    two: tuple[Network, Affiliate, Affiliate],
) -> None:
    network, ours, _ = two
    landing = {"name": "Sale", "destination_url": "https://example.org/sale"}
    further = network.make("offerurls", network_offer_id=network.offer, **landing)
    url = further["network_offer_url_id"]
    offers = ours.call("GET", "alloffers")["offers"]
    (offer,) = [one for one in offers if one["network_offer_id"] == network.offer]
    for path, whole in (("url", "tracking_url"), ("impressionurl", "impression_tracking_url")):
        link = ours.call("GET", f"offers/{network.offer}/{path}/0")
        assert link == {"url": offer[whole]}
        link = ours.call("GET", f"offers/{network.offer}/{path}/{url}")
        assert link == {"url": f"{offer[whole]}?uid={url}"}
    answer = network.fire(link["url"].partition(f":{network.server.port}")[2])
    assert answer.headers["x-footfall"] == "recorded"
    hidden = network.make_offer("Hidden", visibility="private")
    other = network.make_offer("Other")
    for id, one in ((hidden, 0), (other, url), (network.offer, 999), ("x", 0), (0, 0)):
        for path in ("url", "impressionurl"):
            refused(ours.client.get(f"/v1/affiliates/offers/{id}/{path}/{one}"), 404)
    answer = network.client.get(f"/v1/affiliates/offers/{network.offer}/url/0")
    assert "Out Of Realm" in refused(answer, 403)
    for path in ("offers", "info", "dashboard/summary"):
        answer = ours.client.get(f"/v1/networks/{path}")
        assert refused(answer, 403).startswith("Out Of Realm: this key is an affiliate's")
