"""Where an address is: from the bundled table, or a MaxMind database of the user's choice."""

import contextlib
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import maxminddb
from geoip2fast import GeoIP2Fast, geoip2fast

from footfall.core.enrichment import FOUND_NOTHING, Found
from footfall.core.errors import InvalidRequest
from footfall.core.judging import Fields

PlaceFinder = Callable[[str], Found]

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


@lru_cache(maxsize=1)  # the library keeps its one table in variables of its module
def _bundled(file: str) -> GeoIP2Fast:
    table = GeoIP2Fast(geoip2fast_data_file=file)
    _pack(geoip2fast)
    return table


def _from_bundle(network_names: bool) -> PlaceFinder:
    table = _bundled(COUNTRIES_AND_NETWORKS if network_names else COUNTRIES)

    def find(ip: str) -> Found:
        found = table.lookup(ip)
        if found.country_code == "--" or not found.country_code:
            return FOUND_NOTHING
        return Found(_known({"country": found.country_code, "isp": found.asn_name}))

    return find


class _Networks(Sequence[int]):
    """First addresses of IPv6 networks: the upper half of each, for the lower one is zero."""

    def __init__(self, addresses: list[int]) -> None:
        self._halves = array("Q", [address >> 64 for address in addresses])
        if [half << 64 for half in self._halves] != addresses:
            raise OverflowError

    def __len__(self) -> int:
        return len(self._halves)

    def __getitem__(self, place: Any) -> Any:
        return self._halves[place] << 64


def _pack(module: Any) -> None:
    """The table's numbers as arrays, in place: 30 MB less than Python's own integers. Searches by
    bisection do not see the difference; a list that fits no array stays as it is."""
    for name, lists in vars(module).items():
        if name.startswith(("mainListFirstIP", "mainListNetlength", "mainListID")):
            for place, numbers in enumerate(lists):
                for pack in (partial(array, "H"), partial(array, "I"), _Networks):
                    with contextlib.suppress(OverflowError):
                        lists[place] = pack(numbers)
                        break


def _from_mmdb(path: Path) -> PlaceFinder:
    try:
        database = maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise InvalidRequest(f"place_file: {path} cannot be read: {error}") from None

    def find(ip: str) -> Found:
        try:
            record = database.get(ip)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return FOUND_NOTHING  # a damaged record must not cost the redirect
        return Found(_fields(record)) if isinstance(record, dict) else FOUND_NOTHING

    return find


def _fields(record: dict[str, Any]) -> Fields:
    """Of a record as the GeoLite2, GeoIP2 and DB-IP country, city and ASN databases have it.
    A database of another form gives what happens to have the same place."""
    regions = record.get("subdivisions")
    region = regions[0] if isinstance(regions, list) and regions else {}
    number = record.get("autonomous_system_number")
    return _known(
        {
            "country": _text(record, "country", "iso_code"),
            "region": _text({"region": region}, "region", "iso_code"),
            "city": _text(record, "city", "names", "en"),
            "asn": number if isinstance(number, int) else 0,
            "isp": _text(record, "autonomous_system_organization"),
            "connection_type": _text(record, "connection_type"),
        }
    )


def _known(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value}


def _text(record: Any, *path: str) -> str:
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record if isinstance(record, str) else ""
