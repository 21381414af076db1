"""Mounts a `Disk` with FUSE and obeys orders:
`python -m footfall.cli.torture.mount DIRECTORY`.

Commands arrive as JSON lines on standard input, each is answered by one on standard output. The
process ends, and unmounts, when its input ends: so nothing stays when the torture is interrupted.
"""

import fnmatch
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Final

import mfusepy
import msgspec

from footfall.cli.torture.disk import PAGE_BYTES, Disk, File, Folder, Node
from footfall.cli.torture.faults import Call, Faults, flip_a_bit
from footfall.cli.torture.orders import Answer, Command

BYTES_MAX: Final = 4 << 30
BLOCKS: Final = "f_blocks", "f_bfree", "f_bavail"


class Mounted(mfusepy.Operations):  # type: ignore[misc]
    """The calls of the kernel. Each meets the faults first and then takes the lock, so that one
    that waits holds up no other."""

    use_ns = True

    def __init__(self, disk: Disk, faults: Faults, on_ready: Callable[[], None]) -> None:
        self._disk = disk
        self._faults = faults
        self._on_ready = on_ready
        self._lock = threading.Lock()
        self._opened: dict[int, tuple[str, File]] = {}
        self._handle = 0

    def init(self, path: str) -> None:  # noqa: ARG002
        self._on_ready()

    # ── files ─────────────────────────────────────────────────────────────────────────────────

    def create(self, path: str, mode: int, flags: int = 0) -> int:  # noqa: ARG002
        self._faults.meet(Call.CREATE, path)
        with self._lock:
            return self._open(path, self._disk.create(path, mode))

    def open(self, path: str, flags: int) -> int:
        self._faults.meet(Call.OPEN, path)
        with self._lock:
            file = self._disk.file(path)
            if flags & os.O_TRUNC:
                file.truncate(0)
            return self._open(path, file)

    def _open(self, path: str, file: File) -> int:
        self._handle += 1
        self._opened[self._handle] = path, file
        return self._handle

    def release(self, path: str | None, fh: int) -> int:  # noqa: ARG002
        with self._lock:
            del self._opened[fh]
        return 0

    def read(self, path: str | None, size: int, offset: int, fh: int) -> bytes:  # noqa: ARG002
        name, file = self._opened[fh]
        with self._lock:
            data = bytes(file.data[offset : offset + size])
        return self._faults.meet(Call.READ, name, data)

    def write(self, path: str | None, data: bytes, offset: int, fh: int) -> int:  # noqa: ARG002
        name, file = self._opened[fh]
        data = self._faults.meet(Call.WRITE, name, data)
        with self._lock:
            self._disk.reserve(max(0, offset + len(data) - len(file.data)))
            file.write(data, offset)
        return len(data)

    def truncate(self, path: str | None, length: int, fh: int | None = None) -> int:
        name, file = self._opened[fh] if fh is not None else (path or "", None)
        self._faults.meet(Call.WRITE, name)
        with self._lock:
            file = file or self._disk.file(name)
            self._disk.reserve(max(0, length - len(file.data)))
            file.truncate(length)
        return 0

    def fsync(self, path: str | None, datasync: int, fh: int) -> int:  # noqa: ARG002
        name, file = self._opened[fh]
        self._faults.meet(Call.SYNC, name)
        with self._lock:
            file.sync()
        return 0

    # ── the tree ──────────────────────────────────────────────────────────────────────────────

    def getattr(self, path: str | None, fh: int | None = None) -> dict[str, Any]:
        with self._lock:
            node = self._opened[fh][1] if fh is not None else self._disk.find(path or "")
            return _attributes(node)

    def readdir(self, path: str, fh: int) -> Iterable[tuple[str, dict[str, Any], int]]:  # noqa: ARG002
        with self._lock:
            folder = self._disk.folder(path)
            entries = {".": folder, "..": folder, **folder.entries}
            return [(name, _attributes(node), 0) for name, node in entries.items()]

    def readlink(self, path: str) -> str:
        with self._lock:
            return self._disk.file(path).target

    def mkdir(self, path: str, mode: int) -> int:
        return self._change(path, lambda: self._disk.make_folder(path, mode))

    def symlink(self, target: str, source: str) -> int:
        return self._change(target, lambda: self._disk.create(target, stat.S_IFLNK | 0o777, source))

    def link(self, target: str, source: str) -> int:
        return self._change(target, lambda: self._disk.link(target, source))

    def unlink(self, path: str) -> int:
        return self._change(path, lambda: self._disk.remove(path))

    def rmdir(self, path: str) -> int:
        return self._change(path, lambda: self._disk.remove_folder(path))

    def rename(self, old: str, new: str) -> int:
        return self._change(new, lambda: self._disk.rename(old, new))

    def _change(self, path: str, change: Callable[[], object]) -> int:
        self._faults.meet(Call.CREATE, path)
        with self._lock:
            change()
        return 0

    def opendir(self, path: str) -> int:  # noqa: ARG002
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:  # noqa: ARG002
        self._faults.meet(Call.SYNC_DIRECTORY, path)
        with self._lock:
            self._disk.sync_folder(self._disk.folder(path))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        with self._lock:
            node = self._disk.find(path)
            node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:  # noqa: ARG002
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        with self._lock:
            if times is not None:
                self._disk.find(path).changed = times[1]
        return 0

    def statfs(self, path: str) -> dict[str, int]:  # noqa: ARG002
        with self._lock:
            free = max(0, self._disk.bytes_max - self._disk.used()) // PAGE_BYTES
            blocks = self._disk.bytes_max // PAGE_BYTES
        return {
            "f_bsize": PAGE_BYTES,
            "f_frsize": PAGE_BYTES,
            "f_namemax": 255,
            "f_files": 1 << 20,
            "f_ffree": 1 << 20,
            **dict(zip(BLOCKS, (blocks, free, free), strict=True)),
        }


