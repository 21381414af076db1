"""Four offers of two advertisers, six affiliates who show them, and what people saw and clicked."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from footfall.cli.demo.sales import PAUSED, Sales, Terms
from footfall.cli.demo.stage import PREFETCHED, Scene, Stage
from footfall.core.destinations import DestinationRules
from footfall.core.events import Event, EventKind, Verdict
from footfall.dialects.everflow import resources
from footfall.dialects.everflow.offers import change_resource
from footfall.dialects.everflow.offers import create as create_resource
from footfall.dialects.everflow.records import SOURCE, OfferRow

CLICKED: Final = 0.045
BOUGHT: Final = 0.12
BOUGHT_UNCLICKED: Final = 0.03
PHONED: Final = 0.006
"""Share of the visits after which somebody orders with a coupon, and no page knows of it."""
EVENTS_PER_VISIT: Final = 1.68
"""What one person is shown on a day, and clicks."""
PAUSED_AGO: Final = 0.08
"""The last offer is paused this share of all days before the end; pages still show it."""

AFFILIATES: Final = (
    ("Garden Gazette", "garden-gazette.example.org"),
    ("Rainy Day Reviews", "rainy-day.example.org"),
    ("The Morning Kettle", "kettle.example.org"),
    ("Two Wheels Weekly", "two-wheels.example.org"),
    ("Small Town Deals", "deals.example.org"),
    ("Paper Boat Mail", "paper-boat.example.org"),
)
"""Names, and the hosts of their pages; the one that shows most comes first."""

OFFERS: Final = (
    ("Rain barrel, 120 litres", "Barrel & Bloom", 2.5, "garden", "m"),
    ("Seed box for balconies", "Barrel & Bloom", 1.2, "garden", "m"),
    ("Folding umbrella, two colours", "Umbrella Works", 3.0, "rain", "a"),
    ("Rubber boots, winter sale", "Umbrella Works", 6.0, "rain", "s"),
)
"""Name, advertiser, payout, project, and what is paid for: a thousand impressions (cpm, rpm), each
conversion (cpa, rpa) or a share of each sale (cps, rps). The one that is shown most comes first."""

COUPONS_BY: Final = 2
"""The affiliate who has coupons, by number."""
LARGE: Final = 3
"""So many affiliates have a program that says more of each impression."""

CREATIVES: Final = (("Wide banner", 970, 250), ("Square", 300, 300), ("Line of text", 0, 0))
PLACES: Final = ("top", "side", "below-article", "newsletter")
CAMPAIGNS: Final = ("Spring rain", "Autumn leaves")
PAGES: Final = {0: ("Gift page", "Price list"), 1: ("Starter set",)}
"""Pages beside its own of an offer, by the offer's number."""
VIEW_THROUGH: Final = 2
"""The number of the offer that pays for sales without a click too."""

BY_AFFILIATE: Final = {
    "traffic_source": ("search", "social", "editorial"),
    "sub4": ("photo", "drawing"),
    "sub5": ("new", "returning", "subscriber"),
    "sub6": ("umbrella", "rain barrel", "balcony", "boots", "watering can"),
    "sub7": ("broad", "exact"),
    "sub8": ("group-1", "group-2", "group-3"),
    "sub9": ("v1", "v2"),
    "sub10": ("morning", "noon", "evening"),
}
"""What the larger affiliates say of an impression: columns, and the values that each may have."""
BY_ADVERTISER: Final = {
    "adv1": ("garden", "rain", "gifts"),
    "adv2": ("first-visit", "customer"),
    "adv3": ("small", "medium", "large"),
    "adv4": ("card", "invoice"),
    "adv5": ("home", "parcel-shop"),
    "adv6": ("en", "nl", "de"),
    "adv7": ("spring-sale", "list-price"),
    "adv8": ("phone", "web"),
    "adv9": ("north", "south"),
    "adv10": ("layout-1", "layout-2"),
}
"""The same of what the advertiser's page says of a click."""
COMBINATIONS: Final = 96
"""So many combinations of such values there are: to draw one of them costs less than its parts."""


class Offer(msgspec.Struct, frozen=True):
    """`pages` are (id, URL) of its offer URLs, `terms` what a sale pays."""

    terms: Terms
    url: str
    pages: list[tuple[int, str]]
    creatives: list[int]


