"""What the checks need from the journal and the event store. `checks.py` joins them."""

from collections.abc import Sequence
from typing import Protocol

from footfall.core.books import Comparison, Difference, Held, JournalBook, Run, Stored


class Ledger(Protocol):
    """The books of this server's journal. Every method blocks; any may raise
    JournalUnavailable."""

    def read(self, account: int | None, since: int, until: int) -> JournalBook:
        """With the entries of these hours [since, until), of one account or of all."""

    def released(self) -> tuple[str, dict[int, int]]:
        """The journal's name, and by account how many events it gave to the event store."""


class StoreBooks(Protocol):
    """The books of the event store. Every method blocks; any may raise StoreUnavailable."""

    def stored(self, account: int | None, since: int, until: int) -> list[Stored]: ...

    def held(self, account: int | None, since: int, until: int) -> list[Held]: ...

    def runs(self) -> list[Run]:
        """Of every journal, in their order."""

    def fold_runs(self) -> None:
        """One row a run, where there was one a batch."""

    def sums(self, journal: str) -> list[tuple[int, ...]]:
        """The fields of `presence.Sums`, of every account; own is what came through this
        journal."""

    def detached(self) -> list[str]:
        """Parts that the engine put aside and does not read, as "table/part"."""

    def is_summed(self, part: str, *, counted: bool, rolled: bool) -> bool:
        """Whether the sums have all that such a part had, those of counts too if `counted`, those
        of rollups too if `rolled`."""


class Comparer(Protocol):
    """Holds rollups against raw rows. Every method blocks; any may raise StoreUnavailable."""

    def accounts(self) -> list[int]: ...

    def hours(self, account: int) -> list[tuple[int, int]]:
        """(hour, how many events) in time order, of every hour that has any; roughly."""

    def compare(self, account: int, since: int, until: int) -> Comparison:
        """These hours, in every table. It reads raw rows."""

    def repair(
        self, account: int, differences: Sequence[Difference]
    ) -> list[tuple[Difference, str]]:
        """Count again from raw rows what differs; with each why not, "" when it is done."""
