"""PassEntry's API as its clients ask it: the vendor's plugin for WooCommerce in PHP, a site that
issues passes and a door in Node, and the samples of the pages.

https://docs.passentry.com/api-reference/v1/scans/get-scans
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.clients.scripts import run_node, run_php
from tests.dialects import jsonapi
from tests.dialects.passentry import Venue
from tests.support.receiving import Receiver
from tests.support.running import RunningServer

PLUGIN = """
function request($endpoint, $method = 'GET', $body = array()) {
    $curl = curl_init(getenv('BASE') . $endpoint);
    $options = array(
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 15,
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_USERAGENT => 'WordPress/6.7; https://shop.example',
        CURLOPT_HTTPHEADER => array(
            'Authorization: Bearer ' . getenv('KEY'), 'Content-Type: application/json',
        ),
    );
    if (!empty($body)) $options[CURLOPT_POSTFIELDS] = json_encode($body);
    curl_setopt_array($curl, $options);
    return json_decode(curl_exec($curl), true);
}

$template = getenv('TEMPLATE');
$shown = request("/api/v1/pass_templates/$template");
$fields = array();
foreach ($shown['data']['attributes']['fields'] as $section) {
    foreach ($section as $field) $fields[] = $field['id'];
}
$orders = array(
    array('nfc' => array('enabled' => false)),
    array('nfc' => array('enabled' => true),
          'qr' => array('value' => 'ORDER-5', 'displayText' => true)),
    array('nfc' => array('enabled' => true, 'customValue' => 'TAP-6'),
          'qr' => array('value' => '', 'displayText' => true)),
);
$passes = array();
foreach ($orders as $pass) {
    foreach ($fields as $name) $pass[$name] = 'Jane Doe';
    $made = request("/api/v1/passes?passTemplate=$template", 'POST', array('pass' => $pass));
    $passes[] = array('url' => $made['data']['attributes']['downloadUrl'],
                      'id' => $made['data']['id']);
}
echo json_encode(array('fields' => $fields, 'passes' => $passes,
                       'missing' => request('/api/v1/pass_templates/nothing')));
