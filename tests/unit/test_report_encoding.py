"""Large answers are encoded by a thread: the event loop answers scans meanwhile."""

import threading
from types import SimpleNamespace

import pytest
from msgspec import UNSET, UnsetType

from footfall.api.bodies import decode
from footfall.core.queries import AdReport
from footfall.dialects.everflow import reports
from footfall.dialects.everflow.report_plan import ReportRequest


@pytest.mark.parametrize("route", ["report_entity", "report_table"])
async def test_reports_are_encoded_by_a_thread(route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where: list[int] = []

    async def ask(*_: object) -> AdReport:
        return AdReport([], incomplete=False)

    async def no_notes(*_: object) -> UnsetType:
        return UNSET

    def encode(content: object) -> bytes:
        where.append(threading.get_ident())
        return b"{}"

    planned = SimpleNamespace(table=lambda *_: None, of=lambda *_: None)
    monkeypatch.setattr(reports, "plan", lambda *_: planned)
    monkeypatch.setattr(reports, "_counts", ask)
    monkeypatch.setattr(reports, "table_rows", lambda *_: [])
    monkeypatch.setattr(reports, "_reporting", lambda *_: None)
    monkeypatch.setattr(reports, "read_notes", no_notes)
    monkeypatch.setattr("msgspec.json.encode", encode)
    body = b'{"from": "2026-03-01", "to": "2026-03-01", "timezone_id": 67,'
    body += b' "columns": [{"column": "offer"}]}'
    for one in getattr(reports, route):
        where.clear()
        assert await one.handle(None, decode(body, ReportRequest), body) == b"{}"
        assert len(where) == 1
        assert threading.get_ident() not in where
