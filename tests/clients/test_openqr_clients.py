"""OpenQR's API as its clients ask it: the SDK's calls under Node, the WordPress plugin's in PHP,
and the messages that the MCP bridge forwards.

https://openqr.uk (Developers: "Pull QR scan data with the OpenQR analytics API")
"""

import pytest

from tests.clients.scripts import run_node, run_php
from tests.mcp.joining import strangers_key
from tests.support.running import PHONE, RunningServer

SDK = """
import { randomUUID } from "node:crypto";
const { BASE, KEY, PHONE } = process.env;
async function ask(method, path, body, more = {}) {
  const headers = { Authorization: `Bearer ${KEY}`, Accept: "application/json", ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`${BASE}${path}`,
    { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const type = answer.headers.get("content-type") ?? "";
  const read = type.includes("json") ? await answer.json() : await answer.arrayBuffer();
  return { status: answer.status, type, body: read, replay: answer.headers.get("idempotent-replay"),
    rate: ["limit", "remaining", "reset"].map((n) => answer.headers.get(`x-ratelimit-${n}`)) };
}
async function scan(slug, times) {
  for (let n = 0; n < times; n++) {
    const answer = await fetch(`${BASE}/s/${slug}`,
      { redirect: "manual", headers: { "User-Agent": PHONE } });
    if (answer.status !== 302) throw new Error(`scan: ${answer.status}`);
  }
}
const me = await ask("GET", "/v1/me");
const once = { "Idempotency-Key": randomUUID() };
const menu = { destination: "https://example.org/menu", label: "Flyer" };
const first = await ask("POST", "/v1/dynamic", menu, once);
const again = await ask("POST", "/v1/dynamic", menu, once);
const second = await ask("POST", "/v1/dynamic", { destination: "https://example.org/b" });
await scan(first.body.slug, 3);
const slug = `spring-${first.body.slug}`;
const moved = await ask("PATCH", `/v1/dynamic/${first.body.id}`,
  { slug, destination: "https://example.org/new", tags: ["a"], label: null });
const taken = await ask("PATCH", `/v1/dynamic/${second.body.id}`, { slug });
await scan(slug, 2);
await scan(second.body.slug, 1);
const listed = await ask("GET", "/v1/dynamic?limit=200");
const found = await ask("GET", "/v1/dynamic?search=example.org%2Fnew");
// The roll-up that the page advises: list the codes, then the scans of each.
const scans = await Promise.all(listed.body.codes.map((code) =>
  ask("GET", `/v1/dynamic/${code.id}/scans?days=7`)));
const fixed = await ask("POST", "/v1/codes",
  { type: "wifi", fields: { ssid: "Café;1", password: "p:w", encryption: "WPA" }, label: "Wifi" });
const library = await ask("GET", "/v1/codes?limit=500");
const svg = await ask("POST", "/v1/qr", { data: first.body.short_url, format: "svg", size: 512 });
const png = await ask("POST", "/v1/qr", { data: first.body.short_url, format: "png", size: 256 });
const deleted = await ask("DELETE", `/v1/dynamic/${second.body.id}`);
const gone = await ask("GET", `/v1/dynamic/${second.body.id}/scans`);
const internal = await ask("POST", "/v1/dynamic", { destination: "http://127.0.0.1/" });
console.log(JSON.stringify({ me, first, again, second, moved, taken, listed, found, scans, fixed,
  library, svg, png, deleted, gone, internal }));
"""


def test_the_calls_of_the_sdk_give_what_it_reads_and_count_what_was_scanned(
    server: RunningServer,
) -> None:
    done = run_node(server, SDK, KEY=strangers_key(server), PHONE=PHONE)
    me = done["me"]["body"]
    assert "@" in me["email"]
    assert me["limits"]["dynamic_codes"] is None
    first, again, second = done["first"], done["again"], done["second"]
    assert (first["status"], again["status"]) == (201, 201)
    assert (first["replay"], again["replay"]) == (None, "true")
    assert again["body"] == first["body"]
    assert all(int(number) > 0 for number in first["rate"])
    ids = [second["body"]["id"], first["body"]["id"]]
    moved = done["moved"]["body"]
    assert moved["destination"] == "https://example.org/new"
    assert moved["label"] is None
    assert (done["taken"]["status"], done["taken"]["body"]["code"]) == (409, "slug_taken")
    rows = done["listed"]["body"]["codes"]
    assert [row["id"] for row in rows] == ids
    assert {"slug", "short_url", "destination", "label", "status"} <= rows[0].keys()
    assert done["listed"]["body"]["next_cursor"] is None
    assert [row["id"] for row in done["found"]["body"]["codes"]] == ids[1:]
    counts = [one["body"] for one in done["scans"]]
    assert [one["analytics"]["window_total"] for one in counts] == [1, 5]
    for one in counts:
        analytics = one["analytics"]
        assert one["scans"]["total"] == one["scans"]["last7"] == analytics["total"]
        assert [len(analytics["daily"]), analytics["days_window"]] == [7, 7]
        assert sum(day["n"] for day in analytics["daily"]) == analytics["window_total"]
        assert analytics["by_device"] == [{"value": "mobile", "n": analytics["total"]}]
        assert analytics["by_referrer"] == [{"value": "Direct", "n": analytics["total"]}]
    fixed = done["fixed"]
    assert fixed["status"] == 201
    assert fixed["body"]["payload"] == r"WIFI:T:WPA;S:Café\;1;P:p\:w;;"
    library = done["library"]["body"]["codes"]
    assert [row["id"] for row in library] == [fixed["body"]["id"], *ids]
    assert [(row["dynamic"], row["short_url"] is None) for row in library] == [
        (False, True),
        (True, False),
        (True, False),
    ]
    assert done["svg"]["type"].startswith("image/svg+xml")
    assert done["png"]["type"] == "image/png"
    assert done["deleted"]["status"] == 200
    assert (done["gone"]["status"], done["gone"]["body"]["code"]) == (404, "not_found")
    assert done["internal"]["status"] == 400
    assert done["internal"]["body"]["code"] in ("invalid_request", "unsafe_destination")


