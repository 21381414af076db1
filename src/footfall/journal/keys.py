"""The keys of events that were told, so that a repetition finds the first.

They are in the journal's file, and written by the commit that journals their events: a key is
there when its event is, whatever crashes. A key counts for a window of time since its event was
received. Older ones lose their place to a new event at once, and are removed little by little.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

KEYS_AT_ONCE: Final = 2_000
"""One step of removing holds the journal up for about a millisecond."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS told (
    key BLOB PRIMARY KEY,               -- core/telling.py
    id  INTEGER NOT NULL                -- of the first event; says when it was received
) WITHOUT ROWID;
"""


def keep_keys(
    connection: sqlite3.Connection, keyed: Sequence[tuple[bytes, int]], window: int
) -> dict[int, int]:
    """Keep (key, event id) within the transaction. Returns the ids whose key is taken, each with
    the id that has it; `window` is a distance between ids."""
    before = connection.total_changes
    connection.executemany(
        "INSERT INTO told (key, id) VALUES (?1, ?2)"
        " ON CONFLICT (key) DO UPDATE SET id = ?2 WHERE id < ?3",
        [(key, id, id - window) for key, id in keyed],
    )
    if connection.total_changes - before == len(keyed):
        return {}
    find = "SELECT id FROM told WHERE key = ?"
    holders = ((id, connection.execute(find, (key,)).fetchone()[0]) for key, id in keyed)
    return {id: holder for id, holder in holders if holder != id}


def remove_keys(connection: sqlite3.Connection, after: bytes, below: int) -> bytes:
    """Of the next keys after this one, remove those of events with an id below. Returns the key
    to go on after, b"" at the end."""
    row = connection.execute(
        "SELECT key FROM told WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?", (after, KEYS_AT_ONCE)
    ).fetchone()
    until = row[0] if row else b"\xff" * 17
    connection.execute(
        "DELETE FROM told WHERE key > ? AND key <= ? AND id < ?", (after, until, below)
    )
    return row[0] if row else b""
