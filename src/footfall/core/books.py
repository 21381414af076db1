"""The books: what was answered, journalled and stored, in the words of its parts.

    answered = journalled = stored + waiting,  stored = held + removed,  rollups = raw rows

Hours are whole hours since 1970, UTC, and those of receipt where nothing else is said.
"""

from collections.abc import Sequence

import msgspec


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What a journal wrote down: of the events of `hours` hours (1, or the 24 of a day) from `hour`
    on, how many it took, and how many of them it gave to the event store."""

    account: int
    source: str
    hours: int
    hour: int
    journalled: int
    released: int


class JournalBook(msgspec.Struct, frozen=True):
    """A journal's own account of itself. Its entries are whole from `opened_hour` on (0: all),
    its positions after `opened`. `waiting_since` is the id of the oldest event that waits."""

    name: str
    opened_hour: int
    opened: int
    position: int
    released: int
    waiting_since: int | None
    entries: Sequence[Entry]


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """Events that entered the event store through this journal, "" for none; nothing takes away
    from them."""

    account: int
    source: str
    journal: str
    hour: int
    events: int


class Held(msgspec.Struct, frozen=True, array_like=True):
    """Events that the tables of events still have."""

    account: int
    source: str
    hour: int
    events: int


class Run(msgspec.Struct, frozen=True, array_like=True):
    """Groups of a journal that entered the event store without a gap between `first` and `last`.
    Fewer `groups` than that: some are missing inside of it."""

    journal: str
    first: int
    last: int
    groups: int
    events: int
    first_id: int
    last_id: int


class Difference(msgspec.Struct, frozen=True, array_like=True):
    """A table that does not hold in this hour what the raw rows say: `expected` and `found` are
    sums over `rows` rows that differ, of events, or, where those are right, of visitors. The hour
    is that of occurrence for rollups."""

    account: int
    table: str
    hour: int
    expected: int
    found: int
    rows: int


class Comparison(msgspec.Struct, frozen=True):
    """Before the hour `whole_from` nothing was compared: retention removed raw rows there."""

    differences: Sequence[Difference]
    whole_from: int = 0
