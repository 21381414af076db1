"""All the books at once, on a data directory that no server uses, and their repair."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

import msgspec

from footfall.core.books import Difference, JournalBook
from footfall.core.calendar import DAY_HOURS
from footfall.integrity.balance import Gap, Observed, Row, balance, cut, find_gaps
from footfall.integrity.ports import Comparer, Ledger, StoreBooks

PIECE_EVENTS: Final = 500_000
FOREVER_HOUR: Final = 1_139_000
"""In 2099, about when ids end."""

Advance = Callable[[int, int], None]
"""How many events are looked at, of how many."""


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """`rows` by day. `whole_from` by account: nothing is compared before that hour, where it is not
    0. `under_way` differences are those of a batch that a stop cut in two: the next start, or a
    repair, completes it."""

    rows: Sequence[Row]
    gaps: Sequence[Gap]
    differences: Sequence[Difference]
    under_way: Sequence[Difference]
    whole_from: dict[int, int]

    @property
    def balanced(self) -> bool:
        return not (self.gaps or self.differences or not all(one.balanced for one in self.rows))


def inspect(
    ledger: Ledger,
    books: StoreBooks,
    comparer: Comparer,
    since: int,
    until: int,
    begun: Collection[tuple[int, int]],
    advance: Advance,
) -> Inspection:
    """The hours [since, until). `begun` are the (account, hour) of a batch that may be in the store
    in part. Blocks; raises StoreUnavailable, JournalUnavailable."""
    days = (since // DAY_HOURS * DAY_HOURS, -(-until // DAY_HOURS) * DAY_HOURS)
    book = ledger.read(None, *days)
    seen = Observed(
        answered={},
        unrecorded={},
        answered_since=FOREVER_HOUR,
        before=book,
        stored=books.stored(None, *days),
        held=books.held(None, *days),
        after=book,
    )
    accounts = {account: comparer.hours(account) for account in comparer.accounts()}
    total = sum(events for hours in accounts.values() for _, events in hours)
    looked = 0
    found: list[Difference] = []
    whole_from = {}
    for account, hours in accounts.items():
        for piece in cut(hours, since, until, PIECE_EVENTS):
            comparison = comparer.compare(account, *piece)
            found += comparison.differences
            whole_from[account] = comparison.whole_from
            looked += sum(events for hour, events in hours if piece[0] <= hour < piece[1])
            advance(looked, total)
    advance(total, total)
    return Inspection(
        rows=balance(seen, DAY_HOURS),
        gaps=find_gaps(books.runs(), book),
        differences=[one for one in found if (one.account, one.hour) not in begun],
        under_way=[one for one in found if (one.account, one.hour) in begun],
        whole_from=whole_from,
    )


def repair_differences(
    comparer: Comparer, differences: Sequence[Difference]
) -> list[tuple[Difference, str]]:
    """Each with why it was not repaired, "" when it was. Blocks; raises StoreUnavailable."""
    results = []
    for account in sorted({one.account for one in differences}):
        of_account = [one for one in differences if one.account == account]
        results += comparer.repair(account, of_account)
    return results


def find_lost_groups(book: JournalBook, waiting: dict[tuple[int, str, int], int]) -> int:
    """How many events the ledger says that wait, and its groups do not have."""
    owed = sum(one.journalled - one.released for one in book.entries)
    return owed - sum(waiting.values())
