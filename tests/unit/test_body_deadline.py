"""The deadline of a body (`footfall.api.request_bodies`)."""

import asyncio
from typing import Any

import pytest

from footfall.api import request_bodies
from footfall.api.request_bodies import Body, BodyBudget
from footfall.core.errors import RequestTimeout


async def here() -> dict[str, Any]:
    await asyncio.sleep(0)
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def never() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_body_that_is_here_is_read_however_long_the_server_took_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request_bodies, "FIRST_SECONDS", 0.02)
    budget = BodyBudget(1_000)
    with budget.hold("203.0.113.1") as held:
        body = Body(budget, held, here, 2)
        await asyncio.sleep(0.05)  # its catalog stalls
        assert (await body())["body"] == b"{}"


async def test_a_body_that_does_not_come_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "FIRST_SECONDS", 0.02)
    budget = BodyBudget(1_000)
    late = pytest.raises(RequestTimeout, match="0 bytes came of 2")
    with budget.hold("203.0.113.1") as held, late:
        await Body(budget, held, never, 2)()
    assert budget.refused["body_time"] == 1
