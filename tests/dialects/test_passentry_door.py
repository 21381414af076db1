"""A door: what is let in, what is recorded, and what two doors at once do."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from footfall.core.accounts import Scope
from footfall.webhooks.outbox import sign
from tests.conftest import StartServer
from tests.dialects.conftest import OpenVenue
from tests.dialects.passentry import (
    Venue,
    refused,
    refusing_changes,
    refusing_inserts,
    verdict,
)
from tests.support.running import RunningServer

GOOD = ("successful", "")


@pytest.fixture
def door(venue: Venue) -> Venue:
    """A template `Gym`, a pass `M-1` and two readers."""
    venue.template()
    template = venue.template()
    venue.card(template, "M-1", fullName="A. Person")
    venue.reader("door-1")
    venue.reader("door-2")
    return venue


def test_a_pass_is_let_in_again_where_no_validity_period_is_set(door: Venue) -> None:
    assert [verdict(door.scan("door-1", "M-1")) for _ in range(2)] == [GOOD, GOOD]


def test_the_first_scan_needs_neither_template_nor_reader(venue: Venue) -> None:
    for number in (1, 2):
        venue.ask("POST", f"/passes?extId=M-{number}", {"pass": {}}, status=201)
    (template,) = venue.ask("GET", "/pass-templates")["data"]
    assert template["attributes"]["name"] == "Default"
    asked = {"scan": {"readerId": "new-door", "passId": "M-1", "scanType": "barcode"}}
    unknown = venue.ask("POST", "/scans", asked)["validationResponse"]
    assert unknown["status"] == "failed"
    for _ in range(2):
        assert verdict(venue.ask("POST", "/scans?newReader=true", asked)) == GOOD
    (reader,) = venue.ask("GET", "/readers")["data"]
    assert reader["id"] == "new-door"


def test_a_key_that_only_captures_makes_no_reader(venue: Venue) -> None:
    asked = {"scan": {"readerId": "new-door", "passId": "M-1", "scanType": "barcode"}}
    response = venue.key_with(Scope.CAPTURE).post("/scans?newReader=true", json=asked)
    assert response.status_code == 403
    assert venue.ask("GET", "/readers")["data"] == []


def test_a_pass_is_let_in_once_within_the_validity_period_over_all_readers(door: Venue) -> None:
    door.validation(validityPeriodSeconds=60)
    assert verdict(door.scan("door-1", "M-1")) == GOOD
    assert verdict(door.scan("door-2", "M-1")) == ("failed", "Pass was scanned already")
    assert door.scans()["meta"]["failedScans"] == 1


def test_a_pass_is_let_in_again_after_the_validity_period(door: Venue) -> None:
    door.validation(validityPeriodSeconds=1)
    verdicts = []
    for _ in range(3000):
        verdicts.append(verdict(door.scan("door-1", "M-1"))[0])
        if verdicts.count("successful") == 2:
            break
    assert verdicts.count("successful") == 2
    assert len(verdicts) > 2


def test_of_many_readers_at_once_one_lets_a_pass_in(door: Venue) -> None:
    door.validation(validityPeriodSeconds=60)
    with ThreadPoolExecutor(12) as pool:
        verdicts = list(
            pool.map(lambda n: verdict(door.scan(f"door-{n % 2 + 1}", "M-1")), range(24))
        )
    assert verdicts.count(GOOD) == 1
    meta = door.scans()["meta"]
    assert (meta["totalScans"], meta["successfulScans"]) == (24, 1)


def test_a_pass_is_good_between_its_dates_only(door: Venue) -> None:
    template = door.template()
    door.card(template, "early", validFrom="2099-01-01T00:00:00Z")
    door.card(template, "late", expiresAt="2020-01-01T00:00:00Z")
    assert verdict(door.scan("door-1", "early")) == ("failed", "Pass is not valid yet")
    assert verdict(door.scan("door-1", "late")) == ("failed", "Pass has expired")


def test_a_pass_that_is_not_installed_is_let_in_unless_the_configuration_says_otherwise(
    door: Venue,
) -> None:
    assert verdict(door.scan("door-1", "M-1")) == GOOD
    door.validation(installedOnly=True)
    assert verdict(door.scan("door-1", "M-1")) == ("failed", "Pass is not active")
    door.ask("POST", "/passes/M-1/installed", {"pass": {"deviceType": "android"}})
    assert verdict(door.scan("door-1", "M-1")) == GOOD
    door.ask("POST", "/passes/M-1/removed")
    door.validation(installedOnly=False)
    assert verdict(door.scan("door-1", "M-1")) == ("failed", "Pass is not active")


def test_points_are_added_and_redeemed_and_never_fall_below_zero(door: Venue) -> None:
    assert door.scan("door-1", "M-1", loyalty={"balance": 2.5})["validationResponse"][
        "loyalty"
    ] == {
        "balanceChange": "2.5",
        "updatedBalance": "2.5",
        "operation": "add",
    }
    less = door.scan("door-1", "M-1", loyalty={"balance": -2})
    assert less["validationResponse"]["loyalty"]["operation"] == "subtract"
    assert verdict(door.scan("door-1", "M-1", loyalty={"balance": -1})) == (
        "failed",
        "Not enough points",
    )
    assert door.ask("GET", "/loyalty/M-1")["meta"]["loyalty"]["balance"] == 0.5


def test_a_reader_was_last_seen_when_it_scanned(door: Venue) -> None:
    assert door.ask("GET", "/readers/door-1")["data"]["attributes"]["lastSeenAt"] is None
    scan = door.scan("door-1", "M-1")
    seen = door.ask("GET", "/readers/door-1")["data"]["attributes"]["lastSeenAt"]
    assert seen == scan["scanInfo"]["scannedAt"]


def test_the_key_of_the_readers_scans_and_reads_and_sees_no_secret(door: Venue) -> None:
    def rotate() -> str:
        answer = door.ask("PATCH", "/entities/default/readerConfiguration/rotate-key")
        return str(answer["data"]["attributes"]["readerConfigurationApiKey"])

    first, second = rotate(), rotate()
    scan = {"scan": {"readerId": "door-1", "passId": "M-1", "scanType": "nfc"}}
    refused(door.using(first).post("/scans", json=scan), 401)
    reader = door.using(second)
    assert reader.post("/scans", json=scan).status_code == 200
    refused(reader.post("/events", json={"event": {"name": "x"}}), 403)
    shown = reader.get("/entities/default/readerConfiguration").json()["data"]["attributes"]
    assert second.startswith(shown["readerConfigurationApiKey"])
    assert len(shown["readerConfigurationApiKey"]) == 10
    assert shown["validationConfiguration"]["externalSecretKey"] is None
    refused(door.key_with(Scope.READ).post("/scans", json=scan), 403)


def test_a_deleted_pass_leaves_nothing_of_its_scans(door: Venue) -> None:
    door.scan("door-1", "M-1")
    door.ask("DELETE", "/passes/M-1", status=204)
    for _ in range(3000):
        if door.scans()["meta"]["totalScans"] == 0:
            break
    assert door.scans()["data"] == []


def test_a_scan_that_was_answered_survives_a_kill(
    start_server: StartServer, open_venue: OpenVenue
) -> None:
    server = start_server(requests_per_second=1_000_000)
    venue = open_venue(server)
    venue.card(venue.template(), "M-1")
    venue.reader("door-1")
    venue.validation(validityPeriodSeconds=3600)
    assert verdict(venue.scan("door-1", "M-1")) == GOOD
    server.kill()
    server.start()
    assert verdict(venue.scan("door-1", "M-1"))[0] == "failed"
    assert [one["attributes"]["status"] for one in venue.scans()["data"]] == [
        "failed",
        "successful",
    ]


def test_what_is_no_text_of_a_pass_is_refused_clearly(door: Venue) -> None:
    for content in (b'{"scan":{"readerId":"\\ud800"}}', b"[" * 100_000, b'{"scan":' + b"9" * 5000):
        refused(door.client.post("/scans", content=content), 400)
    refused(door.client.post("/scans", content=b" " * (2 << 20)), 413)


# ── external validation ───────────────────────────────────────────────────────────────────────


class Outside:
    """A system that validates: it answers what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, str]] = []
        self.answer: tuple[int, bytes] = (200, b"{}")
        self.before_answer: Callable[[], None] = lambda: None
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outside.asked.append((body, self.headers["X-Webhook-Signature"]))
                outside.before_answer()
                status, content = outside.answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/validate"


