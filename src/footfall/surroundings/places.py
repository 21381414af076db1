"""Where an address is: from the bundled table, or a MaxMind database of the user's choice."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import maxminddb
from geoip2fast import GeoIP2Fast

from footfall.core.enrichment import Fields
from footfall.core.errors import InvalidRequest

PlaceFinder = Callable[[str], Fields]

CACHE_SIZE: Final = 32_768
COUNTRIES: Final = "geoip2fast-ipv6.dat.gz"
COUNTRIES_AND_NETWORKS: Final = "geoip2fast-asn-ipv6.dat.gz"


def place_finder(file: str, *, network_names: bool) -> PlaceFinder:
    """A function from an address to the fields that are known of its place.

    `file` is the path of an .mmdb, or "" for the bundled table (country; with `network_names`
    the network's name too). Raises InvalidRequest when the file cannot be read.
    """
    find = _from_mmdb(Path(file)) if file else _from_bundle(network_names)
    return lru_cache(maxsize=CACHE_SIZE)(find)


def _from_bundle(network_names: bool) -> PlaceFinder:
    table = GeoIP2Fast(geoip2fast_data_file=COUNTRIES_AND_NETWORKS if network_names else COUNTRIES)

    def find(ip: str) -> Fields:
        found = table.lookup(ip)
        if found.country_code == "--" or not found.country_code:
            return {}
        return {"country": found.country_code, "isp": found.asn_name or ""}

    return find


def _from_mmdb(path: Path) -> PlaceFinder:
    try:
        database = maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise InvalidRequest(f"place_file: {path} cannot be read: {error}") from None

    def find(ip: str) -> Fields:
        try:
            record = database.get(ip)
        except ValueError:
            return {}
        return _fields(record) if isinstance(record, dict) else {}

    return find


def _fields(record: dict[str, Any]) -> Fields:
    """Of a record as the GeoLite2, GeoIP2 and DB-IP country, city and ASN databases have it.
    A database of another form gives what happens to have the same place."""
    regions = record.get("subdivisions")
    region = regions[0] if isinstance(regions, list) and regions else {}
    number = record.get("autonomous_system_number")
    found = {
        "country": _text(record, "country", "iso_code"),
        "region": _text({"region": region}, "region", "iso_code"),
        "city": _text(record, "city", "names", "en"),
        "asn": number if isinstance(number, int) else 0,
        "isp": _text(record, "autonomous_system_organization"),
        "connection_type": _text(record, "connection_type"),
    }
    return {name: value for name, value in found.items() if value}


def _text(record: Any, *path: str) -> str:
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record if isinstance(record, str) else ""
