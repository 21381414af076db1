"""Statistics of an emailing, from the rollups, and of a destination, from its few events.

An emailing's uniques are estimates, exact up to 8,192 and with an error of about 0.3 % above, of
destinations: each signed pixel and link names its own. `dominant_results` counts every destination
once, under the most decisive thing that happened to it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import msgspec

from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.events import Event, EventKind
from footfall.core.queries import EventFilter, EventQuery
from footfall.core.reports import Metric, ReportQuery, counting
from footfall.dialects.copernica.destinations import find_destination
from footfall.dialects.copernica.dialect import Call
from footfall.dialects.copernica.endpoints import endpoint
from footfall.dialects.copernica.event_rows import NAMES, VERDICTS, attempts_of
from footfall.dialects.copernica.list_queries import Bounds, read_window
from footfall.dialects.copernica.resources import find_row
from footfall.dialects.copernica.tables import DestinationRow, EmailingRow

LAST_QUARTER_MS: Final = 0xFFFF_FFFF * 1000 // QUARTER_HOUR_MS * QUARTER_HOUR_MS
"""The rollups' time ends in 2106."""

DECISIVE: Final = (
    EventKind.BOUNCE,
    EventKind.COMPLAINT,
    EventKind.UNSUBSCRIBE,
    EventKind.CLICK,
    EventKind.OPEN,
    EventKind.DELIVERY,
)
"""The first that happened to a destination is its dominant result."""

_SINGLE: Final = tuple((kind,) for kind in DECISIVE)
_NESTED: Final = tuple(tuple(kinds) for kinds in accumulate([[kind] for kind in DECISIVE]))


class Total(msgspec.Struct, frozen=True):
    total: int


class UniqueTotal(msgspec.Struct, frozen=True):
    total: int
    unique: int


class Dominant(msgspec.Struct, frozen=True):
    destinations: int
    errors: int
    abuses: int
    unsubscribes: int
    clicks: int
    impressions: int
    deliveries: int


class EmailingStatistics(msgspec.Struct, frozen=True):
    """`unknown` are the destinations of which nothing was heard."""

    destinations: int
    deliveries: Total
    errors: UniqueTotal
    impressions: UniqueTotal
    clicks: UniqueTotal
    unsubscribes: UniqueTotal
    abuses: UniqueTotal
    unknown: Total
    dominant_results: Dominant


class DestinationStatistics(msgspec.Struct, frozen=True):
    ID: str
    abuses: Total
    clicks: Total
    deliveries: Total
    errors: Total
    impressions: Total
    retries: Total
    unsubscribes: Total


async def count_events(call: Call, rows: list[EmailingRow]) -> dict[int, dict[str, int]]:
    """By emailing: how many events each list of them has."""
    if not rows:
        return {}
    trackers = {row.tracker_id: row.id for row in rows}
    report = await call.api.parts.reader.report(totals_query(call.account, tuple(trackers)))
    counts: dict[int, dict[str, int]] = {row.id: {} for row in rows}
    for group in report.groups:
        tracker, kind = int(group.values[0]), EventKind(group.values[1])
        if kind in NAMES:
            counts[trackers[tracker]][NAMES[kind]] = group.counts.events
    return counts


def totals_query(
    account: int,
    trackers: tuple[int, ...],
    since: int | None = None,
    until: int | None = None,
    unions: tuple[tuple[EventKind, ...], ...] = (),
) -> ReportQuery:
    """Events by tracker and kind, of whole quarter-hours. Without bounds also those that are not
    stored any more."""
    return ReportQuery(
        account=account,
        trackers=trackers,
        verdicts=VERDICTS,
        occurred_since=_quarter(since, up=False) or 0,
        occurred_until=LAST_QUARTER_MS if until is None else _quarter(until, up=True),
        dimensions=("tracker", "kind"),
        metrics=frozenset({Metric.EVENTS}),
        order_by=Metric.EVENTS,
        top=len(trackers) * len(EventKind),
        unions=unions,
    )