def _attributes(node: Node) -> dict[str, Any]:
    folder = isinstance(node, Folder)
    times = dict.fromkeys(("st_atime", "st_mtime", "st_ctime"), node.changed)
    return {
        "st_ino": node.inode,
        "st_mode": node.mode,
        "st_nlink": 2 if folder else 1,
        "st_size": PAGE_BYTES if isinstance(node, Folder) else len(node.target or node.data),
        "st_blocks": 8 if isinstance(node, Folder) else -(-len(node.data) // 512),
        "st_uid": os.getuid(),
        "st_gid": os.getgid(),
        **times,
    }


class Mount:
    """Keeps the disk mounted, but for the moments of a cut, until its input ends."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._disk = Disk(BYTES_MAX)
        self._faults = Faults()
        self._cut: Command | None = None
        self._ended = False

    def run(self) -> None:
        threading.Thread(target=self._obey, daemon=True).start()
        answer = Answer()
        while not self._ended:
            ready = lambda: _tell(answer)  # noqa: B023, E731  (the answer of this round)
            mounted = Mounted(self._disk, self._faults, ready)
            try:
                mfusepy.FUSE(
                    mounted, self._directory, foreground=True, use_ino=True, hard_remove=True
                )
            except RuntimeError:
                if self._cut is None and not self._ended:
                    raise
            if self._cut is not None and self._cut.cut is not None:
                answer = Answer(forgotten=self._disk.cut(self._cut.cut, self._cut.seed))
                self._cut = None

    def _obey(self) -> None:
        for line in sys.stdin.buffer:
            command = msgspec.json.decode(line, type=Command)
            if command.cut is not None:  # answered when it is mounted again
                self._cut = command
                os.kill(os.getpid(), signal.SIGTERM)
            else:
                _tell(self._do(command))
        self._ended = True
        self._faults.set(())
        os.kill(os.getpid(), signal.SIGTERM)

    def _do(self, command: Command) -> Answer:
        answer = Answer(affected=self._faults.affected)
        if command.faults is not None:
            self._faults.set(command.faults)
        if command.space is not None:
            used = self._disk.used()
            self._disk.bytes_max = used + command.space if command.space >= 0 else BYTES_MAX
        if command.sync:
            self._disk.sync()
        if command.rot is not None:
            answer.rotted = self._rot(command.rot, Random(command.seed))  # noqa: S311
        return answer

    def _rot(self, pattern: str, chance: Random) -> int:
        """How many files it names."""
        found = [file for path, file in self._disk.files() if fnmatch.fnmatchcase(path, pattern)]
        for file in found:
            for first in range(0, len(file.data), PAGE_BYTES):
                page = bytes(file.data[first : first + PAGE_BYTES])
                file.write(flip_a_bit(page, chance), first)
            file.sync()
        return len(found)


def _tell(answer: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    Mount(sys.argv[1]).run()
