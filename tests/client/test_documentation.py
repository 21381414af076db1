"""The examples of docs/client.md, run as they stand there: only address and key are others."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.client.test_client import new_account
from tests.support.running import RunningServer

PAGE = Path(__file__).parent.parent.parent / "docs" / "client.md"


def test_the_examples_of_the_page_run(
    server: RunningServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KEY", new_account(server))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 10
    for block in blocks:
        code = block.replace("http://localhost:3000", server.url)
        exec(compile(code, str(PAGE), "exec"), names)
    names["footfall"].close()
    printed = capsys.readouterr().out
    assert printed.startswith("2 0 1\ndelivery-3 ")
    assert "open\nclick\n" in printed
    assert "404 not_found" in printed
    assert len((tmp_path / "july.csv").read_text().splitlines()) == 3
