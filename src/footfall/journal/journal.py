"""The journal: events on disk before they are answered.

A SQLite file in WAL mode with `synchronous=FULL`: a commit returns after the fsync, and a torn
write at the end is recognised by SQLite's checksums. Events that arrive while a commit is under
way share the next one (group commit), so the cost of the fsync is divided among them.
The keys of told events are in the same file and the same commits (`journal/keys.py`).

One thread writes, in the order the event loop asks: commit a group, seal a batch, release a batch.
Everything else about the open group belongs to the event loop, and so needs no lock.
"""

import asyncio
import contextlib
import queue
import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event
from footfall.core.ids import TIME_SHIFT, first_id_at
from footfall.core.ports import Backlog, Batch
from footfall.core.telling import Told
from footfall.journal import groups, keys, ledger
from footfall.journal.groups import Group, ToldPart

BATCH_EVENTS_MAX: Final = 40_000
BATCH_BYTES_MAX: Final = 16 << 20
BATCH_GROUPS_MAX: Final = 10_000
"""A batch is held in memory whole, and the engine needs about 2 KB a row to take it: these bound
both (one group may exceed them), and how long commits wait for a batch to be sealed. What an insert
takes besides its rows is that of 6,000 rows."""

DAY_MS: Final = 86_400_000
INCREMENTAL: Final = 2
KEY_STEPS: Final = 200
"""Of removing keys at a time: 400,000 keys are looked at a minute."""

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

# Each row of an answer lets go of the interpreter, and must wait to have it back, 5 ms when another
# thread is busy. So what is asked of many groups is asked for in one row.
_LAST_OF_BATCH: Final = """
SELECT max(sequence) FROM (
    SELECT sequence, row_number() OVER run AS number, sum(events) OVER run AS events,
        sum(size) OVER run AS size
    FROM (SELECT sequence, events, length(lines) AS size FROM groups ORDER BY sequence LIMIT ?)
    WINDOW run AS (ORDER BY sequence)
) WHERE number = 1 OR (events <= ? AND size <= ?)
"""
_BATCH: Final = """
SELECT min(sequence), count(*), sum(events), CAST(group_concat(lines, char(10)) AS BLOB)
FROM groups WHERE sequence <= ?
"""

_encode = msgspec.json.Encoder().encode
T = TypeVar("T")


