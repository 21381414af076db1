"""Records of MaxMind DB files, as each vendor lays them out, as fields of an event.

Imports nothing of the other parts: a file is checked in a process of its own (`checking.py`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

Fields = dict[str, Any]

LAYOUTS: Final[Mapping[str, Sequence[str]]] = {
    "country": ("country.iso_code", "country_code", "country", "cc"),
    "region": ("subdivisions.0.iso_code", "region_code", "subdivisions.0", "region", "state1"),
    "city": ("city",),
    "postal_code": ("postal.code", "postal_code", "postcode", "zip_code", "zip"),
    "metro_code": ("location.metro_code", "metro_code", "dma_code", "dma"),
    "time_zone": ("location.time_zone", "time_zone", "timezone"),
    "asn": ("autonomous_system_number", "traits.autonomous_system_number", "asn", "as_number"),
    "isp": (
        *("isp", "traits.isp", "as_name", "name", "organization", "traits.organization"),
        *("autonomous_system_organization", "traits.autonomous_system_organization", "org"),
    ),
    "carrier": ("carrier", "carrier_name", "carrier.name", "traits.carrier", "mobile_brand"),
    "connection_type": (
        *("connection_type", "traits.connection_type", "traits.user_type"),
        *("as_type", "net_speed", "type"),
    ),
}
"""Field → where its value may stand, the first that has one wins. A part that is a number is a
place in a list. A value that is an object is its English name (`names.en`). These are MaxMind's
GeoLite2 and GeoIP2, DB-IP's, IP2Location's, ip-location-db's, and IPinfo's with flat records."""

PLACE: Final = ("country", "region", "city", "postal_code", "metro_code", "time_zone")
"""These come from one record: a city of one file and a postal code of another may not fit."""
NETWORK: Final = ("asn", "isp", "carrier", "connection_type")
NUMBERS: Final = {"asn": (1 << 32) - 1, "metro_code": (1 << 16) - 1}
"""Fields that are numbers, and their largest values. The metro code is kept as text."""

TEXT_LENGTH_MAX: Final = 256
"""Longer text is cut: a name of a place or a network is shorter."""

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_NUMBER: Final = re.compile(r"(?:AS)?(\d{1,10})", re.IGNORECASE)
_MOBILE: Final = ("mobile_country_code", "mcc")
"""A record that has one of these is of a mobile network: its provider is the carrier."""


def fields_of(record: Any) -> Fields:
    """The fields that are known of an address with this record."""
    if not isinstance(record, dict):
        return {}
    found: Fields = {}
    for field, paths in LAYOUTS.items():
        for path in paths:
            if value := _read(field, _find(record, path)):
                found[field] = value
                break
    if "isp" in found and "carrier" not in found and _is_mobile(record):
        found["carrier"] = found["isp"]
    if "route" in record:  # IPinfo's networks: the country is where the network is registered
        found.pop("country", None)
    return found


def merge(found: Sequence[Fields]) -> Fields:
    """The fields of several files for one address: the place from the record that knows most of
    it, of each field of the network the first that is known."""
    places: list[Fields] = [{name: one[name] for name in PLACE if name in one} for one in found]
    merged: Fields = max(places, key=lambda one: ("country" in one, len(one)), default={})
    for name in NETWORK:
        for one in found:
            if name in one:
                merged[name] = one[name]
                break
    return merged


def _is_mobile(record: Mapping[str, Any]) -> bool:
    traits = record.get("traits")
    return any(name in record or (isinstance(traits, dict) and name in traits) for name in _MOBILE)


def _find(value: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    if isinstance(value, dict):
        names = value.get("names")
        value = names.get("en") if isinstance(names, dict) else None
    return value


def _read(field: str, value: Any) -> str | int:
    """The value in the form of the field; "" or 0 for none. IP2Location writes "-" for none."""
    if field in NUMBERS:
        matched = _NUMBER.fullmatch(str(value))
        number = int(matched[1]) if matched else 0
        if not 0 < number <= NUMBERS[field]:
            return 0
        return number if field == "asn" else str(number)
    if not isinstance(value, str) or value.strip() in ("", "-"):
        return ""
    if field == "country":
        return value if _COUNTRY.fullmatch(value) else ""
    return value.strip()[:TEXT_LENGTH_MAX]
