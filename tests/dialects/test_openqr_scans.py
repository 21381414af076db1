"""From a report to the scans body: zero-filling, merging, naming."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from footfall.core.calendar import DAY_MS
from footfall.core.queries import Count
from footfall.dialects.openqr.answers import Value
from footfall.dialects.openqr.scans import (
    BREAKDOWN_MAX,
    UNKNOWN_COUNTRIES,
    breakdown,
    daily_series,
    report_query,
)

moments = st.integers(min_value=1_600_000_000_000, max_value=2_000_000_000_000)


@given(moments, st.integers(1, 365), st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9))))
def test_a_daily_series_has_every_day_once(
    now: int, days: int, scans: list[tuple[int, int]]
) -> None:
    today = datetime.fromtimestamp(now // 1000, UTC).date()
    counts = {(today - timedelta(days=back)).isoformat(): n for back, n in scans}
    series = daily_series(counts.items(), days, now)
    assert len(series) == days
    assert series[-1].day == today.isoformat()
    labels = [date.fromisoformat(bucket.day) for bucket in series]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(labels))
    assert all(bucket.n == counts.get(bucket.day, 0) for bucket in series)


@given(moments, st.integers(1, 365))
def test_the_window_is_whole_days_that_end_with_today(now: int, days: int) -> None:
    query = report_query(1, 2, days, now)
    assert query.since % DAY_MS == query.until % DAY_MS == 0
    assert query.until - query.since == days * DAY_MS
    assert query.until - DAY_MS <= now < query.until
    assert query.series_since is not None
    assert query.until - query.series_since == max(days, 7) * DAY_MS


def test_pseudo_countries_are_one_unknown() -> None:
    counts = [Count("GB", 9, 5), Count("", 9, 3), Count("XX", 9, 2), Count("T1", 9, 1)]
    assert breakdown(counts, "Unknown", UNKNOWN_COUNTRIES) == [
        Value("Unknown", 6),
        Value("GB", 5),
    ]


def test_no_more_than_eight_are_shown_and_none_without_scans_in_the_window() -> None:
    counts = [Count(f"C{n}", 100, n) for n in range(20)]
    shown = breakdown(counts, "Unknown", UNKNOWN_COUNTRIES)
    assert len(shown) == BREAKDOWN_MAX
    assert [one.n for one in shown] == list(range(19, 11, -1))
    assert breakdown([Count("GB", 9, 0)], "Unknown", UNKNOWN_COUNTRIES) == []
