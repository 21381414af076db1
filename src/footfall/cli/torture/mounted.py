"""A disk of our own that forgets, stalls, fails and fills up on command."""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from footfall.cli.torture.books import Broken, Skipped
from footfall.cli.torture.disk import Keep
from footfall.cli.torture.faults import Fault
from footfall.cli.torture.orders import Answer, Command

INSTALL: Final = (
    "install it with: pip install 'footfall[torture]', and libfuse with: apt-get install fuse3"
)
ALL_ROOM: Final = -1


class MountedDisk:
    """The controlling end of a process that runs `cli/torture/mount.py`."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path) -> None:
        self._process = process
        self.directory = directory

    def _order(self, command: Command) -> Answer:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(command) + b"\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> Answer:
        """Raises Broken when the process ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Broken("The disk of the torture is gone.")
        return msgspec.json.decode(line, type=Answer)

    def set_faults(self, *faults: Fault) -> int:
        """Replace the faults. Returns how many calls those of before have changed."""
        return self._order(Command(faults=faults)).affected

    def affected(self) -> int:
        return self._order(Command()).affected

    def set_space(self, bytes_more: int = ALL_ROOM) -> None:
        self._order(Command(space=bytes_more))

    def sync(self) -> None:
        self._order(Command(sync=True))

    def cut(self, keep: Keep, seed: int) -> int:
        """Cut the power, while no process uses the disk, and mount it again. Returns how many
        files and entries lost what was not synced."""
        return self._order(Command(cut=keep, seed=seed)).forgotten

    def rot(self, files: str, seed: int) -> int:
        """Change a bit in every page of files at rest. Returns how many files that were."""
        return self._order(Command(rot=files, seed=seed)).rotted


@contextmanager
def mounted_disk(directory: Path) -> Iterator[MountedDisk]:
    """Raises Skipped when this machine does not let us mount."""
    if not Path("/dev/fuse").exists():
        raise Skipped("this machine has no /dev/fuse")
    if importlib.util.find_spec("mfusepy") is None:
        raise Skipped(f"the package mfusepy is not here: {INSTALL}")
    directory.mkdir(parents=True)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "footfall.cli.torture.mount", str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            disk = MountedDisk(process, directory)
            try:
                disk.answer()  # mounted
            except Broken:
                raise Skipped(f"FUSE does not mount here: {_last_line(said)} ({INSTALL})") from None
            yield disk
        finally:
            process.stdin.close()
            process.stdout.close()
            process.wait()


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    return (said.read().decode(errors="replace").strip().splitlines() or [""])[-1][:200]
