"""Events that share one commit, and the commit.

It is one statement, an insert into a view whose trigger does the rest, and so one step without the
interpreter. Each step must wait to have it back: of a commit in five that was two thirds of the
time. View and trigger are the connection's own, and not in the file.
"""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from footfall.core.ports import Backlog
from footfall.core.tally import Tally
from footfall.core.telling import Told, line_of, tally_of, without
from footfall.journal import keys, ledger

_COMMITTING: Final = f"""
CREATE TEMP VIEW committing AS
SELECT 0 AS sequence, 0 AS events, 0 AS last_id, '' AS counts, '' AS lines,
    '' AS keys, '' AS ids, 0 AS window;
CREATE TEMP TRIGGER commit_group INSTEAD OF INSERT ON committing BEGIN
    {keys.KEEP}
    INSERT INTO groups (sequence, events, last_id, counts, lines)
    VALUES (NEW.sequence, NEW.events, NEW.last_id, NEW.counts, NEW.lines);
    {ledger.ENTER}
END;
"""
_COMMIT: Final = "INSERT INTO committing VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class ToldPart:
    """Told events of one request: the writer finds out which of them are repetitions."""

    __slots__ = ("firsts", "ids", "told")

    def __init__(self, ids: Sequence[int], told: Sequence[Told]) -> None:
        self.ids = ids
        self.told = told
        self.firsts: dict[int, int] = {}


class Group:
    """Events that will share one commit. Each has its own future: a request that is given up
    cancels what it waits for, and must not cancel the others."""

    __slots__ = ("counts", "events", "futures", "last_id", "lines", "told")

    def __init__(self) -> None:
        self.events = 0
        self.lines: list[bytes] = []
        self.counts = Tally()
        self.told: list[ToldPart] = []
        self.futures: list[tuple[asyncio.Future[Any], object]] = []
        self.last_id = 0

    def all_told(self) -> tuple[Sequence[int], Sequence[Told]]:
        ids = [id for part in self.told for id in part.ids]
        return ids, [one for part in self.told for one in part.told]


def prepare(writer: sqlite3.Connection) -> None:
    """What the statement inserts into."""
    writer.executescript(_COMMITTING)


def enter(writer: sqlite3.Connection, group: Group, sequence: int, window: int) -> Backlog:
    """Commit a group under this number, and return what that adds to the backlog: nothing, when
    all of it was told before. What was is rare, and so found out by trying, and left out then.
    `window` is a distance between ids. Raises sqlite3.Error, and nothing is kept."""
    try:
        return _insert(writer, group, sequence, window, {})
    except sqlite3.IntegrityError:
        firsts = keys.find_firsts(writer, _keyed(*group.all_told()), window)
        if not firsts:
            raise
    for part in group.told:
        part.firsts.update({id: firsts[id] for id in part.ids if id in firsts})
    return _insert(writer, group, sequence, window, firsts)


def _insert(
    writer: sqlite3.Connection,
    group: Group,
    sequence: int,
    window: int,
    firsts: Mapping[int, int],
) -> Backlog:
    """All but what was told before."""
    ids, told = without(firsts, *group.all_told())
    lines = [*group.lines, *map(line_of, ids, told)]
    if not lines:
        return Backlog(0, 0)
    counts = Tally(group.counts)
    counts.add_all(tally_of(ids, told))
    joined = b"\n".join(lines)
    row = sequence, len(lines), group.last_id, ledger.encode(counts), joined
    writer.execute(_COMMIT, (*row, *keys.encode(_keyed(ids, told)), window))
    return Backlog(len(lines), len(joined))


def _keyed(ids: Sequence[int], told: Sequence[Told]) -> dict[int, bytes]:
    return {id: one.key for id, one in zip(ids, told, strict=True) if one.key}
