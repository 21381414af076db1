"""Different visitors as they are answered: null where none is known, and with their error."""

from collections.abc import Sequence, Set
from typing import Any, Final

from footfall.core.reports import Counts, Metric, Report

ESTIMATED: Final = (Metric.UNIQUES.value, Metric.RECIPIENTS.value)
EXACT_MAX: Final = 8_192
"""Up to so many different visitors are held one by one."""

ERROR: Final = 0.003
"""Relative standard error: measured in docs/decisions/0038-visitors.md."""

VISITOR_METRICS: Final = {
    Metric.INTERACTIONS.value: "counted events that a person did: all kinds but delivery and"
    " bounce, which are sent to one",
    Metric.UNIQUES.value: "different visitors of the interactions: an estimate, with the answer's"
    " relative_error; null where there are interactions and none has a visitor, as in the privacy"
    " mode coarse. A person has another visitor number each UTC day, so a longer window has the sum"
    " of its days, except of e-mails and of events ingested with `unique`. Comes with with_visitor",
    Metric.WITH_VISITOR.value: "how many of the interactions have a visitor",
    Metric.RECIPIENTS.value: "different recipients of what was sent, the counted deliveries and"
    " bounces: an estimate as uniques is; null where no recipient is known",
}


def known_uniques(counts: Counts) -> int | None:
    return counts.uniques if counts.uniques or not counts.interactions else None


def known_recipients(counts: Counts) -> int | None:
    sent = counts.counted - counts.interactions
    return counts.recipients if counts.recipients or not sent else None


def show_estimates(reports: Sequence[Report], shown: Set[str]) -> dict[str, Any]:
    """Which metrics are estimates, and the relative standard error of the greatest of them: 0 where
    it is exact, None where nothing is estimated."""
    estimated = [name for name in ESTIMATED if name in shown]
    error = None
    if estimated:
        totals = [one.totals for one in reports]
        greatest = max(number for one in totals for number in (one.uniques, one.recipients))
        error = ERROR if greatest > EXACT_MAX else 0.0
    return {"estimated": estimated, "relative_error": error}
