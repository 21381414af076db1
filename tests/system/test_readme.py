"""The README's commands, run as they stand there: only address and key are this server's."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import RunningServer

README = Path(__file__).parent.parent.parent / "README.md"
ADDRESS = "http://localhost:3000"


def curl_blocks() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    return [block for block in blocks if "curl" in block]


@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
def test_the_three_commands_of_the_readme_make_a_code_scan_it_and_read_it(
    server: RunningServer,
) -> None:
    make, scan, read = curl_blocks()
    assert "export KEY=oqr_" in README.read_text()
    script = "\necho '~~~'\n".join((make, scan, read)).replace(ADDRESS, server.url)
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={"KEY": server.key, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made, scanned, answered = done.stdout.split("~~~")

    assert json.loads(made)["destination"] == "https://example.org/menu"
    assert "HTTP/1.1 302" in scanned
    assert "x-footfall: recorded" in scanned.lower()
    body = json.loads(answered)
    assert body["id"] == json.loads(made)["id"]
    assert body["scans"]["total"] == 1
    assert body["analytics"]["daily"][-1]["n"] == 1
