"""Ad reports from the rollup, against a plain count of the same events."""

import itertools
import zoneinfo
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.queries import AD_COLUMNS, AdCounts, AdQuery, Bucket, Through
from footfall.core.reports import ReportQuery
from footfall.store.store import ClickHouseStore

QUARTER_MS = 900_000
FIRST = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1000
LAST = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp()) * 1000
ZONES = [
    "UTC",
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Kathmandu",  # three quarters
    "Pacific/Chatham",  # three quarters, and changes
    "Pacific/Kiritimati",  # 14 hours ahead
    "Pacific/Pago_Pago",  # 11 behind
    "America/Los_Angeles",
    "Australia/Lord_Howe",  # half an hour, and changes by half an hour
]
COLUMNS = ("offer", "goal", "affiliate", "creative", "country", "sub1", "adv5", "referrer_host")
PRICES = {
    "impressions_payout_micros": {"7": 1_680_000, "8": 10**18},
    "impressions_revenue_micros": {"7": 3},
    "clicks_payout_micros": {"8": 100_000, "9": 1},
    "clicks_revenue_micros": {},
}
_accounts = itertools.count(1)

events_of_ads: some.SearchStrategy[dict[str, object]] = some.builds(
    dict,
    at=some.integers(FIRST, LAST),
    delay=some.sampled_from([0, 0, 0, QUARTER_MS, 5 * 86_400_000]),
    kind=some.sampled_from(
        [EventKind.IMPRESSION, EventKind.CLICK, EventKind.CONVERSION, EventKind.SCAN]
    ),
    goal=some.sampled_from(["", "", "5"]),
    attribution=some.sampled_from(["", "click", "impression"]),
    payout_micros=some.integers(0, 10**15),
    revenue_micros=some.integers(0, 10**15),
    sale_micros=some.integers(0, 10**15),
    verdict=some.sampled_from(Verdict),
    tracker=some.integers(0, 2),
    offer=some.sampled_from(["7", "7", "8", "9", ""]),
    affiliate=some.sampled_from(["", "3", "4"]),
    creative=some.sampled_from(["", "1"]),
    country=some.sampled_from(["NL", "CA", ""]),
    sub1=some.sampled_from(["", "news", "it's \\ odd", "ü,\n"]),
    adv5=some.sampled_from(["", "x"]),
    referrer_host=some.sampled_from(["", "site.example"]),
)
filters = some.dictionaries(
    some.sampled_from(["offer", "affiliate", "country", "sub1"]),
    some.lists(some.sampled_from(["7", "8", "3", "NL", "news", "it's \\ odd", ""]), max_size=3).map(
        tuple
    ),
    max_size=2,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('ads')}", 400_000_000)
    yield opened
    opened.close()