@endpoint(
    "GET",
    "{product}/emailing/{id}/statistics",
    "Totals and uniques of an emailing",
    answer=EmailingStatistics,
)
async def get_emailing_statistics(call: Call) -> EmailingStatistics:
    """`begintime` and `endtime` in whole quarter-hours: the rollups know no shorter time."""
    bounds = Bounds(call.zone)
    read_window(call.parameters, ("begintime", "endtime"), bounds, call.zone)
    row = await asyncio.to_thread(find_row, call, EmailingRow)
    query = totals_query(
        call.account, (row.tracker_id,), bounds.since, bounds.until, _SINGLE + _NESTED
    )
    report = await call.api.parts.reader.report(query)
    events = {EventKind(group.values[1]): group.counts.events for group in report.groups}
    return emailing_statistics(row.destinations, events, report.unions)


def emailing_statistics(
    destinations: int, events: Mapping[EventKind, int], unions: Sequence[int]
) -> EmailingStatistics:
    """`unions` are of each kind alone, and of each with those before it. As these are estimates,
    each result is held within its events and what is left of the destinations."""
    unique = dict(zip(DECISIVE, unions, strict=False))
    nested = dict(zip(DECISIVE, unions[len(DECISIVE) :], strict=True))
    heard = 0
    dominant = {}
    for kind, with_it in nested.items():
        most = min(destinations - heard, events.get(kind, 0))
        dominant[NAMES[kind]] = min(max(0, with_it - heard), max(0, most))
        heard += dominant[NAMES[kind]]

    def both(kind: EventKind) -> UniqueTotal:
        total = events.get(kind, 0)
        return UniqueTotal(total, min(total, unique[kind]))

    return EmailingStatistics(
        destinations=destinations,
        deliveries=Total(events.get(EventKind.DELIVERY, 0)),
        errors=both(EventKind.BOUNCE),
        impressions=both(EventKind.OPEN),
        clicks=both(EventKind.CLICK),
        unsubscribes=both(EventKind.UNSUBSCRIBE),
        abuses=both(EventKind.COMPLAINT),
        unknown=Total(max(0, destinations - heard)),
        dominant_results=Dominant(destinations=destinations, **dominant),
    )


@endpoint(
    "GET",
    "{product}/destination/{id}/statistics ms/message/{id}/statistics",
    "Totals of a destination",
    answer=DestinationStatistics,
)
async def get_destination_statistics(call: Call) -> DestinationStatistics:
    row, tracker = await asyncio.to_thread(_find_destination, call)
    whose: dict[str, Any] = {
        "account": call.account,
        "tracker": tracker,
        "values": {"destination": (str(row.id),)},
        "verdicts": VERDICTS,
    }
    report = await call.api.parts.reader.report(counting(EventFilter(**whose), ("kind",)))
    counts = {NAMES.get(EventKind(one.values[0])): one.counts.events for one in report.groups}
    retries = 0
    if counts.get("deliveries"):
        deliveries = EventQuery(kinds=(EventKind.DELIVERY,), fields=("metadata",), **whose)
        page = await call.api.parts.reader.events(deliveries)
        retries = retries_of(page.events)
    return DestinationStatistics(
        ID=str(row.id) if call.product == "ms" else row.hash,
        retries=Total(retries),
        **{name: Total(counts.get(name, 0)) for name in NAMES.values()},
    )


def retries_of(deliveries: Sequence[Event]) -> int:
    """Of the newest deliveries. They may be gone since they were counted."""
    return max(map(attempts_of, deliveries), default=0)


def _quarter(milliseconds: int | None, *, up: bool) -> int | None:
    if milliseconds is None:
        return None
    quarters = -(-milliseconds // QUARTER_HOUR_MS) if up else milliseconds // QUARTER_HOUR_MS
    return min(max(quarters * QUARTER_HOUR_MS, 0), LAST_QUARTER_MS)


def _find_destination(call: Call) -> tuple[DestinationRow, int]:
    with call.reading() as session:
        return find_destination(session, call.account, call.id)
