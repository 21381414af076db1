"""Ids in filters that match nothing known: named in the answer, which would be an unexplained 0.

An id is known when a tracker, its resource or some event has it: whoever ingests events names
campaigns and the like as they please. A name in the place of an id gets advice.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.core.calendar import EARLIEST_MS, LATEST_MS
from footfall.core.events import REFERENCES
from footfall.core.queries import Condition, EventFilter, EventQuery, Operator
from footfall.core.reports import ROLLED, Metric, ReportQuery
from footfall.dialects.copernica.tables import DestinationRow, LinkRow, ProfileRow, SubprofileRow
from footfall.dialects.everflow.records import (
    AdvertiserRow,
    AffiliateRow,
    CampaignRow,
    CreativeRow,
    OfferUrlRow,
)
from footfall.dialects.native.tracker_list import ID, NAME, RESOURCES, select_trackers
from footfall.dialects.passentry.records.tables import (
    EntityRow,
    ReaderRow,
    TemplateRow,
    VenueEventRow,
)
from footfall.dialects.vantio.records import ProgramRow, UserRow
from footfall.runtime.reader import Reader

VALUES_MAX: Final = 20
"""Of a filter: more are not looked at."""
TRACKER: Final = "tracker"
_COLUMNS: Final = {"pass": "wallet_pass"}
"""Resources that a column of another name holds the ids of."""

_ROWS: Final[Mapping[str, Any]] = {
    "program": ProgramRow,
    "ambassador": UserRow,
    "profile": ProfileRow,
    "subprofile": SubprofileRow,
    "destination": DestinationRow,
    "link": LinkRow,
    "offer_url": OfferUrlRow,
    "affiliate": AffiliateRow,
    "advertiser": AdvertiserRow,
    "creative": CreativeRow,
    "campaign": CampaignRow,
    "entity": EntityRow,
    "reader": ReaderRow,
    "pass_template": TemplateRow,
    "venue_event": VenueEventRow,
}
"""Columns with ids of resources that are no trackers."""


class UnknownIds:
    """See `dialects.Parts.unknown_ids`."""

    def __init__(self, catalog: SqlCatalog, reader: Reader) -> None:
        self._catalog = catalog
        self._reader = reader

    async def __call__(self, query: EventFilter, empty: bool) -> list[str]:
        """A sentence for each. `empty`: no event matches; else only filters of several values are
        looked at, for the one value of another filter was found."""
        notes, account = [], query.account
        for column, values in _ids(query):
            if len(values) > VALUES_MAX or not (empty or len(values) > 1):
                continue
            known, named = await asyncio.to_thread(_find, self._catalog, account, column, values)
            left = [value for value in values if value not in known]
            seen = await _seen(self._reader, account, column, left)
            for value in left:
                if value not in seen:
                    advice = named.get(value.lower(), "")
                    notes.append(f"{column}: nothing known has the id {value[:80]!r}.{advice}")
        return notes


def _ids(query: EventFilter) -> Iterator[tuple[str, list[str]]]:
    if query.tracker is not None:
        yield TRACKER, [str(query.tracker)]
    for column, values in query.values.items():
        if column in REFERENCES:
            yield column, [value for value in dict.fromkeys(values) if value]
    for one in query.conditions:
        if one.operator is Operator.IS and one.column in (TRACKER, *REFERENCES):
            yield one.column, [value for value in dict.fromkeys(one.values) if value]


def _find(
    catalog: SqlCatalog, account: int, column: str, values: Sequence[str]
) -> tuple[set[str], dict[str, str]]:
    """Those that are ids of trackers or of their resources, and advice for those that are names of
    one, in lower case."""
    lower = [value.lower() for value in values]
    matches = or_(ID.in_(values), func.lower(NAME).in_(lower))
    with catalog.reading() as session:
        known = _resources(session, account, column, values)
        rows = session.execute(select_trackers(account).where(matches).limit(1_000)).all()
    named = {}
    for tracker, id, name in rows:
        resource = RESOURCES[tracker.source]
        if (of := _COLUMNS.get(resource, resource)) == column and id in values:
            known.add(id)
        if name.lower() in lower:
            named[name.lower()] = f" It is the name of a {resource}: write {of}={id}."
    if column == TRACKER:
        found = {value: catalog.tracker_with_id(int(value)) for value in values}
        known |= {value for value, one in found.items() if one and one.account == account}
    return known, named


def _resources(session: Session, account: int, column: str, values: Sequence[str]) -> set[str]:
    """Those that are ids of the vendors' resources that this column names."""
    if (table := _ROWS.get(column)) is None:
        return set()
    ids: list[Any] = list(values)
    if table.id.type.python_type is int:
        ids = [int(id) for id in values if id.isascii() and id.isdigit() and len(id) < 19]
    wanted = select(table.id).where(table.account_id == account, table.id.in_(ids))
    return {str(id) for id in session.scalars(wanted)}


async def _seen(reader: Reader, account: int, column: str, values: Sequence[str]) -> set[str]:
    """Those that some event has. Where the counts do not tell it, and to look at the events would
    take a turn of the account's reads, all are taken to be known."""
    if not values:
        return set()
    if column in ROLLED:
        query = ReportQuery(
            account=account,
            occurred_since=EARLIEST_MS,
            occurred_until=LATEST_MS,
            conditions=(Condition(column, Operator.IS, tuple(values)),),
            dimensions=(column,),
            metrics=frozenset({Metric.EVENTS}),
            order_by=Metric.EVENTS,
            top=len(values),
        )
        return {one.values[0] for one in (await reader.report(query)).groups}
    seen = set()
    for value in values:
        condition = Condition(column, Operator.IS, (value,))
        one = EventQuery(account=account, conditions=(condition,), fields=(), limit=1)
        page = await reader.few_events(one)
        if page is None or page.events:
            seen.add(value)
    return seen
