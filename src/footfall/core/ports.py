"""What the core needs from the parts around it. `app.py` joins them."""

from asyncio import Future
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from footfall.core.accounts import Account, Caller
from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event
from footfall.core.ingested import IngestedEvent
from footfall.core.queries import (
    AdQuery,
    AdReport,
    CountQuery,
    EventQuery,
    Extract,
    Group,
    Page,
    Slice,
    Totals,
    TotalsQuery,
    TrackerReport,
    TrackerReportQuery,
)
from footfall.core.reports import Report, ReportQuery
from footfall.core.trackers import Tracker

Query = EventQuery | CountQuery | TrackerReportQuery | ReportQuery | TotalsQuery | AdQuery


class Batch(msgspec.Struct, frozen=True):
    """A run of journalled events that enters the event store as one block.

    `token` names the batch: the same token is the same events, however often it is inserted.
    `lines` are JSON lines as the store takes them, `last` the journal position after it. `again`
    when it was taken before: it may be in the store, in whole or in part. It has so many `groups`
    of the `journal` with this name, from position `first` on; 0 when that is not known.

    A batch that is too large for the store comes in pieces, each a batch with a token of its own,
    one after the other. The `final` piece names the groups. `tail` are lines of the final piece,
    when the whole batch may be in some tables already: a table that has these has all of it.
    """

    token: str
    last: int
    events: int
    lines: bytes
    again: bool = False
    journal: str = ""
    first: int = 0
    groups: int = 0
    final: bool = True
    tail: bytes = b""