class Market(msgspec.Struct, frozen=True):
    offers: list[Offer]
    affiliates: list[int]
    campaigns: list[int]
    impressions: list[dict[str, str]]
    """What affiliates say of an impression."""
    clicks: list[dict[str, str]]
    """What an advertiser's page says of a click."""


class _Maker:
    """Makes resources as their API does."""

    def __init__(self, session: Session, stage: Stage) -> None:
        self._session = session
        self._stage = stage
        self._resources = {one.path: one for one in resources.RESOURCES}
        self._rules = DestinationRules(own_bases=())

    def make(self, path: str, fields: msgspec.Struct) -> int:
        one = self._resources[path]
        row = create_resource(
            self._session,
            one.rows,
            self._stage.account,
            self._stage.begin,
            one.columns(fields),
            self._rules,
        )
        return int(row.id)

    def pause(self, offer: int, at: int) -> None:
        row = self._session.get_one(OfferRow, offer)
        change_resource(self._session, row, at, {"status": "paused"}, self._rules)

    def references(self, offer: int) -> dict[str, str]:
        return dict(self._session.get_one(OfferRow, offer).tracker.references)


def create(session: Session, stage: Stage) -> Market:
    maker = _Maker(session, stage)
    employee = maker.make(
        "employees",
        resources.Employee(first_name="Wren", last_name="Ledger", email="wren@example.org"),
    )
    advertisers = {
        name: maker.make(
            "advertisers", resources.Advertiser(name=name, network_employee_id=employee)
        )
        for name in dict.fromkeys(offer[1] for offer in OFFERS)
    }
    category = maker.make("categories", resources.Category(name="House and garden"))
    affiliates = [
        maker.make("affiliates", resources.Affiliate(name=name, network_employee_id=employee))
        for name, _ in AFFILIATES
    ]
    campaigns = [
        maker.make("campaigns", resources.Campaign(campaign_name=name)) for name in CAMPAIGNS
    ]
    offers = [
        _create_offer(maker, stage, number, advertisers, category, affiliates)
        for number in range(len(OFFERS))
    ]
    draw = stage.draw("combinations")
    said = (_combinations(draw, values) for values in (BY_AFFILIATE, BY_ADVERTISER))
    return Market(offers, affiliates, campaigns, *said)


