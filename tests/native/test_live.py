"""`GET /events/live`: events as they come, and none left out by a new connection."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import StartServer
from tests.native.places import get, ingest, new_event, refused, running
from tests.support.running import RunningServer


def events_of(response: httpx.Response) -> Iterator[dict[str, Any]]:
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            event = json.loads(fields["data"])
            if fields["event"] != "notes":  # what is to be said of the filter comes first
                assert (fields["event"], fields["id"]) == ("event", event["id"])
                yield event
            fields = {}


def test_an_event_is_there_as_soon_as_it_is_told(live: RunningServer) -> None:
    with live.client.stream("GET", "/events/live", params={"campaign": "c1"}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        teller = threading.Thread(target=ingest, args=(live, [new_event(n) for n in range(6)]))
        teller.start()
        found = events_of(response)
        assert [next(found)["metadata"]["number"] for _ in range(2)] == [1, 4]
        teller.join()


def test_a_new_connection_goes_on_where_the_last_one_was(live: RunningServer) -> None:
    start = get(live.client, "/events", limit=1)["as_of"]
    ingest(live, [new_event(number) for number in range(2_500)])
    ids: list[str] = []
    last = start
    while len(ids) < 2_500:
        headers = {"Last-Event-ID": last}
        query = {"fields": "id"}
        with live.client.stream("GET", "/events/live", headers=headers, params=query) as response:
            found = events_of(response)
            ids += [next(found)["id"] for _ in range(min(700, 2_500 - len(ids)))]
        last = ids[-1]
    listed = live.client.get(
        "/events", params={"format": "ndjson", "order": "oldest", "fields": "id"}
    )
    every = [json.loads(line)["id"] for line in listed.content.splitlines()]
    assert ids == [id for id in every if int(id) > int(start)]


def test_a_server_that_is_to_stop_does_not_wait_for_its_followers(
    start_server: StartServer,
) -> None:
    server = start_server()
    with server.client.stream("GET", "/events/live") as response:
        lines = response.iter_lines()
        next(lines)
        server.stop()  # it fails after 30 seconds
        assert not [line for line in lines if line and not line.startswith((":", "retry"))]


def test_a_mistake_is_named(live: RunningServer) -> None:
    assert "limit" in refused(live.client.get("/events/live", params={"limit": 5}))
    headers = {"Last-Event-ID": "x"}
    assert "Last-Event-ID" in refused(live.client.get("/events/live", headers=headers))
    assert httpx.get(f"{live.url}/events/live").status_code == 401


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = running(tmp_path_factory.mktemp("live"))
    yield server
    server.close()
