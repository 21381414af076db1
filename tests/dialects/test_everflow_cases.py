"""Request and response pairs in the vendor's documented shapes: `cases/everflow/*.json`.

A file is a conversation of one network; its pairs come one after the other. In texts, `{name}` is
what has this name, as a number where it is the whole text: `{network}`, `{advertiser}`,
`{affiliate}` and `{offer}` are made before, `{today}`, `{yesterday}`, `{tomorrow}` are days.
`{any as name}` in a response is anything, from then on known by the name; `{time}` is a time of
this hour in seconds. Where a response has `some`, the body has these fields and may have others.

In place of a request, `"fire": "/sdk/impression?…"` is a call without a key by a phone; its
transaction id is known by the name in `as`.
"""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.everflow import Network, today
from tests.support.running import PHONE

CASES = sorted((Path(__file__).parent / "cases" / "everflow").glob("*.json"))
ANY = re.compile(r"\{any as (\w+)\}")


class Conversation:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.known: dict[str, Any] = {
            "network": network.account,
            "name": network.name,
            "advertiser": network.advertiser,
            "affiliate": network.affiliate,
            "offer": network.offer,
            "public": f"http://localhost:{network.server.port}",
            "host": f"localhost:{network.server.port}",
            "yesterday": today(-1),
            "today": today(),
            "tomorrow": today(1),
        }

    def fill(self, value: Any) -> Any:
        """With what the names stand for."""
        if isinstance(value, dict):
            return {name: self.fill(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if isinstance(value, str):
            if (whole := re.fullmatch(r"\{(\w+)\}", value)) and whole[1] in self.known:
                return self.known[whole[1]]
            return re.sub(r"\{(\w+)\}", lambda name: str(self.known.get(name[1], name[0])), value)
        return value

    def match(self, expected: Any, found: Any, *, some: bool = False) -> Any:
        """What is expected, where it may be anything as it is found."""
        if isinstance(expected, dict) and isinstance(found, dict):
            named = {
                name: self.match(one, found.get(name), some=some) for name, one in expected.items()
            }
            return {**found, **named} if some else named
        if isinstance(expected, list) and isinstance(found, list):
            pairs = zip(expected, found, strict=False)
            matched = [self.match(*pair, some=some) for pair in pairs]
            return matched + self.fill(expected[len(found) :])
        if isinstance(expected, str):
            if anything := ANY.fullmatch(expected):
                self.known[anything[1]] = found
                return found
            if expected == "{time}":
                assert abs(found - time.time()) < 3600
                return found
        return self.fill(expected)

    def hold(self, pair: dict[str, Any]) -> None:
        if "fire" in pair:
            path = self.network.server.url + self.fill(pair["fire"])
            headers = {"User-Agent": PHONE, **pair.get("headers", {})}
            answer = self.network.server.client.get(path, headers=headers)
            if "as" in pair:
                self.known[pair["as"]] = answer.json()["transaction_id"]
        else:
            request = pair["request"]
            method, path = self.fill(request["ask"]).split(" ", 1)
            answer = self.network.client.request(
                method,
                path,
                headers={"X-Eflow-API-Key": request.get("key", self.network.key)},
                **({"json": self.fill(request["body"])} if "body" in request else {}),
                **({"content": request["text"]} if "text" in request else {}),
            )
        response = pair.get("response", {"status": 200})
        about = f"{pair}: {answer.text}"
        assert answer.status_code == response["status"], about
        for name, text in response.get("headers", {}).items():
            assert answer.headers.get(name) == self.fill(text), (about, name)
        for expected, some in ((response.get("body"), False), (response.get("some"), True)):
            if expected is not None:
                found = answer.json()
                assert found == self.match(expected, found, some=some), about


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_requests_are_answered_as_documented(network: Network, path: Path) -> None:
    conversation = Conversation(network)
    for pair in json.loads(path.read_text()):
        conversation.hold(pair)
