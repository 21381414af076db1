"""What affiliates have: their keys, and the offers that they can run.

https://developers.everflow.io, docs/affiliate
"""

from typing import Final

import msgspec
from sqlalchemy import ColumnElement

from footfall.api.idempotency import SHOWS_SECRET
from footfall.api.operations import Operation, operation
from footfall.core.accounts import Scope
from footfall.core.errors import NotFound
from footfall.dialects.everflow import records
from footfall.dialects.everflow.amounts import rounded
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.links import Link, link_to
from footfall.dialects.everflow.offer_table import TablePage
from footfall.dialects.everflow.records import (
    ACTIVE,
    AffiliateKeyRow,
    AffiliateRow,
    CategoryRow,
    OfferRow,
    OfferUrlRow,
)
from footfall.dialects.everflow.resources import PAGE_DEFAULT, PAGE_MAX, Paging, read_id
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


@operation(
    f"POST {NETWORKS}/affiliates/{{id}}/apikeys",
    "Make a key of an affiliate",
    answer=AffiliateKey,
    status=201,
    scope=Scope.ADMIN,
    options=SHOWS_SECRET,
)
def create_affiliate_key(call: Call, id: str) -> AffiliateKey:
    """A key that sees this affiliate's own rows and nothing else. Ours: the vendor's affiliates
    make it themselves."""
    with call.reading() as session:
        row = records.find(session, AffiliateRow, call.account, read_id(id))
        affiliate, name = row.id, f"Affiliate {row.id}: {row.name}"[:200]
    catalog = call.api.parts.catalog
    secret, key = catalog.create_key(call.account, name, frozenset(), keys_max=KEYS_MAX)
    # Until the row is there the key opens nothing.
    with call.writing() as session:
        session.add(AffiliateKeyRow(key_id=key.id, affiliate_id=affiliate))
    return AffiliateKey(key.id, affiliate, secret)


# ── offers ────────────────────────────────────────────────────────────────────────────────────


def _offers(path: str, summary: str, *conditions: ColumnElement[bool]) -> Operation:
    @operation(
        f"GET {AFFILIATES}/{path}",
        summary,
        query=TablePage,
        answer=AffiliateOffers,
        options=OPTIONS[AFFILIATES],
    )
    def list_offers(call: Call, query: TablePage) -> AffiliateOffers:
        """Offers as an affiliate sees them, by id: no private ones, and nothing of advertisers."""
        number, size = query.page or 1, min(query.page_size or PAGE_DEFAULT, PAGE_MAX)
        seen = (OfferRow.visibility != PRIVATE, *conditions)
        with call.reading() as session:
            rows, count = records.list_rows(session, OfferRow, call.account, {}, number, size, seen)
            ids = {row.category_id or 0 for row in rows}
            categories = records.find_all(session, CategoryRow, call.account, ids)
        own = view_of(call).affiliate
        offers = [_offer_of(call, row, categories, own) for row in rows]
        return AffiliateOffers(offers, Paging(number, size, count))

    return list_offers


list_runnable = _offers(
    "offersrunnable",
    "Offers that an affiliate can run",
    OfferRow.status == ACTIVE,
    OfferRow.visibility == PUBLIC,
)
list_all = _offers("alloffers", "All offers", OfferRow.status != "deleted")


def _offer_of(
    call: Call, row: OfferRow, categories: dict[int, CategoryRow], affiliate: int
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
        tracking_url=link_to(call, "clk", affiliate, row.id),
        impression_tracking_url=link_to(call, "imp", affiliate, row.id),
        preview_url=row.preview_url,
        time_created=row.created_at // 1000,
        time_saved=row.updated_at // 1000,
        relationship=AffiliateOfferRelationship(status, Payouts(1, [payout])),
    )


def _link(path: str, first: str, summary: str) -> Operation:
    @operation(
        f"GET {AFFILIATES}/offers/{{id}}/{path}/{{url}}",
        summary,
        answer=Link,
        options=OPTIONS[AFFILIATES],
    )
    def make_link(call: Call, id: str, url: str) -> Link:
        """The affiliate's link of an offer that it sees: to the offer's own page for the URL 0, or
        to one of its further ones.

        https://developers.everflow.io, api-reference: get-affiliatesofferurl,
        get-affiliatesofferimpressionurl
        """
        with call.reading() as session:
            offer = records.find(session, OfferRow, call.account, read_id(id))
            if offer.visibility == PRIVATE or offer.status == "deleted":
                raise NotFound(f"There is no offer {id[:20]}.")
            further = None
            if url != "0":
                further = records.find(session, OfferUrlRow, call.account, read_id(url))
                if further.offer_id != offer.id:
                    raise NotFound(f"The offer {offer.id} has no URL {further.id}.")
        link = link_to(call, first, view_of(call).affiliate, offer.id)
        return Link(f"{link}?uid={further.id}" if further else link)

    return make_link


make_url = _link("url", "clk", "A tracking link")
make_impression_url = _link("impressionurl", "imp", "An impression link")
