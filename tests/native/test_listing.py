"""`GET /events`: snapshot-consistent pages, files of everything, filters on every column."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pyarrow
import pyarrow.parquet
import pytest

from tests.native.places import START, get, ingest, new_event, pages, refused, running
from tests.support.running import RunningServer, wait_for

NL_CLICK = ("NL", "click")
EVERY = [new_event(number) for number in range(200)]


def numbers(events: list[dict[str, Any]]) -> list[int]:
    return [event["metadata"]["number"] for event in events]


def test_an_event_is_shown_without_what_is_empty(place: RunningServer) -> None:
    (event,) = get(place.client, "/events", limit=1)["events"]
    asked = dict(event)
    assert asked.pop("id").isdigit()
    assert asked.pop("received_at") > asked["occurred_at"]
    assert asked == {
        "kind": "click",
        "source": "native",
        "verdict": "counted",
        "occurred_at": (START + timedelta(minutes=61 * 199)).isoformat()[:19] + ".000Z",
        "country": "BE",
        "campaign": "c1",
        "profile": "3",
        "visitor": event["visitor"],
        "metadata": {"shop": {"id": 4}, "number": 199},
    }
    assert get(place.client, f"/events/{event['id']}") == event


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_hold_every_event_once(place: RunningServer, order: str) -> None:
    found = [numbers(page) for page in pages(place.client, limit=30, order=order)]
    assert [len(page) for page in found] == [30] * 6 + [20]
    every = list(range(200))
    assert list(chain(*found)) == (every if order == "oldest" else every[::-1])


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ({"kind": "open"}, lambda e: e["kind"] == "open"),
        ({"country": ["NL", "BE"]}, lambda e: e["country"] in ("NL", "BE")),
        ({"country.not": "NL"}, lambda e: e["country"] != "NL"),
        ({"profile.prefix": ["1", "3"]}, lambda e: e["references"]["profile"] in "13"),
        ({"campaign.contains": "2"}, lambda e: "2" in e["references"]["campaign"]),
        ({"offer.present": "true"}, lambda e: False),
        ({"offer.present": "false"}, lambda e: True),
        ({"metadata.shop.id": "3"}, lambda e: e["metadata"]["shop"]["id"] == 3),
        ({"metadata.number.from": "50"}, lambda e: e["metadata"]["number"] >= 50),
        ({"metadata.number.to": "5.5"}, lambda e: e["metadata"]["number"] < 5.5),
        ({"metadata.nothing.present": "true"}, lambda e: False),
        ({"tracker": "7"}, lambda e: False),
        ({"asn.from": "0"}, lambda e: True),
        ({"country": "NL", "kind.not": "open"}, lambda e: (e["country"], e["kind"]) == NL_CLICK),
    ],
)
def test_a_filter_keeps_what_it_says(
    place: RunningServer, query: dict[str, Any], matches: Any
) -> None:
    expected = [event["metadata"]["number"] for event in EVERY if matches(event)]
    page = get(place.client, "/events", limit=1000, order="oldest", **query)
    assert numbers(page["events"]) == expected
    assert page["total"] == {"events": len(expected), "exact": True}


def test_a_window_is_of_local_days(place: RunningServer) -> None:
    day = (START + timedelta(days=3)).date()
    query = {"since": day.isoformat(), "until": (day + timedelta(days=1)).isoformat()}
    page = get(place.client, "/events", zone="Asia/Kathmandu", limit=100, **query)
    begins = f"{day}T00:00:00+05:45"
    found = get(place.client, "/events", since=begins, until=f"{day}T23:59:59.999+05:45")
    assert page["events"] == found["events"]
    assert 22 <= len(page["events"]) <= 24


def test_a_mistake_is_named(place: RunningServer) -> None:
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"limt": 1}, "limt"),
        ({"country.like": "x"}, "like"),
        ({"kind": "scam"}, "scan, impression"),
        ({"tracker": "x"}, "'x' is not a number"),
        ({"ip": "300.1.1.1"}, "no address"),
        ({"limit": 10_001}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"since": "soon"}, "since"),
        ({"since": "2026-07-02", "until": "2026-07-02"}, "until"),
        ({"fields": "colour"}, "colour"),
        ({"order": "random"}, "newest, oldest"),
        ({"format": "xml"}, "ndjson"),
        ({"cursor": "abc"}, "cursor"),
        ({"as_of": "-1"}, "as_of"),
        ({"offer.present": "maybe"}, "true or false"),
        ({"asn.from": "many"}, "not a whole number"),
        ({"payout_micros": "5.5"}, "'5.5' is not a whole number"),
        ({"sale_micros.from": "5.5"}, "'5.5' is not a whole number"),
        ({"metadata.": "x"}, "metadata."),
        ({"occurred_at": "2026-07-01"}, "occurred_at.from"),
    ]
    for query, words in mistakes:
        assert words in refused(place.client.get("/events", params=query)), query


def test_a_cursor_goes_on_with_its_own_question_only(place: RunningServer) -> None:
    page = get(place.client, "/events", limit=5, country="NL")
    text = refused(place.client.get("/events", params={"limit": 5, "cursor": page["next"]}))
    assert "another question" in text
    again = get(place.client, "/events", limit=9, country="NL", cursor=page["next"])
    assert len(again["events"]) == 9


def test_files_hold_the_same_events(place: RunningServer) -> None:
    listed = get(place.client, "/events", limit=1000)["events"]
    ids = [event["id"] for event in listed]

    def fetch(**query: Any) -> bytes:
        response = place.client.get("/events", params=query)
        assert response.status_code == 200, response.text
        return response.content

    rows = [json.loads(line) for line in fetch(format="ndjson").splitlines()]
    assert [row["id"] for row in rows] == ids
    assert [json.loads(row["metadata"])["number"] for row in rows] == list(range(199, -1, -1))
    assert [row["occurred_at"] for row in rows] == [event["occurred_at"] for event in listed]
    table = list(csv.DictReader(io.StringIO(fetch(format="csv", fields="id,country").decode())))
    assert table == [{"id": event["id"], "country": event["country"]} for event in listed]
    arrow = pyarrow.ipc.open_stream(fetch(format="arrow")).read_all()
    assert arrow.column("id").to_pylist() == ids
    parquet = pyarrow.parquet.read_table(io.BytesIO(fetch(format="parquet", order="oldest")))
    assert parquet.column("id").to_pylist() == ids[::-1]
    assert parquet.column("profile").to_pylist() == [event["profile"] for event in listed[::-1]]


def test_a_page_can_be_a_file_too(place: RunningServer) -> None:
    ids: list[str] = []
    query: dict[str, Any] = {"limit": 70, "kind": "open"}
    while True:
        response = place.client.get(
            "/events", params=query, headers={"Accept": "application/x-ndjson"}
        )
        ids += [json.loads(line)["id"] for line in response.content.splitlines()]
        if "footfall-next" not in response.headers:
            break
        query["cursor"] = response.headers["footfall-next"]
    assert ids == [one["id"] for one in get(place.client, "/events", kind="open")["events"]]


def test_no_file_of_nothing_is_broken(place: RunningServer) -> None:
    def fetch(format: str) -> bytes:
        query = {"format": format, "country": "AQ", "fields": "id,country"}
        return place.client.get("/events", params=query).content

    assert fetch("ndjson") == b""
    assert fetch("csv").decode().split() == ['"id","country"']
    assert pyarrow.ipc.open_stream(fetch("arrow")).read_all().num_rows == 0
    assert pyarrow.parquet.read_table(io.BytesIO(fetch("parquet"))).num_rows == 0


def test_another_account_sees_nothing(place: RunningServer, stranger: httpx.Client) -> None:
    event = get(place.client, "/events", limit=1)["events"][0]
    assert get(stranger, "/events")["events"] == []
    assert stranger.get("/events", params={"format": "ndjson"}).content == b""
    assert refused(stranger.get(f"/events/{event['id']}"), 404)
    cursor = get(place.client, "/events", limit=1)["next"]
    assert get(stranger, "/events", limit=1, cursor=cursor)["events"] == []
    assert httpx.get(f"{place.url}/events").status_code == 401


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[RunningServer]:
    server = running(tmp_path)
    yield server
    server.close()


def test_pages_neither_skip_nor_repeat_while_events_arrive(busy: RunningServer) -> None:
    """Late ones too, and also at the end that is read."""
    ingest(busy, [new_event(number) for number in range(300)])
    permits = threading.Semaphore(0)
    done = threading.Event()
    sent: list[int] = []

    def send() -> None:
        """Twenty events with every page that is read."""
        number = 300
        with httpx.Client(base_url=busy.url, headers=busy.client.headers) as client:
            while permits.acquire() and not done.is_set():
                batch = [new_event(number + one) for one in range(20)]
                batch[7]["occurred_at"] = batch[0]["occurred_at"]
                assert client.post("/events", json=batch).status_code == 200
                sent.append(number)
                number += 20

    def ask(**query: Any) -> Any:
        permits.release()
        return get(busy.client, "/events", limit=50, **query)

    writer = threading.Thread(target=send)
    writer.start()
    try:
        for order in ("newest", "oldest", "newest", "oldest"):
            first = page = ask(order=order)
            found = numbers(first["events"])
            while page["next"]:
                page = ask(order=order, cursor=page["next"])
                found += numbers(page["events"])
                assert page["as_of"] == first["as_of"]
            assert sorted(found) == list(range(len(found)))
            assert len(found) == first["total"]["events"]
            again = ask(as_of=first["as_of"])
            assert again["total"]["events"] == len(found)
    finally:
        done.set()
        permits.release()
        writer.join()
    assert len(sent) > 20


def test_an_anonymous_header_is_no_formula_in_any_csv(busy: RunningServer) -> None:
    """Nor in the file of an export."""
    ingest(busy, [{**new_event(1), "user_agent": "=1+1", "referrer": "＋1"}])

    def cells(content: str) -> list[str]:
        (row,) = csv.DictReader(io.StringIO(content, ""))
        return [row["user_agent"], row["referrer"], row["kind"]]

    query = {"format": "csv", "kind": new_event(1)["kind"], "fields": "user_agent,referrer,kind"}

    def ask(**more: Any) -> httpx.Response:
        return busy.client.get("/events", params={**query, **more})

    guarded, raw = ["'=1+1", "'＋1"], ["=1+1", "＋1"]
    assert cells(ask().text) == [*guarded, new_event(1)["kind"]]
    assert cells(ask(raw_cells="true").text) == [*raw, new_event(1)["kind"]]
    assert cells(ask(raw_cells="false", limit=5).text)[:2] == guarded
    assert refused(ask(raw_cells="maybe"), 400)
    for body, wanted in (({}, guarded), ({"raw_cells": True}, raw)):
        asked = {"format": "csv", "filters": {"kind": new_event(1)["kind"]}, **body}
        export = busy.client.post("/exports", json=asked).json()
        path = f"/exports/{export['id']}"
        wait_for(lambda path=path: get(busy.client, path)["state"] == "done" or None)  # type: ignore[misc]
        assert cells(busy.client.get(f"{path}/file").text)[:2] == wanted
