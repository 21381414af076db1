"""A small disk of its own, where this machine lets us mount one."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SMALL: Final = "100m"
"""Soon full."""


def mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """Whether there is one at this path, which is made."""
    directory.mkdir()
    mounted = mount("-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(directory))
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(directory)], check=True)
