"""What the tests of the Everflow dialect share: a network with an offer, and what is refused."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Privacy
from tests.support.running import PHONE, RunningServer

DESTINATION = "https://example.org/shoes"
NEXT = itertools.count(1)


def refused(response: httpx.Response, status: int) -> str:
    """The answer is Everflow's error body with this status; returns its text."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert set(body) == {"error", "Error"}
    assert body["error"] == body["Error"]
    return str(body["error"])


def today(days: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


class Network:
    """An account of its own on a server, with an advertiser, an affiliate and an offer."""

    def __init__(self, server: RunningServer, privacy: Privacy = Privacy.FULL) -> None:
        self.server = server
        catalog = open_catalog(Settings(data=str(server.data)))
        name = f"Network {next(NEXT)}"
        account, self.key = catalog.create_account(name, "ads@example.org", privacy)
        catalog.close()
        self.account, self.name = account.id, name
        self.client = httpx.Client(
            base_url=server.url, headers={"X-Eflow-API-Key": self.key}, timeout=30
        )
        self.advertiser = self.make("advertisers", name="Maker")["network_advertiser_id"]
        self.affiliate = self.make("affiliates", name="Publisher")["network_affiliate_id"]
        self.offer = self.make_offer()

    def close(self) -> None:
        self.client.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The body of a success."""
        response = self.client.request(method, path, **options)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def make(self, path: str, **fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.call("POST", f"/v1/networks/{path}", json=fields)
        return made

    def change(self, path: str, id: int, **fields: Any) -> dict[str, Any]:
        changed: dict[str, Any] = self.call("PUT", f"/v1/networks/{path}/{id}", json=fields)
        return changed

    def make_offer(self, name: str = "Shoes", **fields: Any) -> int:
        body = {
            "name": name,
            "network_advertiser_id": self.advertiser,
            "destination_url": DESTINATION,
            **fields,
        }
        return int(self.make("offers", **body)["network_offer_id"])

    def fire(self, path: str = "/sdk/impression", **parameters: Any) -> httpx.Response:
        """What a phone asks for, without a key."""
        headers = {"User-Agent": PHONE, **parameters.pop("headers", {})}
        url = httpx.URL(path).copy_merge_params(parameters) if parameters else path
        return self.server.client.get(url, headers=headers)

    def impression(self, **parameters: Any) -> str:
        """The transaction id."""
        answer = self.fire(**{"oid": self.offer, "affid": self.affiliate, **parameters})
        assert answer.headers["x-footfall"] == "recorded"
        return str(answer.json()["transaction_id"])

    def ingest(self, *events: dict[str, Any]) -> None:
        """Impressions that somebody else saw."""
        sent = [{"kind": "impression", "tracker": self.offer, **event} for event in events]
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.server.client.post("/events", json=sent, headers=headers)
        assert answer.json()["stored"] == len(sent), answer.text

    def ask(self, **body: Any) -> httpx.Response:
        """The answer of the stream; by default of yesterday to tomorrow."""
        span = {"from": today(-1), "to": today(1), "timezone_id": 67}
        return self.client.post("/v1/networks/reporting/impressions/stream", json={**span, **body})

    def stream(self, **body: Any) -> list[dict[str, Any]]:
        answer = self.ask(**body)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["impressions"]
        return rows

    def filtered(self, *filters: tuple[str, Any], without: Any = ()) -> list[str]:
        """The transaction ids that filters and exclusions leave, oldest first."""
        query = {"filters": as_filters(filters), "exclusions": as_filters(without)}
        return [row["transaction_id"] for row in self.stream(query=query)][::-1]


def as_filters(pairs: Any) -> list[dict[str, Any]]:
    return [{"resource_type": type, "filter_id_value": value} for type, value in pairs]


def make_link(network: Network, what: str = "impressions", **fields: Any) -> str:
    body = {"network_offer_id": network.offer, "network_affiliate_id": network.affiliate, **fields}
    made = network.call("POST", f"/v1/networks/tracking/offers/{what}", json=body)
    return urlsplit(str(made["url"]))._replace(scheme="", netloc="").geturl()
