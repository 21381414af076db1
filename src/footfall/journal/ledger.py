"""The journal's ledger: how many events it took, and gave to the event store.

It is written in the very transactions that commit a group and that release a batch, so after any
crash `journalled - released` is what waits. Old hours become days, or it would grow for ever.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.capture.event_counts import EventCounts
from footfall.core.books import Entry, JournalBook
from footfall.core.calendar import HOUR_MS
from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event
from footfall.core.ids import hour_received

SCHEMA: Final = (
    """
CREATE TABLE IF NOT EXISTS ledger (
    account    INTEGER NOT NULL,
    source     TEXT NOT NULL,
    hours      INTEGER NOT NULL,               -- 1, or the 24 of a UTC day
    hour       INTEGER NOT NULL,               -- the first of them: of receipt, since 1970
    journalled INTEGER NOT NULL DEFAULT 0,
    released   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, source, hours, hour)
) WITHOUT ROWID
""",
    "CREATE INDEX IF NOT EXISTS ledger_by_hour ON ledger (hours, hour)",
)
COLUMNS: Final = (
    "ALTER TABLE groups ADD COLUMN counts TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE state ADD COLUMN opened_id INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE state ADD COLUMN opened_sequence INTEGER NOT NULL DEFAULT 0",
    "UPDATE state SET"
    " opened_id = max(last_id, (SELECT coalesce(max(last_id), 0) FROM groups)),"
    " opened_sequence = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'groups'), 0)",
)
"""What a journal lacks that was made before there was a ledger."""

HOURS_KEPT: Final = 35 * 24
FOLDED_AT_ONCE: Final = 500
"""Rows: a release must not hold up commits."""

ENTER: Final = """
INSERT INTO ledger (account, source, hours, hour, journalled)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), 1, json_extract(value, '$[2]'),
    json_extract(value, '$[3]')
FROM json_each(NEW.counts) WHERE true
ON CONFLICT DO UPDATE SET journalled = journalled + excluded.journalled;
"""
"""A part of the statement that commits a group: its events are journalled."""

ADD: Final = """
INSERT INTO ledger (account, source, hours, hour, {0}) VALUES (?, ?, {1}, ?, ?)
ON CONFLICT DO UPDATE SET {0} = {0} + excluded.{0}
"""
RELEASED: Final = ADD.format("released", 1)

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[tuple[int, str, int, int]]).decode
_decode_all: Final = msgspec.json.Decoder(list[list[tuple[int, str, int, int]]]).decode
_decode_event: Final = msgspec.json.Decoder(Event).decode


def prepare(connection: sqlite3.Connection) -> None:
    """The table and columns, in a file of any age."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA:
        connection.execute(statement)
    columns = connection.execute("PRAGMA table_info(groups)").fetchall()
    if "counts" not in [name for _, name, *_ in columns]:
        for statement in COLUMNS:
            connection.execute(statement)
    connection.execute("COMMIT")


def encode(counts: EventCounts) -> str:
    return _encode([(*place, events) for place, events in counts.items()]).decode()


def count_groups(reader: sqlite3.Connection, last: int) -> EventCounts:
    """The events of the groups up to this position, for `release`."""
    total = EventCounts()
    (of_groups,) = reader.execute(
        "SELECT '[' || group_concat(counts) || ']' FROM groups WHERE sequence <= ?", (last,)
    ).fetchone()
    for counts in _decode_all(of_groups or "[]"):
        for account, source, hour, events in counts:
            total.add_all({(account, source, hour): events})
    return total


def release(connection: sqlite3.Connection, total: EventCounts) -> None:
    """These events are in the event store, when the transaction is committed."""
    connection.executemany(RELEASED, [(*place, events) for place, events in total.items()])
    _fold(connection, max((hour for _, _, hour in total), default=0) - HOURS_KEPT)


def start_over(connection: sqlite3.Connection, name: str) -> None:
    """From now on this is a journal with another name. What was journalled before under the name
    that it had is not reported any more: the entries would be held against another journal's."""
    connection.execute("DELETE FROM ledger")
    connection.execute(
        "UPDATE state SET name = ?,"
        " opened_id = max(last_id, (SELECT coalesce(max(last_id), 0) FROM groups)),"
        " opened_sequence = coalesce((SELECT min(sequence) - 1 FROM groups),"
        " (SELECT seq FROM sqlite_sequence WHERE name = 'groups'), 0)",
        (name,),
    )


