"""The thread that writes the journal, and the order of its work.

A group of events goes first, in one commit with the notes that wait (a batch is sealed, a batch is
released). A step of upkeep goes when neither waits, or when many went before it. So a scan waits
for one commit or one step that is under way, then for its own commit, and never for a row of them.
"""

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from typing import Any, Final, Protocol, TypeVar

from footfall.core.errors import JournalUnavailable

CLOSED: Final = "The journal is closed: the server stops."

TURNS_MAX: Final = 16
"""So many commits go before a step at most: under load there is always one that waits."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class GroupWork(Protocol):
    """A group of events on its way to the file."""

    def enter(self, connection: sqlite3.Connection) -> None:
        """Insert it, perhaps inside of a transaction, and perhaps again after that failed. Raises
        sqlite3.Error."""

    def finish(self, error: Exception | None) -> None:
        """It is on disk, or it is not and this is why. May be called twice: the first counts."""


class Note:
    """Work that somebody waits for; `after` runs on the writer's thread when it is on disk."""

    __slots__ = ("after", "result", "value", "work")

    def __init__(
        self, work: Callable[[sqlite3.Connection], Any], after: Callable[[], None] | None = None
    ) -> None:
        self.work = work
        self.after = after
        self.value: Any = None
        self.result: Future[Any] = Future()

    def enter(self, connection: sqlite3.Connection) -> None:
        self.value = self.work(connection)

    def finish(self, error: Exception | None) -> None:
        if error is None and self.after is not None:
            self.after()
        with contextlib.suppress(InvalidStateError):  # given up by `close` meanwhile
            if error is None:
                self.result.set_result(self.value)
            else:
                self.result.set_exception(unavailable(error))


class Writer:
    """Its methods may be called on any thread. The connection is its own, in autocommit mode."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tokens: queue.SimpleQueue[bool] = queue.SimpleQueue()  # one for each piece of work
        self._groups: deque[GroupWork] = deque()
        self._notes: deque[Note] = deque()
        self._steps: deque[Note] = deque()
        self._under_way: Sequence[GroupWork | Note] = ()
        self._lock = threading.Lock()
        self._closed = False
        self._turns = 0  # since the last step
        self._began: float | None = None
        self.commits = 0
        """How often it wrote since the start."""
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    @property
    def busy_seconds(self) -> float:
        """For how long the work under way has taken, 0.0 for none."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def commit(self, group: GroupWork) -> None:
        """Returns at once; the group learns how it ends. Raises JournalUnavailable when closed."""
        self._put(self._groups, group)

    def call(
        self, work: Callable[[sqlite3.Connection], T], after: Callable[[], None] | None = None
    ) -> T:
        """Do this inside of the next commit, and wait for it. Raises JournalUnavailable."""
        note = Note(work, after)
        self._put(self._notes, note)
        result: T = note.result.result()
        return result

    def step(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do this outside of a transaction when nothing else waits, and wait for it. It must be
        short: every group that comes meanwhile waits for it. Raises JournalUnavailable."""
        note = Note(work)
        self._put(self._steps, note)
        result: T = note.result.result()
        return result

    def close(self, seconds_max: float) -> bool:
        """Do what was requested, and close the connection: True. When that takes longer than this,
        who waits gets an error, and the thread is left alone: False."""
        with self._lock:
            self._closed = True
        self._tokens.put(False)
        self._thread.join(seconds_max)
        ended = not self._thread.is_alive()
        if not ended:
            log.error("The disk takes no writes: the journal stops without them.")
        for work in (*self._under_way, *self._groups, *self._notes, *self._steps):
            work.finish(JournalUnavailable(CLOSED))
        return ended

    def _put(self, line: deque[Any], work: GroupWork | Note) -> None:
        with self._lock:
            if self._closed:
                raise JournalUnavailable(CLOSED)
            line.append(work)
        self._tokens.put(True)

    # ── on its thread ─────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        while self._tokens.get():
            self._began = time.monotonic()
            self._take_turn()
            self._began = None
        self._connection.close()

    def _take_turn(self) -> None:
        self._turns += 1
        if self._steps and (self._turns > TURNS_MAX or not (self._groups or self._notes)):
            self._turns = 0
            self._alone(self._steps.popleft())
            return
        group = self._groups.popleft() if self._groups else None
        notes = [self._notes.popleft() for _ in range(len(self._notes))]
        if notes:
            self._commit([*notes, *([] if group is None else [group])])
        elif group is not None:  # else an earlier turn did this work along with its own
            self._alone(group)

    def _commit(self, together: Sequence[GroupWork | Note]) -> None:
        self.commits += 1
        self._under_way = together
        error = None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for work in together:
                work.enter(self._connection)
            self._connection.execute("COMMIT")
        except Exception as failure:  # whoever waits for it gets it
            error = failure
            _roll_back(self._connection)
        if error is not None and len(together) > 1:  # it may be the fault of one of them alone
            for work in reversed(together):  # the group first: people wait for it
                self._commit([work])
            return
        self._under_way = ()
        for work in reversed(together):
            work.finish(error)

    def _alone(self, work: GroupWork | Note) -> None:
        """In no transaction: a group is one statement, and is done in fewer steps so."""
        self.commits += 1
        self._under_way = (work,)
        error = None
        try:
            work.enter(self._connection)
        except Exception as failure:  # whoever waits for it gets it
            error = failure
            _roll_back(self._connection)
        self._under_way = ()
        work.finish(error)


def unavailable(error: Exception) -> JournalUnavailable:
    if isinstance(error, JournalUnavailable):
        return error
    return JournalUnavailable(f"The journal cannot be written: {error}")


def _roll_back(connection: sqlite3.Connection) -> None:
    """What failed in the middle of a transaction."""
    with contextlib.suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
