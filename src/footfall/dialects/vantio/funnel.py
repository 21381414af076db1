"""The funnel: scans → referrals → converted → earnings, for each program, poster or student.

Only a calculation: what is counted comes from the event store and the catalog. No page of the
vendor's describes it; its List Impressions page counts by hand what this answers at once.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

COLUMNS: Final = {"program": "program", "poster": "poster", "student": "ambassador"}
"""What is grouped by → the column of events."""


class Money(msgspec.Struct, kw_only=True):
    """Amounts by currency, in its smallest unit: of all earnings, and of those that are paid."""

    count: int = 0
    amounts: dict[str, int] = {}
    paid: dict[str, int] = {}


class Stage(msgspec.Struct, kw_only=True):
    """What came of one group; `id` "" is the whole. `converted` counts the referrals that are
    converted or verified now."""

    id: str
    scans: int = 0
    referrals: int = 0
    converted: int = 0
    earnings: Money = msgspec.field(default_factory=Money)


class Funnel(msgspec.Struct, kw_only=True):
    """`groups` by id, each with anything in it; `total` adds them up."""

    group_by: str
    since: str | None
    until: str | None
    total: Stage
    groups: list[Stage]


def add_up(
    scans: Iterable[tuple[str, int]],
    referrals: Iterable[tuple[str, int, int]],
    earnings: Iterable[tuple[str, str, int, int, int]],
) -> tuple[Stage, list[Stage]]:
    """The whole and its groups.

    `scans` are (group, events), `referrals` (group, referrals, converted ones), `earnings` (group,
    currency, earnings, sum of amounts, sum of paid ones).
    """
    total = Stage(id="")
    groups: dict[str, Stage] = {}

    def both(group: str) -> tuple[Stage, Stage]:
        return total, groups.setdefault(group, Stage(id=group))

    for group, events in scans:
        for stage in both(group):
            stage.scans += events
    for group, number, converted in referrals:
        for stage in both(group):
            stage.referrals += number
            stage.converted += converted
    for group, currency, number, amount, paid in earnings:
        for stage in both(group):
            money = stage.earnings
            money.count += number
            money.amounts[currency] = money.amounts.get(currency, 0) + amount
            money.paid[currency] = money.paid.get(currency, 0) + paid
    return total, [groups[group] for group in sorted(groups)]
