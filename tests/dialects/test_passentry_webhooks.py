"""Webhooks: what is sent, how it is signed, and that nobody waits for it."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import httpx
import pytest

from footfall.webhooks.outbox import sign
from tests.conftest import StartServer
from tests.dialects import jsonapi
from tests.dialects.conftest import OpenVenue
from tests.dialects.passentry import Venue, refused
from tests.support.running import wait_for

EVENTS = ["passScanned", "passCreated", "passInstalled", "passRemoved"]


class Receiver:
    """Keeps what it is sent; `status` is what it answers."""

    def __init__(self) -> None:
        self.messages: Queue[tuple[dict[str, str], bytes]] = Queue()
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.put(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def next(self) -> tuple[dict[str, str], Any]:
        headers, body = self.messages.get(timeout=30)
        return headers, json.loads(body)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    thread = threading.Thread(target=one.server.serve_forever)
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    thread.join()


@pytest.fixture
def subscribed(start_server: StartServer, open_venue: OpenVenue) -> Venue:
    server = start_server(requests_per_second=1_000_000, allow_private_destinations=1)
    return open_venue(server)


def subscribe(venue: Venue, url: str, **more: Any) -> Any:
    asked = {"url": url, "enabled": True, "subscribedEvents": EVENTS, **more}
    body = {"webhookSubscription": asked}
    return venue.ask("POST", "/webhook-subscriptions", body, status=201)["data"]


def test_every_event_is_sent_signed_and_in_the_vendors_shape(
    subscribed: Venue, receiver: Receiver
) -> None:
    secret = subscribe(subscribed, receiver.url)["attributes"]["secretKey"]
    card = subscribed.card(subscribed.template(), "M-1", fullName="A. Person")
    subscribed.ask("POST", "/passes/M-1/installed", {"pass": {"deviceType": "iphone"}})
    subscribed.reader("door-1")
    scan = subscribed.scan("door-1", "M-1")["scanInfo"]
    subscribed.ask("POST", "/passes/M-1/removed")
    kinds = []
    for _ in range(4):
        headers, raw = receiver.messages.get(timeout=30)
        assert headers["x-webhook-signature"] == sign(secret, raw)
        message = json.loads(raw)
        jsonapi.check(message)
        data = message["data"]
        assert data["id"] == headers["x-webhook-id"]
        assert set(data["attributes"]) == {"timeStamp", "webhookType"}
        kinds.append(data["attributes"]["webhookType"])
        relationships = data["relationships"]
        assert relationships["pass"]["data"] == {"id": card, "type": "pass"}
        included = {one["type"]: one for one in message["included"]}
        assert set(included["pass"]["attributes"]) >= {"addedAt", "removedAt", "deactivatedAt"}
        if kinds[-1] == "passScanned":
            assert set(relationships) == {"scan", "pass", "reader"}
            assert included["scan"]["id"] == scan["scanId"]
            assert included["scan"]["attributes"]["statusDetail"] is None
            assert included["reader"]["id"] == "door-1"
        else:
            assert set(relationships) == {"pass"}
    assert kinds == ["passCreated", "passInstalled", "passScanned", "passRemoved"]


def test_an_entity_hears_of_its_own_scans_only(subscribed: Venue, receiver: Receiver) -> None:
    made = subscribed.ask("POST", "/entities", {"entity": {"name": "South"}}, status=201)
    south = made["data"]["id"]
    subscribe(subscribed, receiver.url, entityId=south)
    subscribed.reader("north")
    subscribed.reader("south", south)
    subscribed.scan("north", "nobody")
    scan = subscribed.scan("south", "nobody")["scanInfo"]
    _, message = receiver.next()
    assert message["data"]["relationships"]["scan"]["data"]["id"] == scan["scanId"]
    assert message["data"]["relationships"]["pass"]["data"] is None
    assert receiver.messages.empty()


def test_an_upload_is_told_scan_by_scan(subscribed: Venue, receiver: Receiver) -> None:
    subscribe(subscribed, receiver.url)
    subscribed.reader("gate")
    scans = [
        {
            "sequence": number,
            "nonce": f"n{number}",
            "scannedAt": "2026-05-01T09:30:00Z",
            "scanType": "nfc",
            "scanValue": "x",
            "status": "failed",
        }
        for number in range(1, 4)
    ]
    answer = subscribed.upload("gate", "2026-05-01T10:00:00Z", *scans)
    subscribed.upload("gate", "2026-05-01T10:00:00Z", *scans)
    sent = [receiver.next()[1]["data"]["relationships"]["scan"]["data"]["id"] for _ in scans]
    assert sent == [one["scanId"] for one in answer["scans"]]
    assert receiver.messages.empty()


def test_a_refused_message_is_in_the_log_and_a_replay_has_the_same_id(
    subscribed: Venue, receiver: Receiver
) -> None:
    receiver.status = 500
    webhook = subscribe(subscribed, receiver.url)["id"]
    path = f"/webhook-subscriptions/{webhook}"
    number = subscribed.ask("POST", f"{path}/test", status=202)["data"]["id"]
    first, _ = receiver.next()
    for _ in range(3000):
        (row,) = subscribed.ask("GET", f"{path}/deliveries")["data"]
        if row["attributes"]["attempts"]:
            break
    assert row["attributes"]["responseStatus"] == 500
    assert row["attributes"]["status"] == "waiting"
    receiver.status = 200
    subscribed.ask("POST", f"{path}/deliveries/{number}/replay", status=202)
    second, message = receiver.next()
    assert second["x-webhook-id"] == first["x-webhook-id"] == message["data"]["id"]
    assert message["data"]["attributes"]["webhookType"] == "test"
    for _ in range(3000):
        (row,) = subscribed.ask("GET", f"{path}/deliveries")["data"]
        if row["attributes"]["status"] == "delivered":
            break
    assert row["attributes"]["status"] == "delivered"


def test_a_dead_receiver_does_not_hold_up_a_scan(subscribed: Venue) -> None:
    subscribe(subscribed, "http://127.0.0.1:9/dead")
    subscribed.reader("door-1")
    for _ in range(20):
        subscribed.scan("door-1", "nobody")
    assert subscribed.scans()["meta"]["totalScans"] == 20


def test_a_rotated_secret_signs_what_is_sent_from_then_on(
    subscribed: Venue, receiver: Receiver
) -> None:
    made = subscribe(subscribed, receiver.url)
    path = f"/webhook-subscriptions/{made['id']}"
    rotated = subscribed.ask("PATCH", f"{path}/rotate-secret")["data"]["attributes"]["secretKey"]
    assert rotated != made["attributes"]["secretKey"]
    subscribed.ask("POST", f"{path}/test", status=202)
    headers, raw = receiver.messages.get(timeout=30)
    assert headers["x-webhook-signature"] == sign(rotated, raw)


def test_there_are_ten_for_the_organisation_and_ten_for_each_entity(venue: Venue) -> None:
    def create(number: int, **more: str) -> Any:
        asked = {"url": f"https://example.org/{number}", "subscribedEvents": EVENTS, **more}
        return venue.client.post("/webhook-subscriptions", json={"webhookSubscription": asked})

    for scope in ({}, {"entityId": "default"}):
        for number in range(10):
            assert create(number, **scope).status_code == 201
        refused(create(10, **scope), 400)


def test_messages_that_tell_of_erased_scans_are_neither_kept_nor_sent(
    subscribed: Venue, receiver: Receiver
) -> None:
    subscribe(subscribed, receiver.url, subscribedEvents=["passScanned"])
    template = subscribed.template()
    erased, kept = (subscribed.card(template, name) for name in ("M-1", "M-2"))
    subscribed.reader("gate")
    for status in (200, 500):  # one is sent, and one is to be sent again
        receiver.status = status
        for card in (erased, kept):
            subscribed.scan("gate", card)
        receiver.next()
    tried = messages(subscribed, erased), messages(subscribed, kept)
    assert tried == (2, 2)
    base = subscribed.server.url
    headers = {"Authorization": f"Bearer {subscribed.key}"}
    with httpx.Client(base_url=base, headers=headers, timeout=30) as client:
        body = {"reference": {"wallet_pass": erased}}
        asked = client.post("/erasures", json=body).json()["id"]
        wait_for(lambda: client.get(f"/deletions/{asked}").json()["step"] == "done" or None)
        receipt = client.get(f"/deletions/{asked}").json()["receipt"]
    assert receipt["messages_withdrawn"] == 2
    assert (messages(subscribed, erased), messages(subscribed, kept)) == (0, 2)


def messages(venue: Venue, card: str) -> int:
    """How many messages of the outbox and its log name this pass."""
    path = venue.server.data / "catalog.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        bodies = connection.execute("SELECT body FROM webhook_deliveries").fetchall()
    return sum(card.encode() in body for (body,) in bodies)


def test_a_change_of_what_is_subscribed_burns_no_attempt(
    subscribed: Venue, receiver: Receiver
) -> None:
    """A message that waits for its next attempt keeps waiting, unless its address is another."""
    receiver.status = 500
    hook = subscribe(subscribed, receiver.url)["id"]
    subscribed.card(subscribed.template(), "M-1")
    receiver.next()
    path = f"/webhook-subscriptions/{hook}"
    wait_for(lambda: attempts(subscribed)[0] or None)
    waiting = attempts(subscribed)
    for change in ({"subscribedEvents": ["passScanned"]}, {"enabled": True}, {"url": receiver.url}):
        subscribed.ask("PATCH", path, {"webhookSubscription": change})
        assert attempts(subscribed) == waiting
    other = f"{receiver.url}/other"
    subscribed.ask("PATCH", path, {"webhookSubscription": {"url": other}})
    receiver.next()


def attempts(venue: Venue) -> tuple[int, int]:
    """Of the one message: how often it was tried, and when it is next."""
    path = venue.server.data / "catalog.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        sql = "SELECT attempts, next_at FROM webhook_deliveries"
        (found,) = connection.execute(sql).fetchall()
    return found[0], found[1]
