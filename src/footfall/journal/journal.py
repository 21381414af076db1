"""The journal: events on disk before they are answered.

A SQLite file in WAL mode with `synchronous=FULL`: a commit returns after the fsync, and a torn
write at the end is recognised by SQLite's checksums. Events that arrive while a commit is under
way share the next one (group commit), so the cost of the fsync is divided among them.
The keys of ingested events are in the same file and the same commits (`journal/keys.py`).

One thread writes (`journal/writer.py`). Everything about groups that are not committed yet belongs
to the event loop, and so needs no lock. When a commit takes longer than somebody may be held, who
waits is let go, and learns later what became of the events (`capture.ports.JournalStalled`).
"""

import asyncio
import contextlib
import logging
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.capture.ports import Backlog
from footfall.core.books import Run
from footfall.core.calendar import DAY_MS
from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event
from footfall.core.ids import TIME_SHIFT, first_id_at
from footfall.core.ingested import IngestedEvent
from footfall.core.ports import Batch
from footfall.journal import batches, groups, keys, ledger
from footfall.journal.absent import NoWriter, State, read_state
from footfall.journal.file import connect, prepare
from footfall.journal.groups import NOTHING, Bounds, Commit, CommitQueue, Group, IngestedPart
from footfall.journal.keeper import Keeper
from footfall.journal.log import Log
from footfall.journal.mark import Mark, lag, read_mark, write_mark
from footfall.journal.scrubbing import scrub
from footfall.journal.writer import Writer, unavailable

log = logging.getLogger(__name__)

HOLD_SECONDS: Final = 2.0
WAITING_BYTES_MAX: Final = 64 << 20
KEY_STEPS: Final = 200
"""Of removing keys at a time: 400,000 keys are looked at a minute."""

CLOSE_SECONDS_MAX: Final = 5.0
PAGE_BYTES: Final = 4_096
PAGES_OF_COMMIT: Final = 5

_encode = msgspec.json.Encoder().encode