def start_of(at: int, bucket: Bucket | None, zone: str) -> int:
    """Of the bucket in milliseconds since 1970, by Python's calendar."""
    if bucket is None:
        return 0
    local = datetime.fromtimestamp(at // 1000, zoneinfo.ZoneInfo(zone))
    if bucket in (Bucket.QUARTER_HOUR, Bucket.HOUR):
        # A shift of the clock never falls inside an hour of these zones.
        past = local.minute % (15 if bucket is Bucket.QUARTER_HOUR else 60)
        return (at // 60_000 - past) * 60_000
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if bucket is Bucket.WEEK:
        day -= timedelta(days=day.weekday())
    elif bucket is Bucket.MONTH:
        day = day.replace(day=1)
    elif bucket is Bucket.YEAR:
        day = day.replace(month=1, day=1)
    return int(day.timestamp()) * 1000


FATES = {"counted": "", "duplicate": "duplicate_", "repeat": "duplicate_"}


def counted_as(event: Event) -> dict[str, int]:
    """What one event adds to the counts of its group."""
    fate = FATES.get(event.verdict, "invalid_")
    found = {f"{fate}{event.kind}s": 1}
    if event.kind is EventKind.CONVERSION:
        found = {"invalid_conversions": 1}
        if not fate:
            found = {"goals": 1} if event.goal else {"conversions": 1}
            if not event.goal and event.attribution == "impression":
                found["view_conversions"] = 1
    if not fate:
        for name in ("payout_micros", "revenue_micros", "sale_micros"):
            found[name] = getattr(event, name)
        found["goal_revenue_micros"] = event.revenue_micros if event.goal else 0
        for name, prices in PRICES.items():
            if name.startswith(event.kind):
                found[name] = prices.get(event.offer, 0)
    return found


def count(events: list[Event], query: AdQuery) -> dict[tuple[tuple[str, ...], int], dict[str, int]]:
    groups: dict[tuple[tuple[str, ...], int], Counter[str]] = {}
    for event in events:
        facts = msgspec.structs.asdict(event)
        if (
            event.offer == ""
            or event.kind is EventKind.SCAN
            or not query.since <= event.occurred_at < query.until
            or any(facts[column] not in values for column, values in query.values.items())
            or any(facts[column] in values for column, values in query.without.items())
        ):
            continue
        group = (
            tuple(facts[str(column)] for column in query.by),
            start_of(event.occurred_at, query.bucket, query.zone),
        )
        groups.setdefault(group, Counter()).update(counted_as(event))
    shown = {"impressions", "clicks", "duplicate_clicks", "invalid_clicks"}
    shown |= {"conversions", "goals", "invalid_conversions"}
    return {
        group: {name: number for name, number in counts.items() if number}
        for group, counts in groups.items()
        if any(counts[name] for name in shown)
    }


def named(counts: AdCounts) -> dict[str, int]:
    return {name: number for name, number in msgspec.structs.asdict(counts).items() if number}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    made=some.lists(events_of_ads, min_size=1, max_size=60),
    by=some.lists(some.sampled_from(COLUMNS), max_size=4, unique=True).map(tuple),
    bucket=some.sampled_from([None, *Bucket]),
    zone=some.sampled_from(ZONES),
    values=filters,
    without=filters,
    bounds=some.tuples(some.integers(FIRST, LAST), some.integers(FIRST, LAST)),
)
def test_a_report_has_the_numbers_that_counting_the_events_gives(
    store: ClickHouseStore,
    made: list[dict[str, object]],
    by: tuple[str, ...],
    bucket: Bucket | None,
    zone: str,
    values: dict[str, tuple[str, ...]],
    without: dict[str, tuple[str, ...]],
    bounds: tuple[int, int],
) -> None:
    account = next(_accounts)
    events = [
        Event(
            id=(facts["at"] - EPOCH_MS << TIME_SHIFT) + number,  # type: ignore[operator]
            account=account,
            source="test",
            **{name: value for name, value in facts.items() if name != "at"},  # type: ignore[arg-type]
        )
        for number, facts in enumerate(made)
    ]
    half = len(events) // 2
    for number, some_of_them in enumerate((events[:half], events[half:])):
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in some_of_them)
        if lines:
            store.insert(Batch(f"ads-{account}-{number}", 0, len(some_of_them), lines))
    query = AdQuery(
        account=account,
        since=min(bounds) // QUARTER_MS * QUARTER_MS,
        until=max(bounds) // QUARTER_MS * QUARTER_MS,
        zone=zone,
        by=by,
        bucket=bucket,
        values=values,
        without=without,
        prices=PRICES,
    )
    report = store.ad_report(query)
    found = {(group.values, group.start): named(group.counts) for group in report.groups}
    assert found == count(events, query)
    assert len(found) == len(report.groups)
    assert not report.incomplete
    order = [
        (one.start, -one.counts.impressions - one.counts.clicks, -others_of(one.counts))
        for one in report.groups
    ]
    assert order == sorted(order)


def others_of(counts: AdCounts) -> int:
    clicks = counts.duplicate_clicks + counts.invalid_clicks
    return clicks + counts.conversions + counts.invalid_conversions + counts.goals


