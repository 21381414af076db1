"""Rows of the raw stream: events as the vendor shows them.

A page may have ten thousand rows, so what many of them share (an offer, a device, a place) is
encoded once.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, structs
from sqlalchemy.orm import Session

from footfall.core.accounts import Account, Privacy
from footfall.core.events import Event, EventKind, Verdict
from footfall.dialects.everflow import records
from footfall.dialects.everflow.amounts import PAID, decimal_text, worth
from footfall.dialects.everflow.ids import transaction_id
from footfall.dialects.everflow.records import (
    AdvertiserRow,
    AffiliateRow,
    EmployeeRow,
    OfferRow,
    Record,
)
from footfall.dialects.everflow.row_parts import (
    NOTHING_KEPT,
    Kept,
    conversion_parts,
    device_ids,
    device_of,
    keep,
    masked,
    number_of,
    place_of,
)
from footfall.dialects.everflow.shapes import (
    AdvertiserShown,
    AffiliateConversionRelationship,
    AffiliateOfferShown,
    AffiliateRelationship,
    AffiliateShown,
    ConversionRelationship,
    EmployeeShown,
    Impression,
    OfferShown,
    Relationship,
)

FIELDS: Final = (
    "url",
    "referrer",
    "ip",
    "user_agent",
    "language",
    "country",
    "region",
    "city",
    "postal_code",
    "metro_code",
    "time_zone",
    "isp",
    "carrier",
    "connection_type",
    "device",
    "device_make",
    "device_model",
    "os",
    "os_version",
    "browser",
    "browser_version",
    "offer",
    "offer_url",
    "affiliate",
    "advertiser",
    "creative",
    "campaign",
    "coupon",
    "project",
    "traffic_source",
    "sub1",
    "sub2",
    "sub3",
    "sub4",
    "sub5",
    "metadata",
)
"""What a row needs of an event: every column costs."""

CONVERSION_FIELDS: Final = (
    *FIELDS,
    *("adv1", "adv2", "adv3", "adv4", "adv5"),
    *("goal", "attribution", "payout_micros", "revenue_micros", "sale_micros"),
)

_encode: Final = msgspec.json.Encoder().encode


Money = Mapping[bytes, bytes]
UNPAID: Final[Money] = MappingProxyType(
    {b"payout_type": b'""', b"payout": b"0", b"revenue_type": b'""', b"revenue": b"0"}
)


class _Offer(msgspec.Struct, frozen=True):
    """What of a row comes from its offer."""

    shown: bytes
    money: Mapping[EventKind, Money] = MappingProxyType(dict.fromkeys(PAID, UNPAID))
    """Type and amount of payout and revenue, by field."""
    unpaid: Money = UNPAID
    currency: bytes = b'"USD"'
    category: bytes = b"0"


class _Advertiser(msgspec.Struct, frozen=True):
    shown: bytes
    manager: bytes


Key = TypeVar("Key")
Made = TypeVar("Made")


class _Once(dict[Key, Made]):
    """Makes what is missing, once."""

    def __init__(self, make: Callable[[Key], Made]) -> None:
        self._make = make

    def __missing__(self, key: Key) -> Made:
        made = self[key] = self._make(key)
        return made


class RowSerializer:
    """Serializes the events of a page. The account's resources are looked up once for all."""

    def __init__(
        self,
        session: Session,
        account: Account,
        tracking_host: str,
        events: Iterable[Event],
        shape: type[msgspec.Struct] = Impression,
        *,
        for_affiliate: bool = False,
    ) -> None:
        self._template = _template(shape)
        self._for_affiliate = for_affiliate
        named: dict[type[Record], set[int]] = {OfferRow: set(), AffiliateRow: set()}
        named[AdvertiserRow] = set()
        for event in events:
            named[OfferRow].add(number_of(event.offer))
            named[AffiliateRow].add(number_of(event.affiliate))
            named[AdvertiserRow].add(number_of(event.advertiser))
        self._account = account.id
        self._truncated = account.privacy is Privacy.TRUNCATED
        self._host = _encode(tracking_host)
        self._found = {
            rows: records.find_all(session, rows, account.id, ids) for rows, ids in named.items()
        }
        self._found[EmployeeRow] = {
            row.id: row for row in records.rows_of(session, EmployeeRow, account.id)
        }
        self._offers = _Once(self._offer)
        self._advertisers = _Once(self._advertiser)
        self._affiliates = _Once(self._affiliate)
        self._places: _Once[tuple[str, ...], bytes] = _Once(place_of)
        self._devices: _Once[tuple[str, ...], bytes] = _Once(device_of)
        self._texts: _Once[str, bytes] = _Once(_encode)
        self._numbers: _Once[str, bytes] = _Once(lambda text: _encode(number_of(text)))

    def row(self, event: Event) -> Raw:
        """An event in the shape of the page, encoded."""
        kept = keep(event.metadata) if event.metadata else NOTHING_KEPT
        parts = self._parts(event, kept)
        if event.kind is EventKind.CONVERSION:
            parts |= conversion_parts(event, kept)
        if self._for_affiliate:  # its revenue is what the network pays out
            parts |= {b"revenue_type": parts[b"payout_type"], b"revenue": parts[b"payout"]}
        return Raw(self._template % parts)

    def _parts(self, event: Event, kept: Kept) -> dict[bytes, bytes]:
        """By the names of a row's fields, and of those of its `relationship`."""
        text, number = self._texts, self._numbers
        offer = self._offers[event.offer, event.advertiser]
        advertiser = self._advertisers[event.advertiser]
        affiliate = self._affiliates[event.affiliate]
        unique = event.verdict is Verdict.COUNTED
        place = (
            *(event.country, event.region, event.city, event.postal_code, event.metro_code),
            *(event.time_zone, event.isp, event.carrier, event.connection_type),
        )
        device = (
            *(event.device, event.os, event.os_version, event.device_make, event.device_model),
            *(event.browser, event.browser_version, event.language),
        )
        return {
            b"transaction_id": b'"%b"' % transaction_id(event.id).encode(),
            b"unix_timestamp": b"%d" % (event.occurred_at // 1000),
            b"tracking_url": self._host,
            b"source_id": text[event.traffic_source],
            b"sub1": text[event.sub1],
            b"sub2": text[event.sub2],
            b"sub3": text[event.sub3],
            b"sub4": text[event.sub4],
            b"sub5": text[event.sub5],
            **(offer.money.get(event.kind, offer.unpaid) if unique else offer.unpaid),
            b"referer": text[event.referrer],
            b"project_id": text[event.project],
            b"user_ip": (address := text[self._address(event.ip, kept)]),
            b"session_user_ip": address,
            b"url": text[event.url],
            b"is_async": b"true" if '"async":' in event.metadata else b"false",
            b"creative_id": number[event.creative],
            b"coupon_code": text[event.coupon],
            b"category_id": offer.category,
            b"campaign_id": number[event.campaign],
            b"network_offer_url_id": number[event.offer_url],
            **device_ids(event.metadata, kept.query),
            b"currency_id": offer.currency,
            b"offer": offer.shown,
            b"advertiser": advertiser.shown,
            b"affiliate": affiliate.shown,
            b"account_manager": advertiser.manager,
            b"affiliate_manager": affiliate.manager,
            b"geolocation": self._places[place],
            b"device_information": self._devices[device],
            b"http_user_agent": text[event.user_agent],
            b"http_accept_language": text[event.language],
            b"query_parameters": kept.query,
            b"is_unique": b"1" if unique else b"0",
            b"is_sdk_click": b"true" if '"async":"json"' in event.metadata else b"false",
        }

    def _address(self, ip: str, kept: Kept) -> str:
        """What somebody else reported says nothing of how it is kept: the account does."""
        network = self._truncated and ip.endswith((".0", "::"))
        return masked(ip) if kept.masked or network else ip

    def _offer(self, key: tuple[str, str]) -> _Offer:
        id, advertiser = map(number_of, key)
        row: Any = self._found[OfferRow].get(id)
        if self._for_affiliate:
            named = {"name": row.name, "offer_status": row.status} if row else {}
            own = _encode(
                AffiliateOfferShown(network_offer_id=id, network_id=self._account, **named)
            )
        if row is None:
            shown = OfferShown(
                network_offer_id=id, network_id=self._account, network_advertiser_id=advertiser
            )
            return _Offer(own if self._for_affiliate else _encode(shown))
        shown = OfferShown(
            network_offer_id=id,
            network_id=self._account,
            network_advertiser_id=advertiser,
            network_offer_group_id=row.offer_group_id or 0,
            name=row.name,
            offer_status=row.status,
            visibility=row.visibility,
            currency_id=row.currency_id,
        )
        return _Offer(
            own if self._for_affiliate else _encode(shown),
            money={kind: _money(row, kind) for kind in PAID},
            unpaid=_money(row, None),
            currency=_encode(row.currency_id),
            category=_encode(row.category_id or 0),
        )

    def _advertiser(self, key: str) -> _Advertiser:
        row: Any = self._found[AdvertiserRow].get(number_of(key))
        shown = AdvertiserShown(
            network_advertiser_id=number_of(key),
            network_id=self._account,
            name=row.name if row else "",
            account_status=row.status if row else "",
        )
        return _Advertiser(_encode(shown), self._employee(row.account_manager_id if row else None))

    def _affiliate(self, key: str) -> _Advertiser:
        row: Any = self._found[AffiliateRow].get(number_of(key))
        shown = AffiliateShown(
            network_affiliate_id=number_of(key),
            network_id=self._account,
            name=row.name if row else "",
            account_status=row.status if row else "",
        )
        return _Advertiser(
            _encode(shown), self._employee(row.affiliate_manager_id if row else None)
        )

    def _employee(self, id: int | None) -> bytes:
        row: Any = self._found[EmployeeRow].get(id or 0)
        if row is None:
            return _encode(EmployeeShown(network_employee_id=0, network_id=self._account))
        return _encode(
            EmployeeShown(
                network_employee_id=row.id,
                network_id=self._account,
                first_name=row.first_name,
                last_name=row.last_name,
                full_name=row.name,
                account_status=row.status,
            )
        )


def _money(offer: Any, kind: EventKind | None) -> Money:
    """Types, and what one event of the kind is worth; None is worth nothing."""
    terms = offer.payout_type, offer.payout, offer.revenue_type, offer.revenue
    payout_type, payout, revenue_type, revenue = terms
    return {
        b"payout_type": _encode(payout_type.upper()),
        b"payout": decimal_text(worth(kind, payout_type, payout)).encode(),
        b"revenue_type": _encode(revenue_type.upper()),
        b"revenue": decimal_text(worth(kind, revenue_type, revenue)).encode(),
    }


RELATIONSHIPS: Final = (
    Relationship,
    ConversionRelationship,
    AffiliateRelationship,
    AffiliateConversionRelationship,
)


def _template(shape: type[msgspec.Struct]) -> bytes:
    """A row with a hole for everything that differs from row to row, by the field's name.
    Filling it takes a third of the time that making and encoding each row does."""

    def with_holes(shape: type[msgspec.Struct]) -> msgspec.Struct:
        holes: dict[str, Any] = {}
        for field in structs.fields(shape):
            if field.required:
                nested = isinstance(field.type, type) and issubclass(field.type, RELATIONSHIPS)
                hole = Raw(b"%%(%b)b" % field.name.encode())
                holes[field.name] = with_holes(field.type) if nested else hole
        return shape(**holes)

    return _encode(with_holes(shape))
