"""What the tests of the Copernica dialect share: an account with a mailing, and what came of it."""

from collections.abc import Sequence
from typing import Any

import httpx

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from tests.support.running import PHONE, RunningServer

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SALE = "https://example.org/sale"
EVENTS = ("impressions", "clicks", "deliveries", "errors", "abuses", "unsubscribes")


def refused(response: httpx.Response, status: int = 400) -> str:
    """The answer is Copernica's error body with this status; returns its text."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message"}
    return str(body["error"]["message"])


class Mailing:
    """An account of its own with an emailing: nobody else's events are in its lists."""

    profile = subprofile = destination = ""

    def __init__(self, server: RunningServer, **emailing: Any) -> None:
        catalog = open_catalog(Settings(data=str(server.data)))
        account, self.key = catalog.create_account("Shop", "mail@example.org")
        catalog.close()
        self.account = str(account.id)
        self.server = server
        self.client = httpx.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=60
        )
        self.anybody = httpx.Client(base_url=server.url, timeout=60)
        self.emailing = self.create("publisher/emailings", emailing)
        self.tracker = self.get(f"publisher/emailing/{self.emailing}")["tracker"]

    def close(self) -> None:
        self.client.close()
        self.anybody.close()

    def get(self, path: str, **query: Any) -> Any:
        response = self.client.get(f"/v4/{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(path, **query)["data"]
        return found

    def create(self, path: str, body: dict[str, Any]) -> str:
        response = self.client.post(f"/v4/{path}", json=body)
        assert (response.status_code, response.content) == (201, b""), response.text
        return str(response.headers["x-created"])

    def address(
        self, destinations: Sequence[dict[str, Any]], links: Sequence[Any] = ()
    ) -> dict[str, Any]:
        response = self.client.post(
            f"/v4/publisher/emailing/{self.emailing}/links",
            json={"destinations": list(destinations), "links": list(links)},
        )
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def fetch(self, url: str, user_agent: str = PHONE, **headers: str) -> httpx.Response:
        """A pixel or a click link, as a mail program does: over a connection that is open."""
        path = url.removeprefix(f"http://localhost:{self.server.port}")
        assert path.startswith(("/p/", "/l/")), url
        return self.anybody.get(path, headers={"User-Agent": user_agent, **headers})

    def ingest(self, *events: dict[str, Any]) -> None:
        """What the mail server saw."""
        named = [{"tracker": int(self.tracker), **one} for one in events]
        response = self.client.post("/events", json=named)
        assert response.json()["stored"] == len(events), response.text
