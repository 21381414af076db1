"""A task that holds rollups against raw rows, a piece at a time and behind everything else.

Hours that ended come first, then older ones, down to the first; a week later all of them again.
What differs is looked at twice before it is reported: an insert may have been under way. What was
found and how far it came is in a file, so that a restart neither forgets nor repeats.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from footfall.capture.event_counts import EventCounts
from footfall.core.books import Difference
from footfall.core.calendar import HOUR_MS
from footfall.core.ids import Clock
from footfall.integrity import interrupted
from footfall.integrity.balance import cut
from footfall.integrity.ports import Comparer, StoreBooks
from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask

PIECE_EVENTS: Final = 100_000
SETTLED_MS: Final = 900_000
"""After its end until an hour is looked at: ingested events and clocks may be late."""

FIRST_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 60.0
REST: Final = 4
"""Times as long as a piece took: at most a fifth of one thread that gives way."""

AGAIN_HOURS: Final = 7 * 24
TALLIED_HOURS: Final = 32 * 24
LOOKED_AT_AGAIN: Final = 100
"""Known differences, each hour: they may have been repaired."""

KEPT_MAX: Final = 1_000
"""Differences of an account that are kept; it is said when there are more."""

log = logging.getLogger(__name__)


class Checked(msgspec.Struct):
    """How far an account is checked: the hours [since, until), 0 is the first of all. Before the
    hour `whole_from` nothing can be compared: retention removed raw rows. `more` differences were
    found than are kept."""

    since: int
    until: int
    began: int
    whole_from: int = 0
    more: bool = False
    differences: list[Difference] = []


class Notes(msgspec.Struct):
    """The file. `unrecorded` as (account, source, hour, events), of every start so far."""

    accounts: dict[int, Checked] = {}
    unrecorded: list[tuple[int, str, int, int]] = []
    entered: dict[int, int] = {}
    """By account, the most events that the books of the store ever had."""


class Audit:
    """Its methods run on the event loop; the work itself on threads that give way.

    `tallies` count what was recorded since the start, `lost` what was not. `changing` gives
    the accounts whose events are being removed: rows and counts do not go in the same moment.
    """

    def __init__(
        self,
        comparer: Comparer,
        books: StoreBooks,
        background: Background,
        path: Path,
        clock: Clock,
        tallies: Sequence[EventCounts],
        lost: EventCounts,
        changing: Callable[[], Collection[int]],
    ) -> None:
        self._comparer = comparer
        self._books = books
        self._background = background
        self._path = path
        self._clock = clock
        self._tallies = tallies
        self._lost = lost
        self._changing = changing
        self._notes = _read(path)
        self._earlier = {place[:3]: place[3] for place in self._notes.unrecorded}
        self._looked_again_at = 0
        self._changed = False

    def checked(self, account: int) -> Checked | None:
        return self._notes.accounts.get(account)

    @property
    def differences(self) -> int:
        return sum(len(one.differences) for one in self._notes.accounts.values())

    def warning(self) -> str:
        """ "" when nothing is known that differs."""
        if interruption := interrupted.warning(self._path.parent):
            return interruption
        if not self.differences:
            return ""
        return (
            f"Rollups and raw rows differ in {self.differences} places: see GET /integrity, and "
            "repair with footfall verify --repair."
        )

    def answered(self) -> EventCounts:
        """Recorded since the start, of the days that have rows by hour."""
        total = EventCounts()
        for tally in self._tallies:
            total.add_all(tally)
        return total

    def unrecorded(self) -> EventCounts:
        """Of all starts."""
        total = EventCounts(self._earlier)
        total.add_all(self._lost)
        return total

    def note_entered(self, entered: Mapping[int, int]) -> Mapping[int, int]:
        """Keep the most that entered by account, which it gives. Any thread may ask."""
        known = self._notes.entered
        for account, events in entered.items():
            if events > known.get(account, 0):
                known[account] = events
                self._changed = True
        return known

    async def run(self) -> None:
        await asyncio.sleep(FIRST_SECONDS)
        await PeriodicTask("Checks of rollups", log, IDLE_SECONDS).run(self._pass)

    async def _pass(self) -> float:
        began = time.monotonic()
        if await self.step():
            return min(IDLE_SECONDS, 1 + REST * (time.monotonic() - began))
        if not await self._background.run(self._changing):
            await self._background.run(self._books.fold_runs)  # a deletion would wait for it
        return IDLE_SECONDS

    async def step(self) -> bool:
        """Look at one piece; False when there is nothing to look at now. Raises Unavailable."""
        await self.save()
        closed = (self._clock() - SETTLED_MS) // HOUR_MS
        for tally in self._tallies:
            tally.forget(closed - TALLIED_HOURS)
        changing = await self._background.run(self._changing)
        for account in await self._background.run(self._comparer.accounts):
            if account in changing:
                continue
            known = self._notes.accounts.get(account)
            over = known is not None and known.since == 0 and closed - known.began >= AGAIN_HOURS
            # Hours that are to come are checked already: the clock was ahead.
            if known is None or over or known.until > closed + 1:
                differences = [] if known is None else known.differences
                known = Checked(closed, closed, closed, differences=differences)
                self._notes.accounts[account] = known
            piece = await self._next_piece(account, known, closed)
            if piece is None:
                continue
            if await self._look(account, known, *piece):
                known.since, known.until = min(known.since, piece[0]), max(known.until, piece[1])
                await self.save(changed=True)
            return True
        return await self._look_again(closed)

    async def _next_piece(
        self, account: int, known: Checked, closed: int
    ) -> tuple[int, int] | None:
        if known.until >= closed and known.since == 0:
            return None
        hours = await self._background.run(self._comparer.hours, account)
        if known.until < closed:
            return cut(hours, known.until, closed, PIECE_EVENTS)[0]
        older = [(hour, events) for hour, events in hours if hour < known.since]
        begin, events = 0, 0
        for hour, number in reversed(older):
            if events and events + number > PIECE_EVENTS:
                break
            begin, events = hour, events + number
        return (0 if not older or begin == older[0][0] else begin, known.since)

    async def _look(self, account: int, known: Checked, since: int, until: int) -> bool:
        """Twice, when anything differs. False when it has to be done again."""
        comparison = await self._background.run(self._comparer.compare, account, since, until)
        found = list(comparison.differences)
        if found:
            again = await self._background.run(self._comparer.compare, account, since, until)
            found = [one for one in found if one in again.differences]
            if account in await self._background.run(self._changing):
                return False
        others = [one for one in known.differences if not since <= one.hour < until]
        if new := [one for one in found if one not in known.differences]:
            log.warning(
                "Rollups of account %d differ from events in %d places, first in the hour %d of %s",
                *(account, len(new), new[0].hour, new[0].table),
            )
        kept = sorted([*others, *found], key=lambda one: (-one.hour, one.table))
        known.more = known.more or len(kept) > KEPT_MAX
        known.differences = kept[:KEPT_MAX]
        known.whole_from = comparison.whole_from
        return True

    async def _look_again(self, closed: int) -> bool:
        if closed == self._looked_again_at:
            return False
        self._looked_again_at = closed
        for account, known in self._notes.accounts.items():
            hours = sorted({one.hour for one in known.differences}, reverse=True)
            for hour in hours[:LOOKED_AT_AGAIN]:
                await self._look(account, known, hour, hour + 1)
                await self.save(changed=True)
        return False

    async def save(self, *, changed: bool = False) -> None:
        """Write down what is not yet, if that can be done."""
        unrecorded = [(*place, events) for place, events in sorted(self.unrecorded().items())]
        self._changed = self._changed or changed or unrecorded != self._notes.unrecorded
        if not self._changed:
            return
        self._notes.unrecorded = unrecorded
        content = msgspec.json.encode(self._notes)
        with contextlib.suppress(OSError):  # a full disk: the next pass tries again
            await self._background.run(_write, self._path, content)
            self._changed = False


def _read(path: Path) -> Notes:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Notes)
    except FileNotFoundError:
        return Notes()
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s cannot be read (%s): the check starts over", path, error)
        return Notes()


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, whatever happens in between."""
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
