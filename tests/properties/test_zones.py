"""Every zone of the IANA list: offsets and buckets are those of zoneinfo, whoever counts them."""

import itertools
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import takewhile
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.core.calendar import DAY_MS, EARLIEST_MS, LATEST_MS, offsets, starts
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at
from footfall.core.ports import Batch
from footfall.core.queries import AdQuery, Bucket, EventQuery, Like, TrackerReportQuery
from footfall.core.reports import Metric, ReportQuery
from footfall.store.query.ad_report import select_ads
from footfall.store.query.event_query import select_events, select_tracker_report
from footfall.store.query.report_query import select_groups
from footfall.store.query.report_tables import table_for
from footfall.store.store import ClickHouseStore

ZONES: Final = sorted(available_timezones())
QUARTER_MS: Final = 900_000
MEMORY_GROWTH_MAX: Final = 32 << 20
"""With the engine's own zones it would be 3 GB."""

SINCE: Final = int(datetime(2017, 1, 1, tzinfo=UTC).timestamp()) * 1000
RECENTLY: Final = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1000
UNTIL: Final = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) * 1000
RECEIVED: Final = UNTIL + DAY_MS
ACCOUNT: Final = 1
TRACKER: Final = 7

a_zone = st.sampled_from(ZONES)
a_moment = st.integers(EARLIEST_MS // 1000, LATEST_MS // 1000 - 1)


def offset_at(seconds: int, zone: str) -> int:
    found = datetime.fromtimestamp(seconds, ZoneInfo(zone)).utcoffset()
    assert found is not None
    return round(found.total_seconds())


BACK_MS: Final = 3 * 3_600_000
"""So far clocks are set back at most."""


def shown_at(quarter_ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(quarter_ms // 1000, ZoneInfo(zone))


@lru_cache(maxsize=100_000)
def begin_by_zoneinfo(day: date, zone: str) -> int:
    """The first quarter-hour that shows this day or a later one."""
    near = milliseconds_of(day) - offset_at(milliseconds_of(day) // 1000, zone) * 1000
    first = near - DAY_MS if zone in LEAPT_OVER_DAYS else near - BACK_MS
    quarters = range(first, near + DAY_MS + 1, QUARTER_MS)
    return next(at for at in quarters if shown_at(at, zone).date() >= day)


LEAPT_OVER_DAYS: Final = {"Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kwajalein", "Kwajalein"}


def milliseconds_of(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def start_by_zoneinfo(at: int, zone: str, bucket: Bucket, week_start: int) -> int:
    """`Group.start` of a quarter-hour, by what the clocks show around it."""
    local = shown_at(at, zone)
    if bucket is Bucket.QUARTER_HOUR:
        return at
    if bucket is Bucket.HOUR:
        hour = [at - step * QUARTER_MS for step in range(local.minute // 15 + 1)]
        same = takewhile(lambda one: shown_at(one, zone).utcoffset() == local.utcoffset(), hour)
        return min(same)
    # A midnight that the clocks show twice is the first of the two.
    earlier = range(at, at - BACK_MS, -QUARTER_MS) if local.hour >= 20 else [at]
    day = max(shown_at(one, zone).date() for one in earlier)
    if bucket is Bucket.WEEK:
        day -= timedelta(days=(day.isoweekday() - week_start) % 7)
    elif bucket is Bucket.MONTH:
        day = day.replace(day=1)
    elif bucket is Bucket.YEAR:
        day = day.replace(month=1, day=1)
    return begin_by_zoneinfo(day, zone)


@cache
def moments() -> list[int]:
    """A quarter-hour around every change of every zone in ten years, and one of each day. Found
    when a test needs them: every worker imports this file."""
    changes = {
        edge // 900 * QUARTER_MS for zone in ZONES for edge in offsets(zone, SINCE, UNTIL).edges[1:]
    }
    found = {at + step * QUARTER_MS for at in changes for step in (-5, -4, -1, 0, 1, 4, 5)}
    return sorted(found | set(range(SINCE, UNTIL, DAY_MS)))


@cache
def recent() -> list[int]:
    return [at for at in moments() if at >= RECENTLY]


LONGER: Final = (Bucket.DAY, Bucket.WEEK, Bucket.MONTH, Bucket.YEAR)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    numbers = itertools.count(first_id_at(RECEIVED))
    lines = [
        msgspec.json.encode(
            Event(
                id=next(numbers),
                account=ACCOUNT,
                tracker=TRACKER,
                kind=EventKind.CLICK,
                source="native",
                offer="9",
                delay=RECEIVED - at - 1,
                verdict=Verdict.COUNTED,
            )
        )
        for at in moments()
    ]
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('zones')}", 400_000_000)
    opened.insert(Batch("zones", 1, len(lines), b"\n".join(lines) + b"\n"))
    yield opened
    opened.close()


@given(a_zone, a_moment, st.integers(1, 400 * 86_400))
def test_an_offset_is_that_of_zoneinfo(zone: str, first: int, length: int) -> None:
    known = offsets(zone, first * 1000, (first + length) * 1000)
    end = min(first + length, LATEST_MS // 1000) - 1
    edges = [one for edge in known.edges[1:] for one in (edge - 1, edge)]
    for at in {first, (first + end) // 2, end, *edges}:
        assert known.at(at) == offset_at(at, zone)


@given(
    a_zone,
    st.integers(EARLIEST_MS // QUARTER_MS, LATEST_MS // QUARTER_MS - 40_000),
    st.integers(1, 3_000),
    st.sampled_from(Bucket),
    st.integers(1, 7),
)
def test_the_buckets_of_a_window_are_those_of_its_quarter_hours(
    zone: str, first: int, length: int, bucket: Bucket, week_start: int
) -> None:
    quarters = range(first * QUARTER_MS, (first + length) * QUARTER_MS, QUARTER_MS)
    wanted = [start_by_zoneinfo(at, zone, bucket, week_start) for at in quarters]
    found = list(starts(quarters.start, quarters.stop, zone, bucket, week_start))
    assert found == sorted(set(wanted))


@pytest.mark.parametrize("bucket", Bucket)
@pytest.mark.parametrize("raw", [False, True], ids=["rollup", "events"])
def test_rows_of_every_zone_are_those_of_zoneinfo_and_add_up(
    store: ClickHouseStore, bucket: Bucket, raw: bool
) -> None:
    step = {Bucket.QUARTER_HOUR: 60, Bucket.HOUR: 30}.get(bucket, 15)
    for number, zone in enumerate(ZONES[list(Bucket).index(bucket) :: step]):
        week_start = number % 7 + 1
        report = store.report(
            ReportQuery(
                account=ACCOUNT,
                occurred_since=RECENTLY,
                occurred_until=UNTIL - (1 if raw else 0),
                metrics=frozenset({Metric.COUNTED, Metric.EVENTS}),
                bucket=bucket,
                zone=zone,
                week_start=week_start,
            )
        )
        wanted = Counter(start_by_zoneinfo(at, zone, bucket, week_start) for at in recent())
        assert {one.start: one.counts.counted for one in report.groups} == wanted, zone
        assert sum(one.counts.counted for one in report.groups) == report.totals.counted


def test_rows_of_every_zone_add_up_over_ten_years_of_clock_changes(store: ClickHouseStore) -> None:
    """Zones with the same offsets are one question: the engine never learns a name."""
    zones = {offsets(zone, SINCE - DAY_MS, UNTIL): zone for zone in ZONES}
    for number, (known, zone) in enumerate(zones.items()):
        odd = any(seconds % 3600 for seconds in known.seconds)
        for bucket in (LONGER[number % 4], *[Bucket.HOUR] * (odd or not number % 8)):
            report = store.report(
                ReportQuery(
                    account=ACCOUNT,
                    occurred_since=SINCE,
                    occurred_until=UNTIL,
                    bucket=bucket,
                    zone=zone,
                )
            )
            assert sum(one.counts.counted for one in report.groups) == report.totals.counted
            assert report.totals.counted == len(moments())
            listed = list(starts(SINCE, UNTIL, zone, bucket))
            wanted = Counter(listed[bisect_right(listed, at) - 1] for at in moments())
            assert {one.start: one.counts.counted for one in report.groups} == wanted, zone


@pytest.mark.parametrize("bucket", Bucket)
def test_series_and_reports_of_ads_have_the_same_buckets(
    store: ClickHouseStore, bucket: Bucket
) -> None:
    for zone in ZONES[list(Bucket).index(bucket) :: 90]:
        wanted = Counter(start_by_zoneinfo(at, zone, bucket, 1) for at in recent())
        ads = store.ad_report(
            AdQuery(account=ACCOUNT, since=RECENTLY, until=UNTIL, zone=zone, bucket=bucket)
        )
        assert {one.start: one.counts.clicks for one in ads.groups} == wanted, zone
        series = store.tracker_report(
            TrackerReportQuery(
                account=ACCOUNT,
                tracker=TRACKER,
                kind=EventKind.CLICK,
                since=RECENTLY,
                until=UNTIL,
                zone=zone,
                bucket=bucket,
            )
        ).series
        assert [events for _, events in series] == [wanted[start] for start in sorted(wanted)], zone


def memory_of(store: ClickHouseStore) -> int:
    with store.opened().reading() as client:
        rows = client.query(
            "SELECT value FROM system.metrics WHERE metric = 'MemoryTracking'"
        ).result_rows
    return int(rows[0][0])


def test_reports_over_every_zone_leave_the_engine_as_large_as_it_was(
    store: ClickHouseStore,
) -> None:
    def ask(zone: str) -> None:
        query = ReportQuery(
            account=ACCOUNT,
            occurred_since=RECENTLY,
            occurred_until=UNTIL,
            bucket=Bucket.DAY,
            zone=zone,
        )
        assert store.report(query).totals.counted == len(recent())

    for zone in ZONES[:20]:
        ask(zone)
    before = memory_of(store)
    for zone in ZONES:
        ask(zone)
    assert memory_of(store) - before < MEMORY_GROWTH_MAX


@pytest.mark.parametrize("bucket", Bucket)
def test_no_question_names_a_zone(bucket: Bucket) -> None:
    """Neither its text nor its parameters."""
    zone = "America/Argentina/Buenos_Aires"
    window: dict[str, Any] = {"account": ACCOUNT, "zone": zone, "bucket": bucket}
    report = ReportQuery(**window, occurred_since=RECENTLY, occurred_until=UNTIL)
    ads = AdQuery(**window, since=RECENTLY, until=UNTIL)
    series = TrackerReportQuery(
        **window, tracker=TRACKER, kind=EventKind.CLICK, since=RECENTLY, until=UNTIL
    )
    like = EventQuery(account=ACCOUNT, likes=(Like("2026-%", zone=zone),))
    for sql, parameters in (
        select_groups(report, table_for(report), (), buckets=True),
        select_ads(ads),
        select_tracker_report(series),
        select_events(like),
    ):
        assert "Argentina" not in sql
        assert "Argentina" not in str(parameters)
