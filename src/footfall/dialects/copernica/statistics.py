"""Statistics of an emailing, from the rollups, and of a destination, from its few events.

An emailing's uniques are estimates, exact up to 8,192 and with an error of about 0.3 % above, of
destinations: each signed pixel and link names its own. `dominant_results` counts every destination
once, under the most decisive thing that happened to it.
"""

import asyncio
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

import msgspec

from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.events import Event, EventKind
from footfall.core.queries import CountQuery, EventQuery, Totals, TotalsQuery
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
    totals = await call.api.parts.reader.totals(
        TotalsQuery(account=call.account, trackers=tuple(trackers), verdicts=VERDICTS)
    )
    counts: dict[int, dict[str, int]] = {row.id: {} for row in rows}
    for (tracker, kind), events in totals.events.items():
        if kind in NAMES:
            counts[trackers[tracker]][NAMES[kind]] = events
    return counts


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
    totals = await call.api.parts.reader.totals(
        TotalsQuery(
            account=call.account,
            trackers=(row.tracker_id,),
            verdicts=VERDICTS,
            since=_quarter(bounds.since, up=False),
            until=_quarter(bounds.until, up=True),
            unions=_SINGLE + _NESTED,
        )
    )
    return emailing_statistics(row.destinations, row.tracker_id, totals)


def emailing_statistics(destinations: int, tracker: int, totals: Totals) -> EmailingStatistics:
    """`totals` has the unions of each kind alone, and of each with those before it. As these are
    estimates, each result is held within its events and what is left of the destinations."""
    unique = dict(zip(DECISIVE, totals.visitors, strict=False))
    nested = dict(zip(DECISIVE, totals.visitors[len(DECISIVE) :], strict=True))
    heard = 0
    dominant = {}
    for kind, with_it in nested.items():
        most = min(destinations - heard, totals.events.get((tracker, kind), 0))
        dominant[NAMES[kind]] = min(max(0, with_it - heard), max(0, most))
        heard += dominant[NAMES[kind]]

    def both(kind: EventKind) -> UniqueTotal:
        total = totals.events.get((tracker, kind), 0)
        return UniqueTotal(total, min(total, unique[kind]))

    return EmailingStatistics(
        destinations=destinations,
        deliveries=Total(totals.events.get((tracker, EventKind.DELIVERY), 0)),
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
    groups = await call.api.parts.reader.count(CountQuery(by=("kind",), **whose))
    counts = {NAMES.get(EventKind(group.values[0])): group.events for group in groups}
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
