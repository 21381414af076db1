"""The command `footfall import` on a server, and what it says."""

import os
import re
import sys
from pathlib import Path

from typer.testing import CliRunner

from footfall.cli.main import app
from tests.native.ingesting import Counter
from tests.support.running import RunningServer, footfall

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


class Import:
    """The command on a server, and a tracker of its own to count by."""

    def __init__(self, server: RunningServer, directory: Path) -> None:
        self.server = server
        self.counter = Counter(server)
        self.directory = directory

    def command(self, path: Path, *options: str) -> list[str]:
        program = [sys.executable, "-m", "footfall", "import", str(path)]
        return [*program, "--url", self.server.url, *options]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "FOOTFALL_KEY": self.server.key, "COLUMNS": "200"}

    def run(self, path: Path, *options: str) -> tuple[int, str]:
        """The exit code and what is said. In this process: a start takes two seconds."""
        if path.suffix == ".parquet":
            return self.run_apart(path, *options)
        arguments = ["import", str(path), "--url", self.server.url, *options]
        done = CliRunner().invoke(app, arguments, env={"FOOTFALL_KEY": self.server.key})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    def run_apart(self, path: Path, *options: str) -> tuple[int, str]:
        """In a process of its own: it reads with the engine."""
        done = footfall(*self.command(path, *options)[3:], env=self.environment)
        return done.returncode, done.stdout

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.directory / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def csv(self, rows: int, name: str = "visits.csv") -> Path:
        lines = [f"2026-03-01T10:00:00Z,spring,{number}" for number in range(rows)]
        return self.write(name, "\n".join(["time,utm,visitor", *lines, ""]))

    @property
    def mapped(self) -> list[str]:
        maps = ("kind=scan", "occurred_at=column:time", "references.campaign=column:utm")
        tracker = str(self.counter.tracker)
        return ["--tracker", tracker, *(part for one in maps for part in ("--map", one))]


def rows_of(said: str) -> dict[str, int]:
    """The lines of the reconciliation."""
    found = re.findall(
        r"│ (read|stored|would be sent|duplicate|left out|refused) +│ +([\d,]+)", said
    )
    rows = {name: int(number.replace(",", "")) for name, number in found}
    others = sum(number for name, number in rows.items() if name != "read")
    assert rows["read"] == others, said
    return rows
