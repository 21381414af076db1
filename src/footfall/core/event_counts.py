"""Counts of events by whose they are, where they came from and the hour in which they came."""

from collections import defaultdict
from collections.abc import Mapping

from footfall.core.ids import EPOCH_HOUR, IDS_OF_HOUR

CountKey = tuple[int, str, int]
"""Account, source, and the hour of receipt: whole hours since 1970, UTC."""


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
