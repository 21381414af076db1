"""What deletions need from the event store. `app.py` joins them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from footfall.core.queries import EventFilter
from footfall.jobs.deletion.jobs import DeletionCount
from footfall.runtime.reader import Frontier


class Survey(Protocol):
    """What would go: see `store.maintenance.erase.Survey`."""

    @property
    def going(self) -> Sequence[DeletionCount]: ...

    @property
    def bytes(self) -> int: ...

    @property
    def bytes_rewritten(self) -> int: ...

    @property
    def bytes_free(self) -> int: ...

    @property
    def events(self) -> int: ...


class RollupSize(Protocol):
    """See `store.maintenance.erase.RollupSize`."""

    @property
    def rows(self) -> int: ...

    @property
    def bytes(self) -> int: ...


class EventRemover(Protocol):
    """The event store, as deletions see it. Every method blocks and may raise StoreUnavailable."""

    def survey(self, query: EventFilter) -> Survey: ...

    def ids(self, query: EventFilter) -> Iterator[list[int]]: ...

    def newest(self, account: int) -> int: ...

    def rebuild_counts(self, query: EventFilter) -> int: ...

    def remove(self, query: EventFilter) -> None: ...

    def expire(self, query: EventFilter) -> None: ...

    def rollup_size(self, account: int, until: int) -> RollupSize: ...

    def expire_counts(self, account: int, until: int) -> None: ...

    def size(self) -> int: ...

    def settled(self) -> bool: ...

    def replaced(self) -> Collection[tuple[str, str]]: ...

    def clear(self, replaced: Collection[tuple[str, str]]) -> Collection[tuple[str, str]]: ...


class Settles(Frontier, Protocol):
    """The promises, as deletions see them."""

    async def settle(self) -> None:
        """Nothing that is journalled when this begins stays promised. Raises Unavailable."""
