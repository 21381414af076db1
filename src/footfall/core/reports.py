"""The report: the one question for counts that is not of a fixed shape, and its answer."""

from enum import StrEnum
from typing import Final

import msgspec

from footfall.core.events import REFERENCES, EventKind
from footfall.core.queries import Bucket, Condition, EventFilter


class Metric(StrEnum):
    """`events` have any verdict, `counted` the verdict counted. `interactions` are the counted
    events that a person did (not SENT), `with_visitor` those that have a visitor, `uniques`
    estimates their different visitors, `recipients` those of what was SENT. `first_seen` and
    `last_seen` are when the first and the last of what is counted happened."""

    EVENTS = "events"
    COUNTED = "counted"
    INTERACTIONS = "interactions"
    UNIQUES = "uniques"
    WITH_VISITOR = "with_visitor"
    RECIPIENTS = "recipients"
    FIRST_SEEN = "first_seen"
    LAST_SEEN = "last_seen"


class Funnel(msgspec.Struct, frozen=True):
    """How many of those whom the column `by` names did the steps one after another, all within so
    long of the first: counted events for which every condition of a step holds."""

    by: str
    within_seconds: int
    steps: tuple[tuple[Condition, ...], ...]


ROLLED: Final = (
    *("tracker", "country", "region", "device", "referrer_host", "os", "browser", "language"),
    *("connection_type", "program", "poster", "ambassador", "emailing", "code", "offer"),
    *("affiliate", "advertiser", "creative", "campaign", "reader", "pass_template"),
    *("scan_medium", "scan_status", "validation", "reason"),
)
"""What the rollup of an account counts by, one at a time, beside source, kind and verdict."""

assert set(ROLLED) & set(REFERENCES)


class ArchivedMonth(msgspec.Struct, frozen=True):
    """A file with the events of one account that were received in [since, until), milliseconds
    since 1970, or, with a `last_id`, those up to it that happened in that time."""

    path: str
    since: int
    until: int
    last_id: int | None = None


class ReportQuery(EventFilter, frozen=True, kw_only=True):
    """Counts of one account's events, for each combination of the values of up to three columns
    (or paths of metadata) and, with a `bucket`, each bucket of time in the zone.

    The window is `occurred_since` to `occurred_until`; with a bucket both are given. `week_start`
    is 1 for Monday to 7 for Sunday. Of the groups come the `top` greatest by `order_by`, each with
    all its buckets, but at most `rows_max` rows; `only` those with these values, if it is given.
    `reads_max` bounds the rows of events that may be read; `archived` are read beside the events,
    when these are. `buckets`: so many rows each group will have, with those for which nothing is
    found. Each of `unions` asks for the different visitors of events of these kinds. `stored`
    counts what the tables of events have: rollups outlive it.
    """

    dimensions: tuple[str, ...] = ()
    metrics: frozenset[Metric] = frozenset({Metric.COUNTED})
    funnel: Funnel | None = None
    bucket: Bucket | None = None
    zone: str = "UTC"
    week_start: int = 1
    order_by: Metric = Metric.COUNTED
    top: int = 100
    only: tuple[tuple[str, ...], ...] | None = None
    rows_max: int = 100_000
    buckets: int = 0
    reads_max: int | None = None
    archived: tuple[ArchivedMonth, ...] = ()
    unions: tuple[tuple[EventKind, ...], ...] = ()
    stored: bool = False


GROUPS_MAX: Final = 100_000
"""Of `counting`: more would be a list, not an answer."""


def counting(wanted: EventFilter, by: tuple[str, ...] = ()) -> ReportQuery:
    """How many stored events match, for each combination of the values of these columns."""
    return ReportQuery(
        **msgspec.structs.asdict(wanted.filters()),
        dimensions=by,
        metrics=frozenset({Metric.EVENTS}),
        order_by=Metric.EVENTS,
        top=GROUPS_MAX + 1,
        rows_max=GROUPS_MAX,
        stored=True,
    )


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What was requested; the rest is 0 or None. Times in milliseconds since 1970."""

    events: int = 0
    counted: int = 0
    interactions: int = 0
    uniques: int = 0
    with_visitor: int = 0
    recipients: int = 0
    first_seen: int | None = None
    last_seen: int | None = None
    steps: tuple[int, ...] = ()


class Group(msgspec.Struct, frozen=True):
    """`values` as `ReportQuery.dimensions` names them; `start` that of the bucket in milliseconds
    since 1970, None without buckets."""

    values: tuple[str, ...]
    start: int | None
    counts: Counts


class Cost(msgspec.Struct, frozen=True):
    """What a question took of the event store."""

    rows: int = 0
    bytes: int = 0
    milliseconds: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.rows + other.rows,
            self.bytes + other.bytes,
            self.milliseconds + other.milliseconds,
        )


class Report(msgspec.Struct, frozen=True):
    """`groups` with dimensions are the greatest first, each with its buckets in time order.
    `totals` is of everything that matches, `series` its buckets when the groups have buckets.
    `found` is how many combinations of values there are, `unions` the visitors of each of the
    query's. `table` is what answered: `events` or the name of a rollup."""

    groups: list[Group]
    totals: Counts
    series: list[Group]
    found: int
    table: str
    cost: Cost
    unions: tuple[int, ...] = ()
