"""Every operation: it is a route, it needs a key, it shows nothing of another account."""

import asyncio
import re
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from footfall.api.openapi import Operation
from footfall.core.accounts import Scope
from footfall.dialects.passentry.api import DESCRIBED as OPERATIONS
from footfall.dialects.passentry.api import document
from tests.conftest import StartServer
from tests.dialects.conftest import OpenVenue
from tests.dialects.passentry import Venue, refused
from tests.dialects.routes import described_routes, served_routes

GUARDED: Final = tuple(one for one in OPERATIONS if not one.keyless)
BODIES: Final[dict[str, Any]] = {
    "/entities": {"entity": {"name": "Mine"}},
    "/entities/{entity_id}": {"entity": {"name": "Mine"}},
    "/entities/{entity_id}/readerConfiguration": {"readerConfiguration": {"googleKeyVersion": 1}},
    "/entities/{entity_id}/readers": {"reader": {"name": "Mine", "id": "mine"}},
    "/events": {"event": {"name": "Mine"}},
    "/events/{event_id}": {"event": {"name": "Mine"}},
    "/readers/{reader_id}": {"reader": {"name": "Mine"}},
    "/readers/{reader_id}/login": {"reader": {"password": "secret1"}},
    "/pass-templates": {"passTemplate": {"name": "Mine"}},
    "/passes": {"pass": {}},
    "/passes/{pass_id}": {"pass": {}},
    "/passes/{pass_id}/notification": {"notification": {"message": "x"}},
    "/passes/{pass_id}/installed": {"pass": {"deviceType": "iphone"}},
    "/loyalty/{pass_id}": {"balance": 1},
    "/scans": {"scan": {"readerId": "theirs", "passId": "theirs", "scanType": "nfc"}},
    "/scans/log": {
        "scan": {
            "readerId": "theirs",
            "passId": "theirs",
            "scanType": "nfc",
            "scanValue": "x",
            "status": "failed",
        }
    },
    "/scans/batch": {
        "batch": {"readerId": "theirs", "sentAt": "2026-05-01T00:00:00Z", "scans": []}
    },
    "/webhook-subscriptions": {
        "webhookSubscription": {"url": "https://example.org/x", "subscribedEvents": ["passScanned"]}
    },
    "/webhook-subscriptions/{webhook_id}": {"webhookSubscription": {"enabled": False}},
}


def name(one: Operation) -> str:
    return f"{one.method} {one.path}"


async def test_every_route_is_an_operation_and_every_operation_a_route(tmp_path: Path) -> None:
    page = {("GET", "/download")}
    assert described_routes(document()) - page == await served_routes(tmp_path, "PassEntry")


class Theirs:
    """Another account with one of everything, all of it named so that it can be found again."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        post = venue.ask
        entity = post("POST", "/entities", {"entity": {"name": "secretive"}}, status=201)
        event = post("POST", "/events", {"event": {"name": "secretive"}}, status=201)
        template = venue.template("secretive")
        card = venue.card(template, "theirs", fullName="secretive")
        venue.reader("theirs", password="secret1")
        hook = {
            "url": "https://example.org/secretive",
            "enabled": False,
            "subscribedEvents": ["passScanned"],
        }
        made = post("POST", "/webhook-subscriptions", {"webhookSubscription": hook}, status=201)
        webhook = made["data"]["id"]
        sent = post("POST", f"/webhook-subscriptions/{webhook}/test", status=202)
        venue.scan("theirs", "theirs")
        self.names = {
            "entity_id": entity["data"]["id"],
            "event_id": event["data"]["id"],
            "template_id": template,
            "pass_id": card,
            "reader_id": "theirs",
            "webhook_id": webhook,
            "number": sent["data"]["id"],
        }

    def path(self, one: Operation) -> str:
        path = one.path.removeprefix("/api/v1").format(**self.names)
        if name(one) == "POST /api/v1/passes":
            path += f"?passTemplate={self.names['template_id']}"
        return path

    def everything(self) -> list[Any]:
        """What its owner reads of it."""
        reads = [
            self.venue.client.get(self.path(one)).text
            for one in GUARDED
            if one.method == "GET" and "conflicts" not in one.path
        ]
        return [re.sub(r'"lastSeenAt":"[^"]*"', "", text) for text in reads]


def ask(client: httpx.Client, theirs: Theirs, one: Operation) -> httpx.Response:
    body = BODIES.get(one.path.removeprefix("/api/v1"))
    return client.request(one.method, theirs.path(one), json=body)


def test_no_account_reads_or_changes_what_is_anothers(venue: Venue, open_venue: OpenVenue) -> None:
    theirs = Theirs(open_venue(venue.server))
    before = theirs.everything()
    for one in GUARDED:
        answer = ask(venue.client, theirs, one)
        assert answer.status_code < 500, name(one)
        if "{" in one.path or name(one) == "POST /api/v1/passes":
            refused(answer, 404)
        assert "secretive" not in answer.text, name(one)
        assert theirs.names["pass_id"] not in answer.text, name(one)
    for filters in ("passId=theirs", "readerId=theirs", f"passId={theirs.names['pass_id']}"):
        page = venue.ask("GET", f"/scans?{filters}&status=successful")
        assert page["data"] == []
    assert theirs.everything() == before


def test_every_operation_needs_a_key_and_a_scope(venue: Venue, open_venue: OpenVenue) -> None:
    theirs = Theirs(open_venue(venue.server))
    nobody = theirs.venue.using("oqr_unknownUnknownUnknown")
    reading = theirs.venue.key_with(Scope.READ)
    for one in GUARDED:
        refused(ask(nobody, theirs, one), 401)
        if one.method != "GET":
            refused(ask(reading, theirs, one), 403)
    keyless = httpx.get(f"{venue.server.url}/api/v1/scans")
    assert keyless.headers["www-authenticate"] == "Bearer"
    refused(keyless, 401)


def test_ten_requests_a_second_for_each_path_and_method(
    start_server: StartServer, open_venue: OpenVenue
) -> None:
    venue = open_venue(start_server())

    async def many(method: str, paths: list[str]) -> list[httpx.Response]:
        headers = {"Authorization": f"Bearer {venue.key}"}
        base = f"{venue.server.url}/api/v1"
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as client:
            return await asyncio.gather(*(client.request(method, path) for path in paths))

    answers = asyncio.run(many("GET", [f"/passes/nobody-{n}" for n in range(40)]))
    refusals = [one for one in answers if one.status_code == 429]
    assert 0 < len(answers) - len(refusals) <= 30
    for one in refusals:
        assert one.json() == {"errors": ["Too Many Requests"]}
        assert 0 < float(one.headers["x-rate-limit-retry-after"]) <= 1
        assert "." in one.headers["x-rate-limit-retry-after"]
        assert one.headers["x-rate-limit-remaining"] == "0"
    other = venue.client.get("/readers")
    assert other.status_code == 200
    assert other.headers["x-rate-limit-limit"] == "10"
    assert other.headers["x-rate-limit-remaining"] == "9"
    assert other.headers["x-rate-limit-url"] == "/api/v1/readers"
    assert int(other.headers["x-rate-limit-reset"]) > 1_700_000_000
    assert "x-rate-limit-retry-after" not in other.headers


@pytest.mark.parametrize("one", GUARDED, ids=name)
def test_every_operation_is_on_the_dialects_page(one: Operation) -> None:
    page = Path(__file__).parents[2] / "docs" / "dialects" / "passentry.md"
    assert f"`{one.path}`" in page.read_text() or f"{one.path}`" in page.read_text()
