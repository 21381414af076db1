"""Released events leave the journal's files: its free pages, and the log that SQLite keeps.

Both go in steps of milliseconds between the commits, and what takes longer goes beside them.
"""

import contextlib
import sqlite3
import threading
import time
from typing import Final

from footfall.core.errors import JournalUnavailable
from footfall.journal.log import Log
from footfall.journal.writer import Writer, unavailable

INCREMENTAL: Final = 2
PAGES_FIRST: Final = 64
PAGES_MAX: Final = 4_096
STEP_SECONDS: Final = 0.008
"""Of giving free pages back: the next step takes twice as many pages, or half as many."""

REST_SECONDS: Final = 0.002
SECONDS_MAX: Final = 30.0
CUT_PAGES: Final = 4_096
"""The file becomes shorter by 16 MB at once: 190 MB took ext4 80 ms, in which no fsync ended."""

READERS_SECONDS_MAX: Final = 5.0
LOOK_SECONDS: Final = 0.05
LONG_PAGES: Final = 4_096


def scrub(writer: Writer, log: Log) -> None:
    """Raises JournalUnavailable when it is not done: it can be done again at any time."""
    pause = threading.Event()  # nobody sets it
    try:
        with contextlib.closing(log.connect()) as connection:
            _give_back(writer, log, connection, pause)
            _empty_log(writer, log, connection, pause)
    except sqlite3.Error as error:
        raise unavailable(error) from error


def _give_back(
    writer: Writer, log: Log, connection: sqlite3.Connection, pause: threading.Event
) -> None:
    """The free pages: the last pages move to them, and the end of the file is cut off."""
    pages, until, uncut = PAGES_FIRST, time.monotonic() + SECONDS_MAX, 0
    while True:
        began = time.monotonic()
        seconds, left = writer.step(lambda connection, pages=pages: _cut(connection, pages))  # type: ignore[misc]
        if not left:
            return
        uncut += pages
        if uncut >= CUT_PAGES:  # the file becomes shorter when its log is copied, all at once
            log.copy(connection)
            uncut = 0
        if began > until:
            raise JournalUnavailable(
                f"The journal has {left} free pages still, in which erased events may be read: more"
                " events come than can be given back beside them. It is tried again."
            )
        pages = min(pages * 2, PAGES_MAX) if seconds < STEP_SECONDS / 2 else pages
        pages = max(pages // 2, 1) if seconds > STEP_SECONDS else pages
        pause.wait(REST_SECONDS)


def _cut(connection: sqlite3.Connection, pages: int) -> tuple[float, int]:
    (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    if mode != INCREMENTAL:
        raise JournalUnavailable(
            "journal.db is of an older Footfall and could not be rewritten at the start: free some"
            " of the disk, and start again."
        )
    began = time.monotonic()
    # As a script: a single statement stops after the first page.
    connection.executescript(f"PRAGMA incremental_vacuum({pages})")
    seconds = time.monotonic() - began
    (left,) = connection.execute("PRAGMA freelist_count").fetchone()
    return seconds, left


def _empty_log(
    writer: Writer, log: Log, connection: sqlite3.Connection, pause: threading.Event
) -> None:
    """Whoever reads an older state of the journal keeps its log as it is."""
    until = time.monotonic() + READERS_SECONDS_MAX
    while True:
        pages, few = log.copy(connection)
        if few and (pages <= LONG_PAGES or log.begin_again(writer) <= LONG_PAGES):
            while not log.cut(writer):
                pause.wait(REST_SECONDS)
            if log.empty(writer):
                return
        if time.monotonic() > until:
            raise JournalUnavailable(
                "Somebody reads journal.db, and erased events stay in its log until that ends."
                " It is tried again."
            )
        pause.wait(LOOK_SECONDS)
