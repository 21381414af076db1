"""Programs of the system that run our clients in tests."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from ctypes.util import find_library
from functools import lru_cache
from pathlib import Path

PHP = ("php-cli", "php-curl")
CHROMIUM = ("chromium-headless-shell", "chromium")
"""Either will do: the first one has no windows, and opens a page in half of the time."""

FUSE = ("fuse3",)


@lru_cache(maxsize=1)
def php() -> str:
    """The path of PHP with curl. On Debian, root gets it installed when it is not there."""
    if not _has_php():
        _install(PHP)
    assert _has_php(), f"PHP runs the clients of these tests: install {' and '.join(PHP)}"
    return shutil.which("php") or ""


@lru_cache(maxsize=1)
def browser() -> str:
    """The path of Chromium. On Debian, root gets it installed when it is not there."""
    for package in CHROMIUM:
        if not _browser():
            _install((package,))
    found = _browser()
    assert found, f"A browser opens the pages of these tests: install {' or '.join(CHROMIUM)}"
    return found


@lru_cache(maxsize=1)
def fuse() -> None:
    """See that libfuse is here. On Debian, root gets it installed when it is not there."""
    if not find_library("fuse3"):
        _install(FUSE)


def installed(program: str) -> None:
    """See that a program is here whose package has its name. On Debian, root gets it installed when
    it is not there."""
    if not shutil.which(program):
        _install((program,))
    assert shutil.which(program), f"These tests run {program}: install it"


def _browser() -> str | None:
    names = (*CHROMIUM, "chromium-browser", "chrome", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def _install(packages: tuple[str, ...]) -> None:
    """One worker of the tests at a time: the others find it done."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with (Path(tempfile.gettempdir()) / "footfall-tests-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for asked in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-qq", *asked], env=quiet, check=False)


def _has_php() -> bool:
    program = shutil.which("php")
    asked = [program or "", "-r", "exit((int)!extension_loaded('curl'));"]
    return program is not None and subprocess.run(asked, check=False).returncode == 0
