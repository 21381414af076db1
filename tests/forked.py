"""Servers forked from a process that has the program loaded and has done nothing else: loading
takes half of a start, and the tests start hundreds."""

import multiprocessing
import os
import subprocess
import sys
from multiprocessing.forkserver import ensure_running
from pathlib import Path

from footfall.__main__ import main

_origin = multiprocessing.get_context("forkserver")


def prepare() -> None:
    """Begin to load, where the project is the current directory."""
    _origin.set_forkserver_preload(["tests.loaded"])
    ensure_running()


class Forked:
    """As `running.begin_whole`."""

    def __init__(self, arguments: list[str], env: dict[str, str], log: Path, cwd: Path) -> None:
        self._process = _origin.Process(target=_run, args=(arguments, env, log, cwd), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("footfall", timeout or 0)
        return self._process.exitcode

    def send_signal(self, sig: int, /) -> None:
        os.kill(self.pid, sig)


def _run(arguments: list[str], env: dict[str, str], log: Path, cwd: Path) -> None:
    """In the new process."""
    with log.open("ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["footfall", *arguments]
    main()
