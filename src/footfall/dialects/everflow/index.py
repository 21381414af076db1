"""What the hot path asks beside trackers, from memory: it never waits for the database.

Coupon codes and offers' other URLs. A change is committed first and shown here right after.
"""

from typing import Final

import msgspec
from sqlalchemy import select

from footfall.catalog.catalog import SqlCatalog
from footfall.dialects.everflow.nouns import ACTIVE, CouponRow, Noun, OfferUrlRow
from footfall.dialects.everflow.offers import fold


class Coupon(msgspec.Struct, frozen=True):
    """`affiliate` is "" when the code belongs to none."""

    code: str
    offer: int
    affiliate: str


class OfferUrl(msgspec.Struct, frozen=True):
    offer: int
    destination: str


class Index:
    def __init__(self, catalog: SqlCatalog) -> None:
        self._coupons: Final[dict[str, Coupon]] = {}
        self._urls: Final[dict[int, OfferUrl]] = {}
        self._folded: Final[dict[int, str]] = {}
        with catalog.reading() as session:
            for rows in (CouponRow, OfferUrlRow):
                for row in session.scalars(select(rows)):
                    self.show(row)

    def coupon(self, code: str) -> Coupon | None:
        return self._coupons.get(fold(code))

    def url(self, id: int) -> OfferUrl | None:
        return self._urls.get(id)

    def show(self, row: Noun) -> None:
        """A row as it was committed."""
        if isinstance(row, CouponRow):
            self._coupons.pop(self._folded.pop(row.id, ""), None)
            if row.status == ACTIVE:
                affiliate = "" if row.affiliate_id is None else str(row.affiliate_id)
                self._coupons[row.folded] = Coupon(row.name, row.offer_id, affiliate)
                self._folded[row.id] = row.folded
        elif isinstance(row, OfferUrlRow):
            self._urls.pop(row.id, None)
            if row.status == ACTIVE:
                self._urls[row.id] = OfferUrl(row.offer_id, row.destination_url)
