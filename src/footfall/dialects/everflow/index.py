"""What the hot path asks beside trackers, from memory: it never waits for the database.

Coupon codes and offers' other URLs. A change is committed first and shown here right after.
"""

import contextlib
import threading
from typing import Final

import msgspec
from sqlalchemy import select

from footfall.catalog.catalog import SqlCatalog
from footfall.core.errors import CatalogUnavailable
from footfall.dialects.everflow.offers import fold_code
from footfall.dialects.everflow.records import ACTIVE, CouponRow, OfferUrlRow, Record
from footfall.runtime.concurrency import ConcurrencyLimit

CONVERSIONS_MAX: Final = 200
"""That are recorded at once: each waits for the event store."""


class Coupon(msgspec.Struct, frozen=True):
    """`id` is its row's; `affiliate` is "" when the code belongs to none."""

    id: int
    code: str
    offer: int
    affiliate: str


class OfferUrl(msgspec.Struct, frozen=True):
    offer: int
    destination: str


class Index:
    """Changes are read again from the catalog, one at a time: two that are committed close together
    cannot be shown in the wrong order."""

    def __init__(self, catalog: SqlCatalog) -> None:
        self.conversions: Final = ConcurrencyLimit("conversions", CONVERSIONS_MAX)
        self._catalog = catalog
        self._lock = threading.Lock()
        self._coupons: Final[dict[str, Coupon]] = {}
        self._urls: Final[dict[int, OfferUrl]] = {}
        self._folded: Final[dict[int, str]] = {}
        with catalog.reading() as session:
            for coupon in session.scalars(select(CouponRow)):
                self._show(coupon)
            for url in session.scalars(select(OfferUrlRow)):
                self._show(url)

    def coupon(self, code: str) -> Coupon | None:
        return self._coupons.get(fold_code(code))

    def url(self, id: int) -> OfferUrl | None:
        return self._urls.get(id)

    def refresh(self, row: Record) -> None:
        """This row was committed. It is read again, since a later change may be committed by now;
        when the catalog cannot be read, it is shown as it was committed. Blocks."""
        with self._lock:
            newest: Record | None = row
            with contextlib.suppress(CatalogUnavailable), self._catalog.reading() as session:
                newest = session.get(type(row), row.id)
            if isinstance(newest, CouponRow | OfferUrlRow):
                self._show(newest)

    def _show(self, row: CouponRow | OfferUrlRow) -> None:
        """What replaces comes first: a call in between must find one of the two."""
        if isinstance(row, OfferUrlRow):
            if row.status == ACTIVE:
                self._urls[row.id] = OfferUrl(row.offer_id, row.destination_url)
            else:
                self._urls.pop(row.id, None)
            return
        before = self._folded.pop(row.id, None)
        if row.status == ACTIVE:
            affiliate = "" if row.affiliate_id is None else str(row.affiliate_id)
            self._coupons[row.folded] = Coupon(row.id, row.name, row.offer_id, affiliate)
            self._folded[row.id] = row.folded
        if before is None or before == self._folded.get(row.id):
            return
        # Another coupon may have taken the name that this one gave up, and be shown already.
        if (shown := self._coupons.get(before)) is not None and shown.id == row.id:
            del self._coupons[before]
