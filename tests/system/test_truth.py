"""docs/truth.md: its commands, run as they stand there, and the numbers that it promises."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartServer

PAGE = Path(__file__).parent.parent.parent / "docs" / "truth.md"

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")


def read_each(text: str) -> list[Any]:
    """JSON values that follow each other without anything between them."""
    found, end = [], 0
    while end < len(text):
        value, end = json.JSONDecoder().raw_decode(text, end)
        found.append(value)
    return found


def test_a_number_is_taken_apart_as_the_page_says(start_server: StartServer) -> None:
    server = start_server()
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    script = "\necho '~~~'\n".join(blocks).replace("http://localhost:3000", server.url)
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={"KEY": server.key, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = [part.strip() for part in done.stdout.split("~~~")]
    assert printed.pop(0) == ""
    assert json.loads(printed[0])["scans"]["total"] == 3
    explained = json.loads(printed[1])
    taken = {step["verdict"]: step["events"] for step in explained["steps"] if step["events"]}
    assert (explained["received"], taken, explained["counted"]) == (5, {"prefetch": 1, "bot": 1}, 3)
    orphan = json.loads(printed[2])
    assert (orphan["received"], orphan["counted"]) == (1, 0)
    counted, others = read_each(printed[3])
    assert len(counted["events"]) == counted["total"]["events"] == 3
    assert {event["verdict"] for event in others["events"]} == {"prefetch", "bot"}
    assert all(event["reason"] for event in others["events"])
    assert printed[4] == "5"
    first, again = read_each(printed[5])
    assert (first["source"], again["source"]) == ("rollup_account", "events")
    assert first["totals"] == again["totals"] == {"counted": 3}
    books = json.loads(printed[6])
    assert books["balanced"] is True
    assert books["totals"]["answered"] == books["totals"]["journalled"] == 6
    known, named = read_each(printed[7])
    assert (known["in_effect"], named["policy"], named["totals"]) == (1, 1, {"counted": 3})
