"""Routes of affiliates: their keys, and the offers that they can run.

https://developers.everflow.io, docs/affiliate
"""

from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from sqlalchemy import func, select

from footfall.api.bodies import answer, convert
from footfall.api.idempotency import SHOWS_SECRET
from footfall.core.accounts import Scope
from footfall.core.errors import NotFound
from footfall.dialects.everflow import nouns
from footfall.dialects.everflow.amounts import rounded
from footfall.dialects.everflow.face import Answer, Asked, OurFace
from footfall.dialects.everflow.link_routes import Link
from footfall.dialects.everflow.noun_routes import read_id
from footfall.dialects.everflow.nouns import (
    ACTIVE,
    AffiliateKeyRow,
    AffiliateRow,
    CategoryRow,
    OfferRow,
    OfferUrlRow,
)
from footfall.dialects.everflow.offer_table import TablePage
from footfall.dialects.everflow.resources import PAGE_DEFAULT, PAGE_MAX, Paging
from footfall.dialects.everflow.view import AFFILIATES, NETWORKS, OPTIONS, view_of

KEYS_MAX: Final = 1_000
"""Of an account, without those that are revoked."""

PUBLIC: Final = "public"
PRIVATE: Final = "private"


class AffiliateKey(msgspec.Struct, frozen=True):
    """`api_key` is shown now and never again. It is revoked as every key: `footfall keys revoke`,
    or `DELETE /keys/{key_id}`."""

    key_id: int
    network_affiliate_id: int
    api_key: str


class PayoutEntry(msgspec.Struct, frozen=True, kw_only=True):
    entry_name: str = "Base"
    is_default: bool = True
    payout_type: str
    payout_amount: float
    payout_percentage: float


class Payouts(msgspec.Struct, frozen=True):
    total: int
    entries: list[PayoutEntry]


class AffiliateOfferRelationship(msgspec.Struct, frozen=True):
    """`offer_affiliate_status` is `approved` for an offer that is public, else `require_approval`:
    Footfall approves nobody."""

    offer_affiliate_status: str
    payouts: Payouts


class AffiliateOffer(msgspec.Struct, frozen=True, kw_only=True):
    network_offer_id: int
    network_id: int
    name: str
    thumbnail_url: str = ""
    category: str
    visibility: str
    offer_status: str
    currency_id: str
    tracking_url: str
    impression_tracking_url: str
    preview_url: str
    time_created: int
    time_saved: int
    relationship: AffiliateOfferRelationship


class AffiliateOffers(msgspec.Struct, frozen=True):
    offers: list[AffiliateOffer]
    paging: Paging


LISTS: Final = {"offersrunnable": "Offers that an affiliate can run", "alloffers": "All offers"}


