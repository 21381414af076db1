"""The server under torture: a real process on a data directory of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import httpx
import msgspec

from footfall.config import Settings
from footfall.core.errors import FootfallError
from footfall.torture.scanning import Ledger

START_SECONDS_MAX = 60.0
KEY = "oqr_torture0torture0torture0torture"


class Broken(FootfallError):
    """The server does not do what every server must, for example start."""

    code = "broken"


class Books(msgspec.Struct, frozen=True):
    """The closing of a ledger: what the store holds against what was answered, in both tables
    of events and in the rollup.

    `extra` were stored though their answer never left: the server died in between.
    """

    scenario: str
    answered: int
    stored: int
    lost: int
    doubled: int
    extra: int
    unrecorded: int
    rollup: int
    tables_agree: bool
    note: str = ""

    @property
    def balanced(self) -> bool:
        right = self.lost == 0 and self.doubled == 0
        return right and self.tables_agree and self.rollup == self.stored


class Victim:
    """A server that can be killed and started again. `prefix` is a command that runs every
    program of this victim, for example inside a namespace."""

    def __init__(self, directory: Path, prefix: tuple[str, ...] = ()) -> None:
        self._prefix = prefix
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            self.port: int = listening.getsockname()[1]
        self.settings = Settings(data=str(directory), port=self.port)
        self._process: subprocess.Popen[bytes] | None = None
        # One for all: to make one reads the world's certificates, 24 ms.
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=30,
        )

    def prepare(self) -> None:
        """Make an account and one code that keeps referrers, before the first start."""
        self._run("footfall.torture.prepare")

    def _run(self, module: str) -> bytes:
        """Run a program of ours on the data directory, in a process of its own."""
        done = subprocess.run(
            [*self._prefix, sys.executable, "-m", module],
            env=self._environment(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise Broken(f"{module} failed. It said:\n{done.stderr.decode()[-2000:]}")
        return done.stdout

    def start(self, program: tuple[str, ...] = ("footfall", "serve")) -> None:
        """Start and wait until it answers. `program` is a module of ours and its arguments."""
        with tempfile.TemporaryFile() as said:
            self._process = subprocess.Popen(
                [*self._prefix, sys.executable, "-m", *program],
                env=self._environment(),
                stdout=said,
                stderr=subprocess.STDOUT,
            )
            self._wait_for_answer(said)

    def _wait_for_answer(self, said: IO[bytes]) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                said.seek(0)
                last_words = said.read().decode(errors="replace")[-2000:]
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
        self._process.wait(timeout=START_SECONDS_MAX)

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
        self.client.close()
        self.stop()
        counted = self._run("footfall.torture.stored")
        answer = msgspec.json.decode(counted, type=tuple[dict[int, int], bool, int])
        stored, tables_agree, rollup = answer
        return Books(
            scenario,
            answered=len(ledger.answered),
            stored=sum(stored.values()),
            lost=len(ledger.answered - stored.keys()),
            doubled=sum(1 for count in stored.values() if count > 1),
            extra=len(stored.keys() - ledger.answered),
            unrecorded=len(ledger.unrecorded),
            rollup=rollup,
            tables_agree=tables_agree,
            note=note,
        )