WORDPRESS = """
function request($method, $path, $body = null, $key = true, $more = array()) {
    $headers = array_merge(array('Accept: application/json'), $more);
    if ($key) $headers[] = 'Authorization: Bearer ' . getenv('KEY');
    if ($body !== null) $headers[] = 'Content-Type: application/json';
    $curl = curl_init(getenv('BASE') . $path);
    $found = array();
    curl_setopt_array($curl, array(
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_FOLLOWLOCATION => false,
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_USERAGENT => 'OpenQR-WordPress/1.0; https://shop.example',
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$found) {
            $parts = explode(':', $line, 2);
            if (count($parts) == 2) $found[strtolower($parts[0])] = trim($parts[1]);
            return strlen($line);
        },
    ));
    if ($body !== null) curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode($body));
    $answer = curl_exec($curl);
    $json = strpos($found['content-type'], 'json') !== false;
    return array(
        'status' => curl_getinfo($curl, CURLINFO_HTTP_CODE),
        'type' => $found['content-type'],
        'body' => $json ? json_decode($answer, true) : getimagesizefromstring($answer),
        'replay' => isset($found['idempotent-replay']) ? $found['idempotent-replay'] : null,
    );
}
$done = array('index' => request('GET', '/v1', null, false));
$done['me'] = request('GET', '/v1/me');
$once = array('Idempotency-Key: 3c6f1f0e-6c1b-4c7e-9d0e-0d6f4a1b2c3d');
$post = array('destination' => 'https://shop.example/post-1', 'label' => 'Post 1');
$done['made'] = request('POST', '/v1/dynamic', $post, true, $once);
$done['again'] = request('POST', '/v1/dynamic', $post, true, $once);
$id = $done['made']['body']['id'];
$done['shown'] = request('GET', "/v1/dynamic/$id");
$done['pages'] = array();
for ($n = 2; $n <= 4; $n++) {
    request('POST', '/v1/dynamic', array('destination' => "https://shop.example/post-$n"));
}
$cursor = '';
do {
    $page = request('GET', '/v1/codes?limit=2' . ($cursor ? '&cursor=' . urlencode($cursor) : ''));
    $done['pages'][] = array_column($page['body']['codes'], 'destination');
    $cursor = isset($page['body']['next_cursor']) ? $page['body']['next_cursor'] : '';
} while ($cursor);
$done['images'] = array();
foreach (array(512, 1024, 2048, 4096) as $size) {
    $query = array('data' => $done['made']['body']['short_url'], 'format' => 'png',
                   'size' => $size, 'dark' => '0f766e', 'light' => 'ffffff');
    $image = request('GET', '/v1/qr?' . http_build_query($query));
    $done['images'][] = array($image['type'], $image['body'][0]);
}
$done['paused'] = request('PATCH', "/v1/dynamic/$id", array('status' => 'paused'));
$done['scans'] = request('GET', "/v1/dynamic/$id/scans?days=9999");
$done['deleted'] = request('DELETE', "/v1/dynamic/$id");
$done['twice'] = request('DELETE', "/v1/dynamic/$id");
$done['slash'] = request('GET', '/v1/me/');
$done['refused'] = request('GET', '/v1/me', null, false);
echo json_encode($done);
"""


