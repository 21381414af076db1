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

from footfall.api.operations import operation
from footfall.core.calendar import QUARTER_HOUR_MS, local_time, moment
from footfall.core.queries import AdCounts, AdQuery
from footfall.dialects.everflow import records
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.metrics import prices_of, reporting
from footfall.dialects.everflow.notes import Notes, ignored_of
from footfall.dialects.everflow.records import SOURCE
from footfall.dialects.everflow.report_plan import Word
from footfall.dialects.everflow.view import AFFILIATES, NETWORKS, OPTIONS, view_of
from footfall.dialects.everflow.zones import read_zone

PATH: Final = "/dashboard/summary"
SUMMARY: Final = "Today, yesterday, this month and the last"
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


def _summary_type(name: str, trends: str, levels: str = "cvr evr") -> Any:
    fields = ((one, Level if one in levels.split() else Trend) for one in trends.split())
    notes: Any = ("notes", Notes, msgspec.UNSET)
    return msgspec.defstruct(name, [*fields, notes], frozen=True, kw_only=True)


NetworkSummary: Final = _summary_type(
    "NetworkSummary",
    "revenue payout profit click conversion event gross_sales gross_click impression invalid_click"
    " duplicate_click unique_click cvr evr",
)
AffiliateSummary: Final = _summary_type(
    "AffiliateSummary",
    "revenue click conversion cvr events evr impression redirect_revenue on_hold_potential_revenue"
    " on_hold_conversion_count",
)

METRICS: Final[Mapping[str, str]] = {
    "click": "total_click",
    "conversion": "total_cv",
    "events": "event",
    "impression": "imp",
    "redirect_revenue": "redirect_traffic_revenue",
}
"""What a report calls them, where that differs."""


@operation(f"GET {NETWORKS}{PATH}", SUMMARY, answer=NetworkSummary)
async def show_network_summary(call: Call) -> Any:
    """In the network's own zone: `reporting_timezone_id` of `/v1/networks/info`."""

    def find_zone() -> ZoneInfo:
        with call.reading() as session:
            return read_zone(records.network(session, call.account).timezone_id)

    return await _summary(call, await asyncio.to_thread(find_zone), NetworkSummary)


@operation(
    f"POST {AFFILIATES}{PATH}",
    SUMMARY,
    body=SummaryRequest,
    answer=AffiliateSummary,
    options=OPTIONS[AFFILIATES],
)
async def show_affiliate_summary(call: Call, body: SummaryRequest, raw: bytes) -> Any:
    """Of the affiliate's own events."""
    notes = ignored_of(body, raw)
    return await _summary(call, read_zone(body.timezone_id), AffiliateSummary, notes)


async def _summary(call: Call, zone: ZoneInfo, shape: Any, notes: Notes = msgspec.UNSET) -> Any:
    view = view_of(call)
    spans = spans_at(call.now(), zone)

    def plan() -> AdQuery:
        with call.reading() as session:
            prices = prices_of(session, view.account.id)
        return AdQuery(
            account=view.account.id,
            since=0,
            until=0,
            zone=zone.key,
            sources=(SOURCE,),
            values={"affiliate": (str(view.affiliate),)} if view.affiliate else {},
            prices=prices,
            limit=1,
        )

    planned = await asyncio.to_thread(plan)

    async def count(since: int, until: int) -> Any:
        counts = AdCounts()
        if since < until:
            query = msgspec.structs.replace(planned, since=since, until=until)
            for group in (await call.api.parts.reader.ad_report(query)).groups:
                counts = group.counts
        return reporting(counts, for_affiliate=view.affiliate != 0)

    found = await asyncio.gather(*(count(*span) for span in spans.values()))
    by_period = dict(zip(spans, found, strict=True))
    metrics = {
        field.name: _metric(by_period, METRICS.get(field.name, field.name), field.type)
        for field in msgspec.structs.fields(shape)
        if field.name != "notes"
    }
    return shape(**metrics, notes=notes)


def _metric(found: Mapping[str, Any], name: str, shape: Any) -> Level:
    values = {period: getattr(found[period], name) for period in PERIODS}
    if shape is Level:
        return Level(**values)
    now, before = getattr(found["until_now"], name), getattr(found["until_then"], name)
    trend = round(100 * (now - before) / abs(before), 1) if before else 0
    return Trend(**values, trending_percentage=trend)


def spans_at(now: int, zone: ZoneInfo) -> dict[str, tuple[int, int]]:
    """[since, until) in milliseconds on quarter-hours, by period. `until_now` and `until_then` are
    today and yesterday until the same time of day."""
    end = -(-(now + 1) // QUARTER_HOUR_MS) * QUARTER_HOUR_MS
    passed = now // QUARTER_HOUR_MS * QUARTER_HOUR_MS
    day = timedelta(days=1)
    today = local_time(now, zone.key).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=None
    )
    month = today.replace(day=1)
    last_month = (month - day).replace(day=1)

    def at(local: datetime) -> int:
        # A zone's clocks may move to a time that is not on a quarter-hour: long ago alone.
        return moment(local, zone.key) // QUARTER_HOUR_MS * QUARTER_HOUR_MS

    return {
        "today": (at(today), end),
        "yesterday": (at(today - day), at(today)),
        "current_month": (at(month), end),
        "last_month": (at(last_month), at(month)),
        "until_now": (at(today), passed),
        "until_then": (
            at(today - day),
            at(local_time(passed, zone.key).replace(tzinfo=None) - day),
        ),
    }
