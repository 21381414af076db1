"""From a report to the body of `GET /v1/dynamic/{id}/scans`.

The vendor's page describes it field by field: docs/dialects/openqr.md has the table. Days are UTC.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from footfall.core.calendar import DAY_MS
from footfall.core.events import EventKind
from footfall.core.queries import Count, Dimension, TrackerReport, TrackerReportQuery
from footfall.dialects.openqr import answers
from footfall.dialects.openqr.records import CodeRow

DAYS_DEFAULT: Final = 30
DAYS_MAX: Final = 365
RECENT_DAYS: Final = 7
BREAKDOWN_MAX: Final = 8

UNKNOWN_COUNTRIES: Final = frozenset({"", "XX", "T1"})
"""Cloudflare's codes for no country and for Tor are no countries."""


def report_query(account: int, tracker: int, days: int, now: int) -> TrackerReportQuery:
    """The window of `days` that ends with today, and at least the days that `last7` counts: one
    question to the store answers both."""
    today = now - now % DAY_MS
    return TrackerReportQuery(
        account=account,
        tracker=tracker,
        kind=EventKind.SCAN,
        since=today - (days - 1) * DAY_MS,
        series_since=today - (max(days, RECENT_DAYS) - 1) * DAY_MS,
        until=today + DAY_MS,
        dimensions=(Dimension.COUNTRY, Dimension.DEVICE, Dimension.REFERRER_HOST),
        # Several values may be one "Unknown" here, and eight are to be left.
        top=BREAKDOWN_MAX + len(UNKNOWN_COUNTRIES) - 1,
    )


def daily_series(series: Iterable[tuple[str, int]], days: int, now: int) -> list[answers.Day]:
    """One bucket a day, oldest first, the last one today; days without scans are 0."""
    counts = dict(series)
    today: date = datetime.fromtimestamp(now // 1000, UTC).date()
    labels = [(today - timedelta(days=back)).isoformat() for back in range(days - 1, -1, -1)]
    return [answers.Day(label, counts.get(label, 0)) for label in labels]


def breakdown(counts: Iterable[Count], absent: str, nameless: Iterable[str]) -> list[answers.Value]:
    """The window's top values; the nameless ones are one value, `absent`."""
    named: Counter[str] = Counter()
    unnamed = frozenset(nameless)
    for count in counts:
        named[absent if count.value in unnamed else count.value] += count.window
    top = sorted(named.items(), key=lambda item: (-item[1], item[0]))[:BREAKDOWN_MAX]
    return [answers.Value(value, n) for value, n in top if n]


def scans_body(
    row: CodeRow, short_base: str, report: TrackerReport, days: int, now: int
) -> answers.CodeScans:
    """`GET /v1/dynamic/{id}/scans`, as the vendor's page describes it field by field."""

    def leader(dimension: Dimension, nameless: frozenset[str]) -> str | None:
        value = report.leaders.get(dimension, "")
        if not report.total:
            return None
        return "Unknown" if value in nameless else value

    def top(dimension: Dimension, absent: str, nameless: Iterable[str]) -> list[answers.Value]:
        return breakdown(report.breakdowns.get(dimension, ()), absent, nameless)

    code = answers.code(row, short_base)
    recent = daily_series(report.series, RECENT_DAYS, now)
    return answers.CodeScans(
        id=code.id,
        slug=code.slug,
        short_url=code.short_url,
        destination=code.destination,
        scans=answers.Scans(
            total=report.total,
            last7=sum(bucket.n for bucket in recent),
            topCountry=leader(Dimension.COUNTRY, UNKNOWN_COUNTRIES),
            topDevice=leader(Dimension.DEVICE, frozenset({""})),
        ),
        analytics=answers.Analytics(
            days_window=days,
            total=report.total,
            window_total=report.window,
            daily=daily_series(report.series, days, now),
            by_country=top(Dimension.COUNTRY, "Unknown", UNKNOWN_COUNTRIES),
            by_device=top(Dimension.DEVICE, "Unknown", {""}),
            by_referrer=top(Dimension.REFERRER_HOST, "Direct", {""}),
        ),
    )