@pytest.fixture
def outside() -> Iterator[Outside]:
    one = Outside()
    thread = threading.Thread(target=one.server.serve_forever)
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    thread.join()


@pytest.fixture
def private_server(start_server: StartServer) -> RunningServer:
    return start_server(requests_per_second=1_000_000, allow_private_destinations=1)


def test_another_system_decides_where_validation_is_external(
    private_server: RunningServer, outside: Outside, open_venue: OpenVenue
) -> None:
    venue = open_venue(private_server)
    card = venue.card(venue.template(), "M-1")
    venue.reader("door-1")
    venue.validation(validationType="external", externalUrl=outside.url)
    shown = venue.ask("GET", "/entities/default/readerConfiguration")["data"]["attributes"]
    secret = shown["validationConfiguration"]["externalSecretKey"]

    verdicts = {"status": "failed", "statusDetail": "Membership expired"}
    outside.answer = 200, json.dumps({"validationResponse": verdicts}).encode()
    answer = venue.scan("door-1", "some value")
    assert verdict(answer) == ("failed", "Membership expired")
    assert answer["scanInfo"]["passId"] is None
    assert answer["scanInfo"]["validationType"] == "externalValidation"
    body, signature = outside.asked[0]
    assert signature == sign(secret, body)
    question = json.loads(body)["scan"]
    assert question.keys() == {"readerId", "scanType", "scanValue", "scannedAt"}
    assert question["scanValue"] == "some value"

    message = {"readerInstructions": {"message": "Hello"}}
    outside.answer = 200, json.dumps({"status": "success", "passId": "M-1", **message}).encode()
    answer = venue.scan("door-1", "another value")
    assert verdict(answer) == GOOD
    assert answer["scanInfo"]["passId"] == card
    assert answer["validationResponse"]["readerInstructions"]["message"] == "Hello"


