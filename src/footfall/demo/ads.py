"""Four offers of two advertisers, six affiliates who show them, and what people saw and clicked."""

from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from footfall.core.destinations import DestinationRules
from footfall.core.events import Event, EventKind, Verdict
from footfall.demo.stage import PREFETCHED, Scene, Stage, at_of
from footfall.dialects.everflow import resources
from footfall.dialects.everflow.amounts import earned
from footfall.dialects.everflow.conversions import ConversionExtra
from footfall.dialects.everflow.ids import transaction_id
from footfall.dialects.everflow.nouns import SOURCE, OfferRow
from footfall.dialects.everflow.offers import change_noun
from footfall.dialects.everflow.offers import create as create_noun

CLICKED: Final = 0.045
BOUGHT: Final = 0.12
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

CREATIVES: Final = (("Wide banner", 970, 250), ("Square", 300, 300), ("Line of text", 0, 0))
PLACES: Final = ("top", "side", "below-article", "newsletter")


class Offer(msgspec.Struct, frozen=True):
    """`coupon` "" for an offer without one; `refused_from` in milliseconds since 1970, 0 never."""

    id: int
    references: dict[str, str]
    url: str
    creatives: list[int]
    coupon: str
    refused_from: int
    paid_for: str
    payout: float
    revenue: float


class Market(msgspec.Struct, frozen=True):
    offers: list[Offer]
    affiliates: list[int]


class _Maker:
    """Makes nouns as their API does."""

    def __init__(self, session: Session, stage: Stage) -> None:
        self._session = session
        self._stage = stage
        self._resources = {one.path: one for one in resources.RESOURCES}
        self._rules = DestinationRules(own_bases=())

    def make(self, path: str, fields: msgspec.Struct) -> int:
        one = self._resources[path]
        row = create_noun(
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
        change_noun(self._session, row, at, {"status": "paused"}, self._rules)

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
    maker.make("campaigns", resources.Campaign(campaign_name="Spring rain"))
    offers = [
        _create_offer(maker, stage, number, advertisers, category, affiliates)
        for number in range(len(OFFERS))
    ]
    return Market(offers, affiliates)


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
        ),
    )
    creatives = [
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
    coupon = ""
    if number < 2:
        coupon = f"RAIN{offer}"
        maker.make(
            "couponcodes",
            resources.Coupon(
                coupon_code=coupon, network_offer_id=offer, network_affiliate_id=affiliates[2]
            ),
        )
    refused_from = 0
    if number == len(OFFERS) - 1:
        refused_from = stage.ago(PAUSED_AGO)
        maker.pause(offer, refused_from)
    references = maker.references(offer)
    return Offer(offer, references, url, creatives, coupon, refused_from, paid_for, payout, revenue)


def events(stage: Stage, market: Market, events: int) -> list[Event]:
    """Impressions, of which some lead to a click that repeats what its impression said, and some
    clicks to a conversion."""
    scene = Scene(stage, SOURCE, node=3)
    draw = scene.draw
    visits = int(events / EVENTS_PER_VISIT)
    for at in scene.moments(visits):
        person = scene.person(visits // 3, robots=0.07)
        for _ in range(draw.choices((1, 2, 4), (6, 3, 1))[0]):
            if at < stage.until:
                _show(scene, market, at, person)
            at += draw.randrange(20_000, 600_000)
    return scene.events


def _show(scene: Scene, market: Market, at: int, person: tuple[int, dict[str, Any]]) -> None:
    draw, stage = scene.draw, scene.stage
    offer = draw.choices(market.offers, (8, 5, 4, 2))[0]
    place = draw.choices(range(len(AFFILIATES)), (9, 6, 5, 3, 2, 1))[0]
    host = AFFILIATES[place][1]
    seen = scene.visit(at, *person, host)
    if offer.refused_from and at >= offer.refused_from:
        seen |= {"verdict": Verdict.REFUSED, "reason": "paused"}
    elif seen["verdict"] == Verdict.COUNTED and draw.random() < 0.01:
        seen |= PREFETCHED
    spot = draw.randrange(len(PLACES))
    creative = offer.creatives[min(len(offer.creatives) - 1, spot)]
    fields = {
        **seen,
        **offer.references,
        "affiliate": str(market.affiliates[place]),
        "creative": str(creative),
        "sub1": host.partition(".")[0],
        "sub2": PLACES[spot],
        "sub3": f"article-{draw.randrange(1, 40)}",
    }
    scene.add(at, EventKind.IMPRESSION, fields, offer.id)
    if seen["verdict"] != Verdict.COUNTED or draw.random() >= CLICKED * (1.6 - 0.3 * spot):
        return
    clicked = at + draw.randrange(2_000, 180_000)
    also = {"url": offer.url}
    if offer.coupon and place == 2 and draw.random() < 0.4:
        also["coupon"] = offer.coupon
    told_again = {"verdict": Verdict.DUPLICATE, "reason": "told of before"}
    for again in ({}, told_again)[: 1 + (draw.random() < 0.04)]:
        if clicked < stage.until:
            click = scene.add(clicked, EventKind.CLICK, {**fields, **also, **again}, offer.id)
            if not again and draw.random() < BOUGHT:
                _buy(scene, offer, click, {**fields, **also})
        clicked += 400


def _buy(scene: Scene, offer: Offer, click: Event, fields: dict[str, Any]) -> None:
    """A conversion, as the advertiser's server posts it back."""
    draw, clicked = scene.draw, at_of(click)
    bought = clicked + draw.randrange(60_000, 2_400_000)
    cents = draw.randrange(900, 12_000)
    if bought >= scene.stage.until:
        return
    transaction, sale = transaction_id(click.id), cents * 10_000
    called = {"transaction_id": transaction, "amount": f"{cents / 100:.2f}"}
    extra = ConversionExtra(query=called, transaction=transaction, clicked_at=clicked)
    person = {name: value for name, value in fields.items() if name not in ("visitor", "url")}
    scene.add(
        bought,
        EventKind.CONVERSION,
        {
            **person,
            "attribution": str(EventKind.CLICK),
            "sale_micros": sale,
            "payout_micros": earned(f"cp{offer.paid_for}", offer.payout, sale),
            "revenue_micros": earned(f"rp{offer.paid_for}", offer.revenue, sale),
            "metadata": msgspec.json.encode(extra).decode(),
        },
        offer.id,
    )
