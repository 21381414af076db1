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

from tests.dialects.everflow import Network
from tests.visiting import Site, browse

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
