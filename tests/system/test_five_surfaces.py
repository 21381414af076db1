"""Ten events through each of five capture surfaces, read back through five read surfaces, and from
the one store behind them: the numbers are equal."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.running import PHONE, RunningServer, output_of

TEN = range(10)

COUNT = """
import json, sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn=sys.argv[1])
questions = {
    "events": "SELECT source, kind, count() FROM events WHERE verdict = 'counted' GROUP BY ALL",
    "events_by_tracker": "SELECT source, kind, count() FROM events_by_tracker"
        " WHERE verdict = 'counted' GROUP BY ALL",
    "events_by_quarter_hour": "SELECT source, kind, sum(events) FROM events_by_quarter_hour"
        " WHERE verdict = 'counted' GROUP BY ALL",
    "rollup": "SELECT '', kind, sum(events) FROM rollup"
        " WHERE verdict = 'counted' AND dimension = 'total' GROUP BY ALL",
}
found = {name: sorted(map(list, client.query(sql).result_rows)) for name, sql in questions.items()}
print(json.dumps(found))
"""


class Person:
    """One of ten, each with an address and a browser of their own."""

    def __init__(self, server: RunningServer, number: int) -> None:
        self.client = httpx.Client(
            base_url=server.url,
            headers={
                "User-Agent": f"{PHONE} Person/{number}",
                "X-Forwarded-For": f"203.0.113.{number}",
            },
        )

    def get(self, url: str, recorded: str = "recorded") -> httpx.Response:
        # Short links and pixels name the server by its port on localhost.
        response = self.client.get(url.replace("//localhost:", "//127.0.0.1:"))
        assert response.headers.get("x-footfall", recorded) == recorded, response.headers
        return response


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    return start_server(trusted_proxy_hops=1)


def ask(server: RunningServer, method: str, path: str, body: Any = None) -> Any:
    headers = {"X-Eflow-API-Key": server.key}
    response = server.client.request(method, path, json=body, headers=headers)
    assert response.is_success, response.text
    return response.json() if response.content else response.headers


def test_ten_events_are_ten_on_every_surface_and_in_the_store(server: RunningServer) -> None:
    began = f"{datetime.now(UTC):%Y-%m-%d}"
    code = server.create_code()
    poster = ask(server, "POST", "/api/v1/posters", {"landing_url": "https://example.org/join"})
    ask(server, "POST", "/api/v1/passes?extId=MEMBER-42", {"pass": {}})
    emailing = ask(server, "POST", "/v4/publisher/emailings", {"subject": "Spring"})["x-created"]
    links = ask(
        server,
        "POST",
        f"/v4/publisher/emailing/{emailing}/links",
        {"destinations": [{} for _ in TEN]},
    )
    maker = ask(server, "POST", "/v1/networks/advertisers", {"name": "Maker"})
    offer = ask(
        server,
        "POST",
        "/v1/networks/offers",
        {
            "name": "Shoes",
            "network_advertiser_id": maker["network_advertiser_id"],
            "destination_url": "https://example.org/shoes",
        },
    )["network_offer_id"]

    people = [Person(server, number) for number in TEN]
    scan = {"readerId": "door", "passId": "MEMBER-42", "scanType": "barcode"}
    for person, link in zip(people, links["data"], strict=True):
        person.get(f"/s/{code['slug']}")
        person.get(poster["short_url"])
        ask(server, "POST", "/api/v1/scans?newReader=true", {"scan": scan})
        person.get(link["pixel"])
        fired = person.get(f"/sdk/impression?oid={offer}&affid=1&async=json").json()
        assert fired["transaction_id"]
        person.client.close()

    assert server.analytics(code["id"])["scans"]["total"] == 10
    impressions = ask(server, "GET", f"/api/v1/impressions?posterId={poster['id']}")
    assert len(impressions["impressions"]) == 10
    assert ask(server, "GET", "/api/v1/scans")["meta"]["successfulScans"] == 10
    opens = ask(server, "GET", f"/v4/publisher/impressions?emailing={emailing}")
    assert (opens["total"], len(opens["data"])) == (10, 10)
    statistics = ask(server, "GET", f"/v4/publisher/emailing/{emailing}/statistics")
    assert statistics["impressions"] == {"total": 10, "unique": 10}
    window = {"from": began, "to": f"{datetime.now(UTC):%Y-%m-%d}", "timezone_id": 67}
    stream = ask(server, "POST", "/v1/networks/reporting/impressions/stream", window)
    assert (len(stream["impressions"]), stream["total_count"]) == (10, 10)
    report = ask(
        server,
        "POST",
        "/v1/networks/reporting/entity",
        {**window, "currency_id": "USD", "columns": [{"column": "offer"}]},
    )
    assert [row["reporting"]["imp"] for row in report["table"]] == [10]
    assert report["summary"]["imp"] == 10
    assert_store_agrees(server)


def assert_store_agrees(server: RunningServer) -> None:
    server.stop()
    url = f"chdb://{server.data / 'store'}"
    found = json.loads(output_of(COUNT, url))
    sources = [
        ["copernica", "open", 10],
        ["everflow", "impression", 10],
        ["openqr", "scan", 10],
        ["passentry", "scan", 10],
        ["vantio", "scan", 10],
    ]
    assert found == {
        "events": sources,
        "events_by_tracker": sources,
        "events_by_quarter_hour": sources,
        "rollup": [["", "impression", 10], ["", "open", 10], ["", "scan", 30]],
    }
