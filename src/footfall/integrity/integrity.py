"""What `GET /integrity` tells of an account. No raw row is read for it."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from footfall.capture.event_counts import CountKey, EventCounts
from footfall.core.books import Difference, JournalBook
from footfall.core.calendar import DAY_HOURS, HOUR_MS
from footfall.core.ids import Clock, received_at
from footfall.integrity.audit import Audit, Checked
from footfall.integrity.balance import Gap, Observed, Row, balance, find_gaps
from footfall.integrity.ports import Ledger, StoreBooks
from footfall.runtime.background import Background

HOURS_MAX = 31 * DAY_HOURS
"""The longest window with rows by hour, and how old it may be: the ledger keeps days after."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The books of one account over the hours [since, until), by `hours` (1 or 24) hours."""

    since: int
    until: int
    hours: int
    rows: Sequence[Row]
    gaps: Sequence[Gap]
    answered_since: int
    """Milliseconds since 1970: the start."""
    waiting: int
    oldest_waiting: int | None
    """When it was received; the server's oldest, whosever it is."""
    checked: Checked | None
    differences: Sequence[Difference]

    @property
    def balanced(self) -> bool:
        return not (self.gaps or self.differences or not all(one.balanced for one in self.rows))


class Integrity:
    """Made at the start: what was answered is known from then on. Call it on the event loop.

    `removed` gives, of an account and the hours [since, until), what receipts of deletions tell of,
    `complete` whether the event store has everything.
    """

    def __init__(
        self,
        ledger: Ledger,
        books: StoreBooks,
        audit: Audit,
        background: Background,
        clock: Clock,
        removed: Callable[[int, int, int], Mapping[CountKey, int]] | None = None,
        complete: Callable[[], bool] = lambda: True,
    ) -> None:
        self._ledger = ledger
        self._books = books
        self._audit = audit
        self._background = background
        self._clock = clock
        self._removed = removed
        self._complete = complete
        self._started_at = clock()

    @property
    def complete(self) -> bool:
        """Whether the event store has everything, as far as is known."""
        return self._complete()

    def _has_days(self, account: int, whole: tuple[int, int]) -> bool:
        """Whether the ledger has a day where hours are requested: it makes days of hours that are
        old by its newest event, which a clock that was ahead received."""
        days = (whole[0] // DAY_HOURS * DAY_HOURS, whole[1])
        return any(one.hours > 1 for one in self._ledger.read(account, *days).entries)

    async def close_books(self, account: int, since: int, until: int) -> Account:
        """The window in milliseconds since 1970; it grows to whole hours, or whole days when it is
        long or old. Raises StoreUnavailable, JournalUnavailable."""
        now = self._clock()
        hours = 1
        whole = (since // HOUR_MS, -(-until // HOUR_MS))
        long = whole[1] - whole[0] > HOURS_MAX or whole[0] < now // HOUR_MS - HOURS_MAX
        if long or await self._background.run(self._has_days, account, whole):
            hours = DAY_HOURS
            whole = (whole[0] // hours * hours, -(-whole[1] // hours) * hours)

        def of_window(tally: EventCounts) -> dict[CountKey, int]:
            return {
                place: events
                for place, events in tally.items()
                if place[0] == account and whole[0] <= place[2] < whole[1]
            }

        # In this order: what was answered is journalled by the time that the journal is read.
        answered, unrecorded = (
            of_window(self._audit.answered()),
            of_window(self._audit.unrecorded()),
        )

        def observe() -> tuple[Observed, list[Gap], JournalBook]:
            before = self._ledger.read(account, *whole)
            stored = self._books.stored(account, *whole)
            held = self._books.held(account, *whole)
            gaps = find_gaps(self._books.runs(), before)
            after = self._ledger.read(account, *whole)
            seen = Observed(
                answered=answered,
                unrecorded=unrecorded,
                answered_since=self._started_at // HOUR_MS,
                before=before,
                stored=stored,
                held=held,
                after=after,
                explained=self._removed(account, *whole) if self._removed else None,
            )
            return seen, gaps, after

        seen, gaps, after = await self._background.run(observe)
        checked = self._audit.checked(account)
        rows = balance(seen, hours)
        waiting = sum(one.waiting for one in rows)
        return Account(
            since=whole[0],
            until=whole[1],
            hours=hours,
            rows=rows,
            gaps=gaps,
            answered_since=self._started_at,
            waiting=waiting,
            oldest_waiting=received_at(after.waiting_since)
            if waiting and after.waiting_since is not None
            else None,
            checked=checked,
            differences=[
                one
                for one in (checked.differences if checked else [])
                if whole[0] <= one.hour < whole[1]
            ],
        )