@post(
    f"{NETWORKS}/affiliates/{{id:str}}/apikeys",
    status_code=201,
    opt={"scope": Scope.ADMIN} | SHOWS_SECRET,
    sync_to_thread=True,
)
def create_affiliate_key(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """A key that sees this affiliate's own rows and nothing else. Ours: the vendor's affiliates
    make it themselves."""
    catalog, account = face.parts.catalog, request.auth.account.id
    with catalog.reading() as session:
        row = nouns.find(session, AffiliateRow, account, read_id(id))
        affiliate, name = row.id, f"Affiliate {row.id}: {row.name}"[:200]
    secret, key = catalog.create_key(account, name, frozenset(), keys_max=KEYS_MAX)
    # Until the row is there the key opens nothing.
    with catalog.writing() as session:
        session.add(AffiliateKeyRow(key_id=key.id, affiliate_id=affiliate))
    return answer(AffiliateKey(key.id, affiliate, secret), 201)


def _offers(path: str) -> HTTPRouteHandler:
    @get(
        f"{AFFILIATES}/{path}",
        opt=OPTIONS[AFFILIATES],
        sync_to_thread=True,
        name=f"everflow-affiliates-{path}",
    )
    def list_offers(request: Asked, face: OurFace) -> Answer:
        """Offers as an affiliate sees them, by id: no private ones, and nothing of advertisers."""
        view = view_of(request)
        page = convert(dict(request.query_params), TablePage)
        number, size = page.page or 1, min(page.page_size or PAGE_DEFAULT, PAGE_MAX)
        conditions = [OfferRow.account_id == view.account.id, OfferRow.visibility != PRIVATE]
        if path == "offersrunnable":
            conditions += [OfferRow.status == ACTIVE, OfferRow.visibility == PUBLIC]
        else:
            conditions.append(OfferRow.status != "deleted")
        with face.parts.catalog.reading() as session:
            counted = select(func.count()).select_from(OfferRow).where(*conditions)
            count = session.scalar(counted) or 0
            rows: list[Any] = []
            if (number - 1) * size < count:
                found = select(OfferRow).where(*conditions).order_by(OfferRow.id)
                rows = [*session.scalars(found.offset((number - 1) * size).limit(size))]
            ids = {row.category_id or 0 for row in rows}
            categories = nouns.find_all(session, CategoryRow, view.account.id, ids)
            shown = [_shown(row, categories, view.affiliate, face.public_base) for row in rows]
        return answer(AffiliateOffers(shown, Paging(number, size, count)))

    return list_offers


def _shown(
    row: OfferRow, categories: dict[int, CategoryRow], affiliate: int, base: str
) -> AffiliateOffer:
    category = categories.get(row.category_id or 0)
    of_sales = row.payout_type.lower() == "cps"
    payout = PayoutEntry(
        payout_type=row.payout_type,
        payout_amount=0 if of_sales else rounded(row.payout),
        payout_percentage=rounded(row.payout) if of_sales else 0,
    )
    status = "approved" if row.visibility == PUBLIC else "require_approval"
    return AffiliateOffer(
        network_offer_id=row.id,
        network_id=row.account_id,
        name=row.name,
        category=category.name if category else "",
        visibility=row.visibility,
        offer_status=row.status,
        currency_id=row.currency_id,
        tracking_url=link_to(base, "clk", affiliate, row.id),
        impression_tracking_url=link_to(base, "imp", affiliate, row.id),
        preview_url=row.preview_url,
        time_created=row.created_at // 1000,
        time_saved=row.updated_at // 1000,
        relationship=AffiliateOfferRelationship(status, Payouts(1, [payout])),
    )


LINKS: Final = {"url": ("clk", "A tracking link"), "impressionurl": ("imp", "An impression link")}
"""Last but one part of the path → the first part of the link's own, and what it is."""


def _link(path: str, first: str) -> HTTPRouteHandler:
    @get(
        f"{AFFILIATES}/offers/{{id:str}}/{path}/{{url:str}}",
        opt=OPTIONS[AFFILIATES],
        sync_to_thread=True,
        name=f"everflow-affiliates-{path}",
    )
    def make_link(request: Asked, face: OurFace, id: FromPath[str], url: FromPath[str]) -> Answer:
        """The affiliate's link of an offer that it sees: to the offer's own page for the URL 0, or
        to one of its further ones.

        https://developers.everflow.io, api-reference: get-affiliatesofferurl,
        get-affiliatesofferimpressionurl
        """
        view = view_of(request)
        with face.parts.catalog.reading() as session:
            offer = nouns.find(session, OfferRow, view.account.id, read_id(id))
            if offer.visibility == PRIVATE or offer.status == "deleted":
                raise NotFound(f"There is no offer {id[:20]}.")
            further = None
            if url != "0":
                further = nouns.find(session, OfferUrlRow, view.account.id, read_id(url))
                if further.offer_id != offer.id:
                    raise NotFound(f"The offer {offer.id} has no URL {further.id}.")
        link = link_to(face.public_base, first, view.affiliate, offer.id)
        return answer(Link(f"{link}?uid={further.id}" if further else link))

    return make_link


def link_to(base: str, first: str, affiliate: int, offer: int) -> str:
    return f"{base}/{first}/{affiliate}/{offer}/"


ROUTES: Final = [
    create_affiliate_key,
    *(_offers(path) for path in LISTS),
    *(_link(path, first) for path, (first, _) in LINKS.items()),
]
