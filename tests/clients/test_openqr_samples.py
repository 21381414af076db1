"""What OpenQR's own users run, under Node: only base URL and key are ours.

Three clients of the kinds that the vendor's analytics page describes: a dashboard summary, a CSV of
the daily series, and a summary posted to a Slack webhook.
https://openqr.uk (Developers: "Pull QR scan data with the OpenQR analytics API")
"""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.clients.scripts import run_node
from tests.support.running import RunningServer

DASHBOARD = """
const answer = await fetch(`${process.env.BASE}/v1/dynamic/${process.env.CODE}/scans?days=30`, {
  headers: { Authorization: `Bearer ${process.env.KEY}` },
});
const { scans, analytics } = await answer.json();
let busiest = { day: "none", n: 0 };
for (const bucket of analytics.daily) if (bucket.n > busiest.n) busiest = bucket;
const leading = (list) => (list.length ? `${list[0].value} ${list[0].n}` : "none");
console.log(JSON.stringify({
  lifetime: scans.total, window: analytics.window_total, busiest,
  country: leading(analytics.by_country), referrer: leading(analytics.by_referrer),
}));
"""

CSV = """
import { writeFileSync } from "node:fs";
const answer = await fetch(`${process.env.BASE}/v1/dynamic/${process.env.CODE}/scans?days=365`, {
  headers: { Authorization: `Bearer ${process.env.KEY}` },
});
const { analytics } = await answer.json();
writeFileSync(process.env.FILE,
  ["day,scans", ...analytics.daily.map(({ day, n }) => [day, n].join(","))].join("\\n"));
console.log(JSON.stringify(analytics.daily.length));
"""

SLACK = """
const answer = await fetch(`${process.env.BASE}/v1/dynamic/${process.env.CODE}/scans?days=7`, {
  headers: { Authorization: `Bearer ${process.env.KEY}` },
});
const { slug, scans, analytics } = await answer.json();
const newest = analytics.daily.at(-1);
const first = (list) => list[0]?.value ?? "none";
const posted = await fetch(process.env.WEBHOOK, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ text: `${slug}: ${newest.n} on ${newest.day}, ` +
    `${analytics.window_total} in 7 days, ${scans.total} ever, ` +
    `${first(analytics.by_country)}, ${first(analytics.by_referrer)}` }),
});
console.log(JSON.stringify(posted.status));
"""


@pytest.fixture(scope="module")
def code(server: RunningServer) -> dict[str, str]:
    """A code with five counted scans and one of a bot."""
    made = server.create_code("https://example.org/spring")
    for referrer in ("", "", "", "https://t.co/x", "https://t.co/y"):
        server.scan(made["slug"], {"Referer": referrer} if referrer else {})
    server.scan(made["slug"], {"User-Agent": "WhatsApp/2"})
    return made


def run(server: RunningServer, code: dict[str, str], script: str, **environment: str) -> object:
    return run_node(server, script, CODE=code["id"], **environment)


def today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


def test_a_dashboard_shows_the_right_numbers(server: RunningServer, code: dict[str, str]) -> None:
    assert run(server, code, DASHBOARD) == {
        "lifetime": 5,
        "window": 5,
        "busiest": {"day": today(), "n": 5},
        "country": "Unknown 5",
        "referrer": "Direct 3",
    }


def test_a_year_of_days_becomes_a_csv(
    server: RunningServer, code: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "scans.csv"
    assert run(server, code, CSV, FILE=str(file)) == 365
    lines = file.read_text().splitlines()
    assert lines[0] == "day,scans"
    assert lines[-1] == f"{today()},5"
    assert len(lines) == 366
    assert all(line.endswith(",0") for line in lines[1:-1])


class Webhook(BaseHTTPRequestHandler):
    received: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).received.append(json.loads(body)["text"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def webhook() -> Iterator[HTTPServer]:
    Webhook.received = []
    listener = HTTPServer(("127.0.0.1", 0), Webhook)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield listener
    listener.shutdown()
    thread.join()
    listener.server_close()


def test_a_summary_reaches_slack(
    server: RunningServer, code: dict[str, str], webhook: HTTPServer
) -> None:
    url = f"http://127.0.0.1:{webhook.server_port}/services/T/B/X"
    assert run(server, code, SLACK, WEBHOOK=url) == 200
    assert Webhook.received == [
        f"{code['slug']}: 5 on {today()}, 5 in 7 days, 5 ever, Unknown, Direct"
    ]