def _combinations(draw: Random, values: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    return [
        {name: draw.choice(texts) for name, texts in values.items()} for _ in range(COMBINATIONS)
    ]


def _create_offer(
    maker: _Maker,
    stage: Stage,
    number: int,
    advertisers: dict[str, int],
    category: int,
    affiliates: list[int],
) -> Offer:
    name, advertiser, payout, project, paid_for = OFFERS[number]
    revenue = round(payout * 1.4, 2)
    url = f"https://example.org/offers/{number + 1}"
    offer = maker.make(
        "offers",
        resources.Offer(
            name=name,
            destination_url=url,
            network_advertiser_id=advertisers[advertiser],
            network_category_id=category,
            project_id=project,
            currency_id="EUR",
            payout_type=f"cp{paid_for}",
            payout=payout,
            revenue_type=f"rp{paid_for}",
            revenue=revenue,
            labels=["demo"],
            is_view_through_enabled=number == VIEW_THROUGH,
        ),
    )
    refused_from = 0
    if number == len(OFFERS) - 1:
        refused_from = stage.ago(PAUSED_AGO)
        maker.pause(offer, refused_from)
    coupon, affiliate = (f"RAIN{offer}", affiliates[COUPONS_BY]) if number < 2 else ("", 0)
    if coupon:
        maker.make(
            "couponcodes",
            resources.Coupon(
                coupon_code=coupon, network_offer_id=offer, network_affiliate_id=affiliate
            ),
        )
    return Offer(
        terms=Terms(
            *(offer, maker.references(offer), coupon, str(affiliate)),
            *(f"cp{paid_for}", payout, f"rp{paid_for}", revenue),
            view_through=number == VIEW_THROUGH,
            refused_from=refused_from,
        ),
        url=url,
        pages=_create_pages(maker, number, offer, url),
        creatives=_create_creatives(maker, offer, name),
    )


def _create_creatives(maker: _Maker, offer: int, name: str) -> list[int]:
    return [
        maker.make(
            "creatives",
            resources.Creative(
                network_offer_id=offer,
                name=f"{what}: {name}",
                creative_type="image" if width else "text",
                width=width,
                height=height,
            ),
        )
        for what, width, height in CREATIVES
    ]


def _create_pages(maker: _Maker, number: int, offer: int, url: str) -> list[tuple[int, str]]:
    pages = []
    for name in PAGES.get(number, ()):
        page = f"{url}/{name.lower().replace(' ', '-')}"
        fields = resources.OfferUrl(network_offer_id=offer, name=name, destination_url=page)
        pages.append((maker.make("offerurls", fields), page))
    return pages


def events(stage: Stage, market: Market, events: int) -> tuple[list[Event], list[dict[str, Any]]]:
    """Impressions, of which some lead to a click that repeats what its impression said, and some
    of both to a sale; and the rows by which those sales are known."""
    scene = Scene(stage, SOURCE, node=3)
    sales = Sales(scene)
    draw = scene.draw
    visits = int(events / EVENTS_PER_VISIT)
    for at in scene.moments(visits):
        person = scene.person(visits // 3, robots=0.07)
        for _ in range(draw.choices((1, 2, 4), (6, 3, 1))[0]):
            if at < stage.until:
                _show(scene, sales, market, at, person)
            at += draw.randrange(20_000, 600_000)
        if draw.random() < PHONED:
            sales.redeem(draw.choice(market.offers[:2]).terms, at)
    return scene.events, sales.rows


def _show(
    scene: Scene, sales: Sales, market: Market, at: int, person: tuple[int, dict[str, Any]]
) -> None:
    draw = scene.draw
    offer = draw.choices(market.offers, (8, 5, 4, 2))[0]
    place = draw.choices(range(len(AFFILIATES)), (9, 6, 5, 3, 2, 1))[0]
    host = AFFILIATES[place][1]
    seen = scene.visit(at, *person, host)
    if offer.terms.refused_at(at):
        seen |= PAUSED
    elif seen["verdict"] == Verdict.COUNTED and draw.random() < 0.01:
        seen |= PREFETCHED
    spot = draw.randrange(len(PLACES))
    fields = {
        **seen,
        **offer.terms.references,
        "affiliate": str(market.affiliates[place]),
        "creative": str(offer.creatives[min(len(offer.creatives) - 1, spot)]),
        "sub1": host.partition(".")[0],
        "sub2": PLACES[spot],
        "sub3": f"article-{draw.randrange(1, 40)}",
    }
    if place < LARGE:
        fields |= draw.choice(market.impressions)
        fields["campaign"] = str(draw.choices(market.campaigns, (2, 1))[0])
    impression = scene.add(at, EventKind.IMPRESSION, fields, offer.terms.offer)
    if seen["verdict"] != Verdict.COUNTED:
        return
    if draw.random() < CLICKED * (1.6 - 0.3 * spot):
        clicked = at + draw.randrange(2_000, 180_000)
        _click(scene, sales, market, offer, clicked, place, fields)
    elif offer.terms.view_through and draw.random() < BOUGHT_UNCLICKED:
        sales.buy(offer.terms, impression, fields)


def _click(
    scene: Scene,
    sales: Sales,
    market: Market,
    offer: Offer,
    at: int,
    place: int,
    fields: dict[str, Any],
) -> None:
    """A click, which a link now and then tells twice, and perhaps a sale."""
    draw = scene.draw
    fields = fields | {"url": offer.url}
    if offer.pages and draw.random() < 0.4:
        page, url = draw.choice(offer.pages)
        fields |= {"offer_url": str(page), "url": url}
    if draw.random() < 0.7:
        fields |= draw.choice(market.clicks)
    if offer.terms.coupon and place == COUPONS_BY and draw.random() < 0.4:
        fields["coupon"] = offer.terms.coupon
    again = {"verdict": Verdict.DUPLICATE, "reason": "duplicate"}
    repeated = draw.random() < 0.04
    if at < scene.stage.until:
        click = scene.add(at, EventKind.CLICK, fields, offer.terms.offer)
        if draw.random() < BOUGHT:
            sales.buy(offer.terms, click, fields)
    if repeated and at + 400 < scene.stage.until:
        scene.add(at + 400, EventKind.CLICK, fields | again, offer.terms.offer)
