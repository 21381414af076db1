"""What the parts around the core are to each other. `app.py` joins them; the ports of one part
alone stand with it."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from footfall.core.accounts import Account
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