def test_the_wordpress_plugin_connects_links_posts_and_cleans_up(server: RunningServer) -> None:
    done = run_php(server, WORDPRESS, KEY=strangers_key(server))
    assert done["index"]["status"] == 200
    assert "json" in done["index"]["type"]
    assert "@" in done["me"]["body"]["email"]
    made = done["made"]["body"]
    assert done["made"]["status"] == 201
    assert (done["again"]["body"], done["again"]["replay"]) == (made, "true")
    shown = done["shown"]["body"]
    assert {name: shown[name] for name in made} == made
    assert shown["status"] == "active"
    posts = [f"https://shop.example/post-{number}" for number in (4, 3, 2, 1)]
    assert done["pages"] == [posts[:2], posts[2:]]
    assert done["images"] == [["image/png", size] for size in (512, 1024, 2048, 4096)]
    assert done["paused"]["body"]["status"] == "paused"
    analytics = done["scans"]["body"]["analytics"]
    assert (analytics["days_window"], len(analytics["daily"])) == (365, 365)
    assert done["scans"]["body"]["scans"] == {
        "total": 0,
        "last7": 0,
        "topCountry": None,
        "topDevice": None,
    }
    assert (done["deleted"]["status"], done["twice"]["status"]) == (200, 404)
    assert not 300 <= done["slash"]["status"] < 400
    assert (done["refused"]["status"], done["refused"]["body"]["code"]) == (401, "unauthorized")


BRIDGE = """
const { BASE, KEY, PHONE } = process.env;
let id = 0, session = null, version = null;
async function send(method, params, key = KEY, notify = false) {
  const headers = { "Content-Type": "application/json",
    Accept: "application/json, text/event-stream" };
  if (key) headers.Authorization = `Bearer ${key}`;
  if (session) headers["MCP-Session-Id"] = session;
  if (version) headers["MCP-Protocol-Version"] = version;
  const message = { jsonrpc: "2.0", method, ...(params ? { params } : {}),
    ...(notify ? {} : { id: ++id }) };
  const answer = await fetch(`${BASE}/mcp`,
    { method: "POST", headers, body: JSON.stringify(message) });
  session ??= answer.headers.get("mcp-session-id");
  const text = await answer.text();
  if (notify || !answer.ok) return { status: answer.status, text };
  const data = answer.headers.get("content-type").includes("event-stream")
    ? text.split("\\n").filter((line) => line.startsWith("data:")).at(-1).slice(5) : text;
  const read = JSON.parse(data);
  if (read.id !== id) throw new Error(`answer to ${read.id} instead of ${id}`);
  return read.result ?? read.error;
}
const use = (name, args) => send("tools/call", { name, arguments: args });
const refused = await send("initialize", {}, "");
const begun = await send("initialize", { protocolVersion: "2025-06-18", capabilities: {},
  clientInfo: { name: "openqr-mcp-bridge", version: "0.2.0" } });
version = begun.protocolVersion;
const noted = await send("notifications/initialized", undefined, KEY, true);
const tools = (await send("tools/list")).tools.map((one) => one.name);
const prompts = (await send("prompts/list")).prompts.map((one) => one.name);
const resources = (await send("resources/list")).resources.map((one) => one.uri);
const image = await use("generate_qr", { data: "https://example.org", size: 256 });
const made = await use("create_dynamic_qr", { destination: "https://example.org/x", label: "X" });
const code = made.structuredContent ?? JSON.parse(made.content[0].text);
for (let n = 0; n < 2; n++)
  await fetch(`${BASE}/s/${code.slug}`, { redirect: "manual", headers: { "User-Agent": PHONE } });
const scans = await use("get_scans", { id: code.id });
const listed = await use("list_dynamic_qr", { limit: 5 });
const unknown = await use("get_scans", { id: "c_nothing" });
console.log(JSON.stringify({ refused, begun, noted, tools, prompts, resources, image, code,
  scans: JSON.parse(scans.content[0].text), listed: JSON.parse(listed.content[0].text),
  failed: unknown.isError }));
"""


def test_the_bridge_finds_seventeen_tools_and_its_calls_count_scans(server: RunningServer) -> None:
    done = run_node(server, BRIDGE, KEY=strangers_key(server), PHONE=PHONE)
    assert done["refused"]["status"] == 401
    assert "unauthorized" in done["refused"]["text"].lower()
    assert done["begun"]["protocolVersion"] == "2025-06-18"
    assert done["noted"] == {"status": 202, "text": ""}
    assert len(done["tools"]) == len(set(done["tools"])) == 17
    assert sorted(done["prompts"]) == [
        "brand_a_qr",
        "bulk_qr_for_print",
        "create_tracked_qr",
        "qr_scan_report",
    ]
    assert len(done["resources"]) == 5
    (image,) = [one for one in done["image"]["content"] if one["type"] == "image"]
    assert image["mimeType"] == "image/png"
    assert done["scans"]["scans"]["total"] == 2
    assert done["scans"]["analytics"]["days_window"] == 30
    assert [row["id"] for row in done["listed"]["codes"]] == [done["code"]["id"]]
    assert done["failed"] is True


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_page_elsewhere_may_call_with_a_key(server: RunningServer, method: str) -> None:
    asked = {
        "Origin": "https://tool.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    answer = server.client.options("/v1/dynamic/c_1", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
