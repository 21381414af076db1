"""The metrics of reports: what each is, how it is answered, and where its numbers come from."""

from collections.abc import Sequence, Set
from typing import Any, Final

import msgspec

from footfall.core.reports import Counts, Metric, Report, ReportQuery
from footfall.dialects.native.windows import show_utc
from footfall.jobs.reclassify.policies import PolicySelection

SHARE: Final = "share"
RATE: Final = "rate"
FUNNEL: Final = "funnel"

METRICS: Final = {
    "events": "everything that matches, whatever its verdict",
    "counted": "what counts: events with the verdict counted",
    "interactions": "counted events that a person did: all kinds but delivery and bounce, which are"
    " sent to one",
    "uniques": "different visitors of the interactions: an estimate, with the answer's"
    " relative_error; null where there are interactions and none has a visitor, as in the privacy"
    " mode coarse. A person has another visitor number each UTC day, so a longer window has the sum"
    " of its days, except of e-mails and of events ingested with `unique`. Comes with with_visitor",
    "with_visitor": "how many of the interactions have a visitor",
    "recipients": "different recipients of what was sent, the counted deliveries and bounces: an"
    " estimate as uniques is; null where no recipient is known",
    SHARE: "the part of all that is counted that this row has, 0 to 1",
    RATE: "the part of the row's events that counts, 0 to 1",
    "first_seen": "when the first of what is counted happened",
    "last_seen": "when the last of what is counted happened",
}
ESTIMATED: Final = ("uniques", "recipients")
SUMS_OF_DAYS: Final = ("uniques",)
"""They count a person once for each UTC day, which has its own visitor numbers (docs/privacy.md):
for several days they are sums of days."""

ALWAYS: Final = frozenset({Metric.EVENTS, Metric.COUNTED, Metric.INTERACTIONS})
"""Metrics that shares, and estimates that are not known, are computed from."""

EXACT_MAX: Final = 8_192
"""Up to so many different visitors are held one by one."""

ERROR: Final = 0.003
"""Relative standard error: measured in docs/decisions/0038-visitors.md."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where numbers come from. `source` is the table that was read. `relative_error` is the
    standard error of what is `estimated`, as a part of it: 99 of 100 answers are within three times
    as much; 0 is exact, null that nothing is estimated. `sums_of_days` names the metrics that count
    a person once for each UTC day. `notes` name ids of the filters that match nothing known."""

    source: str
    estimated: list[str]
    relative_error: float | None
    sums_of_days: list[str]
    rows_read: int
    bytes_read: int
    policy: int
    policy_applied: bool
    as_of: str
    lag_seconds: float
    notes: list[str]


def provenance(
    reports: Sequence[Report],
    shown: Set[str],
    query: ReportQuery,
    named: PolicySelection,
    as_of: int,
    notes: list[str],
) -> dict[str, Any]:
    """The fields of Provenance, of all the reports that an answer is made of."""
    estimated = [name for name in ESTIMATED if name in shown]
    greatest = max(n for one in reports for n in (one.totals.uniques, one.totals.recipients))
    error = ERROR if greatest > EXACT_MAX else 0.0
    return {
        "source": reports[0].table,
        "estimated": estimated,
        "relative_error": error if estimated else None,
        "sums_of_days": [name for name in SUMS_OF_DAYS if name in shown],
        "rows_read": sum(one.cost.rows for one in reports),
        "bytes_read": sum(one.cost.bytes for one in reports),
        "policy": named.number,
        "policy_applied": named.applied,
        "as_of": str(as_of if query.below is None else min(as_of, query.below - 1)),
        "lag_seconds": 0.0,
        "notes": notes,
    }


def show_counts(counts: Counts, metrics: Set[str], whole: int = 0) -> dict[str, Any]:
    """These metrics, by name. `whole` is what shares are shares of. Where no visitor is known,
    their number is null."""
    sent = counts.counted - counts.interactions
    every: dict[str, Any] = {
        "events": counts.events,
        "counted": counts.counted,
        "interactions": counts.interactions,
        "uniques": counts.uniques if counts.uniques or not counts.interactions else None,
        "with_visitor": counts.with_visitor,
        "recipients": counts.recipients if counts.recipients or not sent else None,
        SHARE: round(counts.counted / whole, 6) if whole else None,
        RATE: round(counts.counted / counts.events, 6) if counts.events else None,
        "first_seen": None if counts.first_seen is None else show_utc(counts.first_seen),
        "last_seen": None if counts.last_seen is None else show_utc(counts.last_seen),
        FUNNEL: list(counts.steps),
    }
    return {name: value for name, value in every.items() if name in metrics}
