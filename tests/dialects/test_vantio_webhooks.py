"""Webhooks of the Vantio dialect: what is told, when, and to whom."""

import hashlib
import hmac
import json
import queue
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.conftest import StartServer
from tests.dialects.vantio import Campaign, call, refused
from tests.support.running import RunningServer

WAIT_SECONDS = 20.0


class Receiver(BaseHTTPRequestHandler):
    received: "queue.Queue[tuple[dict[str, str], bytes]]"
    answers: "queue.Queue[int]"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        type(self).received.put((headers, body))
        try:
            status = type(self).answers.get_nowait()
        except queue.Empty:
            status = 200
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.received, Receiver.answers = queue.Queue(), queue.Queue()
    listener = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listener.server_port}/told"
    listener.shutdown()
    thread.join()
    listener.server_close()


@pytest.fixture
def sent(start_server: StartServer, receiver: str) -> tuple[RunningServer, dict[str, Any]]:
    """A server that may call this machine, and its webhook for all events."""
    server = start_server(allow_private_destinations=1)
    return server, call(server, "POST", "/webhooks", json={"url": receiver})


def next_message(hook: dict[str, Any]) -> dict[str, Any]:
    """The next message, with a good signature."""
    headers, body = Receiver.received.get(timeout=WAIT_SECONDS)
    key = b64decode(hook["secret"].removeprefix("whsec_"), validate=True)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signature = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{signature}"
    message: dict[str, Any] = json.loads(body)
    assert headers["webhook-id"] == message["id"]
    assert headers["x-webhook-event"] == message["type"]
    assert list(message) == ["id", "type", "created_at", "data", "previous_status"]
    return message


def test_each_change_of_a_referral_and_an_earning_is_told_once(
    sent: tuple[RunningServer, dict[str, Any]],
) -> None:
    server, hook = sent
    campaign = Campaign(server)
    referral = campaign.refer(idempotency_key="once")
    campaign.refer(referral["impression_id"], idempotency_key="once")
    converted = campaign.convert(referral["id"])
    campaign.convert(referral["id"])  # the same again is no change
    call(server, "PUT", f"/referrals/{referral['id']}", json={"first_name": "Eva"})
    earning = campaign.earn(referral["id"])
    path = f"/earnings/{earning['id']}"
    refused(server.client.put(f"/api/v1{path}", json={"status": "paid"}), 400)
    processing = call(server, "PUT", path, json={"status": "processing"})
    paid = call(server, "PUT", path, json={"status": "paid", "reference_id": "tr_1"})
    del processing["updated_at"], paid["updated_at"]  # of the answer alone
    expected = [
        ("referral.created", None, referral),
        ("referral.status_changed", "pending", converted),
        ("earning.created", None, earning),
        ("earning.status_changed", "pending", processing),
        ("earning.status_changed", "processing", paid),
    ]
    messages = [next_message(hook) for _ in expected]
    found = [(one["type"], one["previous_status"], one["data"]) for one in messages]
    assert found == expected
    assert len({one["id"] for one in messages}) == len(messages)
    log = call(server, "GET", f"/webhooks/{hook['id']}/deliveries")["deliveries"]
    assert [one["message_id"] for one in log] == [one["id"] for one in messages[::-1]]
    assert Receiver.received.empty()


def test_a_webhook_is_told_what_it_asked_for_while_it_is_enabled(
    sent: tuple[RunningServer, dict[str, Any]], receiver: str
) -> None:
    server, hook = sent
    path = f"/webhooks/{hook['id']}"
    call(server, "PUT", path, json={"events": ["referral.status_changed"]})
    campaign = Campaign(server)
    referral = campaign.refer()["id"]
    campaign.convert(referral)
    assert next_message(hook)["type"] == "referral.status_changed"
    call(server, "PUT", path, json={"enabled": False})
    call(server, "PUT", f"/referrals/{referral}", json={"status": "verified"})
    call(server, "PUT", path, json={"enabled": True})
    campaign.convert(campaign.refer()["id"])
    message = next_message(hook)
    assert (message["data"]["id"] != referral, message["data"]["status"]) == (True, "converted")
    assert Receiver.received.empty()


def test_a_message_of_the_log_is_sent_again_as_it_was(
    sent: tuple[RunningServer, dict[str, Any]],
) -> None:
    server, hook = sent
    referral = Campaign(server).refer()
    first = next_message(hook)
    call(server, "PUT", f"/referrals/{referral['id']}", json={"first_name": "Eva"})
    path = f"/webhooks/{hook['id']}/deliveries"
    (logged,) = call(server, "GET", path)["deliveries"]
    again = call(server, "POST", f"{path}/{logged['number']}/replay")
    assert (again["message_id"], again["delivered"]) == (first["id"], False)
    assert next_message(hook) == first


def test_a_refused_message_is_tried_again_and_says_what_was_wrong(
    sent: tuple[RunningServer, dict[str, Any]],
) -> None:
    server, hook = sent
    Receiver.answers.put(500)
    Campaign(server).refer()
    first = next_message(hook)
    assert next_message(hook) == first
    path = f"/webhooks/{hook['id']}/deliveries"
    (logged,) = call(server, "GET", path)["deliveries"]
    assert logged["event"] == "referral.created"


def test_a_new_secret_signs_from_then_on(sent: tuple[RunningServer, dict[str, Any]]) -> None:
    server, hook = sent
    rotated = call(server, "POST", f"/webhooks/{hook['id']}/rotate-secret")
    assert rotated["secret"] != hook["secret"]
    assert "secret" not in call(server, "GET", f"/webhooks/{hook['id']}")
    assert "secret" not in call(server, "GET", "/webhooks")["webhooks"][0]
    Campaign(server).refer()
    next_message(rotated)


def test_an_account_has_at_most_twenty_webhooks(start_server: StartServer) -> None:
    server = start_server()
    for number in range(20):
        call(server, "POST", "/webhooks", json={"url": f"https://example.org/{number}"})
    response = server.client.post("/api/v1/webhooks", json={"url": "https://example.org/x"})
    assert "20" in refused(response, 400)
    assert len(call(server, "GET", "/webhooks")["webhooks"]) == 20


def test_the_log_is_read_page_by_page(sent: tuple[RunningServer, dict[str, Any]]) -> None:
    server, hook = sent
    campaign = Campaign(server)
    impression = campaign.scan()
    for _ in range(5):
        campaign.refer(impression)
    path = f"/api/v1/webhooks/{hook['id']}/deliveries"
    numbers: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        response = server.client.get(path, params={"limit": 2, "cursor": cursor})
        numbers += [one["number"] for one in response.json()["deliveries"]]
        cursor = response.headers.get("x-next-cursor")
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == 5
