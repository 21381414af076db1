"""Notes: what is to be said of a question in its answer, such as ids in a filter that are unknown.

An answer whose form is ours has them in `notes`. A vendor's answer, a file and a stream have no
place for them: they have a header, or an event of their own.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

HEADER: Final = "Footfall-Notes"
"""A JSON array in ASCII."""
NOTES_MAX: Final = 10
"""More are counted in the last note."""


def limited(notes: Sequence[str], more: str = "more notes.") -> list[str]:
    """At most NOTES_MAX."""
    if len(notes) <= NOTES_MAX:
        return list(notes)
    return [*notes[: NOTES_MAX - 1], f"{len(notes) - NOTES_MAX + 1} {more}"]


def header_of(notes: Sequence[str]) -> dict[str, str]:
    """Nothing without notes."""
    return {HEADER: json.dumps(limited(notes))} if notes else {}


def renamed(notes: Sequence[str], parameters: Mapping[str, str]) -> list[str]:
    """Notes that begin with the column of an event, with the vendor's parameter for it."""
    found = []
    for note in notes:
        column, colon, text = note.partition(":")
        found.append(f"{parameters.get(column, column)}{colon}{text}")
    return found
