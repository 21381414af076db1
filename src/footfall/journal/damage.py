"""Whether a journal that cannot be opened may be opened later, or is damaged."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from footfall.core.errors import FootfallError, JournalUnavailable


class JournalDamaged(FootfallError):
    code = "journal_damaged"


PASSING: Final = frozenset(
    {
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM),
    }
)
"""What the disk or another process may keep from being opened, and the file is whole."""


@contextlib.contextmanager
def opening(path: Path) -> Iterator[None]:
    """Raises JournalUnavailable when it may be opened later, else JournalDamaged."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in PASSING and not path.is_dir():
            raise JournalUnavailable(f"{path} cannot be opened: {error}") from error
        raise JournalDamaged(
            f"The journal {path} cannot be opened: {error}. Its events may not be in the event "
            "store yet: put it back from a backup, or keep it elsewhere and start with a new one."
        ) from error
