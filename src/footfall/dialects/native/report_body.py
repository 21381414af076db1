"""Reports as they are answered: rows by name, buckets without events, what the top leaves out."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from footfall.core.errors import TooLarge
from footfall.core.reports import Cost, Counts, Group, Metric, Report, ReportQuery
from footfall.dialects.native.comparisons import Comparison, Line, cut_buckets, pair_buckets
from footfall.dialects.native.visitors import (
    ESTIMATED,
    known_recipients,
    known_uniques,
    show_estimates,
)
from footfall.dialects.native.windows import LocalWindow, Window, label, show_utc, starts

ROWS_MAX: Final = 100_000
TIME: Final = "time"
SHARE: Final = "share"
RATE: Final = "rate"
SUMS_OF_DAYS: Final = ("uniques",)
ALWAYS: Final = frozenset({Metric.EVENTS, Metric.COUNTED, Metric.INTERACTIONS})
"""Metrics that shares, and estimates that are not known, are computed from."""


class ReportPlan(msgspec.Struct, frozen=True):
    """A request as a query, and what only its answer needs: the metrics that are `shown`, whether
    to `fill` buckets without events, what to compare with."""

    query: ReportQuery
    window: Window
    comparison: Comparison | None
    shown: frozenset[str]
    fill: bool


class ReportBody(msgspec.Struct, frozen=True):
    """`rows` have the dimensions and metrics that were requested, and `previous`. `sums_of_days`
    names the metrics that count a person once for each UTC day. `time` is null where only the
    window that is compared has a bucket; `partial` is true where its window cuts a bucket, and not
    there otherwise. `relative_error` is the standard error of what is `estimated`, as a part of it:
    99 of 100 answers are within three times as much. 0 is exact, null that nothing is estimated."""

    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    other: dict[str, Any] | None
    omitted: int
    sums_of_days: list[str]
    complete: bool
    notes: list[str]
    window: LocalWindow
    previous_window: LocalWindow | None
    source: str
    estimated: list[str]
    relative_error: float | None
    rows_read: int
    bytes_read: int
    milliseconds: float
    policy: int
    policy_applied: bool
    as_of: str
    lag_seconds: float


def show_report(plan: ReportPlan, report: Report, earlier: Report | None) -> dict[str, Any]:
    """Raises TooLarge."""
    previous = plan.comparison.window if plan.comparison else None
    totals = _show(report.totals, plan.shown, report.totals.counted)
    if earlier is not None:
        totals["previous"] = _show(earlier.totals, plan.shown, earlier.totals.counted)
    return {
        # One by one: as text they take a tenth of the memory.
        "rows": msgspec.Raw(
            b"[%b]" % b",".join(map(msgspec.json.encode, _rows(plan, report, earlier)))
        ),
        "totals": totals,
        **_rest(plan, report, earlier),
        "window": plan.window.shown(),
        "previous_window": previous.shown() if previous else None,
    }


def _rows(plan: ReportPlan, report: Report, earlier: Report | None) -> Iterator[dict[str, Any]]:
    now = {(one.values, one.start): one.counts for one in report.groups}
    past = {(one.values, one.start): one.counts for one in earlier.groups} if earlier else {}
    whole = report.totals.counted
    time = _time_of(plan, plan.window)
    time_before = _time_of(plan, plan.comparison.window) if plan.comparison else _no_time
    for values, start, before in _lines(plan, report.groups):
        own, other = now.get((values, start)), past.get((values, before))
        if not (plan.fill or own or other):
            continue
        shown: dict[str, Any] = dict(zip(plan.query.dimensions, values, strict=True))
        shown |= time(start) | _show(own or Counts(), plan.shown, whole)
        if earlier is not None:
            shown["previous"] = None
            if before is not None or plan.query.bucket is None:
                counts = _show(other or Counts(), plan.shown, earlier.totals.counted)
                shown["previous"] = time_before(before) | counts
        yield shown


def show_source(
    report: Report, earlier: Report | None, cost: Cost, shown: frozenset[str]
) -> dict[str, Any]:
    """Where the answer came from, and what it took."""
    return {
        "source": report.table,
        **show_estimates([report, *([earlier] if earlier else [])], shown),
        "rows_read": cost.rows,
        "bytes_read": cost.bytes,
    }


def show_sums(shown: frozenset[str]) -> dict[str, Any]:
    """The metrics that count a person once for each UTC day, which has its own visitor numbers
    (docs/privacy.md): for several days they are sums of days."""
    return {"sums_of_days": [name for name in SUMS_OF_DAYS if name in shown]}


def count_buckets(plan: ReportPlan) -> int:
    """How many rows each group has with its empty buckets, 0 without them. Before anything is read:
    raises TooLarge when there are more buckets than there may be rows, each of which is a row or is
    compared with one."""
    if plan.query.bucket is None or not (plan.fill or plan.comparison):
        return 0
    buckets = len(_buckets(plan, plan.query.rows_max))
    return buckets if plan.fill else 0


def _lines(
    plan: ReportPlan, groups: list[Group]
) -> Iterator[tuple[tuple[str, ...], int | None, int | None]]:
    """Values, and the buckets of both windows, of every row."""
    if plan.query.bucket is None or not (plan.fill or plan.comparison):
        yield from ((one.values, one.start, None) for one in groups)
        return
    every = dict.fromkeys(one.values for one in groups) if plan.query.dimensions else {(): None}
    buckets = _buckets(plan, plan.query.rows_max // max(len(every), 1))
    yield from ((values, *line) for values in every for line in buckets)


def _buckets(plan: ReportPlan, most: int) -> list[Line]:
    """Each bucket of the window, beside the one that it is compared with."""
    query, other = plan.query, plan.comparison
    assert query.bucket is not None
    every = _starts(plan, plan.window, most)
    if other is None:
        return [(start, None) for start in every]
    before = _starts(plan, other.window, most)
    lines = pair_buckets(every, before, query.bucket, query.zone, other.shift)
    if len(lines) > most:
        raise _too_large(plan)
    return lines


def _starts(plan: ReportPlan, window: Window, most: int) -> list[int]:
    assert plan.query.bucket is not None
    every = starts(window, plan.query.bucket, plan.query.week_start)
    found = list(islice(every, most + 1))
    if len(found) > most:
        raise _too_large(plan)
    return found


def _too_large(plan: ReportPlan) -> TooLarge:
    return TooLarge(
        f"With its empty buckets the report has more than {plan.query.rows_max:,} rows. Ask"
        " for longer buckets, a shorter window, a smaller top or fewer metrics, or set"
        ' "fill" to false.'
    )


def _no_time(_: int | None) -> dict[str, Any]:
    return {}


def _time_of(plan: ReportPlan, window: Window) -> Callable[[int | None], dict[str, Any]]:
    """From a `Group.start` of the window to the fields of a row that are about its bucket."""
    bucket = plan.query.bucket
    if bucket is None:
        return _no_time
    cut = cut_buckets(window, bucket, plan.query.week_start)

    def show(start: int | None) -> dict[str, Any]:
        if start is None:
            return {TIME: None}
        partial = {"partial": True} if start in cut else {}
        return {TIME: label(start, bucket, window.zone)} | partial

    return show


def _show(counts: Counts, metrics: frozenset[str], whole: int) -> dict[str, Any]:
    every: dict[str, Any] = {
        "events": counts.events,
        "counted": counts.counted,
        "interactions": counts.interactions,
        "uniques": known_uniques(counts),
        "with_visitor": counts.with_visitor,
        "recipients": known_recipients(counts),
        SHARE: round(counts.counted / whole, 6) if whole else None,
        RATE: round(counts.counted / counts.events, 6) if counts.events else None,
        "first_seen": None if counts.first_seen is None else show_utc(counts.first_seen),
        "last_seen": None if counts.last_seen is None else show_utc(counts.last_seen),
        "funnel": list(counts.steps),
    }
    return {name: value for name, value in every.items() if name in metrics}


def _rest(plan: ReportPlan, report: Report, earlier: Report | None) -> dict[str, Any]:
    """What is in the totals and in no row: how many combinations of values the top leaves out, and
    the sums. Visitors cannot be taken from each other, so of them nothing is shown."""
    omitted = max(0, report.found - plan.query.top) if plan.query.dimensions else 0
    shown = plan.shown - {*ESTIMATED, "first_seen", "last_seen", "funnel"}
    before = _remainder(earlier) if earlier and plan.query.dimensions else Counts()
    other = None
    if omitted or before.events:
        other = _show(_remainder(report), shown, report.totals.counted)
        if earlier is not None:
            other["previous"] = _show(before, shown, earlier.totals.counted)
    return {"other": other, "omitted": omitted, "complete": not omitted}


def _remainder(report: Report) -> Counts:
    names = ("events", "counted", "interactions", "with_visitor")
    return Counts(
        **{
            name: getattr(report.totals, name)
            - sum(getattr(one.counts, name) for one in report.groups)
            for name in names
        }
    )
