"""Events that share one commit, and the commit.

It is one statement, an insert into a view whose trigger does the rest, and so one step without the
interpreter. Each step must wait to have it back: of a commit in five that was two thirds of the
time. View and trigger are the connection's own, and not in the file.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from footfall.capture.event_counts import EventCounts, counts_of
from footfall.capture.ports import Backlog, JournalStalled
from footfall.core.errors import JournalUnavailable
from footfall.core.ingested import IngestedEvent, line_of, without
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

_members_of: Final = attrgetter("members")


GROUP_BYTES_MAX: Final = 8 << 20
"""Of JSON lines; events of one request are never parted, so a single one may have more. A larger
group takes longer to commit, and more gathers meanwhile for the next one."""

GROUP_EVENTS_MAX: Final = 40_000

SMALL_BYTES_MAX: Final = 256 << 10
"""Requests with more bytes of events get a group of their own."""

LINE_BYTES: Final = 40
"""Of an ingested event's line beside its members: id and delay."""

STALLED: Final = (
    "The disk takes long. The events may be recorded yet: with ids of their own they can be sent "
    "again, and are kept once."
)


class Bounds(NamedTuple):
    """Bytes of the backlog from which on nothing is taken, and bytes that may wait for the disk."""

    backlog: float
    waiting: float


NOTHING: Final = Bounds(-1, -1)


class IngestedPart:
    """Ingested events of one request: the writer finds out which of them are duplicates."""

    __slots__ = ("firsts", "ids", "ingested")

    def __init__(self, ids: Sequence[int], ingested: Sequence[IngestedEvent]) -> None:
        self.ids = ids
        self.ingested = ingested
        self.firsts: dict[int, int] = {}


class Group:
    """Events that will share one commit. Each has its own future: a request that is given up
    cancels what it waits for, and must not cancel the others. `began` is the event loop's time."""

    __slots__ = (
        "began",
        "bytes",
        "counts",
        "events",
        "futures",
        "ingested",
        "last_id",
        "lines",
        "outcome",
    )  # fmt: skip

    def __init__(self, began: float) -> None:
        self.began = began
        self.events = 0
        self.bytes = 0
        self.lines: list[bytes] = []
        self.counts = EventCounts()
        self.ingested: list[IngestedPart] = []
        self.futures: list[tuple[asyncio.Future[Any], object]] = []
        self.outcome: asyncio.Future[None] | None = None
        self.last_id = 0

    def add(self, line: bytes, id: int, account: int, source: str) -> None:
        """One event, of which the line has these values."""
        self.lines.append(line)
        self.counts.add(account, source, id)
        if id > self.last_id:  # a promised event may be an older one
            self.last_id = id

    def has_space(self, events: int, bytes: int) -> bool:
        """An empty group takes whatever comes."""
        return not self.events or (
            self.events + events <= GROUP_EVENTS_MAX and self.bytes + bytes <= GROUP_BYTES_MAX
        )

    def all_ingested(self) -> tuple[Sequence[int], Sequence[IngestedEvent]]:
        ids = [id for part in self.ingested for id in part.ids]
        return ids, [one for part in self.ingested for one in part.ingested]

    def let_go(self) -> None:
        """Whoever waits need not wait any longer. Call on the event loop."""
        for done, result in self.futures:
            if not done.done():
                done.set_exception(self.stalled(result))
        self.futures.clear()

    def stalled(self, result: object) -> JournalStalled:
        if self.outcome is None:
            self.outcome = asyncio.get_running_loop().create_future()
        return JournalStalled(STALLED, self.outcome, result)

    def resolve(self, error: JournalUnavailable | None) -> None:
        """It is on disk, or it is not. Call on the event loop."""
        for done, result in self.futures:
            if done.done():
                continue
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(JournalUnavailable(error.message))
        if self.outcome is not None and not self.outcome.done():
            if error is None:
                self.outcome.set_result(None)
            else:
                self.outcome.set_exception(error)


