"""Servers forked from a process that has the program loaded and has done nothing else, on copies of
a data directory with empty tables: loading and making tables take most of a first start, and the
tests start hundreds."""

import multiprocessing
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import Any

from footfall import bootstrap
from footfall.__main__ import main
from footfall.config import Settings

_origin = multiprocessing.get_context("forkserver")


def prepare() -> None:
    """Begin to load, where the project is the current directory."""
    _origin.set_forkserver_preload(["tests.support.loaded"])
    ensure_running()


def copy_empty(data: Path) -> None:
    """Make a data directory as a first start does, but for the account."""
    shutil.copytree(Path(_empty().name) / "data", data, symlinks=True)


@cache
def _empty() -> "tempfile.TemporaryDirectory[str]":
    made = tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    directory = Path(made.name) / "data"
    assert Forked(_make_tables, directory).wait() == 0
    return made


class Forked:
    """A process that does this and ends."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._process = _origin.Process(target=work, args=arguments, daemon=True)
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


def begin(arguments: list[str], env: dict[str, str], log: Path, cwd: Path) -> Forked:
    """As `running.begin_whole`."""
    return Forked(_run, arguments, env, log, cwd)


def begin_other(program: str, arguments: list[str], said: Path, complained: Path) -> Forked:
    """As `running.begin_other_whole`."""
    return Forked(_run_other, program, arguments, said, complained)


def begin_module(
    command: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path
) -> Forked:
    """As `footfall.cli.torture.server.begin_whole`."""
    return Forked(_run_module, list(command), dict(environment), output, errors)


# ── in the new process ────────────────────────────────────────────────────────────────────────


def _make_tables(directory: Path) -> None:
    settings = Settings(data=str(directory))
    bootstrap.open_catalog(settings).close()
    store = bootstrap.open_store(settings)
    store.open()
    store.close()


def _say_to(said: Path, complained: Path) -> None:
    for path, number in ((said, 1), (complained, 2)):
        with path.open("ab") as opened:
            os.dup2(opened.fileno(), number)


def _run_other(program: str, arguments: list[str], said: Path, complained: Path) -> None:
    _say_to(said, complained)
    sys.argv = ["-c", *arguments]
    exec(compile(program, "-c", "exec"), {"__name__": "__main__"})


def _run(arguments: list[str], env: dict[str, str], log: Path, cwd: Path) -> None:
    _say_to(log, log)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["footfall", *arguments]
    main()


def _run_module(
    command: list[str], environment: dict[str, str], output: Path, errors: Path
) -> None:
    _say_to(output, errors)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
