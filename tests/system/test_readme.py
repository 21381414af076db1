"""The README's commands, run as they stand there: only address and key are this server's."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import installed
from tests.support.running import RunningServer

README = Path(__file__).parent.parent.parent / "README.md"
ADDRESS = "http://localhost:3000"


@pytest.fixture(scope="module")
def printed(server: RunningServer) -> list[str]:
    """What each block of commands with curl prints, run one after another in one shell."""
    for program in ("curl", "jq"):
        installed(program)
    blocks = re.findall(r"^```sh\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    blocks = [block for block in blocks if "curl" in block]
    script = "\necho '~~~'\n".join(blocks).replace(ADDRESS, server.url)
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={"KEY": server.key, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Short links name the server as it names itself: by its port on localhost.
    return done.stdout.split("~~~")


def test_a_code_of_the_readme_is_scanned_counted_and_explained(printed: list[str]) -> None:
    made, scanned, counted, explained = printed[:4]
    assert "export KEY=oqr_" in README.read_text()
    assert json.loads(made)["destination"] == "https://example.org/menu"
    assert "HTTP/1.1 302" in scanned
    assert "x-footfall: recorded" in scanned.lower()
    assert json.loads(counted)["total"] == 1
    received = json.loads(explained)
    assert received["counted"] == received["received"] - sum(
        step["events"] for step in received["steps"]
    )
    assert received["counted"] >= 1


def test_a_poster_of_the_readme_is_scanned_and_its_impression_listed(printed: list[str]) -> None:
    _, scanned, answered = printed[4:7]
    (impression,) = json.loads(answered)["impressions"]
    landing = f"https://example.org/join?impression_id={impression['id']}"
    assert f"location: {landing}" in scanned
    assert impression["metadata"]["location"] == "Library"


def test_a_pass_of_the_readme_opens_the_door_and_its_scan_is_listed(printed: list[str]) -> None:
    _, validated, answered = printed[7:10]
    assert json.loads(validated)["validationResponse"]["status"] == "successful"
    (scan,) = json.loads(answered)["data"]
    assert scan["id"] == json.loads(validated)["scanInfo"]["scanId"]
    assert {one["type"] for one in json.loads(answered)["included"]} == {"pass", "reader"}


def test_a_mail_of_the_readme_is_opened_and_its_impression_listed(printed: list[str]) -> None:
    _, opened, answered = printed[10:13]
    assert "HTTP/1.1 200" in opened
    assert "content-type: image/gif" in opened
    assert "x-footfall: recorded" in opened
    (impression,) = json.loads(answered)["data"]
    assert impression["useragent"].startswith("curl/")
    assert json.loads(answered)["total"] == 1


def test_an_impression_of_the_readme_is_fired_and_streamed(printed: list[str]) -> None:
    _, fired, answered = printed[13:16]
    sent = json.loads(fired)
    rows = json.loads(answered)["impressions"]
    (row,) = [row for row in rows if row["transaction_id"] == sent["transaction_id"]]
    assert row["sub1"] == "news"
    assert row["relationship"]["offer"]["network_offer_id"] == sent["oid"]
    assert row["relationship"]["advertiser"]["name"] == "Owner"