class SqliteJournal:
    """See `capture.ports.IngestJournal`. The event loop's: `append`, `append_ingested`, `position`.

    `bytes_max` bounds the backlog: past it events are refused as if the disk were full. The keys of
    ingested events count for `dedup_days`. Nobody is held for longer than `hold_seconds`. What
    waits in memory for the disk has at most `waiting_bytes_max`. Ingested events leave a part of
    both bounds to scans, which are refused last. A `patient` one takes nothing while the disk keeps
    its file from being opened, and is opened by `reopen`; another raises JournalUnavailable.
    """

    def __init__(
        self,
        path: Path,
        bytes_max: int,
        dedup_days: int = 7,
        hold_seconds: float = HOLD_SECONDS,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
        *,
        patient: bool = False,
    ) -> None:
        self.path = path
        self._scan_bounds = Bounds(bytes_max, waiting_bytes_max)
        self._ingested_bounds = Bounds(bytes_max * 0.9, waiting_bytes_max / 2)
        self._window = dedup_days * DAY_MS << TIME_SHIFT
        self._hold_seconds = hold_seconds
        self._key = b""
        self._waiting = CommitQueue()
        self._writing: Group | None = None
        self._late = self._closed = False
        self._watch: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.waiting_bytes = 0
        """What waits in memory for the disk."""
        self.refused = 0
        """Events since the start for which there was no room."""
        self.scrub_waits = ""
        """Why the last scrub was not done, "" when it was."""
        self.newest_id: Callable[[], tuple[int, int]] = lambda: (self.last_id, self.ahead_id)
        """For the mark: the greatest id given until now, and `ahead` of the id generator."""
        self.unopened = ""
        """Why there is no file to write to, "" when there is."""
        self._writer: Writer = NoWriter("")
        self._keeper: Keeper | None = None
        self._log: Log | None = None
        try:
            self._open_file()
        except JournalUnavailable as error:
            if not patient:
                raise
            log.error("Scans go unrecorded: %s", error.message)
            self.unopened, self._writer = error.message, NoWriter(error.message)

    def reopen(self) -> bool:
        """Open the file; False when it is open. On the thread that takes batches. Raises
        JournalUnavailable, JournalDamaged."""
        if not self.unopened:
            return False
        self._open_file()
        log.warning("The journal %s is open: scans are recorded.", self.path)
        self.unopened = ""
        return True

    def _open_file(self) -> None:
        self._read_state(None)
        self._reader, writer = prepare(self.path)
        self._read_state(self._reader)
        self._marked: Mark | None = None
        self._writer = Writer(writer)
        self._log = Log(self.path, lambda: connect(self.path))
        self._keeper = Keeper(self._writer, self._log, self._pages, self._keep_mark)

    def _read_state(self, file: sqlite3.Connection | None) -> None:
        known = read_mark(self.path)
        state = read_state(file) if file is not None else State()
        self.name = state.name
        self.opened_at: int = state.position
        """The position at the start."""
        self.lag = lag(known, self.name, state.position) if file is not None else ""
        """Why it was behind what it once was at the start, "" when it was not."""
        self.once = Mark(self.name, state.position, state.last_id, opened=state.opened)
        """The mark that the journal is behind of, or where it stood at the start."""
        if known is not None and self.lag:
            self.once = known
        self.last_id: int = max(state.last_id, known.last_id if known else 0)
        """The greatest event id ever journalled: the id generator goes on from it."""
        self.given_id: int = known.given if known else 0
        """The greatest id that was given before this start, as far as the mark knows."""
        self.ahead_id: int = known.ahead if known else 0
        self._position: int = state.position
        self._sequence: int = state.position  # the writer's
        self._taken_bytes = 0
        self._backlog = state.backlog

    # ── on the event loop ─────────────────────────────────────────────────────────────────────

    def append(self, *events: Event) -> asyncio.Future[None]:
        if not events:  # all that came before
            return self._join_every()
        lines = [*map(_encode, events)]
        size = len(lines[0]) if len(lines) == 1 else sum(map(len, lines))
        group, done = self._join(len(events), size, None, self._scan_bounds)
        if group is not None:
            for line, event in zip(lines, events, strict=True):
                group.add(line, event.id, event.account, event.source)
        return done

    def append_line(self, id: int, account: int, source: str, line: bytes) -> asyncio.Future[None]:
        group, done = self._join(1, len(line), None, self._scan_bounds)
        if group is not None:
            group.add(line, id, account, source)
        return done

    def append_ingested(
        self, ids: Sequence[int], ingested: Sequence[IngestedEvent]
    ) -> asyncio.Future[Mapping[int, int]]:
        part = IngestedPart(ids, ingested)
        # While nothing is known of what was sent before, nothing more is taken: repeated, events
        # without an id of their own would be there twice.
        bounds = NOTHING if self._late else self._ingested_bounds
        group, done = self._join(len(ids), groups.size_of(ingested), part.firsts, bounds)
        if group is not None:
            group.ingested.append(part)
            group.last_id = max(group.last_id, ids[-1])
        return done

    def _join(
        self, events: int, size: int, result: object, bounds: Bounds
    ) -> tuple[Group | None, asyncio.Future[Any]]:
        """The open group, and what is done with this result when the group is on disk. No group
        when there is no room in these bounds: then it is done already."""
        if (loop := self._loop) is None:
            loop = self._loop = asyncio.get_running_loop()
        done = loop.create_future()
        waiting = self.waiting_bytes
        if (
            self._backlog.bytes >= bounds.backlog or (waiting and waiting + size > bounds.waiting)
        ) and events:
            self.refused += events
            done.set_exception(JournalUnavailable(self._explain(bounds)))
            return None, done
        group = self._waiting.open
        if group is None or size > groups.SMALL_BYTES_MAX or not group.has_space(events, size):
            group = self._begin_group(loop, size)
        group.events += events
        group.bytes += size
        self.waiting_bytes = waiting + size
        if self._late:  # known already: nobody waits
            done.set_exception(group.stalled(result))
        else:
            group.futures.append((done, result))
        return group, done

    def _begin_group(self, loop: asyncio.AbstractEventLoop, size: int) -> Group:
        """A new group in the queue."""
        if self._writing is None and not self._waiting:
            loop.call_soon(self._dispatch)
        if self._watch is None:
            self._watch = loop.call_later(self._hold_seconds / 4, self._look)
        return self._waiting.begin(size, loop.time())

    def _join_every(self) -> asyncio.Future[Any]:
        """Done when every group that waits or is written now is on disk."""
        _, done = self._join(0, 0, None, self._scan_bounds)
        if (large := self._waiting.last_large()) is None or done.done():
            return done
        also: asyncio.Future[Any] = done.get_loop().create_future()
        large.futures.append((also, None))
        return asyncio.gather(done, also)

    def _explain(self, bounds: Bounds) -> str:
        """Why there is no room."""
        if bounds is NOTHING:
            return "The disk takes nothing at the moment. None of the events was taken."
        if self._backlog.bytes >= bounds.backlog:
            return "The journal holds as much as it may: the event store is behind or away."
        return "As many events wait for the disk as may. Send these again shortly."

    def position(self) -> int:
        return self._position

    def backlog(self) -> Backlog:
        return self._backlog

    @property
    def stalled(self) -> bool:
        """Whether the disk has taken longer over one write than somebody may be held."""
        return self._late or self._writer.busy_seconds >= self._hold_seconds

    def _dispatch(self) -> None:
        self._writing = group = self._waiting.take()
        if group is not None:
            work = Commit(group, self._window, self._take_sequence, self._finish)
            try:
                self._writer.commit(work)
            except JournalUnavailable as error:
                self._committed(group, None, error)

    def _committed(
        self, group: Group, sequence: int | None, error: JournalUnavailable | None
    ) -> None:
        if group is not self._writing:
            return  # it was given up when the journal was closed
        self._late = False
        self.waiting_bytes -= group.bytes
        self._dispatch()
        if sequence is not None:
            self._position = sequence
        group.resolve(error)

    def _look(self) -> None:
        """Let go whoever would be held for too long until the next look."""
        assert self._loop is not None
        waiting = [*self._waiting, *([self._writing] if self._writing else [])]
        self._watch = self._loop.call_later(self._hold_seconds / 4, self._look) if waiting else None
        latest = self._loop.time() - self._hold_seconds * 3 / 4
        for group in waiting:
            if group.began <= latest:
                group.let_go()
                self._late = True

    # ── on the writer's thread ────────────────────────────────────────────────────────────────

    def _take_sequence(self) -> int:
        return self._sequence + 1

    def _finish(self, group: Group, entered: Backlog | None, error: Exception | None) -> None:
        sequence = None
        if error is None and entered is not None and entered.events:
            sequence = self._sequence = self._sequence + 1
            self._taken_bytes += entered.bytes
            self._wait_more(entered)
            self.last_id = max(self.last_id, group.last_id)
        failure = None if error is None else unavailable(error)
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._committed, group, sequence, failure)

    def _wait_more(self, more: Backlog) -> None:
        """Negative when there is less."""
        waiting = self._backlog
        self._backlog = Backlog(waiting.events + more.events, waiting.bytes + more.bytes)

    # ── on the keeper's thread ────────────────────────────────────────────────────────────────

    def _pages(self) -> int:
        return self._writer.commits * PAGES_OF_COMMIT + self._taken_bytes // PAGE_BYTES

    def _keep_mark(self) -> None:
        once = self.once  # until it is known what is missing of it
        position = max(self._sequence, once.position) if once.name == self.name else once.position
        newest, ahead = self.newest_id()
        given = max(newest, self.given_id)
        mark = Mark(once.name, position, self.last_id, given, once.opened, ahead)
        if mark != self._marked:
            write_mark(self.path, mark)
            self._marked = mark

    # ── on the loader's thread ────────────────────────────────────────────────────────────────

    def take(self) -> Batch | None:
        """Seal the oldest groups as a batch, or the next piece of one, and read it.

        The seal is on disk before the batch leaves: after a crash the same groups make the same
        batch under the same token, said to come again, and the event store finds out what of it
        it has.
        """
        if not self._backlog.events:
            return None
        try:
            found = batches.find_batch(self._reader)
            if found is None:
                return None
            seal, on_disk = found
            if not on_disk:
                self._writer.call(
                    lambda connection: connection.execute(batches.SEAL, seal.values())
                )
            return batches.read_batch(self._reader, self.name, seal)
        except sqlite3.Error as error:
            raise JournalUnavailable(f"The journal cannot be read: {error}") from error

    def release(self, batch: Batch) -> None:
        if not batch.final:
            self._writer.call(lambda connection: connection.execute(batches.RELEASED))
            return
        try:
            counts = ledger.count_groups(self._reader, batch.last)
            events, size, last_id = batches.measure(self._reader, batch.last)
        except sqlite3.Error as error:
            raise JournalUnavailable(f"The journal cannot be read: {error}") from error

        def forget(connection: sqlite3.Connection) -> None:
            ledger.release(connection, counts)
            batches.forget(connection, batch.last, last_id)

        self._writer.call(forget, lambda: self._wait_more(Backlog(-events, -size)))

    def start_over(self, stored: Sequence[Run]) -> None:
        """Go on under another name: the event store, or the mark, knows more of this journal than
        its file has. What the store has of it by these runs is not given to it again."""
        name = secrets.token_hex(8)

        def rename(connection: sqlite3.Connection) -> tuple[tuple[int, int], State]:
            left_out = batches.forget_stored(connection, stored, self.opened_at)
            ledger.start_over(connection, name)
            return left_out, read_state(connection)

        (events, size), state = self._writer.call(rename)
        self._wait_more(Backlog(-events, -size))
        self.name, self.once = name, Mark(name, 0, 0, opened=state.opened)

    # ── on other threads ──────────────────────────────────────────────────────────────────────

    def forget_keys(self, now: int) -> None:
        below = first_id_at(now) - self._window
        for _ in range(KEY_STEPS):
            self._key = self._writer.step(lambda file: keys.remove_keys(file, self._key, below))
            if not self._key:
                break

    def scrub(self) -> None:
        try:
            if self._log is None:
                raise JournalUnavailable(self.unopened)
            scrub(self._writer, self._log)
        except JournalUnavailable as error:
            self.scrub_waits = error.message
            raise
        self.scrub_waits = ""

    def close(self) -> None:
        """Commit what is on its way and stop, within a few seconds; who waits beyond gets an error.
        What was not released waits for the next start."""
        if self._keeper is not None and self._log is not None:
            self._keeper.stop(CLOSE_SECONDS_MAX)
            self._reader.close()
            if self._writer.close(CLOSE_SECONDS_MAX) and not self._closed:
                self._log.close()
        self._closed = True
