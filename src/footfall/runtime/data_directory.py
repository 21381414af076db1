"""The data directory and the address of a server: for one process alone."""

import contextlib
import errno
import fcntl
import logging
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from footfall.core.errors import FootfallError, InvalidRequest

log = logging.getLogger(__name__)

PARTS: Final = frozenset(
    {
        *("catalog.db", "journal.db", "journal.mark", "store", "exports", "archive", "temporary"),
        "places",
        *("integrity.json", "visitor-salt.json", "clock.json", "link-key", "demo.json", "lock"),
    }
)
"""What stands in a data directory."""

BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite puts after the name of a database."""

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class DirectoryInUse(FootfallError):
    """`url` is where the server that uses it listens, "" for another command."""

    code = "directory_in_use"

    def __init__(self, message: str, url: str = "") -> None:
        super().__init__(message)
        self.url = url


class AddressInUse(FootfallError):
    code = "address_in_use"


def check_address(host: str, port: int) -> None:
    """Raise AddressInUse when another program listens there.

    The server would share the port with it in silence (SO_REUSEPORT), and scans would go now to
    one and now to the other.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressInUse(
                f"Cannot listen on {host} port {port}: {error.strerror}. Stop what is there, or "
                "choose another port with --port (FOOTFALL_PORT)."
            ) from None


def make_directory(directory: Path) -> None:
    """The data directory, unless it is there. Raises InvalidRequest."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidRequest(
            f"{directory} cannot be the data directory: {error.strerror}. Choose another one with "
            "--data (FOOTFALL_DATA), or give this user the right to make it."
        ) from None


def make_private(directory: Path) -> None:
    """The data directory, made if it is missing. What is in it, and the directory when nothing else
    is in it, is closed to other users, as far as it belongs to this one: webhook secrets, hashes of
    passwords and visitors' addresses are in there. What cannot be closed stays, see
    `open_to_others`. Raises InvalidRequest."""
    make_directory(directory)
    entries = list(directory.iterdir())
    for path in entries:
        if is_part(path.name):
            _close(path)
    alone = all(is_part(path.name) or path.name == "lost+found" for path in entries)
    if alone and not _mode(directory) & stat.S_ISVTX:
        _close_one(directory)


def open_to_others(directory: Path) -> list[Path]:
    """What other users may read, or put something else in the place of."""
    mode = _mode(directory)
    if not mode & OTHERS:
        return []
    replaceable = mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX
    parts = sorted(path for path in directory.iterdir() if is_part(path.name))
    found = [path for path in parts if _mode(path) & OTHERS]
    return [directory, *found] if replaceable else found


def warn_of_others(directory: Path) -> None:
    if found := open_to_others(directory):
        log.warning("Other users may read or replace %s", ", ".join(map(str, found)))


def is_part(name: str) -> bool:
    """Also of a file that is being replaced, and of what SQLite puts beside a database."""
    for ending in BESIDE:
        name = name.removesuffix(ending)
    return name in PARTS or (
        name.endswith(".new") and any(Path(part).with_suffix(".new").name == name for part in PARTS)
    )


def sync(path: Path) -> None:
    """Put the content of a file, or the names in a directory, on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode(path: Path) -> int:
    """0 when it went meanwhile."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _close(path: Path) -> None:
    """With all below, which goes first: an entry that is closed is closed as a whole."""
    if _mode(path) & OTHERS and path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path, topdown=False):
            for name in (*folders, *files):
                _close_one(Path(folder, name))
    _close_one(path)


def _close_one(path: Path) -> None:
    with contextlib.suppress(OSError):  # it went meanwhile, or the file system has no modes
        found = path.lstat()  # what a link leads to is not ours to change
        ours = found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode)
        if ours and found.st_mode & OTHERS:
            path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)


def _open_lock(directory: Path) -> int:
    try:
        return os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.ENOSPC, errno.EDQUOT):
            raise
    try:
        return os.open(directory / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return os.open(directory, os.O_RDONLY)


def _read_holder(descriptor: int) -> str:
    """The number of a process and, of a server, its URL."""
    try:
        return os.read(descriptor, 300).decode(errors="replace").strip()
    except OSError:  # it is the directory
        return ""


@contextlib.contextmanager
def locked_directory(directory: Path, url: str = "") -> Iterator[None]:
    """The data directory, made if it is missing, for this process alone; a server names its `url`.

    The lock is the kernel's: it goes with the process, however that ends. On a disk that is full
    or can only be read the directory itself is locked, when it has no lock yet.
    """
    make_private(directory)
    descriptor = _open_lock(directory)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process, _, of_server = _read_holder(descriptor).partition(" ")
        os.close(descriptor)
        raise DirectoryInUse(
            f"{directory} is used by another Footfall (process {process or '?'}). "
            "Stop that one, or choose another directory with --data.",
            of_server,
        ) from None
    try:
        with contextlib.suppress(OSError):  # who holds it is of use, the lock is what counts
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()} {url}".rstrip().encode() + b"\n")
        yield
    finally:
        os.close(descriptor)
