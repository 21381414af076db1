"""The walks through the code in ARCHITECTURE.md are what happens."""

import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

import footfall
from tests.support.in_process import running
from tests.support.running import PHONE

SOURCES: Final = f"{Path(footfall.__file__).parent}/"
PAGE: Final = Path(__file__).parents[2] / "ARCHITECTURE.md"
STEPS_MAX: Final = 10


def walk(title: str) -> list[tuple[str, str]]:
    """File and function of each step."""
    text = PAGE.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\d+\. `([\w/]+\.py)` `([\w.]+)`", text, re.MULTILINE)


class Followed:
    """Functions of ours in the order of their calls, by whatever thread."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.following = False

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if self.following and event == "call" and code.co_filename.startswith(SOURCES):
            # A function that was made in another one is a part of it.
            name = code.co_qualname.partition(".<locals>")[0]
            self.calls.append((code.co_filename.removeprefix(SOURCES), name))

    def contains(self, steps: list[tuple[str, str]], since: int = 0) -> bool:
        """Whether all were called, in this order."""
        calls = iter(self.calls[since:])
        return all(step in calls for step in steps)


@pytest.fixture
def followed() -> Iterator[Followed]:
    followed, before = Followed(), sys.getprofile()
    threading.setprofile(followed)
    sys.setprofile(followed)
    yield followed
    sys.setprofile(before)
    threading.setprofile(None)


async def test_the_walks_of_a_scan_and_of_a_query_are_what_happens(
    tmp_path: Path, followed: Followed
) -> None:
    scan = walk("One scan, function by function")
    query = walk("One query, function by function")
    assert 0 < len(scan) <= STEPS_MAX
    assert 0 < len(query) <= STEPS_MAX
    async with running(tmp_path / "data") as app, app.client(app.key) as client:
        code = (await client.post("/v1/dynamic", json={"destination": "https://a.example"})).json()
        # The loader has begun, and waits for a batch.
        assert (await client.post("/reports", json={"dimensions": []})).json()["rows"] == []
        followed.following = True
        answer = await client.get(f"/s/{code['slug']}", headers={"User-Agent": PHONE})
        assert answer.headers["x-footfall"] == "recorded"
        asked = len(followed.calls)
        report = await client.post("/reports", json={"dimensions": ["device"]})
        assert report.json()["rows"] == [{"device": "mobile", "counted": 1}]
        assert followed.contains(scan), followed.calls
        assert followed.contains(query, asked), followed.calls[asked:]
