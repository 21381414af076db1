"""Locked codes at a real server: right words open, wrong ones wait, and strangers are in nobody's
way. What one network may try is in tests/unit/test_tries.py."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from footfall.runtime.attempts import GUARDED_AFTER
from tests.support.running import PHONE, RunningServer

RIGHT, WRONG = "4321", "0000"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(
        tmp_path_factory.mktemp("unlocking") / "data",
        trusted_proxy_hops=1,
        creations_per_hour=1_000,
        password_checks_per_second=100,
    )
    running.start()
    yield running
    running.close()


@pytest.fixture
def code(server: RunningServer) -> dict[str, str]:
    made: dict[str, str] = server.create_code()
    changed = server.client.patch(f"/v1/dynamic/{made['id']}", json={"pin": RIGHT})
    assert changed.status_code == 200, changed.text
    return made


def say(server: RunningServer, code: dict[str, str], word: str, address: str) -> httpx.Response:
    headers = {"User-Agent": PHONE, "X-Forwarded-For": address}
    return server.client.post(f"/s/{code['slug']}", data={"word": word}, headers=headers)


def metric(server: RunningServer, name: str) -> float:
    for line in server.client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.rpartition(" ")[2])
    raise AssertionError(name)


async def test_hundreds_of_visitors_of_one_network_open_it_at_once(
    server: RunningServer, code: dict[str, str]
) -> None:
    assert say(server, code, RIGHT, "192.0.2.1").status_code == 303
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:

        async def visit(number: int) -> httpx.Response:
            headers = {"User-Agent": PHONE, "X-Forwarded-For": f"192.0.2.{number % 250}"}
            return await client.post(f"/s/{code['slug']}", data={"word": RIGHT}, headers=headers)

        answers = await asyncio.gather(*(visit(number) for number in range(300)))
    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["x-footfall"] for answer in answers} == {"recorded"}
    assert server.analytics(code["id"])["scans"]["total"] == 301


def test_a_network_waits_after_wrong_words_and_no_other_does(
    server: RunningServer, code: dict[str, str]
) -> None:
    waits = metric(server, 'footfall_unlocks_refused_total{reason="waits"}')
    statuses = [say(server, code, WRONG, "203.0.113.9").status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]
    refused = say(server, code, RIGHT, "203.0.113.200")
    assert refused.status_code == 429, "the right word too: else a guess could be recognised by it"
    assert 0 < int(refused.headers["retry-after"]) <= 120
    assert refused.headers["x-footfall"] == "refused"
    assert "Wait" in refused.text
    assert say(server, code, RIGHT, "203.0.114.9").status_code == 303
    assert metric(server, 'footfall_unlocks_refused_total{reason="waits"}') == waits + 2


def test_every_visitor_that_is_refused_is_recorded(
    server: RunningServer, code: dict[str, str]
) -> None:
    for _ in range(12):
        say(server, code, WRONG, "198.51.100.9")
    say(server, code, "", "198.51.101.9")
    server.client.patch(f"/v1/dynamic/{code['id']}", json={"status": "paused"})
    paused = say(server, code, RIGHT, "198.51.102.9")
    assert (paused.status_code, paused.headers["x-footfall"]) == (404, "refused")
    tracker = server.client.get("/events", params={"source": "openqr", "limit": "1"}).json()
    (newest,) = tracker["events"]
    listed = server.client.get("/events", params={"tracker": str(newest["tracker"])}).json()
    reasons = [event["reason"] for event in listed["events"]]
    assert reasons == [
        "paused",
        "wrong password or PIN",
        "too many wrong tries",
        "too many wrong tries",
        *["wrong password or PIN"] * 10,
    ]
    assert {event["verdict"] for event in listed["events"]} == {"refused"}


def test_a_stranger_with_hundreds_of_networks_keeps_no_visitor_out(
    server: RunningServer, code: dict[str, str]
) -> None:
    opened = say(server, code, RIGHT, "81.2.69.160")
    assert opened.status_code == 303
    statuses = [
        say(server, code, f"{number:04}", f"10.{number // 250}.{number % 250}.7").status_code
        for number in range(GUARDED_AFTER)
    ]
    assert statuses == [403] * GUARDED_AFTER
    assert say(server, code, WRONG, "10.0.3.8").status_code == 429, "one try each, once guarded"
    assert say(server, code, RIGHT, "81.2.70.1").status_code == 303, "a visitor of a new network"
    assert say(server, code, WRONG, "81.2.69.161").status_code == 403
    assert say(server, code, RIGHT, "81.2.69.161").status_code == 303, "a network that is known"


def test_a_new_pin_closes_what_the_old_one_opened(
    server: RunningServer, code: dict[str, str]
) -> None:
    assert say(server, code, RIGHT, "192.0.2.1").status_code == 303
    server.client.patch(f"/v1/dynamic/{code['id']}", json={"pin": "9876"})
    assert say(server, code, RIGHT, "192.0.2.1").status_code == 403
    assert say(server, code, "9876", "192.0.2.1").status_code == 303


async def test_more_words_than_are_compared_are_told_when_to_come_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    server = RunningServer(
        tmp_path_factory.mktemp("busy") / "data", trusted_proxy_hops=1, password_checks_per_second=1
    )
    server.start()
    code = server.create_code()
    server.client.patch(f"/v1/dynamic/{code['id']}", json={"pin": RIGHT})
    assert say(server, code, RIGHT, "81.2.69.160").status_code == 303
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:

        async def guess(number: int) -> httpx.Response:
            headers = {"User-Agent": PHONE, "X-Forwarded-For": f"10.0.{number}.7"}
            return await client.post(f"/s/{code['slug']}", data={"word": WRONG}, headers=headers)

        answers = await asyncio.gather(*(guess(number) for number in range(40)))
    refused = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {403, 503}
    assert len(refused) > 20
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert say(server, code, RIGHT, "81.2.70.1").status_code == 303, "no comparison is needed"
    assert metric(server, 'footfall_unlocks_refused_total{reason="busy"}') == len(refused)
    server.close()
