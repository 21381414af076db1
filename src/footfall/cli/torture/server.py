"""The server under torture: a real process on a data directory of its own."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
import msgspec

from footfall.cli.torture.books import Books, Broken, Counted, close
from footfall.cli.torture.scanning import Ledger
from footfall.config import Settings

START_SECONDS_MAX = 120.0
RECOVERY_SECONDS_MAX = 60.0
SERVE = ("footfall", "serve")
KEY = "oqr_torture0torture0torture0torture"


PORTS: Final = range(10_000, 32_000)
"""Below those that a system gives to connections and to whoever asks for any port: between its
choice and its use, nobody else comes by one of these by chance."""


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as trying, contextlib.suppress(OSError):
            trying.bind(("127.0.0.1", port))
            return port


class Process(Protocol):
    """A running program of ours."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...


def begin_whole(
    command: Sequence[str],
    environment: Mapping[str, str],
    output: Path,
    errors: Path,
    prefix: Sequence[str] = (),
) -> Process:
    """Start `python -m` with this command: a module and its arguments. Its output is appended to
    the two files, which may be one. `prefix` runs it under another command."""
    with output.open("ab") as out, errors.open("ab") as err:
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", *command], env=environment, stdout=out, stderr=err
        )


begin: Callable[[Sequence[str], Mapping[str, str], Path, Path], Process] = begin_whole
"""How a program of ours starts that runs under no other command. The test suite forks it from a
process that has the modules loaded."""


class Victim:
    """A server that can be killed and started again. `prefix` is a command that runs every
    program of this victim, for example inside a namespace."""

    def __init__(self, directory: Path, prefix: tuple[str, ...] = ()) -> None:
        self._prefix = prefix
        self.port = free_port()
        self.settings = Settings(data=str(directory), port=self.port)
        self._process: Process | None = None
        self._begun: list[Process] = []
        weakref.finalize(self, _end_all, self._begun)  # however the torture ends
        # One for all: to make one reads the world's certificates, 24 ms.
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=30,
            # No connection outlives its request: the server is killed at any moment.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def prepare(self) -> None:
        """Make an account and one code that keeps referrers, before the first start."""
        self._run("footfall.cli.torture.prepare")

    def _run(self, module: str, *arguments: str) -> bytes:
        """Run a program of ours on the data directory, in a process of its own."""
        with tempfile.TemporaryDirectory() as directory:
            output, errors = Path(directory) / "output", Path(directory) / "errors"
            process = self._launch((module, *arguments), output, errors)
            if process.wait():
                text = errors.read_text(errors="replace")[-2000:]
                raise Broken(f"{module} failed. It said:\n{text}")
            return output.read_bytes()

    def start(self, program: tuple[str, ...] = SERVE) -> None:
        """Start and wait until it answers. `program` is a module of ours and its arguments."""
        with tempfile.NamedTemporaryFile() as said:
            self._begin(program, Path(said.name))
            self._wait_for_answer(Path(said.name))

    def die_while_starting(self, seconds: float) -> None:
        """Start, and kill it so much later."""
        with tempfile.NamedTemporaryFile() as said:
            self._begin(SERVE, Path(said.name))
            time.sleep(seconds)
            self.kill()

    def _begin(self, program: tuple[str, ...], said: Path) -> None:
        self._process = self._launch(program, said, said)
        self._begun.append(self._process)

    def _launch(self, command: tuple[str, ...], output: Path, errors: Path) -> Process:
        if self._prefix:
            return begin_whole(command, self._environment(), output, errors, self._prefix)
        return begin(command, self._environment(), output, errors)

    def _wait_for_answer(self, said: Path) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                last_words = said.read_text(errors="replace")[-2000:]
                raise Broken(f"The server did not start. It said:\n{last_words}")
            time.sleep(0.02)

    def _environment(self) -> dict[str, str]:
        return {
            **{name: text for name, text in os.environ.items() if not name.startswith("FOOTFALL_")},
            "FOOTFALL_BOOTSTRAP_KEY": KEY,
            "FOOTFALL_DATA": self.settings.data,
            "FOOTFALL_PORT": str(self.port),
        }

    def _answers(self) -> bool:
        try:
            self.client.get("/health", timeout=5)
        except httpx.TransportError:
            return False
        return True

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def health(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/health").json()
        return answer

    def recovers(self, scan: Callable[[], object]) -> bool:
        """Scan until nothing is wrong any more: whether it records is known of the last scan
        alone. False when that takes too long."""

        def well() -> bool:
            scan()
            health = self.health()
            return bool(health["live"] and health["ready"])

        return _becomes(well)

    def resolves(self) -> bool:
        """Wait until it is known of every scan whether it is recorded. False after too long."""
        return _becomes(lambda: self.health()["pending"] == 0)

    def complaint(self, *fields: str) -> str:
        """What these fields of /health say is wrong, as soon as one does; "" when none does for
        long."""
        said: list[str] = []

        def complains() -> bool:
            health = self.health()
            said.append("; ".join(filter(None, (health[field] for field in fields))))
            return bool(said[-1])

        return said[-1] if _becomes(complains) else ""

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def wait(self) -> None:
        """Until it ends by itself."""
        assert self._process is not None
        self._process.wait(timeout=START_SECONDS_MAX)

    def _end(self, number: int) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            self._process.wait(timeout=START_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            name = signal.Signals(number).name
            text = f"The server did not end within {START_SECONDS_MAX:.0f} s of {name}."
            raise Broken(text) from None

    def settle(self) -> None:
        """Wait until the backlog is in the store."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            health = self.client.get("/health").json()
            if health["backlog"]["events"] == 0:
                return
            if time.monotonic() > deadline:
                raise Broken(f"The backlog does not empty: {health}")
            time.sleep(0.05)

    def close_books(self, scenario: str, ledger: Ledger, note: str = "") -> Books:
        """Settle, stop, open the store and account for every scan."""
        self.settle()
        self.stop()
        return close(scenario, ledger, self.count(), note=note)

    def count(self, *after_ms: int) -> Counted:
        """What the store of the stopped server holds, or of it what was received after a time."""
        self.client.close()
        answer = self._run("footfall.cli.torture.stored", *map(str, after_ms))
        return msgspec.json.decode(answer, type=Counted)

    def reported(self) -> int | None:
        """How many events a report says there are; None when it says that it cannot tell."""
        report = {"metrics": ["events"], "dimensions": []}
        answer = self.client.post("/reports", json=report)
        if answer.status_code != 200 or not answer.json()["complete"]:
            return None
        return int(answer.json()["totals"]["events"])


def _end_all(processes: list[Process]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _becomes(true: Callable[[], bool]) -> bool:
    """Whether it is, at a moment of the next `RECOVERY_SECONDS_MAX`."""
    deadline = time.monotonic() + RECOVERY_SECONDS_MAX
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
