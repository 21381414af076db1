"""Different visitors as SQL: of raw rows, and of the sketches in the rollups.

Why uniqCombined(17): docs/decisions/0038-visitors.md.
"""

from typing import Final

from footfall.core.events import SENT

ACTED: Final = f"kind NOT IN ({', '.join(repr(kind.value) for kind in sorted(SENT))})"
"""A person did it: it was not sent to one."""


def sketched(condition: str, known: str = "with_visitor") -> str:
    """Of the rows of a rollup's dimension 'total' for which the condition holds. Never more than
    those rows have events with a visitor, which is the sum of the column `known`."""
    merged = f"uniqCombinedMergeIf(17)(visitor_sketch, {condition})"
    return f"least({merged}, toUInt64(sumIf({known}, {condition})))"


def counted(condition: str) -> str:
    """Of raw rows for which the condition holds."""
    some = f"visitor != 0 AND {condition}"
    return f"least(uniqCombinedIf(17)(visitor, {some}), countIf({some}))"
