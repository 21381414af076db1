"""The vendor's script in a page on another origin, in a real browser without a head.

The page's script is ours, written from what is known of the vendor's: which request it makes in
which order of parameters, and what it does with the answer.
"""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.everflow import Network, refused, today
from tests.support.visiting import Site, browse

SCRIPT = """
const DAYS_30 = 30 * 24 * 3600;
function keep(name, id) {
  const kept = document.cookie.split("; ").find((one) => one.startsWith(name + "="));
  const ids = kept ? kept.split("=")[1] + "|" + id : id;
  document.cookie = `${name}=${ids}; max-age=${DAYS_30}; path=/`;
}
function call(domain, path, named, options, extra) {
  const url = new URL(domain + path);
  const add = (name, value) => value !== undefined && url.searchParams.append(name, value);
  add("sec_ch_ua_platform", navigator.userAgentData ? navigator.userAgentData.platform : undefined);
  for (const [name, value] of named) url.searchParams.append(name, value);
  for (let n = 1; n <= 10; n++) add("sub" + n, options["sub" + n]);
  for (let n = 1; n <= 10; n++) add("adv" + n, options["adv" + n]);
  add("source_id", options.source_id);
  add("creative_id", options.creative_id);
  add("__cc", options.coupon_code);
  for (const [name, value] of Object.entries(options.parameters || {})) add(name, value);
  for (const [name, value] of extra) add(name, value);
  return fetch(url, { credentials: "include" }).then((answer) => answer.json());
}
function impression(domain, options) {
  if (!options.offer_id && !options.coupon_code) return Promise.resolve("");
  const named = [["oid", options.offer_id], ["affid", options.affiliate_id || ""],
                 ["async", "json"]];
  return new Promise((resolve) => {
    call(domain, "/sdk/impression", named, options, []).then((answer) => {
      if (!answer.transaction_id) return;  // and nobody ever hears
      keep("ef_tid_i_o_" + answer.oid, answer.transaction_id);
      keep("ef_tid_i_a_" + answer.aid, answer.transaction_id);
      resolve(answer.transaction_id);
    });
  });
}
function click(domain, options, seen) {
  const named = [["_ef_transaction_id", options.transaction_id || ""], ["oid", options.offer_id],
                 ["affid", options.affiliate_id || ""], ["async", "json"]];
  return call(domain, "/sdk/click", named, options, [["impression_transaction_id", seen]]);
}
async function run({ domain, calls, clicked }) {
  const ids = [];
  for (const options of calls) ids.push(await impression(domain, options));
  const told = clicked ? await click(domain, clicked, ids[0]) : null;
  return { ids, told, cookies: document.cookie };
}
run(ASKED)
  .catch((error) => ({ error: String(error) }))
  .then((done) => { document.getElementById("done").textContent = JSON.stringify(done); });
"""

PAGE = """<!doctype html><meta charset="utf-8"><title>A page</title><pre id="done"></pre>
<script>const ASKED = {asked};{script}</script>"""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def visit(site: Site, profile: Path, **asked: Any) -> dict[str, Any]:
    """What the page's script has done, after everything that it waits for has come."""
    site.page = PAGE.format(asked=json.dumps(asked), script=SCRIPT).encode()
    shown = browse(f"{site.url}/page?from=mail", profile)
    found = re.search(r'<pre id="done">(.*?)</pre>', shown, re.DOTALL)
    assert found, shown
    done: dict[str, Any] = json.loads(html.unescape(found[1]))
    return done


def test_a_page_elsewhere_fires_impressions_and_a_click_and_keeps_their_ids(
    network: Network, site: Site, tmp_path: Path
) -> None:
    code = f"Page-{network.account}"
    network.make("couponcodes", coupon_code=code, network_offer_id=network.offer)
    full = {
        "offer_id": network.offer,
        "affiliate_id": network.affiliate,
        "sub1": "news & more",
        "adv10": "ü",
        "source_id": "src",
        "creative_id": 4,
        "parameters": {"own": "free"},
    }
    done = visit(
        site,
        tmp_path,
        domain=network.server.url.replace("127.0.0.1", "localhost"),
        calls=[full, {"coupon_code": code}, {"offer_id": 999999999}, {"sub1": "asks nothing"}],
        clicked={"offer_id": network.offer, "affiliate_id": network.affiliate},
    )
    assert "error" not in done, done
    first, by_coupon, orphan, nothing = done["ids"]
    assert nothing == ""
    assert re.fullmatch(r"[0-9a-f]{32}", orphan)
    cookies = dict(one.split("=") for one in done["cookies"].split("; "))
    assert cookies[f"ef_tid_i_o_{network.offer}"] == f"{first}|{by_coupon}"
    assert cookies[f"ef_tid_i_a_{network.advertiser}"] == f"{first}|{by_coupon}"
    assert done["told"]["oid"] == network.offer
    assert done["told"]["session_duration"] == 720
    last, row = network.stream()
    assert (row["transaction_id"], last["transaction_id"]) == (first, by_coupon)
    assert (row["sub1"], row["source_id"], row["creative_id"]) == ("news & more", "src", 4)
    assert last["coupon_code"] == code
    assert row["referer"] == f"{site.url}/"
    assert row["is_async"] is True
    said = row["relationship"]["query_parameters"]
    assert list(said)[-8:] == [
        "oid", "affid", "async", "sub1", "adv10", "source_id", "creative_id", "own",
    ]  # fmt: skip
    assert (said["adv10"], said["own"]) == ("ü", "free")
    assert last["relationship"]["query_parameters"]["oid"] == "undefined"


# ── our own script ────────────────────────────────────────────────────────────────────────────

