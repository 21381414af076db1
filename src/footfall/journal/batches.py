"""Batches: runs of groups on their way into the event store, and pieces of the too large.

    seal: which groups, or which piece of them, on disk → read → insert → release

What was sealed is read again after a crash as it was, whatever the limits are by then. So the same
events come under the same token, said to come again.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from footfall.core.books import Run
from footfall.core.ports import Batch

BATCH_EVENTS_MAX: Final = 40_000
BATCH_BYTES_MAX: Final = 16 << 20
BATCH_GROUPS_MAX: Final = 10_000
"""A batch is held in memory whole, and the engine needs about 2 KB a row to take it, or 2.5 times
the bytes: these bound both. What an insert takes besides its rows is that of 6,000 rows. One group
that has more events or bytes is cut into pieces that have no more."""

READ_BYTES: Final = 1 << 20

COLUMNS: Final = (
    "ALTER TABLE state ADD COLUMN cuts TEXT",
    "ALTER TABLE state ADD COLUMN pieces INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE state ADD COLUMN begun INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE state ADD COLUMN tried INTEGER NOT NULL DEFAULT 0",
)
"""What the state of a journal lacks that was made before there were pieces. Of the batch under way:
where its pieces end in the lines of its one group (NULL: it is whole), how many of them were
released and how many given away, and whether it was given away whole before it was cut."""

# Each row of an answer lets go of the interpreter, and must wait to have it back, 5 ms when another
# thread is busy. So many groups are read as one row.
_LAST_OF_BATCH: Final = """
SELECT max(sequence) FROM (
    SELECT sequence, row_number() OVER run AS number, sum(events) OVER run AS events,
        sum(size) OVER run AS size
    FROM (SELECT sequence, events, length(lines) AS size FROM groups ORDER BY sequence LIMIT ?)
    WINDOW run AS (ORDER BY sequence)
) WHERE number = 1 OR (events <= ? AND size <= ?)
"""
_SIZE: Final = """
SELECT min(sequence), count(*), coalesce(sum(events), 0), coalesce(sum(length(lines)), 0)
FROM groups WHERE sequence <= ?
"""
_LINES: Final = """
SELECT CAST(group_concat(lines, char(10)) AS BLOB) FROM groups WHERE sequence <= ?
"""
_SPAN: Final = """
SELECT coalesce(sum(events), 0), coalesce(sum(length(lines)), 0), coalesce(max(last_id), 0)
FROM groups WHERE sequence BETWEEN ? AND ?
"""
SEAL: Final = "UPDATE state SET sealed = ?, cuts = ?, pieces = ?, begun = ?, tried = ?"
RELEASED: Final = "UPDATE state SET pieces = begun"
CLEAR: Final = "UPDATE state SET sealed = NULL, cuts = NULL, pieces = 0, begun = 0, tried = 0"
_CLEAR_GONE: Final = """
UPDATE state SET sealed = NULL, cuts = NULL, pieces = 0, begun = 0, tried = 0
WHERE sealed < (SELECT coalesce(min(sequence), 1 << 62) FROM groups)
"""

_encode = msgspec.json.Encoder().encode
_decode_cuts = msgspec.json.Decoder(list[int]).decode


class Seal(msgspec.Struct, frozen=True):
    """The batch under way, as it stands in `state`; `last` is the sequence of its last group.
    `again` when it, or the piece of it that is next, was given away before."""

    last: int
    cuts: list[int]
    pieces: int
    tried: bool
    again: bool

    def values(self) -> tuple[int, str | None, int, int, bool]:
        """For SEAL: what must be on disk before the batch, or its next piece, is given away."""
        cuts = _encode(self.cuts).decode() if self.cuts else None
        return self.last, cuts, self.pieces, self.pieces + bool(self.cuts), self.tried


def prepare(connection: sqlite3.Connection) -> None:
    """The columns, in a file of any age."""
    columns = connection.execute("PRAGMA table_info(state)").fetchall()
    if "cuts" in [name for _, name, *_ in columns]:
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in COLUMNS:
        connection.execute(statement)
    connection.execute("COMMIT")


def find_batch(reader: sqlite3.Connection) -> tuple[Seal, bool] | None:
    """What is to be given away next, and whether that is on disk already. None when no group waits.
    Raises sqlite3.Error."""
    sealed, cuts, pieces, begun, tried = reader.execute(
        "SELECT sealed, cuts, pieces, begun, tried FROM state"
    ).fetchone()
    if cuts is not None:
        seal = Seal(sealed, _decode_cuts(cuts), pieces, bool(tried), begun > pieces or bool(tried))
        return seal, begun > pieces
    last = sealed
    if sealed is None:
        limits = (BATCH_GROUPS_MAX, BATCH_EVENTS_MAX, BATCH_BYTES_MAX)
        (last,) = reader.execute(_LAST_OF_BATCH, limits).fetchone()
        if last is None:
            return None
    first, groups, events, size = reader.execute(_SIZE, (last,)).fetchone()
    again = sealed is not None
    if groups == 1 and (events > BATCH_EVENTS_MAX or size > BATCH_BYTES_MAX):
        found = find_cuts(reader, first)
        if len(found) > 1:
            return Seal(last, found, 0, again, again), False
    return Seal(last, [], 0, False, again), again


def find_cuts(reader: sqlite3.Connection, sequence: int) -> list[int]:
    """Where pieces of this group end: each is as long as the limits allow, and has whole lines."""
    cuts: list[int] = []
    with reader.blobopen("groups", "lines", sequence, readonly=True) as lines:
        while (start := cuts[-1] if cuts else 0) < len(lines):
            piece = _read(lines, start, BATCH_BYTES_MAX)
            if start + len(piece) < len(lines):
                whole = piece.rfind(b"\n") + 1
                while not whole and start + len(piece) < len(lines):  # a line that is longer
                    more = _read(lines, start + len(piece), READ_BYTES)
                    whole = len(piece) + end if (end := more.find(b"\n") + 1) else 0
                    piece += more
                piece = piece[: whole or len(piece)]
            if piece.count(b"\n") >= BATCH_EVENTS_MAX:
                rest = piece.split(b"\n", BATCH_EVENTS_MAX)[BATCH_EVENTS_MAX]
                piece = piece[: len(piece) - len(rest)]
            cuts.append(start + len(piece))
    return cuts


def _read(lines: sqlite3.Blob, start: int, bytes_max: int) -> bytes:
    lines.seek(start)
    return lines.read(bytes_max)


def read_batch(reader: sqlite3.Connection, name: str, seal: Seal) -> Batch:
    """The batch, or its next piece. Raises sqlite3.Error."""
    first, groups, events, _ = reader.execute(_SIZE, (seal.last,)).fetchone()
    if not seal.cuts:
        (lines,) = reader.execute(_LINES, (seal.last,)).fetchone()
        lines = (lines or b"") + b"\n"
        token = f"{name}-{seal.last}-{_digest(lines)}"
        return Batch(token, seal.last, events, lines, seal.again, name, first or 0, groups)
    number, final = seal.pieces, seal.pieces == len(seal.cuts) - 1
    tail = b""
    with reader.blobopen("groups", "lines", first, readonly=True) as whole:
        start = seal.cuts[number - 1] if number else 0
        lines = _read(whole, start, seal.cuts[number] - start).rstrip(b"\n") + b"\n"
        if seal.tried and not final:
            tail = _read(whole, seal.cuts[-2], seal.cuts[-1] - seal.cuts[-2])
    return Batch(
        token=f"{name}-{seal.last}-{number}-{_digest(lines)}",
        last=seal.last if final else first - 1,
        events=lines.count(b"\n"),
        lines=lines,
        again=seal.again,
        journal=name,
        first=first if final else 0,
        groups=1 if final else 0,
        final=final,
        tail=tail,
    )


def measure(reader: sqlite3.Connection, last: int) -> tuple[int, int, int]:
    """Events and bytes of the groups up to this one, and their greatest id."""
    events, size, last_id = reader.execute(_SPAN, (0, last)).fetchone()
    return events, size, last_id


def forget(connection: sqlite3.Connection, last: int, last_id: int) -> None:
    """The groups up to this one, whose greatest id this is: they are in the event store."""
    connection.execute("DELETE FROM groups WHERE sequence <= ?", (last,))
    connection.execute("UPDATE state SET last_id = max(last_id, ?)", (last_id,))
    connection.execute(CLEAR)


def forget_stored(
    connection: sqlite3.Connection, stored: Sequence[Run], until: int
) -> tuple[int, int]:
    """Of the groups up to this one those that the event store has. How many events and bytes."""
    events = size = 0
    for run in stored:
        span = run.first, min(run.last, until)
        found = connection.execute(_SPAN, span).fetchone()
        connection.execute("UPDATE state SET last_id = max(last_id, ?)", (found[2],))
        connection.execute("DELETE FROM groups WHERE sequence BETWEEN ? AND ?", span)
        events, size = events + found[0], size + found[1]
    connection.execute(_CLEAR_GONE)
    return events, size


def _digest(lines: bytes) -> str:
    """The content is in the token: a journal that went back in time gives the same positions to
    other events, and the event store must not take these for those that it has."""
    return hashlib.blake2b(lines, digest_size=8).hexdigest()
