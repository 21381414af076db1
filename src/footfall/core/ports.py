"""What the core needs from the parts around it. `app.py` joins them."""

from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from footfall.core.accounts import Account
from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event
from footfall.core.ingested import IngestedEvent
from footfall.core.trackers import Tracker


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
