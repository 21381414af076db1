"""The functions of the vendor's List Impressions page, run under Node: only base URL and key are
ours. Its funnel asks for referrals by impression "if supported"; here that is.
https://docs.vantio.app/api-reference/impressions/list-impressions
"""

import json
import os
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import StartServer
from tests.dialects.vantio import Campaign
from tests.support.running import RunningServer

SCANNERS = 4

FUNCTIONS = """
const BASE = process.env.BASE;
const API_KEY = process.env.KEY;

async function fetchImpressions(filters = {}) {
  const params = new URLSearchParams();
  if (filters.programId) params.append('programId', filters.programId);
  if (filters.posterId) params.append('posterId', filters.posterId);
  if (filters.limit) params.append('limit', filters.limit);
  if (filters.offset) params.append('offset', filters.offset);
  const response = await fetch(`${BASE}/api/v1/impressions?${params.toString()}`, {
    headers: { 'Authorization': `Bearer ${API_KEY}` }
  });
  return await response.json();
}

async function fetchReferrals(filters = {}) {
  const params = new URLSearchParams(filters);
  const response = await fetch(`${BASE}/api/v1/referrals?${params.toString()}`, {
    headers: { 'Authorization': `Bearer ${API_KEY}` }
  });
  return await response.json();
}

async function getPosterScanStats(programId) {
  const impressions = await fetchImpressions({ programId, limit: 1000 });
  const stats = {};
  impressions.impressions.forEach(impression => {
    if (!stats[impression.poster_id]) {
      stats[impression.poster_id] = 0;
    }
    stats[impression.poster_id]++;
  });
  return stats;
}

async function getConversionFunnel(posterId) {
  const impressions = await fetchImpressions({ posterId, limit: 1000 });
  const funnel = { scans: impressions.impressions.length, signups: 0, conversions: 0 };
  for (const impression of impressions.impressions) {
    const referrals = await fetchReferrals({ impression_id: impression.id });
    funnel.signups += referrals.referrals.length;
    funnel.conversions += referrals.referrals.filter(r => r.status === 'converted').length;
  }
  return funnel;
}

async function exportAllImpressions(programId) {
  let allImpressions = [];
  let offset = 0;
  const limit = 100;
  let hasMore = true;
  while (hasMore) {
    const response = await fetch(
      `${BASE}/api/v1/impressions?programId=${programId}&limit=${limit}&offset=${offset}`,
      { headers: { 'Authorization': `Bearer ${API_KEY}` } }
    );
    const data = await response.json();
    allImpressions = [...allImpressions, ...data.impressions];
    hasMore = data.impressions.length === limit;
    offset += limit;
  }
  return allImpressions;
}
"""


