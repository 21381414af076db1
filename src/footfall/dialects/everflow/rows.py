"""Raw rows: events as the vendor shows them.

A page may have ten thousand rows, so what many of them share (an offer, a device, a place) is
encoded once.
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, structs
from sqlalchemy.orm import Session

from footfall.core.accounts import Account, Privacy
from footfall.core.events import Event, EventKind, Verdict
from footfall.dialects.everflow import records
from footfall.dialects.everflow.amounts import decimal_text, units_of, worth
from footfall.dialects.everflow.columns import CONVERSION, ROW, columns
from footfall.dialects.everflow.filters import DEVICE_LABELS
from footfall.dialects.everflow.ids import transaction_id
from footfall.dialects.everflow.records import (
    AdvertiserRow,
    AffiliateRow,
    EmployeeRow,
    OfferRow,
    Record,
)
from footfall.dialects.everflow.shapes import DEVICE_IDS
from footfall.parsing.country_names import NAMES

_TEXTS: Final = columns(ROW) | columns(CONVERSION)

_PLACE: Final = (
    *("country", "region", "city", "postal_code", "metro_code", "time_zone"),
    *("isp", "carrier", "connection_type"),
)
_DEVICE: Final = (
    *("device", "os", "os_version", "device_make", "device_model"),
    *("browser", "browser_version", "language"),
)
_place_of: Final = attrgetter(*_PLACE)
_device_of: Final = attrgetter(*_DEVICE)

FIELDS: Final = tuple(
    dict.fromkeys(
        (
            *(*columns(ROW).values(), *_PLACE, *_DEVICE, "ip", "metadata"),
            *("offer", "offer_url", "affiliate", "advertiser", "creative", "campaign"),
        )
    )
)
"""What a row needs of an event: every column costs."""
CONVERSION_FIELDS: Final = (
    *(*FIELDS, *columns(CONVERSION).values()),
    *("goal", "attribution", "payout_micros", "revenue_micros", "sale_micros"),
)

BASE: Final = "Base"
"""What the vendor calls the conversion itself, in the place of an event's name."""

Parts = dict[bytes, bytes]
"""Of a row, by the names of its fields and of those of its `relationship`."""

_encode: Final = msgspec.json.Encoder().encode

# ── what an event's metadata holds ────────────────────────────────────────────────────────────


class Kept(msgspec.Struct, frozen=True):
    """`calls.Extra`, with the parameters as text: they go on as they are."""

    query: Raw = Raw(b"{}")
    masked: bool = False
    transaction: str = ""
    clicked_at: int = 0
    order: str = ""


NOTHING_KEPT: Final = Kept()
_read_kept: Final = msgspec.json.Decoder(Kept).decode
_read_parameters: Final = msgspec.json.Decoder(dict[str, str]).decode
_DEVICE_IDS: Final = {field.encode(): name for field, name in DEVICE_IDS.items()}
_NO_DEVICE_IDS: Final = dict.fromkeys(_DEVICE_IDS, b'""')


def keep(metadata: str) -> Kept:
    """Whoever reports an event may put anything there: what is not ours says nothing."""
    try:
        kept = _read_kept(metadata)
    except msgspec.MsgspecError:
        return NOTHING_KEPT
    return kept if bytes(memoryview(kept.query)[:1]) == b"{" else NOTHING_KEPT


def device_ids(metadata: str, query: Raw) -> Mapping[bytes, bytes]:
    """By the fields of a row. Few calls have one, and looking for it takes longer than the rest."""
    if not ('"idfa' in metadata or '"google_aid' in metadata or '"android_id' in metadata):
        return _NO_DEVICE_IDS
    try:
        parameters = _read_parameters(query)
    except msgspec.MsgspecError:
        return _NO_DEVICE_IDS
    return {field: _encode(parameters.get(name, "")) for field, name in _DEVICE_IDS.items()}


# ── parts of a row ────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=16_384)
def masked(ip: str) -> str:
    """A network's address as the vendor shows one: `192.0.2.xxx`."""
    if not ip:
        return ""
    if ":" not in ip:
        return ip.rpartition(".")[0] + ".xxx"
    return ":".join(ipaddress.IPv6Address(ip).exploded.split(":")[:3]) + ":xxxx"