class JournalStalled(JournalUnavailable):
    """The disk takes longer than somebody may be held: it is not known whether the events will be
    on it. `outcome` is done when it is known, with JournalUnavailable when they are not; `result`
    is then what would have been returned."""

    def __init__(self, message: str, outcome: "Future[None]", result: Any = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.result = result


class Backlog(msgspec.Struct, frozen=True):
    """What is journalled and not yet in the event store."""

    events: int
    bytes: int


class DeletedTracker(msgspec.Struct, frozen=True):
    """A tracker that was deleted at `since` (milliseconds since 1970). Its events have its
    `source`."""

    account: int
    tracker: int
    source: str
    since: int


class Journal(Protocol):
    """The durable log between the answer and the event store."""

    unopened: str
    """Why its file is not open, "" when it is. Until then it does not know which events wait."""

    def append(self, *events: Event) -> Awaitable[None]:
        """Done when they are on disk; raises JournalUnavailable if they cannot be, JournalStalled
        when that takes too long to be known. All of them share one commit: they are journalled
        together or not at all. To append nothing waits for what was appended before."""

    def position(self) -> int:
        """The last position that is on disk."""

    def take(self) -> Batch | None:
        """The oldest events as a batch; the same batch again until it is released. Blocks."""

    def release(self, batch: Batch) -> None:
        """Forget a batch that the event store holds. Blocks."""

    def backlog(self) -> Backlog: ...

    def scrub(self) -> None:
        """Overwrite what was released, so that erased events leave no remnant. Blocks; raises
        JournalUnavailable when that cannot be done now, as while somebody else reads the file."""


class IngestJournal(Journal, Protocol):
    """A journal of what is captured, and of what is ingested, each of it once."""

    def append_line(self, id: int, account: int, source: str, line: bytes) -> Awaitable[None]:
        """As `append`, of one event as its JSON line, which has these values too."""

    def append_ingested(
        self, ids: Sequence[int], ingested: Sequence[IngestedEvent]
    ) -> Awaitable[Mapping[int, int]]:
        """As `append`, of events with these ids. Those whose key is taken are left out: each is
        named with the id of the event that has its key."""

    def forget_keys(self, now: int) -> None:
        """Remove some of the keys whose window is over. Blocks."""


class EventReader(Protocol):
    """Where events are requested. Every method blocks; any may raise StoreUnavailable."""

    def events(self, query: EventQuery) -> Page: ...

    def count(self, query: CountQuery) -> list[Group]:
        """The groups that have events, in no order. Raises TooLarge when there are too many."""

    def tracker_report(self, query: TrackerReportQuery) -> TrackerReport: ...

    def report(self, query: ReportQuery) -> Report:
        """Raises TooLarge when it would read or give more than it may."""

    def totals(self, query: TotalsQuery) -> Totals: ...

    def ad_report(self, query: AdQuery) -> AdReport: ...


class EventFiles(Protocol):
    """Events as bytes of a file's format. Every method blocks; any may raise StoreUnavailable."""

    def find_slice(self, extract: Extract, rows: int) -> Slice | None:
        """The first so many events of an extract, None when it has none."""

    def read_slice(self, extract: Extract, *, first: bool) -> Iterator[bytes]:
        """All events of an extract. The `first` slice of a file has its head. Of Parquet these are
        parts that `merge_slices` makes the file of."""

    def merge_slices(self, extract: Extract, path: Path) -> Iterator[bytes]:
        """The Parquet file of slices that were compressed with gzip and appended to each other."""


class ReadableStore(EventReader, EventFiles, Protocol):
    """All that is read of the event store."""

    def rows(self, query: Query) -> int:
        """At most how many rows of events or counts a query looks at or gives, 0 when that is few
        for sure. Blocks for milliseconds."""


class EventStore(Protocol):
    """Where events live. Every method blocks; any may raise StoreUnavailable."""

    def insert(self, batch: Batch, release: Callable[[Batch], None] | None = None) -> None:
        """Store a batch exactly once, however often it is given; durable when it returns. With
        `release` the journal forgets it then: nothing is removed or recomputed in between."""

    def check(self) -> str:
        """The engine's version: it answers."""

    def memory(self) -> int:
        """Bytes of memory that the engine holds, also between queries."""


class Trackers(Protocol):
    """What the hot path asks, from memory: it never waits."""

    def tracker(self, slug: str) -> Tracker | None: ...

    def tracker_with_id(self, id: int) -> Tracker | None: ...

    def owner(self) -> Account | None:
        """The first account: it owns what belongs to nobody, such as orphans."""


class Catalog(Trackers, Protocol):
    """What the APIs ask the catalog."""

    def accounts(self) -> list[Account]:
        """As they are now, whoever changed them. Blocks."""

    def authenticate(self, secret: str) -> Caller:
        """Raises Unauthorized. Blocks."""

    def deleted_trackers(self) -> list[DeletedTracker]:
        """The deleted trackers whose events are to be erased. Blocks."""

    def forget(self, tracker: int) -> None:
        """The tracker's events are erased. Blocks."""


class EventOutbox(Protocol):
    """The events that committed transactions of the catalog promised. Every method blocks."""

    def pending_events(self, ids: Sequence[int] | None = None) -> list[Event]:
        """All of them, or those with these ids."""

    def forget_promised(self, ids: Sequence[int]) -> None:
        """These events are journalled."""


class CatchesUp(Protocol):
    """The loader, as readers see it."""

    async def catch_up(self) -> None:
        """Return when every event answered before this call is in the event store.

        Raises StoreUnavailable when that takes too long.
        """


class Frontier(CatchesUp, Protocol):
    """The loader and the promises, as readers see them."""

    async def as_of(self) -> int:
        """An id up to which nothing new will appear: every event with such an id is in the event
        store, or never was recorded. Raises StoreUnavailable."""


class Settles(Frontier, Protocol):
    """The promises, as removals see them."""

    async def settle(self) -> None:
        """Nothing that is journalled when this begins stays promised. Raises Unavailable."""


class Removes(Protocol):
    """What takes events away. Raises StoreUnavailable."""

    async def erase_trackers(
        self, deleted_trackers: Sequence[DeletedTracker], began: int
    ) -> Collection[int]:
        """Erase every event of these trackers, and every copy; `began`: when this pass did.
        Returns the accounts whose events could not all be erased: they need another pass."""

    async def expire(self, now: int) -> None:
        """Have what is past its days removed: whole UTC days, so once a day. `now` in milliseconds
        since 1970. A failure of one account does not stop the others."""
