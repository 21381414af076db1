"""The keys of events that were told, so that a repetition finds the first.

They are in the journal's file, and written by the commit that journals their events: a key is
there when its event is, whatever crashes. A key counts for a window of time since its event was
received. Older ones lose their place to a new event at once, and are removed little by little.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final

import msgspec

KEYS_AT_ONCE: Final = 2_000
"""One step of removing holds the journal up for about a millisecond."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS told (
    key BLOB PRIMARY KEY,               -- core/telling.py
    id  INTEGER NOT NULL                -- of the first event; says when it was received
) WITHOUT ROWID;
"""


# One statement for all of them: each lets go of the interpreter once, and must wait to have it
# back. Keys come as one blob, ids as a JSON array.
_KEEP: Final = """
INSERT INTO told (key, id)
SELECT substr(?1, 16 * one.key + 1, 16), one.value FROM json_each(?2) AS one WHERE true
ON CONFLICT (key) DO UPDATE SET id = excluded.id WHERE told.id < excluded.id - ?3
"""
_FIND: Final = """
SELECT one.value, told.id FROM json_each(?2) AS one
JOIN told ON told.key = substr(?1, 16 * one.key + 1, 16) WHERE told.id != one.value
"""


def keep_keys(
    connection: sqlite3.Connection, keyed: Mapping[int, bytes], window: int
) -> dict[int, int]:
    """Keep the keys of these event ids within the transaction. Returns the ids whose key is taken,
    each with the id that has it; `window` is a distance between ids."""
    blob, ids = b"".join(keyed.values()), msgspec.json.encode(list(keyed)).decode()
    kept = connection.execute(_KEEP, (blob, ids, window)).rowcount
    if kept == len(keyed):
        return {}
    return dict(connection.execute(_FIND, (blob, ids)).fetchall())


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
