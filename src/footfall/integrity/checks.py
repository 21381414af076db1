"""The checks of a running server: one ledger and one set of books for all of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from footfall.capture.event_counts import CountKey, EventCounts
from footfall.core.ids import Clock
from footfall.integrity.audit import Audit
from footfall.integrity.inspection import FOREVER_HOUR
from footfall.integrity.integrity import Integrity
from footfall.integrity.presence import Expired, Presence
from footfall.journal.ledger import SqliteLedger
from footfall.runtime.background import Background
from footfall.store.engine import Engine
from footfall.store.maintenance.audit import ClickHouseComparer
from footfall.store.maintenance.ledger import ClickHouseBooks


class Checks:
    """`opened` gives the engine; for the others see `Audit`, `Integrity` and `Presence`."""

    def __init__(
        self,
        directory: Path,
        opened: Callable[[], Engine],
        background: Background,
        clock: Clock,
        tallies: Sequence[EventCounts],
        lost: EventCounts,
        changing: Callable[[], Collection[int]],
        removed: Callable[[int, int, int], Mapping[CountKey, int]],
        expired: Expired,
    ) -> None:
        ledger, books = SqliteLedger(directory / "journal.db"), ClickHouseBooks(opened)
        self.audit = Audit(
            *(ClickHouseComparer(opened), books, background, directory / "integrity.json"),
            *(clock, tallies, lost, changing),
        )
        self.presence = Presence(
            *(ledger, books, background),
            lambda account: removed(account, 0, FOREVER_HOUR),
            *(expired, changing, self.audit.note_entered),
        )
        self.integrity = Integrity(
            *(ledger, books, self.audit, background, clock, removed),
            lambda: self.presence.complete,
        )
