"""`POST /counts/explain`: the steps add up, and each leads to its events."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.native.places import get, refused, running
from tests.support.running import PHONE, RunningServer


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = running(tmp_path_factory.mktemp("shop"))
    yield server
    server.close()


def explain(client: httpx.Client, **asked: Any) -> Any:
    response = client.post("/counts/explain", json=asked)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_count_is_taken_apart_to_its_events(shop: RunningServer) -> None:
    slug = shop.create_code()["slug"]
    for headers, times in [
        ({"User-Agent": PHONE}, 3),
        ({"User-Agent": "Googlebot/2.1"}, 2),
        ({"User-Agent": "WhatsApp/2.23"}, 1),
        ({"User-Agent": PHONE, "Sec-Purpose": "prefetch"}, 4),
    ]:
        for _ in range(times):
            httpx.get(f"{shop.url}/s/{slug}", headers=headers)
    httpx.get(f"{shop.url}/s/nothing", headers={"User-Agent": PHONE})
    asked = {"filters": {"source": ["openqr", "redirect"]}}
    found = explain(shop.client, **asked)
    taken = {step["verdict"]: step["events"] for step in found["steps"] if step["events"]}
    assert taken == {"prefetch": 4, "preview": 1, "bot": 2, "orphan": 1}
    assert (found["received"], found["counted"]) == (11, 3)
    assert found["steps"][-1]["remaining"] == found["counted"]
    (bots,) = [step for step in found["steps"] if step["verdict"] == "bot"]
    assert bots["reasons"] == [{"reason": "user agent", "events": 2}]
    query = {"verdict": "bot", "reason": bots["reasons"][0]["reason"], "source": "openqr"}
    listed = get(shop.client, "/events", **query)
    assert [event["verdict"] for event in listed["events"]] == ["bot"] * 2
    assert found["source"] == "rollup_account"


def test_another_account_explains_nothing_of_ours(
    place: RunningServer, stranger: httpx.Client
) -> None:
    assert explain(stranger)["received"] == 0
    ours = explain(place.client)
    assert (ours["received"], ours["counted"], ours["uniques"]) == (200, 200, 7)


def test_verdicts_cannot_be_filtered_away(shop: RunningServer) -> None:
    body = {"filters": {"verdict": "bot"}}
    assert "explained" in refused(shop.client.post("/counts/explain", json=body))