def test_what_no_report_shows_makes_no_group_and_none_greater(store: ClickHouseStore) -> None:
    account = next(_accounts)
    sent = [
        *[("bots", EventKind.IMPRESSION, Verdict.BOT)] * 9,
        ("few", EventKind.IMPRESSION, Verdict.COUNTED),
        *[("few", EventKind.IMPRESSION, Verdict.BOT)] * 9,
        *[("many", EventKind.IMPRESSION, Verdict.COUNTED)] * 2,
        *[("clicks of bots", EventKind.CLICK, Verdict.BOT)] * 5,
        *[("clicks", EventKind.CLICK, Verdict.COUNTED)] * 3,
    ]
    events = [
        Event(
            id=(FIRST - EPOCH_MS << TIME_SHIFT) + number,
            account=account,
            kind=kind,
            source="test",
            verdict=verdict,
            offer=offer,
        )
        for number, (offer, kind, verdict) in enumerate(sent)
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
    store.insert(Batch(f"ads-{account}", 0, len(events), lines))
    query = AdQuery(account=account, since=FIRST, until=LAST, by=("offer",), limit=4)
    report = store.ad_report(query)
    found = [group.values[0] for group in report.groups]
    assert found == ["clicks", "many", "few", "clicks of bots"]
    assert not report.incomplete


def test_a_report_that_is_cut_says_so_and_has_the_largest(store: ClickHouseStore) -> None:
    account = next(_accounts)
    events = [
        Event(
            id=(FIRST - EPOCH_MS << TIME_SHIFT) + number,
            account=account,
            kind=EventKind.IMPRESSION,
            source="test",
            verdict=Verdict.COUNTED,
            offer=str(place),
        )
        for number, place in enumerate(place for place in range(5) for _ in range(place + 1))
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
    store.insert(Batch(f"ads-{account}", 0, len(events), lines))
    whole = AdQuery(account=account, since=FIRST, until=LAST, by=("offer",), limit=5)
    assert not store.ad_report(whole).incomplete
    cut = store.ad_report(msgspec.structs.replace(whole, limit=3))
    assert cut.incomplete
    assert [group.values for group in cut.groups] == [("4",), ("3",), ("2",)]


def test_every_column_can_be_asked_for(store: ClickHouseStore) -> None:
    account = next(_accounts)
    event = Event(
        id=FIRST - EPOCH_MS << TIME_SHIFT,
        account=account,
        kind=EventKind.CLICK,
        source="test",
        verdict=Verdict.COUNTED,
        **{name: f"of {name}" for name in AD_COLUMNS},  # type: ignore[arg-type]
    )
    store.insert(Batch(f"ads-{account}", 0, 1, msgspec.json.encode(event)))
    query = AdQuery(account=account, since=FIRST, until=LAST, by=AD_COLUMNS)
    (group,) = store.ad_report(query).groups
    assert group.values == tuple(f"of {name}" for name in AD_COLUMNS)
    assert group.counts == AdCounts(clicks=1)


def test_groups_can_be_those_of_what_a_column_leads_to(store: ClickHouseStore) -> None:
    account = next(_accounts)
    events = [
        Event(
            id=(FIRST - EPOCH_MS << TIME_SHIFT) + number,
            account=account,
            kind=EventKind.IMPRESSION,
            source="test" if number % 2 else "other",
            verdict=Verdict.COUNTED,
            offer=str(number % 6),
        )
        for number in range(60)
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
    store.insert(Batch(f"ads-{account}", 0, len(events), lines))
    shoes = Through("offer", {"0": "shoes", "1": "shoes", "2": "hats", "77": "gone"})
    query = AdQuery(account=account, since=FIRST, until=LAST, by=(shoes,))
    found = {g.values: g.counts.impressions for g in store.ad_report(query).groups}
    assert found == {("shoes",): 20, ("hats",): 10, ("",): 30}
    nothing = msgspec.structs.replace(query, by=(Through("offer", {}),), sources=("test",))
    found = {g.values: g.counts.impressions for g in store.ad_report(nothing).groups}
    assert found == {("",): 30}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("bucket", Bucket)
def test_an_empty_window_has_no_bucket(store: ClickHouseStore, bucket: Bucket, zone: str) -> None:
    ads = AdQuery(account=1, since=FIRST, until=FIRST, zone=zone, bucket=bucket, by=())
    assert store.ad_report(ads).groups == []
    report = ReportQuery(
        account=1, occurred_since=FIRST, occurred_until=FIRST, zone=zone, bucket=bucket
    )
    assert store.report(report).groups == []
