"""Paths as the embedded engine is given them, for directories of any name.

The engine reads a path of a batch or an archive as a pattern (`*`, `?`, `{a,b}`), and the part of
its own directory's path after a `?` as options. It has no escape for either. So a directory or
file whose name holds more than letters, digits and a few signs is opened, and named by its
descriptor.
"""

import logging
import os
import re
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Final

from footfall.core.errors import InvalidRequest

EMBEDDED: Final = "chdb://"
"""Before the path of the embedded engine's directory, which follows as it is."""

_PLAIN: Final = re.compile(r"[\w /.,:=@+~-]*")
_DESCRIPTORS: Final = Path("/proc/self/fd")
_opened: dict[str, int] = {}
_lock: Final = threading.Lock()
log = logging.getLogger(__name__)


def engine_path(path: Path) -> str:
    """A path, absolute, that the engine takes as it is. What has the special name must exist: it
    stays open, as the same one, until the process ends.

    Raises InvalidRequest where the system cannot name a directory or file by its descriptor.
    """
    resolved = Path(os.path.realpath(path))
    if _PLAIN.fullmatch(str(resolved)):
        return str(resolved)
    special = max(n for n, part in enumerate(resolved.parts) if not _PLAIN.fullmatch(part))
    opened = str(Path(*resolved.parts[: special + 1]))
    if not _DESCRIPTORS.is_dir():
        raise InvalidRequest(
            f"On this system the event store cannot read {opened!r}: choose a path of letters, "
            "digits, spaces and - _ . only."
        )
    with _lock:
        if opened not in _opened:
            _opened[opened] = os.open(opened, os.O_RDONLY)
        alias = _DESCRIPTORS / str(_opened[opened])
    return str(alias.joinpath(*resolved.parts[special + 1 :]))


def leave_special_directory() -> None:
    """Work in / when the current directory has a special name: the engine takes the name of every
    table for that of a file there too, by a pattern. Every path of the settings is absolute."""
    try:
        special = not _PLAIN.fullmatch(str(Path.cwd()))
    except FileNotFoundError:  # it is deleted
        special = True
    if special:
        os.chdir("/")


def own_temporary_files(directory: Path) -> None:
    """Batches pass into the embedded engine through temporary files: keep them in the data
    directory, and remove what a crash left of them."""
    temporary = directory / "temporary"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.unlink(missing_ok=True)  # if it is no directory
        temporary.mkdir(mode=0o700)
    except OSError as error:
        log.warning("Batches pass through %s: %s", tempfile.gettempdir(), error)
        return
    tempfile.tempdir = engine_path(temporary)
