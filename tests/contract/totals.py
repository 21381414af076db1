"""Totals of trackers, whatever became of their events."""

from typing import Any

from footfall.core.events import EventKind, Verdict
from footfall.core.reports import Metric, Report, ReportQuery

FOREVER_MS = 0xFFFF_FFFF * 1000 // 900_000 * 900_000


def totals_query(account: int, trackers: tuple[int, ...], **given: Any) -> ReportQuery:
    """Counted events by tracker and kind, from the rollup of trackers."""
    facts: dict[str, Any] = {
        "occurred_since": 0,
        "occurred_until": FOREVER_MS,
        "verdicts": (Verdict.COUNTED,),
        "dimensions": ("tracker", "kind"),
        "metrics": frozenset({Metric.EVENTS}),
        "order_by": Metric.EVENTS,
    }
    return ReportQuery(account=account, trackers=trackers, **facts | given)


def events_of(report: Report) -> dict[tuple[int, EventKind], int]:
    return {
        (int(tracker), EventKind(kind)): one.counts.events
        for one in report.groups
        for tracker, kind in (one.values,)
    }