def number_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def _conversion(event: Event, kept: Kept) -> Parts:
    """What only a conversion has."""
    texts = {
        "conversion_id": transaction_id(event.id),
        "transaction_id": kept.transaction,
        "country": NAMES.get(event.country, ""),
        "device_type": DEVICE_LABELS.get(event.device, ""),
        "event": event.goal or BASE,
        "order_id": kept.order,
    }
    return {
        **{name.encode(): _encode(text) for name, text in texts.items()},
        b"dma": b"%d" % number_of(event.metro_code),
        b"conversion_unix_timestamp": b"%d" % (event.occurred_at // 1000),
        b"click_unix_timestamp": b"%d" % (kept.clicked_at // 1000),
        b"payout": decimal_text(units_of(event.payout_micros)).encode(),
        b"revenue": decimal_text(units_of(event.revenue_micros)).encode(),
        b"sale_amount": decimal_text(units_of(event.sale_micros)).encode(),
        b"is_event": _encode(event.goal != ""),
        b"is_view_through": _encode(event.attribution == EventKind.IMPRESSION),
    }


def _place(key: tuple[str, ...]) -> bytes:
    country, region, city, postal_code, metro_code, zone, isp, carrier, connection_type = key
    return _encode(
        {
            "country_code": country,
            "country_name": NAMES.get(country, ""),
            "region_code": region,
            "region_name": "",
            "city_name": city,
            "dma": number_of(metro_code),
            "dma_name": "",
            "timezone": zone,
            "carrier_name": carrier,
            "carrier_code": 0,
            "organization": "",
            "isp_name": isp,
            "connection_type": connection_type,
            "is_mobile": False,
            "is_proxy": False,
            "postal_code": postal_code,
        }
    )


def _device(key: tuple[str, ...]) -> bytes:
    device, os, os_version, make, model, browser, browser_version, language = key
    return _encode(
        {
            "is_mobile": device == "mobile",
            "platform_name": os,
            "os_version": os_version,
            "brand": make,
            "model": model,
            "is_tablet": device == "tablet",
            "browser_name": browser,
            "browser_version": browser_version,
            "device_type": DEVICE_LABELS.get(device, ""),
            "language": language,
            "http_accept_language": language,
            "is_robot": False,
            "is_filter": False,
        }
    )


_UNKNOWN: Final = SimpleNamespace(
    **{"id": 0, "name": "", "status": "", "first_name": "", "last_name": "", "visibility": ""},
    **{"currency_id": "USD", "payout_type": "", "payout": 0, "revenue_type": "", "revenue": 0},
    **dict.fromkeys(("offer_group_id", "category_id", "account_manager_id"), 0),
    affiliate_manager_id=0,
)
"""In place of what an event names and the catalog does not have."""


def _money(row: Any, kind: EventKind | None) -> Parts:
    """Types, and what one event of the kind is worth, of an offer; None is worth nothing."""
    found = {}
    for name in ("payout", "revenue"):
        type, amount = getattr(row, f"{name}_type"), getattr(row, name)
        found[f"{name}_type".encode()] = _encode(type.upper())
        found[name.encode()] = decimal_text(worth(kind, type, amount)).encode()
    return found


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
        shape: type[msgspec.Struct],
        *,
        for_affiliate: bool = False,
    ) -> None:
        self._template = _template(shape)
        shown = {
            key: column
            for name, column in _TEXTS.items()
            if b"%%(%b)b" % (key := name.encode()) in self._template
        }
        self._text_names = tuple(shown)
        self._texts_of = attrgetter(*shown.values())
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
        self._places: _Once[tuple[str, ...], bytes] = _Once(_place)
        self._devices: _Once[tuple[str, ...], bytes] = _Once(_device)
        self._texts: _Once[str, bytes] = _Once(_encode)
        self._numbers: _Once[str, bytes] = _Once(lambda text: _encode(number_of(text)))

    def row(self, event: Event) -> Raw:
        """An event in the shape of the page, encoded."""
        kept = keep(event.metadata) if event.metadata else NOTHING_KEPT
        parts = self._parts(event, kept)
        if event.kind is EventKind.CONVERSION:
            parts |= _conversion(event, kept)
        if self._for_affiliate:  # its revenue is what the network pays out
            parts |= {b"revenue_type": parts[b"payout_type"], b"revenue": parts[b"payout"]}
        return Raw(self._template % parts)

    def _parts(self, event: Event, kept: Kept) -> Parts:
        text, number = self._texts, self._numbers
        unique = event.verdict is Verdict.COUNTED
        # What somebody else reported says nothing of how it is kept: the account does.
        network = kept.masked or (self._truncated and event.ip.endswith((".0", "::")))
        address = text[masked(event.ip) if network else event.ip]
        return {
            **dict(
                zip(self._text_names, map(text.__getitem__, self._texts_of(event)), strict=True)
            ),
            b"creative_id": number[event.creative],
            b"campaign_id": number[event.campaign],
            b"network_offer_url_id": number[event.offer_url],
            b"transaction_id": b'"%b"' % transaction_id(event.id).encode(),
            b"unix_timestamp": b"%d" % (event.occurred_at // 1000),
            b"tracking_url": self._host,
            **self._offers[event.offer, event.advertiser, event.kind if unique else None],
            **self._advertisers[event.advertiser],
            **self._affiliates[event.affiliate],
            b"user_ip": address,
            b"session_user_ip": address,
            b"is_async": b"true" if '"async":' in event.metadata else b"false",
            **device_ids(event.metadata, kept.query),
            b"geolocation": self._places[_place_of(event)],
            b"device_information": self._devices[_device_of(event)],
            b"query_parameters": kept.query,
            b"is_unique": b"1" if unique else b"0",
            b"is_sdk_click": b"true" if '"async":"json"' in event.metadata else b"false",
        }

    def _offer(self, key: tuple[str, str, EventKind | None]) -> Parts:
        id, advertiser, kind = number_of(key[0]), number_of(key[1]), key[2]
        row: Any = self._found[OfferRow].get(id, _UNKNOWN)
        shown = {
            "network_offer_id": id,
            "network_id": self._account,
            "network_advertiser_id": advertiser,
            "network_offer_group_id": row.offer_group_id or 0,
            "name": row.name,
            "offer_status": row.status,
            "network_tracking_domain_id": 1,
            "visibility": row.visibility,
            "currency_id": row.currency_id,
        }
        if self._for_affiliate:
            shown = {name: value for name, value in shown.items() if name in _OFFER_OF_AFFILIATES}
        return {
            b"offer": _encode(shown),
            b"currency_id": _encode(row.currency_id),
            b"category_id": _encode(row.category_id or 0),
            **_money(row, kind),
        }

    def _advertiser(self, key: str) -> Parts:
        row: Any = self._found[AdvertiserRow].get(number_of(key), _UNKNOWN)
        shown = self._party("network_advertiser_id", key, row)
        manager = self._employee(row.account_manager_id)
        return {b"advertiser": _encode(shown), b"account_manager": manager}

    def _affiliate(self, key: str) -> Parts:
        row: Any = self._found[AffiliateRow].get(number_of(key), _UNKNOWN)
        shown = self._party("network_affiliate_id", key, row) | {"network_traffic_source_id": 0}
        manager = self._employee(row.affiliate_manager_id)
        return {b"affiliate": _encode(shown), b"affiliate_manager": manager}

    def _party(self, id: str, key: str, row: Any) -> dict[str, Any]:
        return {
            id: number_of(key),
            "network_id": self._account,
            "name": row.name,
            "account_status": row.status,
        }

    def _employee(self, id: int | None) -> bytes:
        row: Any = self._found[EmployeeRow].get(id or 0, _UNKNOWN)
        return _encode(
            {
                "network_employee_id": row.id,
                "network_id": self._account,
                "first_name": row.first_name,
                "last_name": row.last_name,
                "full_name": row.name,
                "account_status": row.status,
            }
        )


_OFFER_OF_AFFILIATES: Final = frozenset(
    {"network_offer_id", "network_id", "name", "offer_status", "network_tracking_domain_id"}
)


def _template(shape: type[msgspec.Struct]) -> bytes:
    """A row with a hole for everything that differs from row to row, by the field's name.
    Filling it takes a third of the time that making and encoding each row does."""

    def with_holes(shape: type[msgspec.Struct]) -> msgspec.Struct:
        holes: dict[str, Any] = {}
        for field in structs.fields(shape):
            if field.required:
                nested = isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
                hole = Raw(b"%%(%b)b" % field.name.encode())
                holes[field.name] = with_holes(field.type) if nested else hole
        return shape(**holes)

    return _encode(with_holes(shape))
