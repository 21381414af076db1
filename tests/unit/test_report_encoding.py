"""Large answers are encoded by a thread: the event loop answers scans meanwhile."""

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from footfall.core.queries import AdReport
from footfall.dialects.everflow import report_routes


@pytest.mark.parametrize("route", ["_report_entity", "_report_table"])
async def test_reports_are_encoded_by_a_thread(route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where: list[int] = []

    async def ask(*_: object) -> AdReport:
        return AdReport([], incomplete=False)

    def encode(content: object) -> bytes:
        where.append(threading.get_ident())
        return b"{}"

    planned = SimpleNamespace(table=lambda *_: None, of=lambda *_: None)
    monkeypatch.setattr(report_routes, "_plan", lambda *_: planned)
    monkeypatch.setattr(report_routes, "_ask", ask)
    monkeypatch.setattr(report_routes, "_show", lambda *_: [])
    monkeypatch.setattr(report_routes, "_reporting", lambda _: lambda _: None)
    monkeypatch.setattr("msgspec.json.encode", encode)
    body = b'{"from": "2026-03-01", "to": "2026-03-01", "timezone_id": 67,'
    body += b' "columns": [{"column": "offer"}]}'
    handler = cast(Any, getattr(report_routes, route)("/v1/networks"))
    answered = await handler.fn(None, None, body)
    assert answered.content == b"{}"
    assert len(where) == 1
    assert threading.get_ident() not in where