def test_a_scan_fails_and_says_why_when_the_other_system_does_not_answer_or_answers_nonsense(
    private_server: RunningServer, outside: Outside, open_venue: OpenVenue
) -> None:
    venue = open_venue(private_server)
    venue.reader("door-1")
    venue.validation(validationType="external", externalUrl=outside.url)
    for answer in ((200, b"no json"), (200, b'{"status":"maybe"}'), (200, b"[]"), (500, b"{}")):
        outside.answer = answer
        status, detail = verdict(venue.scan("door-1", "value"))
        assert status == "failed"
        assert detail.startswith("External validation answered")
    venue.validation(externalUrl="http://127.0.0.1:9/nobody")
    status, detail = verdict(venue.scan("door-1", "value"))
    assert status == "failed"
    assert detail.startswith("External validation did not answer")
    meta = venue.scans(validationType="externalValidation")["meta"]
    assert (meta["totalScans"], meta["failedScans"]) == (5, 5)


@pytest.mark.parametrize("query", ["", "?newReader=true"])
def test_a_scan_that_the_server_died_before_recording_is_recorded_when_it_is_sent_again(
    private_server: RunningServer, outside: Outside, open_venue: OpenVenue, query: str
) -> None:
    venue = open_venue(private_server)
    if not query:
        venue.reader("door-1")
    venue.validation(validationType="external", externalUrl=outside.url)
    outside.answer = 200, b'{"status": "success"}'
    body = {"scan": {"readerId": "door-1", "passId": "M-1", "scanType": "barcode"}}

    def send() -> httpx.Response:
        return venue.client.post(f"/scans{query}", json=body, headers={"Idempotency-Key": "one"})

    outside.before_answer = private_server.kill
    with pytest.raises(httpx.TransportError):
        send()
    outside.before_answer = lambda: None
    private_server.start()
    first, again = send(), send()
    assert (first.status_code, first.json()) == (200, again.json())
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert verdict(first.json()) == GOOD
    assert venue.scans()["meta"]["totalScans"] == 1


def test_scans_at_once_under_keys_are_each_recorded_once(door: Venue) -> None:
    def send(number: int) -> dict[str, Any]:
        body = {"scan": {"readerId": "door-1", "passId": "M-1", "scanType": "barcode"}}
        headers = {"Idempotency-Key": f"scan {number % 12}"}
        answer: dict[str, Any] = door.client.post("/scans", json=body, headers=headers).json()
        return answer

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(send, range(36)))
    assert answers[:12] == answers[12:24] == answers[24:]
    assert door.scans()["meta"]["totalScans"] == 12


def test_a_reader_is_created_with_the_scan_or_not_at_all(
    private_server: RunningServer, open_venue: OpenVenue
) -> None:
    venue = open_venue(private_server)
    body = {"scan": {"readerId": "door-1", "passId": "M-1", "scanType": "barcode"}}
    headers = {"Idempotency-Key": "one"}
    with refusing_inserts(private_server, "promised_events"):
        failed = venue.client.post("/scans?newReader=true", json=body, headers=headers)
        assert failed.status_code >= 500
        assert venue.ask("GET", "/readers")["data"] == []
    assert venue.client.post("/scans?newReader=true", json=body, headers=headers).status_code == 200
    assert len(venue.ask("GET", "/readers")["data"]) == venue.scans()["meta"]["totalScans"] == 1


@pytest.mark.parametrize("path", ["/scans", "/scans/log"])
def test_a_scan_whose_answer_is_lost_is_answered_as_it_was_the_first_time(
    private_server: RunningServer, open_venue: OpenVenue, path: str
) -> None:
    venue = open_venue(private_server)
    venue.reader("door-1")
    venue.card(venue.template(), "M-1")
    scan = {"readerId": "door-1", "scanType": "barcode"}
    logged = {"scanValue": "M-1", "status": "successful", "statusDetail": "let in"}
    scan |= {"passId": "M-1"} if path == "/scans" else logged

    def send(key: str) -> httpx.Response:
        return venue.client.post(path, json={"scan": scan}, headers={"Idempotency-Key": key})

    # Nothing can be written between the scan's own transaction and its answer.
    with refusing_changes(private_server, "idempotency"):
        first = send("one")
    private_server.kill()
    private_server.start()
    again = send("one")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again.headers["idempotent-replay"] == "true"
    assert venue.scans()["meta"]["totalScans"] == 1
    assert send("two").json() != first.json()
