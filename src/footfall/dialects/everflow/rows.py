"""Rows of the raw stream: events as the vendor shows them.

A page may have ten thousand rows, so what many of them share (an offer, a device, a place) is
encoded once.
"""

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw
from sqlalchemy.orm import Session

from footfall.core.accounts import Account, Privacy
from footfall.core.events import Event
from footfall.dialects.everflow import nouns
from footfall.dialects.everflow.amounts import decimal_text
from footfall.dialects.everflow.countries import NAMES
from footfall.dialects.everflow.filters import DEVICES
from footfall.dialects.everflow.ids import transaction_id
from footfall.dialects.everflow.nouns import (
    AdvertiserRow,
    AffiliateRow,
    EmployeeRow,
    Noun,
    OfferRow,
)
from footfall.dialects.everflow.shapes import (
    AdvertiserShown,
    AffiliateShown,
    Device,
    EmployeeShown,
    Geolocation,
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

_DEVICE_TYPES: Final = {device: shown for shown, device in DEVICES.items()}

DEVICE_IDS: Final = tuple(
    f"{name}{form}"
    for name in ("idfa", "google_aid", "android_id")
    for form in ("", "_md5", "_sha1")
)
"""Parameters, in the order of the fields of a row."""
_NO_DEVICE_IDS: Final = (b'""',) * len(DEVICE_IDS)

_encode: Final = msgspec.json.Encoder().encode


class _Kept(msgspec.Struct, frozen=True):
    """`calls.Extra`, with the parameters as text: they go on as they are."""

    query: Raw = Raw(b"{}")
    masked: bool = False


_NOTHING_KEPT: Final = _Kept()
_read_kept: Final = msgspec.json.Decoder(_Kept).decode


def _keep(metadata: str) -> _Kept:
    """Whoever tells of an event may put anything there: what is not ours says nothing."""
    try:
        kept = _read_kept(metadata)
    except msgspec.MsgspecError:
        return _NOTHING_KEPT
    return kept if bytes(memoryview(kept.query)[:1]) == b"{" else _NOTHING_KEPT


_read_parameters: Final = msgspec.json.Decoder(dict[str, str]).decode


class _Offer(msgspec.Struct, frozen=True):
    """What of a row comes from its offer."""

    shown: bytes
    money: tuple[bytes, ...] = (b'""', b"0", b'""', b"0")
    """Type and amount of payout and revenue."""
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


class Shower:
    """Shows the events of a page. The account's nouns are looked up once for all of them."""

    def __init__(
        self, session: Session, account: Account, tracking_host: str, events: Iterable[Event]
    ) -> None:
        named: dict[type[Noun], set[int]] = {OfferRow: set(), AffiliateRow: set()}
        named[AdvertiserRow] = set()
        for event in events:
            named[OfferRow].add(_number(event.offer))
            named[AffiliateRow].add(_number(event.affiliate))
            named[AdvertiserRow].add(_number(event.advertiser))
        self._account = account.id
        self._truncated = account.privacy is Privacy.TRUNCATED
        self._host = _encode(tracking_host)
        self._found = {
            rows: nouns.find_all(session, rows, account.id, ids) for rows, ids in named.items()
        }
        self._found[EmployeeRow] = {
            row.id: row for row in nouns.rows_of(session, EmployeeRow, account.id)
        }
        self._offers = _Once(self._offer)
        self._advertisers = _Once(self._advertiser)
        self._affiliates = _Once(self._affiliate)
        self._places: _Once[tuple[str, ...], bytes] = _Once(_place)
        self._devices: _Once[tuple[str, ...], bytes] = _Once(_device)
        self._texts: _Once[str, bytes] = _Once(_encode)
        self._numbers: _Once[str, bytes] = _Once(lambda text: _encode(_number(text)))

    def row(self, event: Event) -> Raw:
        """An event as an `Impression`, encoded."""
        text, number = self._texts, self._numbers
        offer = self._offers[event.offer, event.advertiser]
        advertiser = self._advertisers[event.advertiser]
        affiliate = self._affiliates[event.affiliate]
        kept = _keep(event.metadata) if event.metadata else _NOTHING_KEPT
        parts = (
            b'"%b"' % transaction_id(event.id).encode(),
            b"%d" % (event.occurred_at // 1000),
            self._host,
            text[event.traffic_source],
            text[event.sub1],
            text[event.sub2],
            text[event.sub3],
            text[event.sub4],
            text[event.sub5],
            *offer.money,
            text[event.referrer],
            text[event.project],
            text[self._address(event.ip, kept)],
            text[event.url],
            b"true" if '"async":' in event.metadata else b"false",
            number[event.creative],
            text[event.coupon],
            offer.category,
            number[event.campaign],
            number[event.offer_url],
            *_device_ids(event.metadata, kept.query),
            offer.currency,
            offer.shown,
            advertiser.shown,
            affiliate.shown,
            advertiser.manager,
            affiliate.manager,
            self._places[
                event.country,
                event.region,
                event.city,
                event.postal_code,
                event.metro_code,
                event.time_zone,
                event.isp,
                event.carrier,
                event.connection_type,
            ],
            self._devices[
                event.device,
                event.os,
                event.os_version,
                event.device_make,
                event.device_model,
                event.browser,
                event.browser_version,
                event.language,
            ],
            text[event.user_agent],
            kept.query,
        )
        return Raw(_TEMPLATE % parts)

    def _address(self, ip: str, kept: _Kept) -> str:
        """What somebody else told of says nothing of how it is kept: the account does."""
        network = self._truncated and ip.endswith((".0", "::"))
        return masked(ip) if kept.masked or network else ip

    def _offer(self, key: tuple[str, str]) -> _Offer:
        id, advertiser = map(_number, key)
        row: Any = self._found[OfferRow].get(id)
        if row is None:
            shown = OfferShown(
                network_offer_id=id, network_id=self._account, network_advertiser_id=advertiser
            )
            return _Offer(_encode(shown))
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
        money = (
            _encode(row.payout_type.upper()),
            decimal_text(per_impression(row.payout_type, row.payout)).encode(),
            _encode(row.revenue_type.upper()),
            decimal_text(per_impression(row.revenue_type, row.revenue)).encode(),
        )
        return _Offer(
            _encode(shown),
            money=money,
            currency=_encode(row.currency_id),
            category=_encode(row.category_id or 0),
        )

    def _advertiser(self, key: str) -> _Advertiser:
        row: Any = self._found[AdvertiserRow].get(_number(key))
        shown = AdvertiserShown(
            network_advertiser_id=_number(key),
            network_id=self._account,
            name=row.name if row else "",
            account_status=row.status if row else "",
        )
        return _Advertiser(_encode(shown), self._employee(row.account_manager_id if row else None))

    def _affiliate(self, key: str) -> _Advertiser:
        row: Any = self._found[AffiliateRow].get(_number(key))
        shown = AffiliateShown(
            network_affiliate_id=_number(key),
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


def per_impression(type: str, amount: float) -> float:
    """What one impression is worth: a thousandth of a price per thousand, else nothing."""
    return amount / 1000 if type.lower() in ("cpm", "rpm") else 0.0


@lru_cache(maxsize=16_384)
def masked(ip: str) -> str:
    """A network's address as the vendor shows one: `192.0.2.xxx`."""
    if not ip:
        return ""
    if ":" not in ip:
        return ip.rpartition(".")[0] + ".xxx"
    return ":".join(ipaddress.IPv6Address(ip).exploded.split(":")[:3]) + ":xxxx"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def _place(key: tuple[str, ...]) -> bytes:
    country, region, city, postal_code, metro_code, zone, isp, carrier, connection_type = key
    return _encode(
        Geolocation(
            country_code=country,
            country_name=NAMES.get(country, ""),
            region_code=region,
            city_name=city,
            dma=_number(metro_code),
            timezone=zone,
            carrier_name=carrier,
            postal_code=postal_code,
            isp_name=isp,
            connection_type=connection_type,
        )
    )


def _device(key: tuple[str, ...]) -> bytes:
    device, os, os_version, make, model, browser, browser_version, language = key
    return _encode(
        Device(
            is_mobile=device == "mobile",
            platform_name=os,
            os_version=os_version,
            brand=make,
            model=model,
            is_tablet=device == "tablet",
            browser_name=browser,
            browser_version=browser_version,
            device_type=_DEVICE_TYPES.get(device, ""),
            language=language,
            http_accept_language=language,
        )
    )


def _device_ids(metadata: str, query: Raw) -> Iterable[bytes]:
    """In the order of a row. Few calls have one, and looking for it takes longer than the rest."""
    if not ('"idfa' in metadata or '"google_aid' in metadata or '"android_id' in metadata):
        return _NO_DEVICE_IDS
    try:
        parameters = _read_parameters(query)
    except msgspec.MsgspecError:
        return _NO_DEVICE_IDS
    return [_encode(parameters.get(name, "")) for name in DEVICE_IDS]


def _template() -> bytes:
    """A row with a hole for everything that differs from row to row, in the order of the fields.
    Filling it takes a third of the time that making and encoding each row does."""
    hole: Any = Raw(b"%b")

    def with_holes(shape: type[msgspec.Struct]) -> dict[str, Any]:
        constant = ("error_code", "error_message", "is_view_through", "is_test_mode")
        return {name: hole for name in shape.__struct_fields__ if name not in constant}

    whole = with_holes(Impression) | {"relationship": Relationship(**with_holes(Relationship))}
    return _encode(Impression(**whole))


_TEMPLATE: Final = _template()
