"""What the tests of the PassEntry dialect share: accounts of their own, and a door with a pass."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import httpx

from footfall.bootstrap import now
from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import Scope
from tests.support.running import RunningServer


class Venue:
    """An account of its own on a running server, and its API."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self._clients: list[httpx.Client] = []
        catalog = SqlCatalog(f"sqlite:///{server.data / 'catalog.db'}", now)
        account, self.key = catalog.create_account("Venue", "venue@example.org")
        catalog.close()
        self.account = account.id
        self.client = self.using(self.key)

    def using(self, key: str) -> httpx.Client:
        client = httpx.Client(
            base_url=f"{self.server.url}/api/v1",
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
        )
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def key_with(self, *scopes: Scope) -> httpx.Client:
        catalog = SqlCatalog(f"sqlite:///{self.server.data / 'catalog.db'}", now)
        secret, _ = catalog.create_key(self.account, "test", frozenset(scopes))
        catalog.close()
        return self.using(secret)

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        response = self.client.request(method, path, json=body)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def template(self, name: str = "Gym", **fields: Any) -> str:
        asked = {"passTemplate": {"name": name, **fields}}
        return str(self.ask("POST", "/pass-templates", asked, status=202)["data"]["id"])

    def card(self, template: str, ext_id: str, **fields: Any) -> str:
        path = f"/passes?passTemplate={template}&extId={ext_id}"
        return str(self.ask("POST", path, {"pass": fields}, status=201)["data"]["id"])

    def reader(self, reader_id: str, entity: str = "default", **fields: Any) -> None:
        asked = {"reader": {"id": reader_id, "name": f"Reader {reader_id}", **fields}}
        self.ask("POST", f"/entities/{entity}/readers", asked, status=201)

    def validation(self, entity: str = "default", **fields: Any) -> None:
        asked = {"readerConfiguration": {"validationConfiguration": fields}}
        self.ask("PATCH", f"/entities/{entity}/readerConfiguration", asked)

    def scan(self, reader: str, card: str, medium: str = "barcode", **fields: Any) -> Any:
        asked = {"scan": {"readerId": reader, "passId": card, "scanType": medium, **fields}}
        return self.ask("POST", "/scans", asked)

    def scans(self, **query: Any) -> Any:
        response = self.client.get("/scans", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def upload(self, reader: str, sent_at: str, *scans: dict[str, Any]) -> Any:
        asked = {"batch": {"readerId": reader, "sentAt": sent_at, "scans": list(scans)}}
        return self.ask("POST", "/scans/batch", asked)


@contextmanager
def refusing_inserts(
    server: RunningServer, table: str, when: str = "1", what: str = "INSERT"
) -> Iterator[None]:
    """The catalog fails at a row of this table for which the SQL condition holds."""
    with closing(sqlite3.connect(server.data / "catalog.db", isolation_level=None)) as catalog:
        catalog.execute(
            f"CREATE TRIGGER refusing BEFORE {what} ON {table} WHEN {when} "
            "BEGIN SELECT RAISE(ABORT, 'this row is refused'); END"
        )
        try:
            yield
        finally:
            catalog.execute("DROP TRIGGER refusing")


refusing_changes = partial(refusing_inserts, what="UPDATE")
"""The same at a row that is changed."""


def verdict(answer: Any) -> tuple[str, str]:
    """Status and text of an answer to a scan."""
    response = answer["validationResponse"]
    assert response["status"] == answer["scanInfo"]["status"]
    return response["status"], response["statusDetail"]


def refused(response: httpx.Response, status: int) -> str:
    """The answer is the vendor's error body with this status; returns its text."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert set(body) == {"errors"}
    (text,) = body["errors"]
    assert len(text) > 5
    return str(text)
