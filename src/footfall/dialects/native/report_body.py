"""Reports as they are answered: rows by name, buckets without events, what the top leaves out."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from footfall.core.errors import TooLarge
from footfall.core.reports import Counts, Group, Report, ReportQuery
from footfall.dialects.native.comparisons import Comparison, Line, cut_buckets, pair_buckets
from footfall.dialects.native.metrics import ESTIMATED, FUNNEL, Provenance, show_counts
from footfall.dialects.native.windows import LocalWindow, Window, label, starts

ROWS_MAX: Final = 100_000
TIME: Final = "time"


class ReportPlan(msgspec.Struct, frozen=True):
    """A request as a query, and what only its answer needs: the metrics that are `shown`, whether
    to `fill` buckets without events, what to compare with."""

    query: ReportQuery
    window: Window
    comparison: Comparison | None
    shown: frozenset[str]
    fill: bool


class ReportBody(Provenance, frozen=True, kw_only=True):
    """`rows` have the dimensions and metrics that were requested, and `previous`. `time` is null
    where only the window that is compared has a bucket; `partial` is true where its window cuts a
    bucket, and not there otherwise. The rest is where the numbers come from."""

    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    other: dict[str, Any] | None
    omitted: int
    complete: bool
    window: LocalWindow
    previous_window: LocalWindow | None
    milliseconds: float


def show_report(plan: ReportPlan, report: Report, earlier: Report | None) -> dict[str, Any]:
    """What a ReportBody says of the numbers. `omitted` is how many combinations of values the top
    leaves out, `other` their sums: visitors cannot be taken from each other, so of them nothing is
    shown. Raises TooLarge."""
    previous = plan.comparison.window if plan.comparison else None
    totals = show_counts(report.totals, plan.shown, report.totals.counted)
    if earlier is not None:
        totals["previous"] = show_counts(earlier.totals, plan.shown, earlier.totals.counted)
    before = _remainder(earlier) if earlier and plan.query.dimensions else Counts()
    omitted = max(0, report.found - plan.query.top) if plan.query.dimensions else 0
    other = None
    if omitted or before.events:
        shown = plan.shown - {*ESTIMATED, "first_seen", "last_seen", FUNNEL}
        other = show_counts(_remainder(report), shown, report.totals.counted)
        if earlier is not None:
            other["previous"] = show_counts(before, shown, earlier.totals.counted)
    rows = map(msgspec.json.encode, _rows(plan, report, earlier))
    return {
        "rows": msgspec.Raw(b"[%b]" % b",".join(rows)),  # as text they take a tenth of the memory
        "totals": totals,
        "other": other,
        "omitted": omitted,
        "complete": not omitted,
        "window": plan.window.shown(),
        "previous_window": previous.shown() if previous else None,
    }


def _remainder(report: Report) -> Counts:
    """What is in the totals and in no row."""
    names = ("events", "counted", "interactions", "with_visitor")
    rows = [one.counts for one in report.groups]
    return Counts(
        **{
            name: getattr(report.totals, name) - sum(getattr(n, name) for n in rows)
            for name in names
        }
    )


def _rows(plan: ReportPlan, report: Report, earlier: Report | None) -> Iterator[dict[str, Any]]:
    now = {(one.values, one.start): one.counts for one in report.groups}
    past = {(one.values, one.start): one.counts for one in earlier.groups} if earlier else {}
    time = time_before = _time_of(plan.query, plan.window)
    if plan.comparison is not None:
        time_before = _time_of(plan.query, plan.comparison.window)
    for values, start, before in _lines(plan, report.groups):
        own, other = now.get((values, start)), past.get((values, before))
        if not (plan.fill or own or other):
            continue
        shown: dict[str, Any] = dict(zip(plan.query.dimensions, values, strict=True))
        shown |= time(start) | show_counts(own or Counts(), plan.shown, report.totals.counted)
        if earlier is not None:
            shown["previous"] = None
            if before is not None or plan.query.bucket is None:
                counts = show_counts(other or Counts(), plan.shown, earlier.totals.counted)
                shown["previous"] = time_before(before) | counts
        yield shown


def _time_of(query: ReportQuery, window: Window) -> Callable[[int | None], dict[str, Any]]:
    """From a `Group.start` of the window to the fields of a row that are about its bucket."""
    bucket = query.bucket
    if bucket is None:
        return lambda _: {}
    cut = cut_buckets(window, bucket, query.week_start)

    def show(start: int | None) -> dict[str, Any]:
        if start is None:
            return {TIME: None}
        partial = {"partial": True} if start in cut else {}
        return {TIME: label(start, bucket, window.zone)} | partial

    return show


# ── buckets ───────────────────────────────────────────────────────────────────────────────────


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
    """Each bucket of the window, beside the one that it is compared with. Raises TooLarge."""
    query, other = plan.query, plan.comparison
    bucket = query.bucket
    assert bucket is not None

    def first(window: Window) -> list[int]:
        return list(islice(starts(window, bucket, query.week_start), most + 1))

    now = first(plan.window)
    lines: list[Line] = [(start, None) for start in now]
    if other is not None and len(now) <= most:
        lines = pair_buckets(now, first(other.window), bucket, query.zone, other.shift)
    if len(lines) > most:
        raise TooLarge(
            f"With its empty buckets the report has more than {query.rows_max:,} rows. Ask"
            " for longer buckets, a shorter window, a smaller top or fewer metrics, or set"
            ' "fill" to false.'
        )
    return lines