def run(server: RunningServer, call: str) -> Any:
    node = shutil.which("node")
    assert node is not None, "Node 20 runs the clients of these tests: install nodejs"
    done = subprocess.run(
        [
            node,
            "--input-type=module",
            "-e",
            f"{FUNCTIONS}\nconsole.log(JSON.stringify(await {call}));",
        ],
        env={"PATH": os.environ["PATH"], "BASE": server.url, "KEY": server.key},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_dashboard_lists_impressions(server: RunningServer) -> None:
    campaign = Campaign(server)
    scanned = [campaign.scan() for _ in range(3)]
    listed = run(server, f"fetchImpressions({{ programId: '{campaign.program}' }})")
    assert [one["id"] for one in listed["impressions"]] == scanned
    page = run(
        server, f"fetchImpressions({{ programId: '{campaign.program}', limit: 2, offset: 1 }})"
    )
    assert [one["id"] for one in page["impressions"]] == scanned[1:]


def test_statistics_count_each_poster(server: RunningServer) -> None:
    campaign = Campaign(server)
    second = campaign.add_poster(campaign.student)
    for poster in (campaign.poster, second, second):
        campaign.scan(poster)
    stats = run(server, f"getPosterScanStats('{campaign.program}')")
    assert stats == {campaign.poster["id"]: 1, second["id"]: 2}


@pytest.mark.parametrize(("rows_max", "right"), [(100, False), (1_000, True)])
def test_samples_that_ask_for_a_thousand_rows_get_them_or_the_answer_is_marked_as_cut(
    start_server: StartServer, rows_max: int, right: bool
) -> None:
    server = start_server(vantio_rows_max=rows_max)
    campaign = Campaign(server)
    with ThreadPoolExecutor(SCANNERS) as pool:
        scanned = sorted(pool.map(lambda _: campaign.scan(), range(130)))
    for impression in scanned[-5:]:
        campaign.convert(campaign.refer(impression)["id"])
    program, poster = campaign.program, campaign.poster["id"]
    stats = run(server, f"getPosterScanStats('{program}')")
    funnel = run(server, f"getConversionFunnel('{poster}')")
    whole = {"scans": 130, "signups": 5, "conversions": 5}
    assert (stats == {poster: 130}, funnel == whole) == (right, right)
    listed = run(server, f"fetchImpressions({{ programId: '{program}', limit: 1000 }})")
    assert (len(listed["impressions"]) == 130) is right
    exported = run(server, f"exportAllImpressions('{program}')")
    assert [one["id"] for one in exported] == scanned
    asked = {"programId": program, "limit": "1000", "since": "2020-01-01T00:00:00+00:00"}
    answer = server.client.get("/api/v1/impressions", params=asked)
    assert answer.headers["x-limit"] == str(rows_max)
    assert ("next" in answer.links) is not right
    if not right:
        rest = server.client.get(answer.links["next"]["url"])
        assert "offset=100" in answer.links["next"]["url"]
        both = answer.json()["impressions"] + rest.json()["impressions"]
        assert [one["id"] for one in both] == scanned
        assert "next" not in rest.links


def test_every_list_says_the_limit_that_was_used_and_where_the_next_page_is(
    server: RunningServer,
) -> None:
    campaign = Campaign(server)
    campaign.add_poster(campaign.add_student("Kim"))
    for impression in (campaign.scan(), campaign.scan()):
        earned = {"referral_id": campaign.refer(impression)["id"], "amount": 5}
        assert server.client.post("/api/v1/earnings", json=earned).status_code == 200
    for name in ("users", "posters", "impressions", "referrals", "earnings"):
        asked = {"programId": campaign.program, "limit": "1"}
        first = server.client.get(f"/api/v1/{name}", params=asked)
        second = server.client.get(first.links["next"]["url"])
        assert first.headers["x-limit"] == second.headers["x-limit"] == "1", name
        rows = first.json()[name] + second.json()[name]
        assert len({one["id"] for one in rows}) == 2, name
        assert "next" not in second.links, name
    assert server.client.get("/api/v1/programs?limit=999").headers["x-limit"] == "100"
    assert server.client.get("/api/v1/programs").headers["x-limit"] == "50"


def test_the_funnel_of_the_page_counts_as_ours_does(server: RunningServer) -> None:
    campaign = Campaign(server)
    impressions = [campaign.scan() for _ in range(5)]
    referrals = [campaign.refer(impression)["id"] for impression in impressions[:3]]
    campaign.convert(referrals[0])
    counted = run(server, f"getConversionFunnel('{campaign.poster['id']}')")
    assert counted == {"scans": 5, "signups": 3, "conversions": 1}
    ours = server.client.get("/api/v1/funnel", params={"programId": campaign.program}).json()
    assert {
        "scans": ours["total"]["scans"],
        "signups": ours["total"]["referrals"],
        "conversions": ours["total"]["converted"],
    } == counted


def test_an_export_skips_and_repeats_nothing_while_scans_arrive(server: RunningServer) -> None:
    campaign = Campaign(server)
    during: list[str] = []
    ended = threading.Event()

    def keep_scanning() -> None:
        # Slower than pages are read, or the vendor's loop would run after its end for ever.
        while not ended.wait(0.05):
            during.append(campaign.scan())

    with ThreadPoolExecutor(SCANNERS) as pool:
        before = list(pool.map(lambda _: campaign.scan(), range(1250)))
        scanning = [pool.submit(keep_scanning) for _ in range(SCANNERS)]
        try:
            exported = run(server, f"exportAllImpressions('{campaign.program}')")
        finally:
            ended.set()
        for one in scanning:
            one.result()
    ids = [one["id"] for one in exported]
    everything = sorted(before + during)  # ids sort by the time of receipt
    assert len(ids) > len(before), "scans arrived during the export"
    assert ids == everything[: len(ids)]
