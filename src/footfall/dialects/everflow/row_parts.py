"""Parts of a raw row that come from the event alone: its place, its device, its address and what
its metadata holds. `rows.py` puts them together.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Raw

from footfall.core.events import Event, EventKind
from footfall.dialects.everflow.amounts import decimal_text, units_of
from footfall.dialects.everflow.countries import NAMES
from footfall.dialects.everflow.filters import DEVICES
from footfall.dialects.everflow.ids import transaction_id
from footfall.dialects.everflow.shapes import Device, Geolocation

_DEVICE_TYPES: Final = {device: shown for shown, device in DEVICES.items()}

DEVICE_IDS: Final = {
    f"{field}{form}".encode(): f"{name}{form}"
    for field, name in (("idfa", "idfa"), ("google_ad_id", "google_aid"), ("android_id",) * 2)
    for form in ("", "_md5", "_sha1")
}
"""Field of a row → parameter."""
_NO_DEVICE_IDS: Final = dict.fromkeys(DEVICE_IDS, b'""')

BASE: Final = "Base"
"""What the vendor calls the conversion itself, in the place of an event's name."""

_encode: Final = msgspec.json.Encoder().encode


class Kept(msgspec.Struct, frozen=True):
    """`calls.Extra` or `conversions.ConversionExtra`, with the parameters as text: they go on as
    they are."""

    query: Raw = Raw(b"{}")
    masked: bool = False
    transaction: str = ""
    clicked_at: int = 0
    order: str = ""


NOTHING_KEPT: Final = Kept()
_read_kept: Final = msgspec.json.Decoder(Kept).decode


def keep(metadata: str) -> Kept:
    """Whoever tells of an event may put anything there: what is not ours says nothing."""
    try:
        kept = _read_kept(metadata)
    except msgspec.MsgspecError:
        return NOTHING_KEPT
    return kept if bytes(memoryview(kept.query)[:1]) == b"{" else NOTHING_KEPT


_read_parameters: Final = msgspec.json.Decoder(dict[str, str]).decode


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


def conversion_parts(event: Event, kept: Kept) -> dict[bytes, bytes]:
    """What only a conversion has, by the fields of its row."""
    texts = {
        "conversion_id": transaction_id(event.id),
        "transaction_id": kept.transaction,
        "country": NAMES.get(event.country, ""),
        "region": event.region,
        "city": event.city,
        "platform": event.os,
        "os_version": event.os_version,
        "device_type": _DEVICE_TYPES.get(event.device, ""),
        "device_model": event.device_model,
        "brand": event.device_make,
        "browser": event.browser,
        "language": event.language,
        "isp": event.isp,
        "carrier": event.carrier,
        "event": event.goal or BASE,
        "order_id": kept.order,
        **{f"adv{number}": getattr(event, f"adv{number}") for number in range(1, 6)},
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


def place_of(key: tuple[str, ...]) -> bytes:
    country, region, city, postal_code, metro_code, zone, isp, carrier, connection_type = key
    return _encode(
        Geolocation(
            country_code=country,
            country_name=NAMES.get(country, ""),
            region_code=region,
            city_name=city,
            dma=number_of(metro_code),
            timezone=zone,
            carrier_name=carrier,
            postal_code=postal_code,
            isp_name=isp,
            connection_type=connection_type,
        )
    )


def device_of(key: tuple[str, ...]) -> bytes:
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


def device_ids(metadata: str, query: Raw) -> Mapping[bytes, bytes]:
    """By the fields of a row. Few calls have one, and looking for it takes longer than the rest."""
    if not ('"idfa' in metadata or '"google_aid' in metadata or '"android_id' in metadata):
        return _NO_DEVICE_IDS
    try:
        parameters = _read_parameters(query)
    except msgspec.MsgspecError:
        return _NO_DEVICE_IDS
    return {field: _encode(parameters.get(name, "")) for field, name in DEVICE_IDS.items()}