class SqliteJournal:
    """See `core.ports.ToldJournal`. `append` and `position` belong to one event loop.

    `bytes_max` bounds the backlog: past it events are refused as if the disk were full. The keys of
    told events count for `told_days`.
    """

    def __init__(self, path: Path, bytes_max: int, told_days: int = 7) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._window = told_days * DAY_MS << TIME_SHIFT
        self._key = b""
        self._commands: queue.SimpleQueue[Callable[[sqlite3.Connection], None] | None]
        self._commands = queue.SimpleQueue()
        self._open: Group | None = None
        self._full: deque[Group] = deque()
        self._writing = False
        self._loop: asyncio.AbstractEventLoop | None = None

        try:
            connection = self._connect()
            connection.executescript(SCHEMA + keys.SCHEMA)
        except sqlite3.Error as error:
            raise JournalUnavailable(f"{path} cannot be opened: {error}") from error
        connection.execute(
            "INSERT OR IGNORE INTO state (one, name, last_id) VALUES (1, ?, 0)",
            (secrets.token_hex(8),),
        )
        ledger.prepare(connection)
        self._name, released_id = connection.execute("SELECT name, last_id FROM state").fetchone()
        events, size, waiting_id = connection.execute(
            "SELECT coalesce(sum(events), 0), coalesce(sum(length(lines)), 0),"
            " coalesce(max(last_id), 0) FROM groups"
        ).fetchone()
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'groups'").fetchone()
        self._reader = connection  # from now on the loader's alone
        self.last_id: int = max(released_id, waiting_id)
        """The greatest event id ever journalled: the id generator goes on from it."""
        self._position: int = row[0] if row else 0
        self._sequence = self._position  # the writer's
        self._backlog = Backlog(events, size)
        writer = self._connect()
        groups.prepare(writer)
        self._writer = threading.Thread(
            target=self._write, args=(writer,), name="journal-writer", daemon=True
        )
        self._writer.start()

    # ── on the event loop ─────────────────────────────────────────────────────────────────────

    def append(self, *events: Event) -> asyncio.Future[None]:
        group, done = self._join(len(events), None)
        if group is not None:
            for event in events:
                group.lines.append(_encode(event))
                group.counts.add(event.account, event.source, event.id)
                # A promised event may be an older one.
                group.last_id = max(group.last_id, event.id)
        return done

    def append_told(
        self, ids: Sequence[int], told: Sequence[Told]
    ) -> asyncio.Future[Mapping[int, int]]:
        part = ToldPart(ids, told)
        group, done = self._join(len(ids), part.firsts)
        if group is not None:
            group.told.append(part)
            group.last_id = max(group.last_id, ids[-1])
        return done

    def _join(self, events: int, result: object) -> tuple[Group | None, asyncio.Future[Any]]:
        """The open group, and what is done with this result when the group is on disk. No group
        when the journal is full: then it is done already."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        done = loop.create_future()
        if self._backlog.bytes >= self._bytes_max:
            done.set_exception(
                JournalUnavailable(
                    "The journal holds as much as it may: the event store is behind or away."
                )
            )
            return None, done
        group = self._open
        if group is not None and group.events >= BATCH_EVENTS_MAX:
            self._full.append(group)  # the engine takes a group whole: many would be too many
            group = self._open = Group()
        if group is None:
            group = self._open = Group()
            if not self._writing:
                loop.call_soon(self._dispatch)
        group.events += events
        group.futures.append((done, result))
        return group, done

    def position(self) -> int:
        return self._position

    def backlog(self) -> Backlog:
        return self._backlog

    def _dispatch(self) -> None:
        if self._full:
            group: Group | None = self._full.popleft()
        else:
            group, self._open = self._open, None
        if group is not None:
            self._writing = True
            self._commands.put(lambda connection: self._commit(connection, group))

    def _committed(self, group: Group, sequence: int | None, error: Exception | None) -> None:
        self._writing = False
        self._dispatch()
        if sequence is not None:
            self._position = sequence
        for done, result in group.futures:
            if done.done():
                continue
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(JournalUnavailable(f"The journal cannot be written: {error}"))

    # ── on the writer's thread ────────────────────────────────────────────────────────────────

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, timeout=10, check_same_thread=False
        )
        # Of a new file. So scrubbing gives back the pages that released events were on, and does
        # not rewrite the keys of a week, for which every scan would have to wait.
        connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
        connection.execute("PRAGMA secure_delete = FAST")  # on pages that stay
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _write(self, connection: sqlite3.Connection) -> None:
        while (command := self._commands.get()) is not None:
            command(connection)
        connection.close()

    def _commit(self, connection: sqlite3.Connection, group: Group) -> None:
        assert self._loop is not None
        sequence, error = None, None
        try:
            entered = groups.enter(connection, group, self._sequence + 1, self._window)
            if entered.events:
                sequence = self._sequence = self._sequence + 1
                waiting = self._backlog
                self._backlog = Backlog(
                    waiting.events + entered.events, waiting.bytes + entered.bytes
                )
        except Exception as failure:  # every request of the group waits for an answer
            error = failure
            _roll_back(connection)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._committed, group, sequence, error)

    def _call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run on the writer's thread and wait; raises JournalUnavailable."""
        result: Future[T] = Future()

        def command(connection: sqlite3.Connection) -> None:
            try:
                result.set_result(work(connection))
            except Exception as error:  # the caller waits for an answer
                _roll_back(connection)
                result.set_exception(JournalUnavailable(f"The journal cannot be written: {error}"))

        self._commands.put(command)
        return result.result()

    # ── on the loader's thread ────────────────────────────────────────────────────────────────

    def take(self) -> Batch | None:
        """Seal the oldest groups as a batch and read it.

        The seal is on disk before the batch leaves: after a crash the same groups make the same
        batch under the same token, said to come again, and the event store finds out what of it
        it has.
        """
        sealed = self._call(self._seal)
        if sealed is None:
            return None
        last, again = sealed
        try:
            first, groups, events, lines = self._reader.execute(_BATCH, (last,)).fetchone()
        except sqlite3.Error as error:
            raise JournalUnavailable(f"The journal cannot be read: {error}") from error
        return Batch(
            token=f"{self._name}-{last}",
            last=last,
            events=events or 0,
            lines=(lines or b"") + b"\n",
            again=again,
            journal=self._name,
            first=first or 0,
            groups=groups,
        )

    @staticmethod
    def _seal(connection: sqlite3.Connection) -> tuple[int, bool] | None:
        """The last sequence of the batch under way, and whether it was so before this call."""
        (sealed,) = connection.execute("SELECT sealed FROM state").fetchone()
        if sealed is not None:
            return int(sealed), True
        limits = (BATCH_GROUPS_MAX, BATCH_EVENTS_MAX, BATCH_BYTES_MAX)
        (last,) = connection.execute(_LAST_OF_BATCH, limits).fetchone()
        if last is None:
            return None
        connection.execute("UPDATE state SET sealed = ?", (last,))
        return last, False

    def release(self, batch: Batch) -> None:
        def forget(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            events, size, last_id = connection.execute(
                "SELECT sum(events), sum(length(lines)), max(last_id)"
                " FROM groups WHERE sequence <= ?",
                (batch.last,),
            ).fetchone()
            ledger.release(connection, batch.last)
            connection.execute("DELETE FROM groups WHERE sequence <= ?", (batch.last,))
            connection.execute(
                "UPDATE state SET sealed = NULL, last_id = max(last_id, ?)", (last_id,)
            )
            connection.execute("COMMIT")
            waiting = self._backlog
            self._backlog = Backlog(waiting.events - events, waiting.bytes - size)

        self._call(forget)

    def forget_keys(self, now: int) -> None:
        below = first_id_at(now) - self._window
        for _ in range(KEY_STEPS):
            self._key = self._call(lambda writer: keys.remove_keys(writer, self._key, below))
            if not self._key:
                break

    def scrub(self) -> None:
        def rewrite(connection: sqlite3.Connection) -> None:
            (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
            if mode == INCREMENTAL:
                # As a script: a single statement stops after the first page.
                connection.executescript("PRAGMA incremental_vacuum")
            else:  # a journal of before: from now on as a new one
                connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
                connection.execute("VACUUM")
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise sqlite3.OperationalError("another process reads it")

        self._call(rewrite)

    def close(self) -> None:
        """Commit what is open and stop. What was not released waits for the next start."""
        self._commands.put(None)
        self._writer.join()
        self._reader.close()


def _roll_back(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
