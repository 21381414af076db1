"""Resident memory: idle, under a mixed load, and after it; and life in 1 GB."""

import shutil
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
import msgspec

from bench import wrk
from bench.measures import Measure, at_most
from bench.prepared import COARSE_SLUG, FULL_SLUG, server_on
from bench.reading import Store
from bench.watching import Dashboard, settle
from tests.support.running import RunningServer

SUBJECT: Final = "memory"
SAMPLE_SECONDS: Final = 0.1
AFTER_SECONDS: Final = 5.0
LIMIT: Final = "1G"


class Resident(msgspec.Struct, frozen=True):
    """MB (10^6 bytes): all of it, the process's own, and mapped files."""

    all: float
    own: float
    files: float

    def __str__(self) -> str:
        return f"own {self.own:.0f}, mapped files {self.files:.0f}"


def resident(pid: int) -> Resident:
    fields = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )

    def megabytes(name: str) -> float:
        return int(fields[name].split()[0]) * 1024 / 1e6

    return Resident(megabytes("VmRSS"), megabytes("RssAnon"), megabytes("RssFile"))


class Highest:
    """The largest memory of a process while it is watched."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.seen = resident(pid)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(SAMPLE_SECONDS):
            now = resident(self._pid)
            if now.all > self.seen.all:
                self.seen = now

    def stop(self) -> Resident:
        self._stopping.set()
        self._thread.join()
        return self.seen


def mixed_load(server: RunningServer, store: Store, seconds: float, script: Path) -> None:
    """Scans of both privacy modes while two dashboards ask."""
    first, nearest = store.prepared.subjects[0], store.made.nearest
    with Dashboard(server, first.code), Dashboard(server, nearest.code):
        for slug in (COARSE_SLUG, FULL_SLUG):
            wrk.run(f"{server.url}/s/{slug}", seconds / 2, script)
    settle(server)


def measure(store: Store, seconds: float, script: Path) -> list[Measure]:
    """`store` is already made; `seconds` of load."""
    if not wrk.installed():
        return [Measure(SUBJECT, "all", None, note=wrk.INSTALL)]
    with closing(server_on(store.prepared.directory)) as server:
        server.start()
        time.sleep(1)
        idle = resident(server.pid)
        highest = Highest(server.pid)
        mixed_load(server, store, seconds, script)
        loaded = highest.stop()
        time.sleep(AFTER_SECONDS)
        after = resident(server.pid)
    return [
        Measure(SUBJECT, f"{name}, {store.name} events", one.all, "MB", target, str(one))
        for name, one, target in (
            ("idle", idle, None),
            ("highest in mixed load", loaded, at_most(600)),
            (f"{AFTER_SECONDS:.0f} s after", after, None),
        )
    ] + [_within_limit(store, seconds, script)]


def _within_limit(store: Store, seconds: float, script: Path) -> Measure:
    """The same load while the kernel gives the server, with its page cache, 1 GB and no swap."""
    what = f"lives through the load in a cgroup of {LIMIT}"
    scope = [
        "systemd-run",
        "--scope",
        "--quiet",
        "-p",
        f"MemoryMax={LIMIT}",
        "-p",
        "MemorySwapMax=0",
    ]
    problem = _cannot_limit(scope)
    if problem:
        return Measure(SUBJECT, what, None, note=problem)
    kills = 0
    with closing(server_on(store.prepared.directory)) as server:
        try:
            server.start(prefix=scope)
            mixed_load(server, store, seconds, script)
        except (httpx.HTTPError, AssertionError):  # it is gone, or never came
            kills = 1
    return Measure(SUBJECT, what, kills, "kills", at_most(0))


def _cannot_limit(scope: list[str]) -> str:
    """Why this machine has no cgroup for us, "" when it has."""
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return "this machine has no unified cgroup hierarchy (v2)"
    if shutil.which("systemd-run") is None:
        return "it needs systemd-run"
    tried = subprocess.run([*scope, "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"systemd-run: {tried.stderr.strip()[:120]}"
