"""What was measured, against its target."""

from collections.abc import Sequence
from typing import Final

import msgspec

NUMBER_FORMATS: Final = {"": ".2f", "/s": ",.0f", "events/s": ",.0f", "bytes": ".1f"}


class Target(msgspec.Struct, frozen=True):
    limit: float
    at_most: bool

    def meets(self, value: float) -> bool:
        return value <= self.limit if self.at_most else value >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}"


def at_most(limit: float) -> Target:
    return Target(limit, True)


def at_least(limit: float) -> Target:
    return Target(limit, False)


class Measure(msgspec.Struct, frozen=True):
    """`value` None: it was not measured, and `note` says why. A ratio has the unit ""."""

    subject: str
    what: str
    value: float | None
    unit: str = ""
    target: Target | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        return (
            self.value is not None and self.target is not None and not self.target.meets(self.value)
        )

    def cells(self) -> list[str]:
        """Subject, what, value, target, mark and note, for a table."""
        if self.value is None:
            return [self.subject, self.what, "not run", str(self.target or ""), "–", self.note]
        value = f"{self.value:{NUMBER_FORMATS.get(self.unit, '.1f')}} {self.unit}".strip()
        mark = "" if self.target is None else "✗" if self.missed else "✓"
        return [self.subject, self.what, value, str(self.target or ""), mark, self.note]


HEADINGS: Final = ("subject", "measured", "value", "target", "", "note")


def markdown(measures: Sequence[Measure]) -> str:
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *(one.cells() for one in measures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