def _fold(connection: sqlite3.Connection, before: int) -> None:
    """Hours of days that ended before this one, a few at a time, into their days."""
    old = connection.execute(
        "SELECT account, source, hour, journalled, released FROM ledger"
        " WHERE hours = 1 AND hour < ? LIMIT ?",
        (before // 24 * 24, FOLDED_AT_ONCE),
    ).fetchall()
    for account, source, hour, journalled, released in old:
        for name, events in (("journalled", journalled), ("released", released)):
            connection.execute(ADD.format(name, 24), (account, source, hour // 24 * 24, events))
        connection.execute(
            "DELETE FROM ledger WHERE account = ? AND source = ? AND hours = 1 AND hour = ?",
            (account, source, hour),
        )


def connect_to_read(path: Path) -> sqlite3.Connection:
    """To a file of any name, which must exist. Raises sqlite3.Error."""
    url = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(url, uri=True, isolation_level=None)


class SqliteLedger:
    """See `integrity.ports.Ledger`. Reads beside the journal's writer, or a journal that nobody
    uses."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, account: int | None, since: int, until: int) -> JournalBook:
        connection = self._connect()
        try:
            connection.execute("BEGIN")  # all of it at one moment
            return _read(connection, account, since, until)
        except sqlite3.Error as error:
            raise JournalUnavailable(f"The journal cannot be read: {error}") from error
        finally:
            connection.close()

    def released(self) -> tuple[str, dict[int, int]]:
        """The journal's name, and by account how many events it gave to the event store. Blocks;
        raises JournalUnavailable."""
        (name,) = next(self._ask("SELECT name FROM state"))
        return name, dict(self._ask("SELECT account, sum(released) FROM ledger GROUP BY account"))

    def waiting(self) -> EventCounts:
        """By the groups themselves. Reads all of them."""
        found = EventCounts()
        for (counts,) in self._ask("SELECT counts FROM groups"):
            for account, source, hour, events in _decode(counts):
                found.add_all({(account, source, hour): events})
        return found

    def begun(self) -> set[tuple[int, int]]:
        """(account, hour), of receipt and of occurrence, of the events of a batch that was given
        to the event store and not released."""
        found = set()
        for (lines,) in self._ask(
            "SELECT lines FROM groups WHERE sequence <= (SELECT sealed FROM state)"
        ):
            for line in lines.splitlines():
                event = _decode_event(line)
                found.add((event.account, hour_received(event.id)))
                found.add((event.account, event.occurred_at // HOUR_MS))
        return found

    def _ask(self, sql: str) -> Iterator[Any]:
        connection = self._connect()
        try:
            yield from connection.execute(sql)
        except sqlite3.Error as error:
            raise JournalUnavailable(f"The journal cannot be read: {error}") from error
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        try:
            return connect_to_read(self._path)
        except sqlite3.Error as error:
            raise JournalUnavailable(f"The journal cannot be opened: {error}") from error


def _read(
    connection: sqlite3.Connection, account: int | None, since: int, until: int
) -> JournalBook:
    name, opened_id, opened = connection.execute(
        "SELECT name, opened_id, opened_sequence FROM state"
    ).fetchone()
    (position,) = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'groups'"
    ).fetchone()
    oldest = connection.execute(
        "SELECT sequence, last_id FROM groups ORDER BY sequence LIMIT 1"
    ).fetchone()
    sql = "SELECT account, source, hours, hour, journalled, released FROM ledger"
    sql += " WHERE hour >= ? AND hour < ?"
    values: tuple[int, ...] = (since, until)
    if account is not None:
        sql, values = f"{sql} AND account = ?", (*values, account)
    entries = connection.execute(sql, values).fetchall()
    return JournalBook(
        name=name,
        opened_hour=hour_received(opened_id) + 1 if opened_id else 0,
        opened=opened,
        position=position,
        released=position if oldest is None else oldest[0] - 1,
        waiting_since=None if oldest is None else oldest[1],
        entries=[Entry(*row) for row in entries],
    )
