"""Reports as they are answered: rows by name, buckets without events, what the top leaves out."""

from itertools import islice
from typing import Any, Final

import msgspec

from footfall.core.errors import TooLarge
from footfall.core.reports import Cost, Counts, Group, Report, ReportQuery
from footfall.native.times import Window, label, show_utc, starts

ROWS_MAX: Final = 100_000
TIME: Final = "time"
SHARE: Final = "share"
RATE: Final = "rate"

Key = tuple[tuple[str, ...], int | None]
"""Values, and the number of the bucket in its window."""


class Asking(msgspec.Struct, frozen=True):
    """A request as a query, and what only its answer needs: the metrics that are `shown`, whether
    to `fill` buckets without events, the window to compare with."""

    query: ReportQuery
    window: Window
    previous: Window | None
    shown: frozenset[str]
    fill: bool


def show_report(asked: Asking, report: Report, earlier: Report | None) -> dict[str, Any]:
    """Raises TooLarge."""
    places = _places(asked, asked.window)
    past: dict[Key, Counts] = {}
    if earlier is not None and asked.previous is not None:
        places_before = _places(asked, asked.previous)
        past = {_key(one, places_before): one.counts for one in earlier.groups}

    def show(counts: Counts, before: Counts | None) -> dict[str, Any]:
        shown = _show(counts, asked.shown, report.totals.counted)
        if earlier is not None:
            shown["previous"] = _show(before or Counts(), asked.shown, earlier.totals.counted)
        return shown

    groups = _filled(report.groups, asked) if asked.fill else report.groups
    rows = (
        {**_values(asked, one), **show(one.counts, past.get(_key(one, places)))} for one in groups
    )
    return {
        # One by one: as text they take a tenth of the memory.
        "rows": msgspec.Raw(b"[%b]" % b",".join(map(msgspec.json.encode, rows))),
        "totals": show(report.totals, earlier.totals if earlier else None),
        **_rest(asked, report),
        "window": asked.window.shown(),
        "previous_window": asked.previous.shown() if asked.previous else None,
    }


def show_source(report: Report, cost: Cost, shown: frozenset[str]) -> dict[str, Any]:
    """Where the answer came from, and what it took."""
    return {
        "source": report.table,
        "estimated": ["uniques"] if "uniques" in shown else [],
        "rows_read": cost.rows,
        "bytes_read": cost.bytes,
    }


def count_buckets(asked: Asking) -> int:
    """How many rows each group has with its empty buckets, 0 without them. Before anything is read:
    raises TooLarge when there are more buckets than there may be rows, each of which is a row or is
    compared with one."""
    if asked.query.bucket is None:
        return 0
    if asked.previous is not None:
        _starts(asked, asked.previous, asked.query.rows_max)
    if not asked.fill and asked.previous is None:
        return 0
    buckets = len(_starts(asked, asked.window, asked.query.rows_max))
    return buckets if asked.fill else 0


def _places(asked: Asking, window: Window) -> dict[int, int]:
    """The number of each bucket: the n-th of one window is compared with the n-th of the other."""
    if asked.query.bucket is None or asked.previous is None:
        return {}
    every = _starts(asked, window, asked.query.rows_max)
    return {start: place for place, start in enumerate(every)}


def _key(one: Group, places: dict[int, int]) -> Key:
    return one.values, None if one.start is None else places.get(one.start, -1)


def _filled(groups: list[Group], asked: Asking) -> list[Group]:
    bucket = asked.query.bucket
    if bucket is None:
        return groups
    values = dict.fromkeys(one.values for one in groups) if asked.query.dimensions else {(): None}
    every = _starts(asked, asked.window, asked.query.rows_max // max(len(values), 1))
    known = {(one.values, one.start): one for one in groups}
    return [
        known.get((one, start)) or Group(one, start, Counts()) for one in values for start in every
    ]


def _starts(asked: Asking, window: Window, most: int) -> list[int]:
    assert asked.query.bucket is not None
    every = starts(window, asked.query.bucket, asked.query.week_start)
    found = list(islice(every, most + 1))
    if len(found) > most:
        raise TooLarge(
            f"With its empty buckets the report has more than {asked.query.rows_max:,} rows. Ask"
            " for longer buckets, a shorter window, a smaller top or fewer metrics, or set"
            ' "fill" to false.'
        )
    return found


def _values(asked: Asking, one: Group) -> dict[str, Any]:
    shown: dict[str, Any] = dict(zip(asked.query.dimensions, one.values, strict=True))
    if asked.query.bucket is not None and one.start is not None:
        shown[TIME] = label(one.start, asked.query.bucket, asked.window.zone)
    return shown


def _show(counts: Counts, metrics: frozenset[str], whole: int) -> dict[str, Any]:
    every: dict[str, Any] = {
        "events": counts.events,
        "counted": counts.counted,
        "uniques": counts.uniques,
        SHARE: round(counts.counted / whole, 6) if whole else None,
        RATE: round(counts.counted / counts.events, 6) if counts.events else None,
        "first_seen": None if counts.first_seen is None else show_utc(counts.first_seen),
        "last_seen": None if counts.last_seen is None else show_utc(counts.last_seen),
        "funnel": list(counts.steps),
    }
    return {name: value for name, value in every.items() if name in metrics}


def _rest(asked: Asking, report: Report) -> dict[str, Any]:
    """What the top leaves out: how many combinations of values, and what they add up to. Visitors
    cannot be taken from each other, so of them nothing is told."""
    if not asked.query.dimensions or report.found <= asked.query.top:
        return {"other": None, "omitted": 0, "complete": True}
    events = report.totals.events - sum(one.counts.events for one in report.groups)
    counted = report.totals.counted - sum(one.counts.counted for one in report.groups)
    told = asked.shown - {"uniques", "first_seen", "last_seen", "funnel"}
    return {
        "other": _show(Counts(events=events, counted=counted), told, report.totals.counted),
        "omitted": report.found - asked.query.top,
        "complete": False,
    }
