"""More conversions at once than are taken: the rest is refused, counted and may come again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from footfall import bootstrap
from footfall.app import Footfall
from footfall.config import Settings
from footfall.dialects.everflow.index import CONVERSIONS_MAX
from footfall.runtime.background import Background

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
async def footfall(tmp_path: Path) -> AsyncIterator[Footfall]:
    settings = Settings(data=str(tmp_path))
    catalog = bootstrap.open_catalog(settings)
    background = Background(1)
    store = bootstrap.open_store(settings)
    made = Footfall(settings, catalog, store, background, bootstrap.now)
    yield made
    made.journal.close()
    background.close()
    store.close()  # a process has one embedded engine: the tests after this one open another
    catalog.close()


async def get(application: Any, path: str, query: str = "") -> Answer:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        **{"type": "http", "method": "GET", "scheme": "http", "http_version": "1.1"},
        **{"path": path, "raw_path": path.encode(), "query_string": query.encode()},
        **{"headers": [(b"host", b"localhost:3000")], "root_path": "", "state": {}},
        **{"client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 3000), "extensions": {}},
    }
    await application(scope, receive, send)
    start, *body = sent
    headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(one.get("body", b"") for one in body)


async def test_conversions_beyond_the_limit_get_503_and_are_counted(footfall: Footfall) -> None:
    application = footfall.application()
    calls = (
        get(application, "/sdk/conversion", f"oid={number}")
        for number in range(CONVERSIONS_MAX + 3)
    )
    answers = await asyncio.gather(*calls)
    refused = [one for one in answers if one[0] == 503]
    assert len(refused) == 3
    assert {one[1]["retry-after"] for one in refused} == {"2"}
    assert b"200 conversions are being recorded at once" in refused[0][2]
    assert {one[0] for one in answers} == {200, 503}
    status, _, _ = await get(application, "/sdk/conversion", "oid=1")
    assert status == 200  # there are places again
    _, _, metrics = await get(application, "/metrics")
    lines = metrics.decode().splitlines()
    assert "footfall_conversions_refused_total 3.0" in lines
    assert "footfall_conversions_under_way 0.0" in lines
    assert "footfall_conversions_under_way_max 200.0" in lines
