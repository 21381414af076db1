"""Questions to the event store, and their answers. Every API asks with these."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from footfall.core.events import COLUMNS, Event, EventKind, Verdict


class Order(StrEnum):
    ASCENDING = "ascending"
    DESCENDING = "descending"


class Like(msgspec.Struct, frozen=True):
    """A pattern of SQL's LIKE (`%`, `_`) for what an event shows as text: its id, or with a `zone`
    the local time at which it happened, as `2026-07-03 14:05:09`."""

    pattern: str
    zone: str = ""
    negated: bool = False


class Operator(StrEnum):
    """What a condition asks of a value. `from` and `to` compare numbers and times; of text that is
    no number neither holds."""

    IS = "is"
    NOT = "not"
    PREFIX = "prefix"
    CONTAINS = "contains"
    PRESENT = "present"
    ABSENT = "absent"
    FROM = "from"
    TO = "to"


METADATA: Final = "metadata."
_KEY: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^".][^.]*')


def metadata_keys(column: str) -> tuple[str, ...]:
    """The keys behind METADATA, with dots between them: each as it is or, where it is empty, begins
    with a quote or has a dot, as a JSON string. Raises ValueError for any other text."""
    keys, place = [], len(METADATA)
    while found := _KEY.match(column, place):
        text = found[0]
        keys.append(msgspec.json.decode(text, type=str) if text[0] == '"' else text)
        if found.end() == len(column):
            return tuple(keys)
        if column[found.end()] != ".":
            break
        place = found.end() + 1
    raise ValueError(f"{column[:60]!r} is not a path into the metadata.")


class Condition(msgspec.Struct, frozen=True):
    """What must hold for one column: `column` is one of COLUMNS, or `metadata.` and the keys that
    lead to a value in it. `is` wants any of the values, `not` none of them, `prefix` and `contains`
    any; `from` at least, `to` less than the one value. `from` and `to` compare
    addresses as those of IPv6, every other test as text."""

    column: str
    operator: Operator
    values: tuple[str, ...] = ()


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of one account: those for which every condition that is given holds.

    `values` maps a column of text to the values of which one must be there, `without` to those of
    which none may be. `since` and `until` bound the time of receipt, `occurred_since` and
    `occurred_until` the time at which it happened, [since, until) in milliseconds since 1970.
    Of an event that was not reported later both times are the same. `above` and `below` bound the
    id, without themselves; one of `ranges` [first, end) must hold it, when there are some.
    `network` is an address, or a network as `203.0.113.0/24`. `policy` takes verdicts and reasons
    as they were under that policy; None as they are.
    """

    account: int
    tracker: int | None = None
    trackers: tuple[int, ...] = ()
    ids: tuple[int, ...] = ()
    not_ids: tuple[int, ...] = ()
    above: int | None = None
    below: int | None = None
    sources: tuple[str, ...] = ()
    not_sources: tuple[str, ...] = ()
    network: str = ""
    kinds: tuple[EventKind, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    values: Mapping[str, tuple[str, ...]] = {}
    without: Mapping[str, tuple[str, ...]] = {}
    since: int | None = None
    until: int | None = None
    occurred_since: int | None = None
    occurred_until: int | None = None
    likes: tuple[Like, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    conditions: tuple[Condition, ...] = ()
    policy: int | None = None

    def filters(self, *names: str) -> "EventFilter":
        """The filter with these conditions alone, all when none is named."""
        fields = names or EventFilter.__struct_fields__
        return EventFilter(**{name: getattr(self, name) for name in fields})


class EventQuery(EventFilter, frozen=True, kw_only=True):
    """Events of one account by id, that is by time of receipt.

    `cursor` is the id of the last event already read, None for the first page: ids never change
    and new events only come after, so a page neither skips nor repeats while events arrive.
    `offset` leaves out so many events after the cursor: each costs, so a cursor is better.

    `fields` are the columns that the API shows; the others come back as their defaults, but for
    the REQUIRED ones. Each column costs: a page of all takes three times one of a dozen.
    """

    fields: tuple[str, ...] = COLUMNS
    order: Order = Order.DESCENDING
    cursor: int | None = None
    offset: int = 0
    limit: int = 100


class Page(msgspec.Struct, frozen=True):
    """`cursor` continues after the last of `events`; None when there are no more."""

    events: list[Event]
    cursor: int | None


class Bucket(StrEnum):
    """How a series is cut, by the calendar of the query's zone: a day may have 23 or 25 hours, a
    week begins on Monday."""

    QUARTER_HOUR = "quarter_hour"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Dimension(StrEnum):
    """What a report breaks events down by. Each is kept in the rollups."""

    COUNTRY = "country"
    DEVICE = "device"
    REFERRER_HOST = "referrer_host"
    OS = "os"
    BROWSER = "browser"


class TrackerReportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one tracker's events from the rollups.

    The window is [`since`, `until`) in milliseconds since 1970, on quarter-hour boundaries.
    `dimensions` are broken down to their `top` values by the window's count. The series may begin
    earlier than the window: at `series_since`, when that is given.
    """

    account: int
    tracker: int
    kind: EventKind
    since: int
    until: int
    zone: str = "UTC"
    bucket: Bucket = Bucket.DAY
    dimensions: tuple[Dimension, ...] = ()
    top: int = 8
    visitors: bool = False
    series_since: int | None = None


class Count(msgspec.Struct, frozen=True):
    """How many counted events have this value: ever, and inside the window."""

    value: str
    total: int
    window: int


class TrackerReport(msgspec.Struct, frozen=True):
    """`total` and `window` count verdict `counted`; `verdicts` holds the lifetime number of each.

    `visitors` estimates the window's different visitors, None unless requested;
    a visitor is another one each day, and events without a visitor number are not in it.
    `series` has (label, count) for buckets with events, in time order; a label is `2026-07-03`,
    or `2026-07-03 14:00` for what is shorter than a day. `breakdowns` holds, per dimension, the
    window's top values; `leaders` the value with the highest lifetime count, where there is any.
    """

    total: int
    window: int
    verdicts: Mapping[Verdict, int]
    visitors: int | None
    series: list[tuple[str, int]]
    breakdowns: Mapping[Dimension, list[Count]]
    leaders: Mapping[Dimension, str]


AD_COLUMNS: Final = (
    *("offer", "offer_url", "affiliate", "advertiser", "creative", "campaign", "traffic_source"),
    *("coupon", "project", "sub1", "sub2", "sub3", "sub4", "sub5"),
    *("adv1", "adv2", "adv3", "adv4", "adv5"),
    *("country", "region", "city", "isp", "connection_type"),
    *("device", "device_make", "device_model", "os", "os_version", "browser", "language"),
    *("referrer_host", "goal", "attribution"),
)
"""What an ad report can be broken down by and filtered on: columns of the events."""


class Through(msgspec.Struct, frozen=True):
    """What a column's value leads to, such as an offer to its category; "" for the others."""

    column: str
    leads_to: Mapping[str, str]


class AdQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of an account's ad events (those that name an offer) from the rollups, for each
    combination of the values of `by` and, with a `bucket`, each bucket of time.

    The window is [`since`, `until`) in milliseconds since 1970, on quarter-hour boundaries.
    `sources`, `values` and `without` are those of `EventFilter`, the columns AD_COLUMNS. `prices`
    maps the last four of `AdCounts` to offers and the price of one event, in millionths.
    """

    account: int
    since: int
    until: int
    zone: str = "UTC"
    by: tuple[str | Through, ...] = ()
    bucket: Bucket | None = None
    sources: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = {}
    without: Mapping[str, tuple[str, ...]] = {}
    prices: Mapping[str, Mapping[str, int]] = {}
    limit: int = 10_000


class AdCounts(msgspec.Struct, frozen=True, array_like=True):
    """`impressions` and `clicks` have the verdict counted, duplicates duplicate or repeat;
    invalid is every other verdict. `conversions` name no goal, `view_conversions` are those
    attributed to an impression, `goals` name one. Sums of money are of counted events; the last
    four are numbers of events times the price of each one's offer."""

    impressions: int = 0
    duplicate_impressions: int = 0
    invalid_impressions: int = 0
    clicks: int = 0
    duplicate_clicks: int = 0
    invalid_clicks: int = 0
    conversions: int = 0
    view_conversions: int = 0
    invalid_conversions: int = 0
    goals: int = 0
    payout_micros: int = 0
    revenue_micros: int = 0
    goal_revenue_micros: int = 0
    sale_micros: int = 0
    impressions_payout_micros: int = 0
    impressions_revenue_micros: int = 0
    clicks_payout_micros: int = 0
    clicks_revenue_micros: int = 0


class AdGroup(msgspec.Struct, frozen=True):
    """`values` as `AdQuery.by` names them. `start` is that of the bucket in milliseconds since
    1970, 0 without buckets."""

    values: tuple[str, ...]
    start: int
    counts: AdCounts


class AdReport(msgspec.Struct, frozen=True):
    """Groups that have a counted impression or a click of any verdict, in time order and then the
    largest first, by what is counted. `incomplete`: there are more."""

    groups: list[AdGroup]
    incomplete: bool
