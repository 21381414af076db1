"""Counts of events by whose they are, where they came from and the hour in which they came."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from footfall.core.ids import EPOCH_HOUR, IDS_OF_HOUR, hour_received
from footfall.core.ingested import IngestedEvent

CountKey = tuple[int, str, int]
"""Account, source, and the hour of receipt: whole hours since 1970, UTC."""

COUNTED_SINGLY: Final = 4
"""So few are counted sooner one by one."""

_place_of: Final = attrgetter("account", "source")


class EventCounts(dict[CountKey, int]):
    """How many events each place has. `changes` grows with each event of an account that comes."""

    __slots__ = ("changes",)

    def __init__(self, counts: Mapping[CountKey, int] | None = None) -> None:
        super().__init__(counts or {})
        self.changes: defaultdict[int, int] = defaultdict(int)

    def add(self, account: int, source: str, id: int) -> None:
        """An event with this id."""
        place = (account, source, id // IDS_OF_HOUR + EPOCH_HOUR)
        self.changes[account] += 1
        self[place] = self.get(place, 0) + 1

    def add_all(self, other: Mapping[CountKey, int]) -> None:
        for place, events in other.items():
            self[place] = self.get(place, 0) + events
            self.changes[place[0]] += events

    def forget(self, before: int) -> None:
        """What was received before this hour."""
        for place in [place for place in self if place[2] < before]:
            del self[place]


def counts_of(ids: Sequence[int], ingested: Sequence[IngestedEvent]) -> EventCounts:
    """What events with these ascending ids add to counts."""
    tally = EventCounts()
    if len(ids) < COUNTED_SINGLY or hour_received(ids[0]) != hour_received(ids[-1]):
        for id, one in zip(ids, ingested, strict=True):
            tally.add(one.account, one.source, id)
        return tally
    hour = hour_received(ids[0])
    for (account, source), events in Counter(map(_place_of, ingested)).items():
        tally[account, source, hour] = events
    return tally
