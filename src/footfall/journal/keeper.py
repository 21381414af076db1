"""A thread beside the journal's writer: it copies SQLite's log into the file, and keeps the mark.

A disk that takes nothing holds up this thread, and nobody else.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final

from footfall.core.errors import JournalUnavailable
from footfall.journal.log import Log
from footfall.journal.writer import Writer

INTERVAL_SECONDS: Final = 0.5
CHECKPOINT_PAGES: Final = 1_000
IDLE_SECONDS: Final = 5.0
"""After which less than that is copied too."""

LOG_PAGES_MAX: Final = 2_000
"""A log of 8 MB: it begins again only when all of it is copied, and under load something always
comes while it is. Then its last pages are copied between two commits."""

logger = logging.getLogger(__name__)


class Keeper:
    """`pages` says how many pages were written since the start, roughly; `mark` keeps the mark."""

    def __init__(
        self,
        writer: Writer,
        log: Log,
        pages: Callable[[], int],
        mark: Callable[[], None],
    ) -> None:
        self._writer = writer
        self._log = log
        self._pages = pages
        self._mark = mark
        self._copied = 0
        self._copied_at = time.monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-keeper", daemon=True)
        self._thread.start()

    def stop(self, seconds_max: float) -> None:
        self._stopping.set()
        self._thread.join(seconds_max)

    def _run(self) -> None:
        connection = self._connect()
        while not self._stopping.wait(INTERVAL_SECONDS):
            self._mark()
            pages, now = self._pages(), time.monotonic()
            rested = now - self._copied_at > IDLE_SECONDS
            if pages - self._copied >= CHECKPOINT_PAGES or (rested and pages != self._copied):
                self._copied_at = now
                connection = connection or self._connect()
                if connection is not None and self._checkpoint(connection):
                    self._copied = pages
        self._mark()
        if connection is not None:
            connection.close()

    def _connect(self) -> sqlite3.Connection | None:
        """None when that fails: a later turn tries again, or the log would grow without end."""
        try:
            return self._log.connect()
        except sqlite3.Error as error:
            logger.warning("The journal's log is not copied yet: %s", error)
            return None

    def _checkpoint(self, connection: sqlite3.Connection) -> bool:
        """Whether the log is copied. When it is not, a later turn tries again."""
        try:
            pages, few = self._log.copy(connection)
            if pages > LOG_PAGES_MAX and few:
                self._log.begin_again(self._writer)
        except (OSError, sqlite3.Error, JournalUnavailable) as error:  # the writer reports it
            logger.debug("The journal's log is not copied: %s", error)
            return False
        return True
