"""What the tests of the native API share: a server with events of its own, and a stranger."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from footfall.bootstrap import open_catalog
from footfall.config import load
from tests.support.running import RunningServer

START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=20)
COUNTRIES = ["NL", "NL", "DE", "BE"]
KINDS = ["open", "click"]


def new_event(number: int) -> dict[str, Any]:
    """The n-th of the events that are there: an hour and a minute after the one before."""
    return {
        "kind": KINDS[number % 2],
        "occurred_at": (START + timedelta(minutes=61 * (number % 400))).isoformat(),
        "references": {"campaign": f"c{number % 3}", "profile": str(number % 7)},
        "country": COUNTRIES[number % 4],
        "unique": str(number % 7),
        "metadata": {"shop": {"id": number % 5}, "number": number},
    }


def ingest(server: RunningServer, events: list[dict[str, Any]]) -> None:
    response = server.client.post("/events", json=events)
    assert response.json()["stored"] == len(events), response.text[:500]


def get(client: httpx.Client, path: str, **query: Any) -> Any:
    named = {name.replace("__", "."): value for name, value in query.items()}
    response = client.get(path, params=named)
    assert response.status_code == 200, response.text
    return response.json()


def refused(response: httpx.Response, status: int = 400) -> str:
    body = response.json()
    assert (response.status_code, set(body)) == (status, {"error", "code"}), response.text
    return str(body["error"])


def stranger_of(server: RunningServer) -> httpx.Client:
    """The admin of another account, with nothing in it."""
    catalog = open_catalog(load(options={"data": str(server.data)})[0])
    _, secret = catalog.create_account("Stranger", "stranger@example.org")
    catalog.close()
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {secret}"})


def pages(client: httpx.Client, **query: Any) -> Iterator[list[dict[str, Any]]]:
    page = get(client, "/events", **query)
    yield page["events"]
    while page["next"]:
        page = get(client, "/events", **query, cursor=page["next"])
        yield page["events"]


def running(directory: Path, **settings: Any) -> RunningServer:
    server = RunningServer(
        directory / "data", requests_per_minute=1_000_000, creations_per_hour=100_000, **settings
    )
    server.start()
    return server