"""

ISSUER = """
const { BASE, KEY, TEMPLATE } = process.env;
const headers = { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" };
async function issue(extId, fields, message) {
  const known = await fetch(`${BASE}/api/v1/passes/${extId}`, { method: "GET", headers });
  const body = JSON.stringify({ pass: fields, ...(message ? { message } : {}) });
  const answer = known.status === 404
    ? await fetch(`${BASE}/api/v1/passes?passTemplate=${TEMPLATE}&extId=${extId}` +
        "&includePassSource=apple,google", { method: "POST", headers, body })
    : await fetch(`${BASE}/api/v1/passes/${extId}`, { method: "PATCH", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  const { data, meta } = await answer.json();
  return { status: answer.status, id: data.id, attributes: data.attributes, meta: meta ?? null };
}
const nfc = { enabled: true, source: "custom", customValue: "0xAB" };
console.log(JSON.stringify([
  await issue("0xAB", { nfc, address: "0xAB", badges: 0 }),
  await issue("0xAB", { badges: { value: 3 } }, "You have a new badge"),
  await issue("0xAC", { nfc: { enabled: true, source: "extId" }, qr: { value: "0xAC" } }),
]));
"""

DOOR = """
const { BASE, KEY, PASS, RECEIVER } = process.env;
const headers = { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" };
async function ask(method, path, body) {
  const options = { method, headers, body: JSON.stringify(body) };
  const answer = await fetch(`${BASE}/api/v1${path}`, options);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
const hook = await ask("POST", "/webhook-subscriptions", { webhookSubscription: {
  url: RECEIVER, enabled: true, subscribedEvents: ["passScanned"] } });
const shown = await ask("GET", `/webhook-subscriptions/${hook.data.id}`);
const listed = await ask("GET", "/webhook-subscriptions?perPage=10&page=1");
await ask("POST", "/entities/default/readers", { reader: { name: "South Gate", id: "south-gate-1",
  type: "PassentryReader", password: "letmein123", scanEnabled: true, redeemEnabled: false,
  addPointsEnabled: false, mifareClassicNfcEnabled: false, qrEnabled: true } });
const scan = (passId) => ask("POST", "/scans",
  { scan: { readerId: "south-gate-1", passId, scanType: "barcode" } });
const admitted = [await scan(PASS), await scan("nobody")];
const logged = await ask("POST", "/scans/log", { scan: { readerId: "south-gate-1",
  scanType: "nfc", status: "failed", statusDetail: "Membership expired", scanValue: "m-42" } });
const queries = {
  all: "", page: "?perPage=2", reader: "?readerId=south-gate-1", pass: `?passId=${PASS}`,
  external: "?validationType=externalValidation", nfc: "?scanType=nfc", failed: "?status=failed",
  later: "?createdAfter=2020-01-01T00:00:00Z", before: "?createdBefore=2020-01-01T00:00:00Z",
  template: "?passTemplateName=Gym", elsewhere: "?entity=0194d6a9-95b7-72dc-87fc-ecaed8c0b520",
};
const found = {};
for (const name in queries) found[name] = await ask("GET", `/scans${queries[name]}`);
console.log(JSON.stringify({ secret: hook.data.attributes.secretKey, shown, listed,
  admitted, logged, found }));
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that may deliver to this machine."""
    running = RunningServer(
        tmp_path_factory.mktemp("shop") / "data",
        requests_per_second=1_000_000,
        allow_private_destinations=1,
    )
    running.start()
    yield running
    running.close()


@pytest.fixture
def venue(shop: RunningServer) -> Iterator[Venue]:
    opened = Venue(shop)
    yield opened
    opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def attributes(venue: Venue, pass_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = venue.ask("GET", f"/passes/{pass_id}")["data"]["attributes"]
    return shown


def test_the_plugin_for_woocommerce_makes_a_pass_of_each_ordered_piece(
    shop: RunningServer, venue: Venue
) -> None:
    fields = {"header": {"one": {"id": "fullName", "label": "Name", "defaultValue": "you"}}}
    done = run_php(shop, PLUGIN, KEY=venue.key, TEMPLATE=venue.template(fields=fields))
    assert done["fields"] == ["fullName"]
    assert list(done["missing"]) == ["errors"]
    plain, numbered, tapped = done["passes"]
    for one in done["passes"]:
        page = httpx.get(f"{shop.url}/download", params={"pass": one["id"]})
        assert one["url"].endswith(f"/download?pass={one['id']}")
        assert "Jane Doe" in page.text
    ids = [one["id"] for one in (plain, numbered, tapped)]
    shown = [attributes(venue, one) for one in ids]
    assert [one["barcode"]["value"] for one in shown] == [ids[0], "ORDER-5", ids[2]]
    assert [one["barcode"]["displayText"] for one in shown] == [False, True, True]
    assert [one["nfc"] for one in shown] == [None, ids[1], "TAP-6"]
    assert all(one["passContent"] == {"fullName": {"value": "Jane Doe"}} for one in shown)


def test_a_site_that_issues_passes_makes_one_and_then_changes_it(
    shop: RunningServer, venue: Venue
) -> None:
    made, changed, other = run_node(shop, ISSUER, KEY=venue.key, TEMPLATE=venue.template())
    assert (made["status"], changed["status"], other["status"]) == (201, 200, 201)
    assert made["id"] == changed["id"] != other["id"]
    assert made["attributes"]["passSource"] == {"apple": None, "google": None}
    assert made["attributes"]["nfc"] == changed["attributes"]["nfc"] == "0xAB"
    assert changed["attributes"]["passContent"] == {
        "address": {"value": "0xAB"},
        "badges": {"value": 3},
    }
    assert changed["meta"]["notifications"]["status"] == "notDelivered"
    assert other["attributes"]["nfc"] == other["attributes"]["barcode"]["value"] == "0xAC"
    assert other["attributes"]["passContent"] == {}


def test_a_field_named_qr_with_a_bare_text_stays_a_field(venue: Venue) -> None:
    card = venue.card(venue.template(), "M-7", qr="see the back")
    shown = attributes(venue, card)
    assert shown["passContent"] == {"qr": {"value": "see the back"}}
    assert shown["barcode"]["value"] == card
    both = venue.card(
        venue.template(), "M-8", qr={"value": "old"}, barcode={"source": "custom", "value": "new"}
    )
    assert attributes(venue, both)["barcode"]["value"] == "new"


def test_a_door_records_scans_that_every_filter_and_the_webhook_show(
    shop: RunningServer, venue: Venue, receiver: Receiver
) -> None:
    card = venue.card(venue.template(), "4312d68fd106e3e6dd15", fullName="John Johnson")
    done = run_node(shop, DOOR, KEY=venue.key, PASS=card, RECEIVER=f"{receiver.url}/hook")
    assert done["shown"]["data"] == done["listed"]["data"][0]
    good, unknown = done["admitted"]
    assert good["validationResponse"]["status"] == "successful"
    assert good["scanInfo"]["passExtId"] == "4312d68fd106e3e6dd15"
    assert unknown["validationResponse"]["status"] == "failed"
    external = done["logged"]["scanInfo"]
    assert (external["validationType"], external["statusDetail"]) == (
        "externalValidation",
        "Membership expired",
    )
    newest = [external["scanId"], unknown["scanInfo"]["scanId"], good["scanInfo"]["scanId"]]
    expected = {
        "all": newest,
        "page": newest[:2],
        "reader": newest,
        "pass": newest[2:],
        "external": newest[:1],
        "nfc": newest[:1],
        "failed": newest[:2],
        "later": newest,
        "before": [],
        "template": newest[2:],
        "elsewhere": [],
    }
    for name, answer in done["found"].items():
        jsonapi.check(answer)
        assert [one["id"] for one in answer["data"]] == expected[name], name
    meta, page = done["found"]["all"]["meta"], done["found"]["page"]
    assert list(meta.values()) == [3, 1, 2, 1, 3, 100, 1, 1]
    assert done["found"]["all"]["links"] == dict.fromkeys(("first", "prev", "next", "last"))
    assert (page["meta"]["totalCount"], page["meta"]["totalPages"]) == (3, 2)
    rest = venue.client.get(page["links"]["next"].replace("localhost", "127.0.0.1")).json()
    assert [one["id"] for one in rest["data"]] == newest[2:]
    with receiver.arrived:
        assert receiver.arrived.wait_for(lambda: len(receiver.seen) == 3, 30)
    sent = []
    for path, headers, body in receiver.seen:
        signed = hmac.new(done["secret"].encode(), body, hashlib.sha256).hexdigest()
        assert (path, headers["X-Webhook-Signature"]) == ("/hook", signed)
        sent.append(json.loads(body)["data"]["relationships"]["scan"]["data"]["id"])
    assert sorted(sent) == sorted(newest)