class CommitQueue:
    """Groups that wait for their commit. Small groups, which have the scans, and large groups, one
    for each large request, alternate: a scan waits for at most one large commit."""

    def __init__(self) -> None:
        self._small: deque[Group] = deque()
        self._large: deque[Group] = deque()
        self._large_is_next = False
        self.open: Group | None = None
        """The newest small group, which further events join."""

    def __iter__(self) -> Iterator[Group]:
        yield from self._small
        yield from self._large

    def __bool__(self) -> bool:
        return bool(self._small or self._large)

    def begin(self, size: int, now: float) -> Group:
        """A new group for events that do not fit into the open one."""
        if size > SMALL_BYTES_MAX:
            self._large.append(Group(now))
            return self._large[-1]
        self.open = Group(now)
        self._small.append(self.open)
        return self.open

    def take(self) -> Group | None:
        """Removes and returns the next group."""
        first, second = self._small, self._large
        if self._large_is_next:
            first, second = second, first
        groups = first or second
        self._large_is_next = groups is self._small
        group = groups.popleft() if groups else None
        if group is self.open:
            self.open = None
        return group

    def last_large(self) -> Group | None:
        return self._large[-1] if self._large else None


class Commit:
    """A group on its way to the file: see `journal.writer.GroupWork`. `take_sequence` gives the
    number that it gets; `finished` hears what was added to the backlog, or why nothing was."""

    __slots__ = ("_entered", "_finished", "_group", "_take_sequence", "_window")

    def __init__(
        self,
        group: Group,
        window: int,
        take_sequence: Callable[[], int],
        finished: Callable[[Group, Backlog | None, Exception | None], None],
    ) -> None:
        self._group = group
        self._window = window
        self._take_sequence = take_sequence
        self._finished = finished
        self._entered: Backlog | None = None

    def enter(self, connection: sqlite3.Connection) -> None:
        self._entered = enter(connection, self._group, self._take_sequence(), self._window)

    def finish(self, error: Exception | None) -> None:
        self._finished(self._group, self._entered, error)


def size_of(ingested: Sequence[IngestedEvent]) -> int:
    """Bytes of their lines."""
    if len(ingested) == 1:
        return LINE_BYTES + len(ingested[0].members)
    return LINE_BYTES * len(ingested) + sum(map(len, map(_members_of, ingested)))


def prepare(writer: sqlite3.Connection) -> None:
    """What the statement inserts into."""
    writer.executescript(_COMMITTING)


def enter(writer: sqlite3.Connection, group: Group, sequence: int, window: int) -> Backlog:
    """Commit a group under this number, and return what that adds to the backlog: nothing, when
    all of it is duplicates. These are rare, and so found out by trying, and left out then.
    `window` is a distance between ids. Raises sqlite3.Error, and nothing is kept."""
    try:
        return _insert(writer, group, sequence, window, {})
    except sqlite3.IntegrityError:
        firsts = keys.find_firsts(writer, _keyed(*group.all_ingested()), window)
        if not firsts:
            raise
    for part in group.ingested:
        part.firsts.update({id: firsts[id] for id in part.ids if id in firsts})
    return _insert(writer, group, sequence, window, firsts)


def _insert(
    writer: sqlite3.Connection,
    group: Group,
    sequence: int,
    window: int,
    firsts: Mapping[int, int],
) -> Backlog:
    """All but duplicates."""
    ids, ingested = without(firsts, *group.all_ingested())
    lines = [*group.lines, *map(line_of, ids, ingested)]
    if not lines:
        return Backlog(0, 0)
    counts = EventCounts(group.counts)
    counts.add_all(counts_of(ids, ingested))
    joined = b"\n".join(lines)
    row = sequence, len(lines), group.last_id, ledger.encode(counts), joined
    writer.execute(_COMMIT, (*row, *keys.encode(_keyed(ids, ingested)), window))
    return Backlog(len(lines), len(joined))


def _keyed(ids: Sequence[int], ingested: Sequence[IngestedEvent]) -> dict[int, bytes]:
    return {id: one.key for id, one in zip(ids, ingested, strict=True) if one.key}
