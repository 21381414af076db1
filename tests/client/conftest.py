"""The client against a real server, with its growing waits made short."""

import pytest

from footfall.client import calls


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(calls, "POLL_SECONDS", 0.1)
