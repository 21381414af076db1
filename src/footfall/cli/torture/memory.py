"""A group of processes that may use so much memory and no more: cgroups of version 1 or 2."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from footfall.cli.torture.books import Skipped

ROOT: Final = Path("/sys/fs/cgroup")
FILES: Final = {
    ROOT / "memory": ("memory.limit_in_bytes", "memory.max_usage_in_bytes"),
    ROOT: ("memory.max", "memory.peak"),
}
"""Where groups are made, and the files of a group: its limit and its peak."""


class MemoryGroup:
    def __init__(self, path: Path, peak: str) -> None:
        self._path = path
        self._peak = peak

    @property
    def prefix(self) -> tuple[str, ...]:
        """A command that runs a program inside."""
        script = f'echo $$ > "{self._path}/cgroup.procs" && exec "$@"'
        return "sh", "-c", script, "sh"

    def peak_bytes(self) -> int:
        return int((self._path / self._peak).read_text())


@contextlib.contextmanager
def memory_group(bytes_max: int) -> Iterator[MemoryGroup]:
    """Raises Skipped when this machine does not let us make one."""
    root, (limit, peak) = next(
        (root, files) for root, files in FILES.items() if root.exists() or root == ROOT
    )
    path = root / f"footfall-torture-{os.getpid()}"
    try:
        path.mkdir()
    except OSError as error:
        raise Skipped(f"no memory group can be made in {root}: {error.strerror}") from None
    try:
        try:
            (path / limit).write_text(str(bytes_max))
        except OSError as error:
            raise Skipped(f"{path / limit} cannot be set: {error.strerror}") from None
        yield MemoryGroup(path, peak)
    finally:
        path.rmdir()
