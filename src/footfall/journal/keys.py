"""The keys of ingested events, by which a duplicate finds the first.

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
CREATE TABLE IF NOT EXISTS ingested_keys (
    key BLOB PRIMARY KEY,               -- core/ingested.py
    id  INTEGER NOT NULL                -- of the first event; says when it was received
) WITHOUT ROWID;
"""


KEEP: Final = """
INSERT INTO ingested_keys (key, id)
SELECT substr(NEW.keys, 16 * one.key + 1, 16), one.value
FROM json_each(NEW.ids) AS one WHERE true
ON CONFLICT (key) DO UPDATE SET id = excluded.id WHERE ingested_keys.id < excluded.id - NEW.window;
SELECT RAISE(ABORT, 'duplicate') WHERE changes() != json_array_length(NEW.ids);
"""
"""A part of the statement that commits a group. Keys are one blob, ids a JSON array, the window a
distance between ids."""

_FIND: Final = """
SELECT one.value, known.id FROM json_each(?2) AS one
JOIN ingested_keys AS known ON known.key = substr(?1, 16 * one.key + 1, 16)
WHERE known.id >= one.value - ?3
"""


def encode(keyed: Mapping[int, bytes]) -> tuple[bytes, str]:
    """The keys of these event ids, and the ids."""
    return b"".join(keyed.values()), msgspec.json.encode(list(keyed)).decode()


def find_firsts(
    connection: sqlite3.Connection, keyed: Mapping[int, bytes], window: int
) -> dict[int, int]:
    """The ids whose key another event has, each with the id of that event: one that is kept, or an
    earlier one of these."""
    firsts: dict[int, int] = dict(connection.execute(_FIND, (*encode(keyed), window)).fetchall())
    new: dict[bytes, int] = {}
    for id, key in keyed.items():
        if id not in firsts and new.setdefault(key, id) != id:
            firsts[id] = new[key]
    return firsts


def remove_keys(connection: sqlite3.Connection, after: bytes, below: int) -> bytes:
    """Of the next keys after this one, remove those of events with an id below. Returns the key
    to go on after, b"" at the end."""
    row = connection.execute(
        "SELECT key FROM ingested_keys WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?",
        (after, KEYS_AT_ONCE),
    ).fetchone()
    until = row[0] if row else b"\xff" * 17
    connection.execute(
        "DELETE FROM ingested_keys WHERE key > ? AND key <= ? AND id < ?", (after, until, below)
    )
    return row[0] if row else b""