OWN_PAGE = """<!doctype html><meta charset="utf-8"><title>A page</title><pre id="done"></pre>
<script src="{base}/scripts/{file}"></script>
<script>(async () => {{ {body} }})()
  .catch((error) => ({{ error: String(error) }}))
  .then((done) => {{
    document.getElementById("done").textContent =
      JSON.stringify({{ ...done, cookies: document.cookie }});
  }});</script>"""


def run(
    network: Network, site: Site, profile: Path, body: str, file: str = "main.js", query: str = ""
) -> dict[str, Any]:
    base = network.server.url.replace("127.0.0.1", "localhost")
    site.page = OWN_PAGE.format(base=base, file=file, body=body).encode()
    shown = browse(f"{site.url}/page{query}", profile)
    found = re.search(r'<pre id="done">(.*?)</pre>', shown, re.DOTALL)
    assert found, shown
    done: dict[str, Any] = json.loads(html.unescape(found[1]))
    assert "error" not in done, done
    return done


def test_our_script_takes_a_page_from_a_click_to_a_conversion(
    network: Network, site: Site, tmp_path: Path
) -> None:
    network.change("offers", network.offer, payout_type="cps", payout=10)
    body = """
      const seen = await EF.impression({offer_id: EF.urlParameter("oid"), sub1: "seen"});
      const clicked = await EF.click({
        offer_id: EF.urlParameter("oid"), affiliate_id: EF.urlParameter("affid"),
        sub1: "news & more", adv10: "ü", parameters: {own: "free"},
      });
      const sold = {offer_id: EF.urlParameter("oid"), amount: 19.99, order_id: "A-1",
                    email: "ada@example.org"};
      const first = await EF.conversion(sold), again = await EF.conversion(sold);
      const by = await EF.conversion({aid: ADVERTISER, event_id: 5});
      return {seen, clicked, first, again, by, kept: EF.getTransactionId(EF.urlParameter("oid")),
              none: EF.urlParameter("none")};
    """.replace("ADVERTISER", str(network.advertiser))
    query = f"?oid={network.offer}&affid={network.affiliate}"
    done = run(network, site, tmp_path, body, query=query)
    assert done["kept"] == done["clicked"] != done["seen"]
    assert done["none"] is None
    cookies = dict(one.split("=") for one in done["cookies"].split("; "))
    assert cookies[f"ef_tid_c_o_{network.offer}"] == done["clicked"]
    assert cookies[f"ef_tid_i_a_{network.advertiser}"] == done["seen"]
    assert done["first"]["transaction_id"] == done["clicked"]
    assert done["again"] == done["first"]
    span = {"from": today(-1), "to": today(1), "timezone_id": 67, "show_events": True}
    rows = network.call("POST", "/v1/networks/reporting/conversions", json=span)["conversions"]
    event, conversion = rows
    assert (event["event"], event["conversion_id"]) == ("5", done["by"]["conversion_id"])
    assert conversion["conversion_id"] == done["first"]["conversion_id"]
    assert (conversion["sub1"], conversion["order_id"]) == ("news & more", "A-1")
    assert (conversion["sale_amount"], conversion["payout"]) == (19.99, 1.999)
    assert conversion["url"] == f"{site.url}/page{query}"
    assert "ada@" not in json.dumps(rows)
    (click,) = network.call("POST", "/v1/networks/reporting/clicks", json=span)["clicks"]
    said = click["relationship"]["query_parameters"]
    assert (said["adv10"], said["own"]) == ("ü", "free")
    assert said["impression_transaction_id"] == done["seen"]


def test_our_script_never_throws_into_the_page(
    network: Network, site: Site, tmp_path: Path
) -> None:
    body = """
      const answers = [
        await EF.click({offer_id: 1, do_not_track: true}), await EF.click(), await EF.click({}),
        await EF.impression(), await EF.impression({sub1: "no offer"}),
        await EF.click({offer_id: 1, tracking_domain: "http://localhost:9"}),
      ];
      const wrong = {amount: "much", offer_id: OFFER};
      const nothing = [await EF.conversion(), await EF.conversion(wrong)];
      EF.configure({tracking_domain: "http://localhost:9"});
      answers.push(await EF.impression({offer_id: OFFER}));
      EF.configure({tracking_domain: undefined, organic: {offer_id: OFFER, affiliate_id: 7}});
      EF.customParamProvider = Promise.reject(new Error("theirs"));
      return {answers, nothing, organic: await EF.click({sub2: "o"})};
    """.replace("OFFER", str(network.offer))
    done = run(network, site, tmp_path, body, file="sdk/everflow.js")
    assert set(done["answers"]) == {""}
    assert done["nothing"] == [{}, {}]
    span = {"from": today(-1), "to": today(1), "timezone_id": 67}
    (click,) = network.call("POST", "/v1/networks/reporting/clicks", json=span)["clicks"]
    assert click["transaction_id"] == done["organic"]
    assert (click["sub2"], click["relationship"]["affiliate"]["network_affiliate_id"]) == ("o", 7)
    assert click["relationship"]["query_parameters"]["__organic_click"] == "true"


def test_our_script_is_asked_for_again_by_its_etag(network: Network) -> None:
    for path in ("/scripts/main.js", "/scripts/sdk/everflow.js"):
        first = network.server.client.get(path)
        assert first.headers["content-type"].startswith("text/javascript")
        assert first.headers["cross-origin-resource-policy"] == "cross-origin"
        named = {"If-None-Match": first.headers["etag"]}
        assert network.server.client.get(path, headers=named).status_code == 304
    refused(network.server.client.get("/scripts/other.js"), 404)
