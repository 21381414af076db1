"""Everflow's API as its clients ask it: a Singer tap with requests, a report in PHP, and the
vendor's script under Node.

https://developers.everflow.io/docs/network/reporting/raw_impressions
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.clients.scripts import run_node, run_php
from tests.dialects.everflow import Network
from tests.support.running import RunningServer

START = datetime.now(UTC).replace(minute=7, second=0, microsecond=0) - timedelta(days=30)
IMPRESSIONS = 60
WINDOW = timedelta(days=14)
REPORTING = "/v1/networks/reporting"


class Busy(Network):
    """60 impressions over 30 days: every third is of the offer Hats, every second of the
    affiliate."""

    def __init__(self, server: RunningServer) -> None:
        super().__init__(server)
        self.hats = self.make_offer("Hats")
        self.at = [START + timedelta(hours=12 * number) for number in range(IMPRESSIONS)]
        self.offers = [self.offer if number % 3 else self.hats for number in range(IMPRESSIONS)]
        self.ingest(
            *(
                {
                    "tracker": self.offers[number],
                    "occurred_at": at.isoformat(),
                    "country": "CA" if number % 4 else "US",
                    "references": {"affiliate": str(self.affiliate)} if number % 2 else {},
                }
                for number, at in enumerate(self.at)
            )
        )


@pytest.fixture(scope="module")
def busy(server: RunningServer) -> Iterator[Busy]:
    opened = Busy(server)
    yield opened
    opened.close()


class Tap:
    """Fails hard without the zone UTC; its key is in every request but the first."""

    def __init__(self, network: Network) -> None:
        self.base = network.server.url
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "tap-everflow/0.1 (Singer SDK)"
        zones = self.session.get(f"{self.base}/v1/meta/timezones", timeout=60).json()["timezones"]
        self.zone = next(row for row in zones if row["timezone"] == "UTC")["timezone_id"]
        self.session.headers["X-Eflow-API-Key"] = network.key

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        answer = self.session.post(f"{self.base}{REPORTING}/{path}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        assert int(answer.headers["X-RateLimit-Remaining"]) < int(
            answer.headers["X-RateLimit-Limit"]
        )
        return answer

    def stream(self, start: datetime, end: datetime, **query: Any) -> list[dict[str, Any]]:
        """Window by window. The next one begins at the newest second of the last, whose rows come
        again: the transaction id tells which they are."""
        found: dict[str, dict[str, Any]] = {}
        until = start
        while until < end:
            until = min(start + WINDOW, end)
            body = {
                "from": f"{start:%Y-%m-%d %H:%M:%S}",
                "to": f"{until:%Y-%m-%d %H:%M:%S}",
                "timezone_id": self.zone,
                "query": {"filters": [], "exclusions": [], "user_metrics": [], **query},
                "currency_id": "USD",
            }
            rows = self.post("impressions/stream", body).json()["impressions"]
            stamps = [row["unix_timestamp"] for row in rows]
            assert stamps == sorted(stamps, reverse=True)
            assert all(start.timestamp() <= one <= until.timestamp() for one in stamps)
            found |= {row["transaction_id"]: row for row in rows}
            newest = datetime.fromtimestamp(stamps[0], UTC) if stamps else until
            start = newest if newest > start else until
        return list(found.values())

    def report(self, path: str, *columns: str, **query: Any) -> requests.Response:
        return self.post(
            path,
            {
                "from": f"{START:%Y-%m-%d}",
                "to": f"{datetime.now(UTC):%Y-%m-%d}",
                "timezone_id": self.zone,
                "currency_id": "USD",
                "columns": [{"column": one} for one in columns],
                "query": {"filters": [], "exclusions": [], "metric_filters": [], **query},
            },
        )


def test_a_tap_gets_every_impression_once_and_the_reports_agree(busy: Busy) -> None:
    tap = Tap(busy)
    rows = tap.stream(START, datetime.now(UTC))
    assert sorted(row["unix_timestamp"] for row in rows) == [int(at.timestamp()) for at in busy.at]
    offers = Counter(row["relationship"]["offer"]["network_offer_id"] for row in rows)
    assert offers == Counter(busy.offers)
    table = tap.report("entity/table", "offer").json()
    assert table["incomplete_results"] is False
    assert {
        int(row["columns"][0]["id"]): row["reporting"]["imp"] for row in table["table"]
    } == offers
    whole = tap.report("entity", "date").json()
    assert whole["summary"]["imp"] == sum(p["reporting"]["imp"] for p in whole["performance"])
    assert whole["summary"]["imp"] == IMPRESSIONS
    days = Counter(f"{at:%Y-%m-%d}" for at in busy.at)
    assert sorted(row["reporting"]["imp"] for row in whole["table"]) == sorted(days.values())
    assert tap.report("entity/summary", "offer").json()["imp"] == IMPRESSIONS


@pytest.mark.parametrize("as_number", [False, True])
def test_filters_are_or_within_a_type_and_and_between_types(busy: Busy, as_number: bool) -> None:
    value = int if as_number else str
    both = [
        {"filter_id_value": value(one), "resource_type": "offer"} for one in (busy.offer, busy.hats)
    ]
    country = {"filter_id_value": "United States", "resource_type": "country"}
    without = {"filter_id_value": value(busy.affiliate), "resource_type": "affiliate"}
    wanted: dict[str, tuple[dict[str, Any], int]] = {
        "either": ({"filters": both}, IMPRESSIONS),
        "one": ({"filters": both[1:]}, IMPRESSIONS // 3),
        "country": ({"filters": [*both, country]}, IMPRESSIONS // 4),
        "excluded": ({"filters": both, "exclusions": [without]}, IMPRESSIONS // 2),
    }
    tap = Tap(busy)
    for name, (query, count) in wanted.items():
        assert len(tap.stream(START, datetime.now(UTC), **query)) == count, name
        assert tap.report("entity/summary", "offer", **query).json()["imp"] == count, name


def test_an_export_is_a_file_with_the_numbers_of_the_table(busy: Busy) -> None:
    tap = Tap(busy)
    body = {
        "from": f"{START:%Y-%m-%d}",
        "to": f"{datetime.now(UTC):%Y-%m-%d}",
        "timezone_id": tap.zone,
        "currency_id": "USD",
        "columns": [{"column": "offer"}],
        "query": {"filters": []},
        "format": "csv",
    }
    answer = tap.post("entity/table/export", body)
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(answer.text)))
    column = next(n for n, name in enumerate(lines[0]) if name.lower() in ("imp", "impressions"))
    assert sorted(int(line[column]) for line in lines[1:]) == [
        IMPRESSIONS // 3,
        IMPRESSIONS * 2 // 3,
    ]


def test_what_the_page_refuses_is_refused(busy: Busy) -> None:
    tap = Tap(busy)
    url = f"{busy.server.url}{REPORTING}/impressions/stream"
    good = {"from": "2026-11-01", "to": "2026-11-15", "timezone_id": tap.zone}
    long = {**good, "to": "2026-11-17"}
    old = {**good, "from": "2020-02-01 12:30:00", "to": "2020-02-01 13:00:00"}
    assert tap.post("impressions/stream", good).status_code == 200
    assert tap.post("impressions/stream", old).json()["impressions"] == []
    for body in (long, {**good, "timezone_id": None}, {**good, "from": "yesterday"}):
        refused = tap.session.post(url, json=body, timeout=60)
        assert refused.status_code == 400
        assert refused.json()["error"] == refused.json()["Error"]
    nobody = requests.post(url, json=good, timeout=60)
    assert nobody.status_code == 401
    assert nobody.json()["error"] == "No Authentication Method Found"


PHP_REPORT = """
$body = array(
    'from' => getenv('FROM'), 'to' => getenv('TO'), 'timezone_id' => 67, 'currency_id' => 'USD',
    'columns' => array(array('column' => 'offer'), array('column' => 'affiliate')),
    'query' => array('filters' => array(), 'exclusions' => array()),
);
$curl = curl_init(getenv('BASE') . '/v1/networks/reporting/entity');
curl_setopt_array($curl, array(
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => json_encode($body),
    CURLOPT_HTTPHEADER => array(
        'content-type: application/json', 'X-Eflow-API-Key: ' . getenv('KEY'),
    ),
));
$answer = json_decode(curl_exec($curl), true);
$imp = array();
foreach ($answer['table'] as $row) {
    $imp[$row['columns'][0]['label'] . '/' . $row['columns'][1]['id']] = $row['reporting']['imp'];
}
echo json_encode(array('imp' => $imp, 'total' => $answer['summary']['imp']));
"""


def test_a_report_in_php_counts_by_offer_and_affiliate(busy: Busy) -> None:
    span = {"FROM": f"{START:%Y-%m-%d}", "TO": f"{datetime.now(UTC):%Y-%m-%d}"}
    done = run_php(busy.server, PHP_REPORT, KEY=busy.key, **span)
    wanted = Counter(
        f"{'Shoes' if number % 3 else 'Hats'}/{busy.affiliate if number % 2 else 0}"
        for number in range(IMPRESSIONS)
    )
    found = done["imp"]
    assert sum(found.values()) == done["total"] == IMPRESSIONS
    assert sorted(found.values()) == sorted(wanted.values())
    for name in (f"Shoes/{busy.affiliate}", f"Hats/{busy.affiliate}"):
        assert found[name] == wanted[name]


SCRIPT = """
const { BASE, OFFER, AFFILIATE, COUPON } = process.env;
const kept = new Map();
const keep = (name, id) => kept.set(name, kept.has(name) ? `${kept.get(name)}|${id}` : id);
async function impression(o) {
  if (o.do_not_track || (!o.offer_id && !o.coupon_code)) return "";
  const url = new URL(`${BASE}/sdk/impression`);
  url.searchParams.set("oid", o.offer_id);
  url.searchParams.set("affid", o.affiliate_id ?? "");
  url.searchParams.set("async", "json");
  for (const name of ["sub1", "sub10", "adv1", "source_id", "creative_id", "fbclid"])
    if (o[name] !== undefined) url.searchParams.set(name, o[name]);
  if (o.coupon_code) url.searchParams.set("__cc", o.coupon_code);
  for (const [name, value] of Object.entries(o.parameters ?? {})) url.searchParams.set(name, value);
  const answer = await fetch(url, { credentials: "include",
    headers: { Origin: "https://shop.example", Referer: "https://shop.example/page",
               "User-Agent": process.env.AGENT } });
  const allowed = [answer.headers.get("access-control-allow-origin"),
                   answer.headers.get("access-control-allow-credentials")];
  const { transaction_id, oid, aid } = await answer.json();
  if (transaction_id) {
    keep(`ef_tid_i_o_${oid}`, transaction_id);
    keep(`ef_tid_i_a_${aid}`, transaction_id);
  }
  return { id: transaction_id, allowed };
}
const offer_id = Number(OFFER), affiliate_id = Number(AFFILIATE);
const done = [
  await impression({ offer_id, affiliate_id, sub1: "news & more", sub10: "ten", adv1: "ü",
    source_id: "src", creative_id: 4, fbclid: "f", parameters: { own: "free" } }),
  await impression({ coupon_code: COUPON }),
  await impression({ sub1: "asks nothing" }),
  await impression({ offer_id, do_not_track: true }),
];
console.log(JSON.stringify({ done, kept: Object.fromEntries(kept) }));
"""


def test_the_vendors_script_records_impressions_that_the_stream_shows(network: Network) -> None:
    coupon = f"Node-{network.account}"
    network.make("couponcodes", coupon_code=coupon, network_offer_id=network.offer)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    ran = run_node(
        network.server,
        SCRIPT,
        OFFER=network.offer,
        AFFILIATE=network.affiliate,
        COUPON=coupon,
        AGENT=agent,
    )
    first, by_coupon, *nothing = ran["done"]
    assert nothing == ["", ""]
    assert first["allowed"] == by_coupon["allowed"] == ["https://shop.example", "true"]
    ids = f"{first['id']}|{by_coupon['id']}"
    assert ran["kept"] == {
        f"ef_tid_i_o_{network.offer}": ids,
        f"ef_tid_i_a_{network.advertiser}": ids,
    }
    rows = network.stream()
    assert [row["transaction_id"] for row in rows] == [by_coupon["id"], first["id"]]
    row = rows[1]
    assert (row["sub1"], row["source_id"], row["creative_id"]) == ("news & more", "src", 4)
    assert (row["coupon_code"], rows[0]["coupon_code"]) == ("", coupon)
    assert row["relationship"]["affiliate"]["network_affiliate_id"] == network.affiliate
    said = row["relationship"]["query_parameters"]
    assert (said["sub10"], said["adv1"], said["own"]) == ("ten", "ü", "free")
