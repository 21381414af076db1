"""The closing of a ledger: what the store holds against what was answered."""

from collections.abc import Sequence

import msgspec

from footfall.cli.torture.scanning import Ledger
from footfall.core.errors import FootfallError


class Broken(FootfallError):
    """The server does not do what every server must, for example start."""

    code = "broken"


class Skipped(FootfallError):
    """This machine lacks what a scenario needs."""

    code = "skipped"


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """What a stopped server's store holds: how often each scan, whether both tables of events say
    the same, and the rollup's total."""

    stored: dict[int, int]
    tables_agree: bool
    rollup: int


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of scans. The rollup's total is of all scans of a data directory: None in the books
    of a part of them.

    `extra` were stored though no answer said so: the server died in between, or it took them for
    lost. `wrong` are promises that were broken. `damage` is what the server said of bytes that the
    disk itself spoilt: what was lost with them balances when it was said.
    """

    scenario: str
    answered: int
    stored: int
    lost: int
    doubled: int
    extra: int
    unrecorded: int
    pending: int = 0
    pending_stored: int = 0
    rollup: int | None = None
    tables_agree: bool = True
    wrong: tuple[str, ...] = ()
    damage: str = ""
    note: str = ""

    @property
    def balanced(self) -> bool:
        if self.doubled or self.wrong:
            return False
        whole = self.lost == 0 and self.tables_agree and self.rollup in (None, self.stored)
        return whole or bool(self.damage)


def close(
    scenario: str,
    ledger: Ledger,
    counted: Counted,
    *,
    part: bool = False,
    wrong: Sequence[str] = (),
    damage: str = "",
    note: str = "",
) -> Books:
    """The books of a ledger. `part`: it holds some of the scans that were counted."""
    numbers = range(ledger.first + 1, ledger.sent + 1)
    stored = {number: times for number, times in counted.stored.items() if number in numbers}
    return Books(
        scenario=scenario,
        answered=len(ledger.answered),
        stored=sum(stored.values()),
        lost=len(ledger.answered - stored.keys()),
        doubled=sum(1 for times in stored.values() if times > 1),
        extra=len(stored.keys() - ledger.answered - ledger.pending),
        unrecorded=len(ledger.unrecorded),
        pending=len(ledger.pending),
        pending_stored=len(stored.keys() & ledger.pending),
        rollup=None if part else counted.rollup,
        tables_agree=part or counted.tables_agree,
        wrong=tuple(wrong),
        damage=damage,
        note=note,
    )
