"""Request and response pairs in the vendor's documented shapes: `cases/copernica/*.json`.

A file is a conversation of an account of its own; its pairs come one after the other. In texts,
`{name}` is what has this name: what `Conversation` makes before, and `{public}`, the server. Only
in a response, a whole text may be `{time}` (now, on Amsterdam's clocks), `{hex}` (32 such digits,
`{half}` 16), `{digits}`, `{new name}` (a number, from then on known by the name), `{pixel url}`,
`{click url}`, and instead of a number `{number name}` or `{after name}`, one more.

A body is `json`, a `form`, or a `text` so many `times` over.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.dialects.conftest import OpenMailing
from tests.dialects.copernica import BOT, EVENTS, GMAIL, SALE, Mailing
from tests.support.running import PHONE, RunningServer

CASES = sorted((Path(__file__).parent / "cases" / "copernica").glob("*.json"))
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

EMAILING = {
    "subject": "Spring sale",
    "description": "To all",
    "timestamp": "2026-03-01 10:00:00",
    "from_address": {"name": "Shop", "email": "shop@example.org"},
    "document": 12,
    "template": "7",
    "target": {"type": "database", "sources": [{"id": "1", "type": "database"}]},
    "tags": ["spring"],
}
KINDS = ("open", "click", "delivery", "bounce", "complaint", "unsubscribe")
METADATA = {
    "delivery": {"attempt": "2", "smtp-response": "250 OK"},
    "bounce": {
        "errorcode": "5.1.2",
        "description": "Bad destination",
        "errortype": "nohost",
        "errortypedescription": "No such host",
    },
    "complaint": {
        "recognized_as": "arf",
        "feedback_type": "abuse",
        "arf_version": 0.1,
        "report": {"feedback-type": "abuse"},
    },
    "unsubscribe": {"source": "link", "success": True},
}


class Conversation:
    """An emailing to two destinations, the first with profile and subprofile. Of the first there
    is one event of each kind at the third second of March 2026, of the second an open by Gmail a
    minute later, and one by a bot that no list shows."""

    def __init__(self, mailing: Mailing) -> None:
        self.mailing = mailing
        profile = mailing.create("profiles", {"fields": {"email": "a@example.org"}})
        subprofile = mailing.create(f"profile/{profile}/subprofiles/1", {"size": "M"})
        link = {"url": SALE, "title": "Sale"}
        made = mailing.address([{"subprofile": subprofile}, {}], [link])
        first, second = (one["destination"] for one in made["data"])
        hash = mailing.get(f"publisher/destination/{first}")["ID"]
        self.known: dict[str, str] = {
            "public": f"http://localhost:{mailing.server.port}",
            "key": mailing.key,
            "account": mailing.account,
            "tracker": mailing.tracker,
            "emailing": mailing.emailing,
            "profile": profile,
            "subprofile": subprofile,
            "destination": first,
            "second": second,
            "link": made["links"][0]["id"],
            "hash": hash,
            "message": hash[:16],
        }
        self.mailing.ingest(*self.events())
        for kind, name in zip(KINDS, EVENTS, strict=True):
            self.known[kind] = mailing.rows(f"publisher/{name}")[0]["ID"]
        self.known["machine"] = mailing.rows("publisher/impressions")[1]["ID"]

    def events(self) -> list[dict[str, Any]]:
        known = self.known
        person = {"destination": known["destination"], "profile": known["profile"]}
        person["subprofile"] = known["subprofile"]
        whole = {
            "occurred_at": "2026-03-01T00:00:03Z",
            "references": person,
            "unique": known["destination"],
            "user_agent": PHONE,
            "ip": "192.0.2.9",
            "referrer": "https://mail.example.net/",
        }
        sent = [{**whole, "kind": kind, "metadata": METADATA.get(kind, {})} for kind in KINDS]
        sent[1] |= {"references": {**person, "link": known["link"]}, "url": SALE}
        later: dict[str, Any] = {
            "kind": "open",
            "occurred_at": "2026-03-01T00:01:00Z",
            "unique": known["second"],
        }
        later["references"] = {"destination": known["second"]}
        return [*sent, {**later, "user_agent": GMAIL}, {**later, "user_agent": BOT}]

    def fill(self, value: Any) -> Any:
        """With what the names stand for."""
        if isinstance(value, dict):
            return {self.fill(name): self.fill(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if isinstance(value, str):
            if number := re.fullmatch(r"\{(number|after) (\w+)\}", value):
                return int(self.known[number[2]]) + (number[1] == "after")
            return re.sub(r"\{(\w+)\}", lambda name: self.known.get(name[1], name[0]), value)
        return value

    def match(self, expected: Any, found: Any) -> Any:
        """What is expected, with what was found in its placeholders."""
        if isinstance(expected, dict) and isinstance(found, dict):
            return {name: self.match(one, found.get(name)) for name, one in expected.items()}
        if isinstance(expected, list) and isinstance(found, list):
            pairs = zip(expected, found, strict=False)
            return [self.match(*pair) for pair in pairs] + self.fill(expected[len(found) :])
        if isinstance(expected, str) and isinstance(found, str):
            return self.match_text(expected, found)
        return self.fill(expected)

    def match_text(self, expected: str, found: str) -> Any:
        if expected == "{time}":
            local = datetime.strptime(found, "%Y-%m-%d %H:%M:%S").replace(tzinfo=AMSTERDAM)
            assert abs((datetime.now(AMSTERDAM) - local).total_seconds()) < 3600
            return found
        forms = {
            "{hex}": "[0-9a-f]{32}",
            "{secret}": "[0-9a-f]{28}",
            "{half}": "[0-9a-f]{16}",
            "{digits}": "[0-9]+",
            "{pixel url}": re.escape(self.known["public"]) + r"/p/[\w-]+\.gif",
            "{click url}": re.escape(self.known["public"]) + r"/l/[\w-]+",
        }
        if expected in forms:
            assert re.fullmatch(forms[expected], found), found
            return found
        if new := re.fullmatch(r"\{new (\w+)\}", expected):
            assert found.isdigit(), found
            self.known[new[1]] = found
        return found if new else self.fill(expected)

    def ask(self, request: dict[str, Any]) -> httpx.Response:
        method, path = self.fill(request["ask"]).split(" ", 1)
        key = self.fill(request.get("authorization", "Bearer {key}"))
        body: dict[str, Any] = {}
        headers = {"Authorization": key} if key else {}
        if "json" in request:
            body = {"json": self.fill(request["json"])}
        elif "form" in request:
            body = {"content": self.fill(request["form"])}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif "text" in request:
            body = {"content": request["text"] * request.get("times", 1)}
            headers["Connection"] = "close"  # of one that is too large the server reads no more
        url = self.mailing.server.url + path  # a path may begin with two slashes
        return self.mailing.anybody.request(method, url, headers=headers, **body)

    def hold(self, pair: dict[str, Any]) -> None:
        request, response = pair["request"], pair["response"]
        answer = self.ask(request)
        about = f"{request['ask']}: {answer.text}"
        assert answer.status_code == response["status"], about
        for name, text in response.get("headers", {}).items():
            found = answer.headers.get(name)
            assert found == self.match(text, found), (about, name)
        if "body" in response:
            assert answer.headers["content-type"] == "application/json", about
            assert answer.json() == self.match(response["body"], answer.json()), about
        else:
            assert answer.content == b"", about


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_requests_are_answered_as_documented(
    server: RunningServer, open_mailing: OpenMailing, path: Path
) -> None:
    conversation = Conversation(open_mailing(server, **EMAILING))
    for pair in json.loads(path.read_text()):
        conversation.hold(pair)
