"""What a policy changes: the classification of stored events."""

import msgspec

from footfall.core.classification import Rules
from footfall.core.events import Verdict
from footfall.core.reports import ArchivedMonth

Classification = tuple[Verdict, str]
"""A verdict and its reason."""


class ReclassificationScope(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of an account are reclassified, by which rules: those with an id below this one
    that happened in [since, until) (milliseconds since 1970), but for those of `kept` months, whose
    files stay as they are. Days are those of the zone."""

    account: int
    rules: Rules
    below: int
    kept: tuple[ArchivedMonth, ...] = ()
    since: int = 0
    until: int | None = None
    zone: str = "UTC"


class Change(msgspec.Struct, frozen=True):
    """So many events of a day (`2026-07-03`) get another classification."""

    day: str
    before: Classification
    after: Classification
    events: int


class ReclassificationBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of events up to the id `last` holds: how many can be reclassified, of how many too
    little was kept for that, what would change, and the classification for each changed key. A key
    stands for all that is looked at in an event."""

    last: int
    events: int
    unknown: int
    changes: list[Change]
    keys: dict[int, Classification]
