"""What capture needs from the parts around it: a journal, and the events that commits promised."""

from asyncio import Future
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event
from footfall.core.ingested import IngestedEvent
from footfall.core.ports import Batch


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


class EventOutbox(Protocol):
    """The events that committed transactions of the catalog promised. Every method blocks."""

    def pending_events(self, ids: Sequence[int] | None = None) -> list[Event]:
        """All of them, or those with these ids."""

    def forget_promised(self, ids: Sequence[int]) -> None:
        """These events are journalled."""
