"""Request and response pairs in the vendor's documented shapes: `cases/vantio/*.json`.

A file is a conversation; its pairs come one after the other. In texts, `{name}` is what has this
name: `{program}`, `{student}`, `{poster}` and the poster's `{slug}` are made before, `{public}` is
the server. Only in a response, a whole text may be `{new ref_ as referral}` (an id with this
prefix, from then on known by the name), `{time}` (of this day), or `{any as name}`.

A body is JSON, or a `text` so many `times` over. In place of a request, `"scan": "{slug}"` scans a
code; the impression is known as `impression`, or as what `as` says.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dialects.vantio import Campaign
from tests.support.running import RunningServer

CASES = sorted((Path(__file__).parent / "cases" / "vantio").glob("*.json"))

NEW = re.compile(r"\{new (\w+_) as (\w+)\}")
ANY = re.compile(r"\{any as (\w+)\}")


class Conversation:
    def __init__(self, server: RunningServer) -> None:
        self.server = server
        campaign = Campaign(server)
        self.known: dict[str, str] = {
            "program": campaign.program,
            "student": campaign.student,
            "poster": campaign.poster["id"],
            "slug": campaign.poster["short_url"].rpartition("/")[2],
            "public": f"http://localhost:{server.port}",
        }

    def fill(self, value: Any) -> Any:
        """With what the names stand for."""
        if isinstance(value, dict):
            return {name: self.fill(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if isinstance(value, str):
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
            if new := NEW.fullmatch(expected):
                assert re.fullmatch(rf"{new[1]}[a-z0-9]{{12}}", found), found
                self.known[new[2]] = found
                return found
            if anything := ANY.fullmatch(expected):
                self.known[anything[1]] = found
                return found
            if expected == "{time}":
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found), found
                age = datetime.now(UTC) - datetime.fromisoformat(found)
                assert abs(age.total_seconds()) < 3600
                return found
        return self.fill(expected)

    def hold(self, pair: dict[str, Any]) -> None:
        if "scan" in pair:
            scanned = self.server.scan(self.fill(pair["scan"]), pair.get("headers"))
            landing = httpx.URL(scanned.headers["location"])
            self.known[pair.get("as", "impression")] = landing.params["impression_id"]
            return
        request, response = pair["request"], pair["response"]
        method, path = self.fill(request["ask"]).split(" ", 1)
        key = self.fill(request.get("authorization", f"Bearer {self.server.key}"))
        answer = httpx.request(
            method,
            self.server.url + path,
            headers={"Authorization": key} if key else {},
            **({"json": self.fill(request["body"])} if "body" in request else {}),
            **({"content": request["text"] * request.get("times", 1)} if "text" in request else {}),
        )
        about = f"{request['ask']}: {answer.text}"
        assert answer.status_code == response["status"], about
        found = answer.json()
        assert found == self.match(response["body"], found), about
        for name, text in response.get("headers", {}).items():
            assert answer.headers.get(name) == self.fill(text), (about, name)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_requests_are_answered_as_documented(server: RunningServer, path: Path) -> None:
    conversation = Conversation(server)
    for pair in json.loads(path.read_text()):
        conversation.hold(pair)
