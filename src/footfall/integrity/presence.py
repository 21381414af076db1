"""Whether the event store has what entered it: looked at when it opens, and every hour.

    released by the journal = entered = held + removed,  rows = held,  counts >= held

The books say what entered, the tables what is there. A part that the engine could not read, a
table's directory or a whole store that is gone are in none of its answers, and no error names
them: what is there is summed up, and answers are right for that alone. So it is said of them.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import msgspec

from footfall.capture.event_counts import CountKey
from footfall.core.errors import JournalUnavailable, StoreDefect
from footfall.integrity.inspection import FOREVER_HOUR
from footfall.integrity.ports import Ledger, StoreBooks
from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask

EVERY_SECONDS: Final = 3600.0
WRONG_SECONDS: Final = 60.0
"""While something is missing, so that a repair is seen soon, and while counts change, which hides
some losses."""
LOOKS_MORE: Final = 5
"""Under load one look in five meets an insert."""
FAILED_SECONDS: Final = 5.0
FIRST_SECONDS_MAX: Final = 5.0

log = logging.getLogger(__name__)

Removed = Callable[[int], Mapping[CountKey, int]]
"""Of an account, the events that receipts of deletions tell of."""

Expired = Callable[[int], Mapping[str, int]]
"""Of an account, by source, the hour (since 1970, UTC) before which retention keeps no event; "*"
is for sources that are not named."""


class Sums(msgspec.Struct, frozen=True):
    """What the event store has of an account in all. `entered` by its books, of which `own` through
    the asker's journal; `held` by its counts of rows, `events` and `by_tracker` rows themselves;
    `rolled` and `rolled_account` by the totals of rollups, which outlive rows that `expired`."""

    account: int
    own: int = 0
    entered: int = 0
    held: int = 0
    events: int = 0
    by_tracker: int = 0
    rolled: int = 0
    rolled_account: int = 0
    expired: int = 0


class Present(msgspec.Struct, frozen=True):
    """`missing`: so many events entered the store, were not removed, and are not in one of its
    tables at least. `detached`: parts that the engine put aside, as "table/part". `checked` is
    False before the first check has succeeded, `damage` why the last one could not be made: parts
    that the engine took up and cannot read."""

    missing: int = 0
    detached: Sequence[str] = ()
    checked: bool = True
    damage: str = ""

    @property
    def whole(self) -> bool:
        return self.checked and not (self.missing or self.detached or self.damage)

    def warning(self) -> str:
        """ "" when everything is there."""
        if self.whole:
            return ""
        if not self.checked:
            return "The event store is not checked yet: answers may not be complete."
        if self.damage:
            return f"The event store cannot be checked. {self.damage}"
        said = f"{self.missing} events are missing in the event store"
        if self.detached:
            said += f", parts that cannot be read: {len(self.detached)} ({self.detached[0]}, …)"
        return (
            f"{said}: answers are not complete. Put the data directory back from a backup; "
            "footfall verify says what is missing."
        )


def find_missing(
    released: Mapping[int, int],
    sums: Sequence[Sums],
    entered_before: Mapping[int, int],
    removed: Removed,
    past: Callable[[int], tuple[int, int]],
    changing: Collection[int] = (),
) -> dict[int, int]:
    """By account, where it is not 0. `released` says what the journal gave to the store, `removed`
    what receipts of deletions tell of, `entered_before` what once had entered, `past` what
    `find_past` finds. Counts of a `changing` account do not follow its rows for now: of it only
    books and rows are compared, and receipts include the events that are being removed."""
    known = {one.account: one for one in sums}
    found = {}
    for account in {*known, *released, *entered_before}:
        one = known.get(account, Sums(account))
        entered = max(
            one.entered + max(0, released.get(account, 0) - one.own),
            entered_before.get(account, 0),
        )
        of_books = entered - one.entered
        if account in changing:
            one = msgspec.structs.replace(one, held=min(one.events, one.by_tracker), expired=1)
        lost = entered - one.held
        if lost > 0:
            lost -= sum(removed(account).values())
        if max(of_books, lost) > 0:
            past_books, past_lost = past(account)
            of_books, lost = of_books - past_books, lost - past_lost
        missing = max(0, of_books, lost)
        missing += one.held - min(one.held, one.events, one.by_tracker)
        if not one.expired:
            missing = max(missing, one.held - min(one.rolled, one.rolled_account))
        if missing:
            found[account] = missing
    return found


def find_past(
    ledger: Ledger, books: StoreBooks, removed: Removed, expired: Expired, account: int
) -> tuple[int, int]:
    """Missing events that retention would have removed by now: those that the books lack, and all
    of them. Blocks; raises StoreUnavailable."""
    until = expired(account)
    if not any(until.values()):
        return 0, 0

    def is_past(source: str, hour: int) -> bool:
        return hour < until.get(source, until.get("*", 0))

    forever = (account, 0, FOREVER_HOUR)
    stored = [one for one in books.stored(*forever) if is_past(one.source, one.hour)]
    of_books = 0
    with contextlib.suppress(JournalUnavailable):  # then by the books alone
        book = ledger.read(*forever)
        released = sum(
            one.released for one in book.entries if is_past(one.source, one.hour + one.hours - 1)
        )
        own = sum(one.events for one in stored if one.journal == book.name)
        of_books = max(0, released - own)
    entered = sum(one.events for one in stored) + of_books
    held = sum(one.events for one in books.held(*forever) if is_past(one.source, one.hour))
    gone = sum(
        events for (_, source, hour), events in removed(account).items() if is_past(source, hour)
    )
    return of_books, max(0, entered - held - gone)


class Presence:
    """Call it on the event loop. `changing` gives the accounts whose events are being removed or
    reclassified; `note_entered` takes what has entered by account and gives the most that ever
    had."""

    def __init__(
        self,
        ledger: Ledger,
        books: StoreBooks,
        background: Background,
        removed: Removed,
        expired: Expired,
        changing: Callable[[], Collection[int]],
        note_entered: Callable[[Mapping[int, int]], Mapping[int, int]],
    ) -> None:
        self._ledger = ledger
        self._books = books
        self._background = background
        self._removed = removed
        self._expired = expired
        self._changing = changing
        self._note_entered = note_entered
        self._first = asyncio.Event()
        self._harmless: Collection[str] = ()
        """Detached parts that lacked nothing when all counts could be compared."""
        self._partial = False
        """Whether the last check had to leave out some counts."""
        self.present = Present(checked=False)

    @property
    def complete(self) -> bool:
        """Whether answers have everything, as far as is known."""
        return self.present.whole

    async def run(self) -> None:
        await PeriodicTask("Checks of what is there", log, FAILED_SECONDS).run(self._pass)

    async def first_look(self) -> None:
        """Return when it was looked for the first time, or that takes long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_SECONDS_MAX):
                await self._first.wait()

    async def _pass(self) -> float:
        try:
            await self.look()
        finally:
            self._first.set()
        return EVERY_SECONDS if self.complete and not self._partial else WRONG_SECONDS

    async def look(self) -> None:
        """Raises Unavailable. What is missing is looked for again: an insert may be under way, and
        seems to be missing from the tables that it has not come to."""
        try:
            found = await self._background.run(self._look)
            for _ in range(LOOKS_MORE):
                if not found.missing:
                    break
                again = await self._background.run(self._look)
                found = msgspec.structs.replace(again, missing=min(found.missing, again.missing))
        except StoreDefect as error:
            found = Present(damage=error.message)
        if found.warning() != self.present.warning() and (found.warning() or self.present.checked):
            log.warning("%s", found.warning() or "Nothing is missing in the event store any more.")
        self.present = found

    def _look(self) -> Present:
        changing = set(self._changing())
        name, released = "", dict[int, int]()
        with contextlib.suppress(JournalUnavailable):  # then by the books alone
            name, released = self._ledger.released()
        sums = [Sums(*row) for row in self._books.sums(name)]
        changing.update(self._changing())
        before = self._note_entered({one.account: one.entered for one in sums})
        missing = find_missing(released, sums, before, self._removed, self._past, changing)
        found = _present(missing, sums, self._books, counted=not changing)
        self._partial = bool(changing)
        if changing:
            detached = [part for part in found.detached if part not in self._harmless]
            return msgspec.structs.replace(found, detached=tuple(detached))
        self._harmless = set(self._books.detached()) - set(found.detached)
        return found

    def _past(self, account: int) -> tuple[int, int]:
        return find_past(self._ledger, self._books, self._removed, self._expired, account)


def look_offline(ledger: Ledger, books: StoreBooks, removed: Removed, expired: Expired) -> Present:
    """Of a data directory that no server uses. Blocks; raises Unavailable."""
    name, released = ledger.released()
    sums = [Sums(*row) for row in books.sums(name)]

    def past(account: int) -> tuple[int, int]:
        return find_past(ledger, books, removed, expired, account)

    return _present(find_missing(released, sums, {}, removed, past), sums, books)


def _present(
    missing: Mapping[int, int], sums: Sequence[Sums], books: StoreBooks, *, counted: bool = True
) -> Present:
    """A part that was put aside lacks nothing when the sums of its table are whole: it is what a
    failed insert left behind, which came again. Not `counted`, those of counts are not known."""
    detached = books.detached()
    if not missing:
        rolled = counted and not any(one.expired for one in sums)
        detached = [
            part for part in detached if not books.is_summed(part, counted=counted, rolled=rolled)
        ]
    return Present(sum(missing.values()), tuple(detached))
