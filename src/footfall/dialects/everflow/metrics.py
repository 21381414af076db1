"""The vendor's metrics of a group of events. Money is computed in decimals and shown to 15 digits.

https://helpdesk.everflow.io/customer/everflow-metrics-dictionary
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.core.events import EventKind
from footfall.core.queries import AdCounts
from footfall.dialects.everflow.amounts import MICROS, PAID, micros_of, rounded
from footfall.dialects.everflow.records import OfferRow
from footfall.dialects.everflow.report_plan import Reporting

_THOUSAND: Final = PAID[EventKind.IMPRESSION][1]
_RATIO_DIGITS: Final = 6


class Money(msgspec.Struct, frozen=True):
    """In units of currency."""

    payout: Decimal
    revenue: Decimal
    sales: Decimal


def reporting(counts: AdCounts) -> Reporting:
    """A click is unique, duplicate or invalid; its total has no invalid ones, its gross has all. A
    conversion is attributed to a click or a coupon (`cv`) or to an impression
    (`view_through_cv`); `total_cv` has both."""
    clicks = counts.clicks + counts.duplicate_clicks
    money = _money(counts)
    profit = money.revenue - money.payout
    return Reporting(
        imp=counts.impressions,
        total_click=clicks,
        unique_click=counts.clicks,
        invalid_click=counts.invalid_clicks,
        duplicate_click=counts.duplicate_clicks,
        gross_click=clicks + counts.invalid_clicks,
        ctr=_percent(clicks, counts.impressions),
        cv=counts.conversions - counts.view_conversions,
        invalid_cv_scrub=counts.invalid_conversions,
        view_through_cv=counts.view_conversions,
        total_cv=counts.conversions,
        event=counts.goals,
        cvr=_percent(counts.conversions, clicks),
        evr=_percent(counts.goals, counts.conversions),
        cpc=_ratio(money.payout, clicks),
        cpm=_ratio(money.payout * _THOUSAND, counts.impressions),
        cpa=_ratio(money.payout, counts.conversions),
        epc=_ratio(money.payout, clicks),
        rpc=_ratio(money.revenue, clicks),
        rpa=_ratio(money.revenue, counts.conversions),
        rpm=_ratio(money.revenue * _THOUSAND, counts.impressions),
        payout=rounded(money.payout),
        revenue=rounded(money.revenue),
        event_revenue=rounded(Decimal(counts.goal_revenue_micros) / MICROS),
        gross_sales=rounded(money.sales),
        profit=rounded(profit),
        margin=_percent(profit, money.revenue),
        roas=_percent(money.sales, money.payout),
        avg_sale_value=_ratio(money.sales, counts.conversions),
    )


def as_affiliate(shown: Reporting) -> Reporting:
    """What an affiliate sees: its revenue is what the network pays out, and nothing tells what the
    network earns."""
    return msgspec.structs.replace(
        shown,
        revenue=shown.payout,
        rpc=shown.cpc,
        rpa=shown.cpa,
        rpm=shown.cpm,
        event_revenue=0,
        profit=0,
        margin=0,
        invalid_cv_scrub=0,
    )


def _money(counts: AdCounts) -> Money:
    def units(conversions: int, clicks: int, impressions: int) -> Decimal:
        return (conversions + clicks + Decimal(impressions) / _THOUSAND) / MICROS

    return Money(
        units(counts.payout_micros, counts.clicks_payout_micros, counts.impressions_payout_micros),
        units(
            counts.revenue_micros, counts.clicks_revenue_micros, counts.impressions_revenue_micros
        ),
        Decimal(counts.sale_micros) / MICROS,
    )


def _ratio(amount: Decimal, number: int) -> float:
    return float(round(amount / number, _RATIO_DIGITS)) if number else 0


def _percent(part: Decimal | int, whole: Decimal | int) -> float:
    return float(round(100 * Decimal(part) / Decimal(whole), 2)) if whole else 0


# ── prices ────────────────────────────────────────────────────────────────────────────────────


def prices_of(session: Session, account: int) -> Mapping[str, Mapping[str, int]]:
    """What a click, or a thousand impressions, of each offer is worth in millionths, as the offers
    are now: see `core.queries.AdQuery.prices`."""
    found: dict[str, dict[str, int]] = {}
    terms = {
        "payout": (OfferRow.payout_type, OfferRow.payout),
        "revenue": (OfferRow.revenue_type, OfferRow.revenue),
    }
    for name, (type, amount) in terms.items():
        query = select(OfferRow.id, type, amount).where(OfferRow.account_id == account, amount != 0)
        for offer, paid, price in session.execute(query):
            for kind, (types, _) in PAID.items():
                if paid.lower() in types:
                    found.setdefault(f"{kind}s_{name}_micros", {})[str(offer)] = micros_of(price)
    return found
