"""The vendor's metrics of a group of events. Money is computed in decimals and shown to 15 digits.

https://helpdesk.everflow.io/customer/everflow-metrics-dictionary
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.core.events import EventKind
from footfall.core.queries import AdCounts
from footfall.dialects.everflow.amounts import MICROS, PAID, micros_of, rounded, units_of
from footfall.dialects.everflow.records import OfferRow

_THOUSAND: Final = PAID[EventKind.IMPRESSION][1]
_RATIO_DIGITS: Final = 6


class Totals(msgspec.Struct, frozen=True):
    """Of a group of events; money in units of currency. A click is unique, duplicate or invalid:
    `clicks` have no invalid ones."""

    counts: AdCounts
    clicks: int
    payout: Decimal
    revenue: Decimal
    sales: Decimal
    profit: Decimal


_METRICS: Final[Mapping[str, tuple[type[int] | type[float], Callable[[Totals], float] | None]]] = {
    "imp": (int, lambda of: of.counts.impressions),
    "total_click": (int, lambda of: of.clicks),
    "unique_click": (int, lambda of: of.counts.clicks),
    "invalid_click": (int, lambda of: of.counts.invalid_clicks),
    "duplicate_click": (int, lambda of: of.counts.duplicate_clicks),
    "gross_click": (int, lambda of: of.clicks + of.counts.invalid_clicks),
    "ctr": (float, lambda of: _percent(of.clicks, of.counts.impressions)),
    "cv": (int, lambda of: of.counts.conversions - of.counts.view_conversions),
    "invalid_cv_scrub": (int, lambda of: of.counts.invalid_conversions),
    "view_through_cv": (int, lambda of: of.counts.view_conversions),
    "total_cv": (int, lambda of: of.counts.conversions),
    "event": (int, lambda of: of.counts.goals),
    "cvr": (float, lambda of: _percent(of.counts.conversions, of.clicks)),
    "evr": (float, lambda of: _percent(of.counts.goals, of.counts.conversions)),
    "cpc": (float, lambda of: _ratio(of.payout, of.clicks)),
    "cpm": (float, lambda of: _ratio(of.payout * _THOUSAND, of.counts.impressions)),
    "cpa": (float, lambda of: _ratio(of.payout, of.counts.conversions)),
    "epc": (float, lambda of: _ratio(of.payout, of.clicks)),
    "rpc": (float, lambda of: _ratio(of.revenue, of.clicks)),
    "rpa": (float, lambda of: _ratio(of.revenue, of.counts.conversions)),
    "rpm": (float, lambda of: _ratio(of.revenue * _THOUSAND, of.counts.impressions)),
    "payout": (float, lambda of: rounded(of.payout)),
    "revenue": (float, lambda of: rounded(of.revenue)),
    "event_revenue": (float, lambda of: units_of(of.counts.goal_revenue_micros)),
    "gross_sales": (float, lambda of: rounded(of.sales)),
    "profit": (float, lambda of: rounded(of.profit)),
    "margin": (float, lambda of: _percent(of.profit, of.revenue)),
    "roas": (float, lambda of: _percent(of.sales, of.payout)),
    "avg_sale_value": (float, lambda of: _ratio(of.sales, of.counts.conversions)),
    "media_buying_cost": (float, None),
    "on_hold_potential_revenue": (float, None),
    "on_hold_potential_payout": (float, None),
    "on_hold_conversion_count": (int, None),
    "public_events": (int, None),
    "redirect_traffic_revenue": (float, None),
}
"""A conversion is attributed to a click or a coupon (`cv`) or to an impression
(`view_through_cv`); `total_cv` has both."""

Reporting: Final[Any] = msgspec.defstruct(
    "Reporting",
    [(name, type, 0) for name, (type, _) in _METRICS.items()],
    frozen=True,
    kw_only=True,
    namespace={
        "__doc__": """\
The vendor's metrics. Money is in units of the offers' currency. What Footfall does not know
    (sales on hold, media buying, redirected traffic) is 0."""
    },
)
METRICS: Final = tuple(_METRICS)
_KNOWN: Final = [(name, of) for name, (_, of) in _METRICS.items() if of is not None]

_AFFILIATES: Final[Mapping[str, str | None]] = {
    "revenue": "payout",
    "rpc": "cpc",
    "rpa": "cpa",
    "rpm": "cpm",
    **dict.fromkeys(("event_revenue", "profit", "margin", "invalid_cv_scrub")),
}
"""An affiliate's revenue is what the network pays out, and nothing tells what the network earns."""


def reporting(counts: AdCounts, *, for_affiliate: bool = False) -> Any:
    """The metrics of a group."""

    payout = _units(
        counts.payout_micros, counts.clicks_payout_micros, counts.impressions_payout_micros
    )
    revenue = _units(
        counts.revenue_micros, counts.clicks_revenue_micros, counts.impressions_revenue_micros
    )
    totals = Totals(
        counts=counts,
        clicks=counts.clicks + counts.duplicate_clicks,
        payout=payout,
        revenue=revenue,
        sales=Decimal(counts.sale_micros) / MICROS,
        profit=revenue - payout,
    )
    found = {name: of(totals) for name, of in _KNOWN}
    if for_affiliate:
        found |= {name: found[other] if other else 0 for name, other in _AFFILIATES.items()}
    return Reporting(**found)


def _units(conversions: int, clicks: int, impressions: int) -> Decimal:
    """Millionths, and of impressions for a thousand."""
    return (conversions + clicks + Decimal(impressions) / _THOUSAND) / MICROS


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
