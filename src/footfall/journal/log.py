"""SQLite's log of a journal (`journal.db-wal`), which is copied into the file beside the commits.

Left to SQLite, a commit in a thousand pages would do that, and the scans of that commit would wait
for all that somebody who reads the journal has kept from being copied until then.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from footfall.journal.writer import Writer

LEFT_PAGES_MAX: Final = 1_000
"""So many pages of the log may be left to a step of the writer, or this share of it, so that it
never grows without end."""
LEFT_SHARE_MAX: Final = 1 / 32

TURNS_MAX: Final = 8
HEAD_BYTES: Final = 32
FRAME_BYTES: Final = 24 + 4_096
"""Of SQLite's file format, with pages of the default size."""

CUT_BYTES: Final = 16 << 20
"""To cut 600 MB off a file takes a file system a third of a second."""


class Log:
    """`connect` opens the journal. It keeps a descriptor of the file open: when one is closed, a
    process loses its locks on the file, so this is done after the last connection."""

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self.connect = connect
        self._path = path.with_name(path.name + "-wal")
        self._file = os.open(path, os.O_RDONLY)

    def close(self) -> None:
        os.close(self._file)

    def copy(self, connection: sqlite3.Connection) -> tuple[int, bool]:
        """Copy it as far as its readers allow, and hold nobody up. How many pages it has, and
        whether what is not copied and forced to disk yet is little. Raises sqlite3.Error."""
        pages = left = 0
        for _ in range(TURNS_MAX):  # what comes meanwhile is the next turn's, and less
            busy, pages, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            left = pages - copied
            if not busy and left <= max(LEFT_PAGES_MAX, pages * LEFT_SHARE_MAX):
                # SQLite does it only when all is copied, and then for all at once.
                os.fdatasync(self._file)
                return pages, True
        return pages, False

    def begin_again(self, writer: Writer) -> int:
        """After `copy`: the next pages are written over the first ones, when nobody reads these.
        How many pages it has then. Raises JournalUnavailable."""
        return writer.step(_begin_again)

    def cut(self, writer: Writer) -> bool:
        """Some of what is behind its last page off the file; True when there is no more."""

        def cut(connection: sqlite3.Connection) -> bool:
            (_, pages, _) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            with contextlib.suppress(FileNotFoundError):
                size = self._path.stat().st_size
                if size - CUT_BYTES > HEAD_BYTES + pages * FRAME_BYTES:
                    os.truncate(self._path, size - CUT_BYTES)
                    return False
            return True

        return writer.step(cut)

    def empty(self, writer: Writer) -> bool:
        """False when somebody reads. Raises JournalUnavailable."""
        return writer.step(_empty)


def _begin_again(connection: sqlite3.Connection) -> int:
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    # A page must be written, and one that stays as it is is not.
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version = {(number + 1) % (1 << 31)}")
    (_, pages, _) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)


def _empty(connection: sqlite3.Connection) -> bool:
    connection.execute("PRAGMA busy_timeout = 0")  # a commit must not wait for a reader
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute("PRAGMA busy_timeout = 10000")
    return not busy
