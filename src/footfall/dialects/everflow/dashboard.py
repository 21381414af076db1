"""The numbers at the top of the vendor's dashboard: today, yesterday, this month and the last.

https://developers.everflow.io, api-reference: get-networksdashboardsummary,
post-affiliatesdashboardsummary
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import get, post
from litestar.params import RawBody

from footfall.api.bodies import answer
from footfall.core.queries import AdCounts, AdQuery
from footfall.dialects.everflow import nouns
from footfall.dialects.everflow.face import PREFIX, Answer, Asked, Face, OurFace
from footfall.dialects.everflow.metrics import as_affiliate, prices_of, reporting
from footfall.dialects.everflow.notes import Notes, decode_noting
from footfall.dialects.everflow.nouns import SOURCE
from footfall.dialects.everflow.reports import QUARTER_MS, Reporting, Word
from footfall.dialects.everflow.view import AFFILIATES, OPTIONS, View, view_of
from footfall.dialects.everflow.zones import first_moment, read_zone

PATH: Final = "/dashboard/summary"
PERIODS: Final = ("today", "yesterday", "current_month", "last_month")


class SummaryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`currency_id` changes nothing: amounts are in the offers' currencies."""

    timezone_id: int
    currency_id: Word | None = None


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio, or what Footfall does not know."""

    today: float
    yesterday: float
    current_month: float
    last_month: float


class Trend(Level, frozen=True, kw_only=True):
    """`trending_percentage` compares today until now with yesterday until the same time of day, by
    whole quarter-hours; 0 where yesterday had none."""

    trending_percentage: float


class NetworkSummary(msgspec.Struct, frozen=True, kw_only=True):
    revenue: Trend
    payout: Trend
    profit: Trend
    click: Trend
    conversion: Trend
    event: Trend
    gross_sales: Trend
    gross_click: Trend
    impression: Trend
    invalid_click: Trend
    duplicate_click: Trend
    unique_click: Trend
    cvr: Level
    evr: Level
    notes: Notes = msgspec.UNSET


class AffiliateSummary(msgspec.Struct, frozen=True, kw_only=True):
    revenue: Trend
    click: Trend
    conversion: Trend
    cvr: Level
    events: Trend
    evr: Level
    impression: Trend
    redirect_revenue: Trend
    on_hold_potential_revenue: Trend
    on_hold_conversion_count: Trend
    notes: Notes = msgspec.UNSET


METRICS: Final[Mapping[str, str]] = {
    "click": "total_click",
    "conversion": "total_cv",
    "events": "event",
    "impression": "imp",
    "redirect_revenue": "redirect_traffic_revenue",
}
"""What a report calls them, where that differs."""


@get(f"{PREFIX}{PATH}", opt=OPTIONS[PREFIX], name="everflow-dashboard-networks")
async def show_network_summary(request: Asked, face: OurFace) -> Answer:
    """In the network's own zone: `reporting_timezone_id` of `/v1/networks/info`."""

    def find_zone() -> ZoneInfo:
        with face.parts.catalog.reading() as session:
            return read_zone(nouns.network(session, request.auth.account.id).timezone_id)

    zone = await asyncio.to_thread(find_zone)
    return answer(await _summary(face, view_of(request), zone, NetworkSummary))


@post(
    f"{AFFILIATES}{PATH}",
    status_code=200,
    opt=OPTIONS[AFFILIATES],
    name="everflow-dashboard-affiliates",
)
async def show_affiliate_summary(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Of the affiliate's own events."""
    asked, notes = decode_noting(body, SummaryRequest)
    zone = read_zone(asked.timezone_id)
    return answer(await _summary(face, view_of(request), zone, AffiliateSummary, notes))


async def _summary(
    face: Face, view: View, zone: ZoneInfo, shape: Any, notes: Notes = msgspec.UNSET
) -> Any:
    spans = spans_at(face.parts.clock(), zone)

    def plan() -> AdQuery:
        with face.parts.catalog.reading() as session:
            prices = prices_of(session, view.account.id)
        own = {"affiliate": (str(view.affiliate),)} if view.affiliate else {}
        return AdQuery(
            account=view.account.id,
            since=0,
            until=0,
            zone=zone.key,
            sources=(SOURCE,),
            values=own,
            prices=prices,
            limit=1,
        )

    asked = await asyncio.to_thread(plan)

    async def count(since: int, until: int) -> Reporting:
        if since >= until:
            counts = AdCounts()
        else:
            query = msgspec.structs.replace(asked, since=since, until=until)
            groups = (await face.parts.reader.ad_report(query)).groups
            counts = groups[0].counts if groups else AdCounts()
        shown = reporting(counts)
        return as_affiliate(shown) if view.affiliate else shown

    found = await asyncio.gather(*(count(*span) for span in spans.values()))
    by_period = dict(zip(spans, found, strict=True))
    metrics = {
        field.name: _metric(by_period, METRICS.get(field.name, field.name), field.type)
        for field in msgspec.structs.fields(shape)
        if field.name != "notes"
    }
    return shape(**metrics, notes=notes)


def _metric(found: Mapping[str, Reporting], name: str, shape: Any) -> Level:
    values = {period: getattr(found[period], name) for period in PERIODS}
    if shape is Level:
        return Level(**values)
    now, before = getattr(found["until_now"], name), getattr(found["until_then"], name)
    trend = round(100 * (now - before) / abs(before), 1) if before else 0
    return Trend(**values, trending_percentage=trend)


def spans_at(now: int, zone: ZoneInfo) -> dict[str, tuple[int, int]]:
    """[since, until) in milliseconds on quarter-hours, by period. `until_now` and `until_then` are
    today and yesterday until the same time of day."""
    end = -(-(now + 1) // QUARTER_MS) * QUARTER_MS
    passed = now // QUARTER_MS * QUARTER_MS
    local = datetime.fromtimestamp(now // 1000, zone).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0)
    day = timedelta(days=1)
    month = midnight.replace(day=1)
    months = ((month - day).replace(day=1), month)

    def at(moment: datetime) -> int:
        # A zone's clocks may move to a time that is not on a quarter-hour: long ago alone.
        return first_moment(moment, zone) // QUARTER_MS * QUARTER_MS

    same_time = datetime.fromtimestamp(passed // 1000, zone).replace(tzinfo=None) - day
    return {
        "today": (at(midnight), end),
        "yesterday": (at(midnight - day), at(midnight)),
        "current_month": (at(month), end),
        "last_month": (at(months[0]), at(months[1])),
        "until_now": (at(midnight), passed),
        "until_then": (at(midnight - day), at(same_time)),
    }


ROUTES: Final = [show_network_summary, show_affiliate_summary]
