"""Programs of the system that run our clients in tests."""

import os
import shutil
import subprocess
from functools import lru_cache

PHP = ("php-cli", "php-curl")


@lru_cache(maxsize=1)
def php() -> str:
    """The path of PHP with curl. On Debian, root gets it installed when it is not there."""
    if not _has_php() and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for asked in (["update"], ["install", "--yes", "--no-install-recommends", *PHP]):
            subprocess.run(["apt-get", "-qq", *asked], env=quiet, check=False)
    assert _has_php(), f"PHP runs the clients of these tests: install {' and '.join(PHP)}"
    return shutil.which("php") or ""


def _has_php() -> bool:
    program = shutil.which("php")
    asked = [program or "", "-r", "exit((int)!extension_loaded('curl'));"]
    return program is not None and subprocess.run(asked, check=False).returncode == 0
