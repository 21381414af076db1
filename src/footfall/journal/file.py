"""The journal's file: how it is opened, and what is in it."""

import contextlib
import secrets
import sqlite3
from pathlib import Path
from typing import Final

from footfall.journal import batches, groups, keys, ledger
from footfall.journal.damage import opening
from footfall.journal.scrubbing import INCREMENTAL

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS groups (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused, also after a release
    events   INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    counts   TEXT NOT NULL,                     -- of the events, as the ledger has them
    lines    BLOB NOT NULL                      -- JSON lines as the event store takes them
);
CREATE TABLE IF NOT EXISTS state (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    name    TEXT NOT NULL,                      -- makes batch tokens unique among journals
    last_id INTEGER NOT NULL,                   -- greatest event id that was released
    sealed  INTEGER,                            -- last sequence of the batch under way
    opened_id       INTEGER NOT NULL DEFAULT 0, -- greatest event id, and last sequence, from
    opened_sequence INTEGER NOT NULL DEFAULT 0  -- before there was a ledger
);
"""


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """In autocommit mode. Writes nothing to a journal: on a disk that stalls, a write here would
    hold the lock that the writer's commits need. `create` sets up a file that is new. Raises
    sqlite3.Error."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    try:
        if create and connection.execute("PRAGMA page_count").fetchone() == (0,):
            # Scrubbing gives back the pages that released events were on, and does not rewrite the
            # keys of a week, for which every scan would have to wait.
            connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
        connection.execute("PRAGMA secure_delete = FAST")  # on pages that stay
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # the keeper copies the log
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def prepare(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """A connection that reads and one that writes, to a file of any age or a new one. Raises
    JournalUnavailable, JournalDamaged."""
    with opening(path):
        reader = connect(path, create=True)
        reader.executescript(SCHEMA + keys.SCHEMA)
        reader.execute(
            "INSERT OR IGNORE INTO state (one, name, last_id) VALUES (1, ?, 0)",
            (secrets.token_hex(8),),
        )
        ledger.prepare(reader)
        batches.prepare(reader)
        if reader.execute("PRAGMA auto_vacuum").fetchone() != (INCREMENTAL,):
            with contextlib.suppress(sqlite3.Error):  # a full disk: `scrub` will say so
                reader.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
                reader.execute("VACUUM")
        writer = connect(path)
        groups.prepare(writer)
    return reader, writer
