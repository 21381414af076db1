"""A Footfall server as its users run it: a process, a port, a data directory."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx

from footfall.cli.torture.server import free_port

ADMIN_KEY = "oqr_testsTestsTestsTestsTestsTestsTests1234"
T = TypeVar("T")
START_SECONDS_MAX = 60.0
LAST_LINE = b"Stop with Ctrl-C"
"""What a server says when it listens."""
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


def wait_for(check: Callable[[], T | None], seconds_max: float = 120) -> T:
    """What a check of another process gives, once it gives something."""
    began = time.monotonic()
    while (found := check()) is None:
        waited = time.monotonic() - began
        assert waited < seconds_max
        # Ever less often: on a busy machine many checks would be refused, as any caller's.
        time.sleep(min(0.02 + waited / 20, 0.3))
    return found


class Process(Protocol):
    """What a server is run in."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...


def begin_whole(
    arguments: list[str], env: dict[str, str], log: Path, cwd: Path, prefix: Sequence[str] = ()
) -> Process:
    """`python -m footfall` with these arguments; `prefix` runs it under another command."""
    with log.open("ab") as said:
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", "footfall", *arguments],
            env=env,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=cwd,
        )


def begin_other_whole(program: str, arguments: list[str], said: Path, complained: Path) -> Process:
    """`python -c` with this program and these arguments."""
    with said.open("wb") as out, complained.open("wb") as err:
        return subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=out, stderr=err)


begin: Callable[[list[str], dict[str, str], Path, Path], Process] = begin_whole
begin_other: Callable[[str, list[str], Path, Path], Process] = begin_other_whole
"""How our program and others are begun: tests have a faster way (`forked.py`)."""


def leave_to_program(data: Path) -> None:
    """A first start makes its data directory itself."""


make_data: Callable[[Path], None] = leave_to_program
"""What a first start finds: tests have made its tables already (`forked.py`)."""


def inherited() -> dict[str, str]:
    """The environment, without settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith("FOOTFALL_")}


def output_of(program: str, *arguments: object) -> str:
    """What a program in Python says that works on what is ours. Fails when it does."""
    with tempfile.TemporaryDirectory() as directory:
        said, complained = Path(directory) / "said", Path(directory) / "complained"
        process = begin_other(program, [str(one) for one in arguments], said, complained)
        assert process.wait(timeout=120) == 0, complained.read_text()
        return said.read_text()


def footfall(
    *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`footfall` with these arguments, until it ends. Whatever it says is in `stdout` and in
    `stderr`."""
    with tempfile.TemporaryDirectory() as directory:
        said = Path(directory) / "said"
        process = begin(list(arguments), {**(env or inherited()), "COLUMNS": "200"}, said, Path())
        code = process.wait(timeout=120)
        text = said.read_text()
        return subprocess.CompletedProcess(arguments, code, text, text)


def verify(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`footfall verify` on a data directory."""
    return footfall("verify", "--data", str(data), *arguments)


class RunningServer:
    """`url` has no slash at the end; `key` is an admin key of account 1."""

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = str(settings.get("bootstrap_key") or ADMIN_KEY)
        self.log = data.parent / f"{data.name}.log"
        self._settings = {"bootstrap_key": ADMIN_KEY, **settings}
        self._process: Process | None = None
        self.client = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=30,
            follow_redirects=False,
        )

    def environment(self) -> dict[str, str]:
        chosen = {f"FOOTFALL_{name.upper()}": str(value) for name, value in self._settings.items()}
        return {**inherited(), **chosen, "FOOTFALL_PORT": str(self.port)}

    def start(self, prefix: list[str] | None = None) -> None:
        """Start (again) and wait until it says that it listens. `prefix` runs it under another
        command."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        if not self.data.exists():
            make_data(self.data)
        self.log.touch()
        said_before = self.log.stat().st_size
        program = partial(begin_whole, prefix=prefix) if prefix else begin
        process = self._process = program(
            ["serve", "--data", str(self.data)], self.environment(), self.log, self.data.parent
        )

        def listens() -> bool | None:
            assert process.poll() is None, self.log.read_text()
            return LAST_LINE in self.log.read_bytes()[said_before:] or None

        wait_for(listens, START_SECONDS_MAX)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a power cut would: no chance to say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(timeout=30)

    def close(self) -> None:
        if self._process is not None:
            self._end(signal.SIGTERM)
        self.client.close()

    def create_code(self, destination: str = "https://example.org/menu") -> dict[str, Any]:
        response = self.client.post("/v1/dynamic", json={"destination": destination})
        assert response.status_code == 201, response.text
        code: dict[str, Any] = response.json()
        return code

    def scan(self, slug: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """A scan by a phone, on the main host."""
        return httpx.get(f"{self.url}/s/{slug}", headers={"User-Agent": PHONE, **(headers or {})})

    def analytics(self, code: str, days: int = 30) -> dict[str, Any]:
        response = self.client.get(f"/v1/dynamic/{code}/scans", params={"days": days})
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body
