"""Impressions: which events a list asks for, and where its pages ended.

https://docs.vantio.app/api-reference/impressions/list-impressions
"""

from collections import OrderedDict
from typing import Final

import msgspec

from footfall.core.errors import InvalidRequest
from footfall.core.events import Verdict
from footfall.core.queries import EventQuery, Order, Page
from footfall.dialects.vantio import wire
from footfall.dialects.vantio.questions import ImpressionsQuery, read_bound
from footfall.dialects.vantio.records import SOURCE, read_id

PARAMETERS: Final = {"poster": "posterId", "program": "programId", "ambassador": "studentId"}
"""By the column of an event, the filter of a list that names its values."""

ENDS_MAX: Final = 10_000
"""About 5 MB, and a page of ten thousand different lists."""


def one_impression(account: int, impression_id: str) -> EventQuery | None:
    """For the impression with this id, whatever its verdict: an app holds the id of whoever came
    to its landing page. None for what is no such id."""
    event_id = wire.read_impression_id(impression_id)
    if event_id is None:
        return None
    return EventQuery(
        account=account,
        ids=(event_id,),
        sources=(SOURCE,),
        fields=wire.IMPRESSION_FIELDS,
        limit=1,
    )


def list_impressions(
    account: int, query: ImpressionsQuery, tracker: int | None, rows_max: int
) -> EventQuery:
    """At most `rows_max` counted ones, oldest first. `tracker` is that of the poster, None for all.

    Raises InvalidRequest.
    """
    cursor = wire.read_impression_id(query.cursor) if query.cursor else None
    if query.cursor and cursor is None:
        raise InvalidRequest("cursor must be the id of the last impression that you read.")
    named = {"program": query.program_id, "ambassador": query.student_id}
    return EventQuery(
        account=account,
        tracker=tracker,
        sources=(SOURCE,),
        verdicts=(Verdict.COUNTED,),
        values={column: (read_id(id),) for column, id in named.items() if id},
        since=read_bound(query.since, "since"),
        until=read_bound(query.until, "until"),
        fields=wire.IMPRESSION_FIELDS,
        order=Order.ASCENDING,
        cursor=cursor,
        offset=query.offset,
        limit=min(query.limit, rows_max),
    )


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
