"""Where the pages of a list of impressions ended."""

from collections import OrderedDict
from typing import Final

import msgspec

from footfall.core.queries import EventQuery, Page

ENDS_MAX: Final = 10_000
"""About 5 MB, and a page of ten thousand different lists."""


class Ends:
    """Which impression a page ended with, so that the next page of an export goes on from there
    instead of counting from the start: each page costs the same, however deep it lies.

    Impressions only come at the end and their ids never change, so while none goes an answer is
    the same with this memory and without. When old ones go (a deleted poster, days that are over)
    an export that is under way goes on where it was, and one that begins writes its own ends.
    """

    def __init__(self, ends_max: int = ENDS_MAX) -> None:
        self._ends: OrderedDict[bytes, int] = OrderedDict()
        self._ends_max = ends_max

    def shorten(self, query: EventQuery) -> EventQuery:
        """The same question by cursor, when a page is known to end at its offset."""
        end = self._ends.get(_name(query, query.offset))
        if end is None:
            return query
        self._ends.move_to_end(_name(query, query.offset))
        return msgspec.structs.replace(query, cursor=end, offset=0)

    def remember(self, query: EventQuery, page: Page) -> None:
        """`query` is the one that was requested, before it was shortened."""
        if page.events:
            name = _name(query, query.offset + len(page.events))
            self._ends[name] = page.events[-1].id
            self._ends.move_to_end(name)
            while len(self._ends) > self._ends_max:
                self._ends.popitem(last=False)


def _name(query: EventQuery, offset: int) -> bytes:
    """All that decides what lies at an offset."""
    return msgspec.json.encode(msgspec.structs.replace(query, offset=offset, limit=0))
