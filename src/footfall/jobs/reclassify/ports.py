"""What policies need from the event store. `app.py` joins them."""

from typing import Protocol

from footfall.core.reclassification import (
    Classification,
    ReclassificationBatch,
    ReclassificationScope,
)


class EventReclassifier(Protocol):
    """See `store.maintenance.reclassify.Reclassifier`. Every method blocks and may raise
    StoreUnavailable."""

    def whole_from(self, account: int) -> int: ...

    def count(self, history: ReclassificationScope) -> int: ...

    def kept(self, history: ReclassificationScope) -> int: ...

    def look(
        self, history: ReclassificationScope, first: int, rows: int
    ) -> ReclassificationBatch | None: ...

    def rewrite(
        self,
        history: ReclassificationScope,
        policy: int,
        first: int,
        last: int,
        keys: dict[int, Classification],
    ) -> None: ...

    def changed(self, account: int, policy: int) -> int: ...

    def older(self, account: int, policy: int) -> int: ...

    def touched(self, account: int, policy: int, *, by_receipt: bool) -> list[tuple[int, int]]: ...

    def rebuild_counts(self, account: int, first: int, last: int, *, by_receipt: bool) -> None: ...

    def settled(self) -> bool: ...
