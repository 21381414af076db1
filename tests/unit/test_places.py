"""What databases of places say of an address, in each vendor's layout."""

import time
from pathlib import Path
from typing import Any

import pytest

from footfall.core.calendar import DAY_MS
from footfall.core.errors import InvalidRequest
from footfall.places.checking import Unusable, check
from footfall.places.databases import BUNDLED, PlaceDatabases
from tests.support.mmdb import ADDRESS, NETWORK, write_mmdb, write_unfolding

NETHERLANDS = {"iso_code": "NL", "names": {"en": "The Netherlands", "nl": "Nederland"}}
LAYOUTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "GeoLite2-City": (
        {
            "country": NETHERLANDS,
            "subdivisions": [{"iso_code": "UT", "names": {"en": "Utrecht"}}],
            "city": {"names": {"en": "Zeist", "nl": "Zeist"}},
            "postal": {"code": "3701"},
            "location": {"latitude": 52.1, "metro_code": 501, "time_zone": "Europe/Amsterdam"},
        },
        {"country": "NL", "region": "UT", "city": "Zeist", "postal_code": "3701"}
        | {"metro_code": "501", "time_zone": "Europe/Amsterdam"},
    ),
    "GeoLite2-ASN": (
        {"autonomous_system_number": 1136, "autonomous_system_organization": "KPN B.V."},
        {"asn": 1136, "isp": "KPN B.V."},
    ),
    "GeoIP2-ISP": (
        {
            "isp": "KPN Mobile",
            "organization": "KPN",
            "autonomous_system_number": 1136,
            "mobile_country_code": "204",
            "mobile_network_code": "08",
        },
        {"asn": 1136, "isp": "KPN Mobile", "carrier": "KPN Mobile"},
    ),
    "GeoIP2-Connection-Type": (
        {"connection_type": "Cellular"},
        {"connection_type": "Cellular"},
    ),
    "GeoIP2-Enterprise": (
        {
            "country": NETHERLANDS,
            "traits": {
                "isp": "KPN",
                "autonomous_system_number": 1136,
                "connection_type": "Cable/DSL",
            },
        },
        {"country": "NL", "asn": 1136, "isp": "KPN", "connection_type": "Cable/DSL"},
    ),
    "DBIP-City-Lite": (
        {
            "country": NETHERLANDS,
            "subdivisions": [{"names": {"en": "Utrecht"}}],
            "city": {"names": {"en": "Zeist"}},
        },
        {"country": "NL", "region": "Utrecht", "city": "Zeist"},
    ),
    "IP2LITE-Country-Region-City": (
        {
            "country": NETHERLANDS,
            "subdivisions": [{"names": {"en": "Utrecht"}}],
            "city": {"names": {"en": "-"}},
            "postal": {"code": "3701"},
            "location": {"time_zone": "+01:00"},
        },
        {"country": "NL", "region": "Utrecht", "postal_code": "3701", "time_zone": "+01:00"},
    ),
    "city ipvAll": (
        {
            "country_code": "NL",
            "state1": "Utrecht",
            "city": "Zeist",
            "postcode": "3701",
            "timezone": "Europe/Amsterdam",
            "latitude": 52.1,
        },
        {"country": "NL", "region": "Utrecht", "city": "Zeist", "postal_code": "3701"}
        | {"time_zone": "Europe/Amsterdam"},
    ),
    "ipinfo lite.mmdb": (
        {
            "country": "The Netherlands",
            "country_code": "NL",
            "asn": "AS1136",
            "as_name": "KPN B.V.",
        },
        {"country": "NL", "asn": 1136, "isp": "KPN B.V."},
    ),
    "ipinfo standard_location.mmdb": (
        {
            "country": "NL",
            "region": "Utrecht",
            "region_code": "UT",
            "city": "Zeist",
            "postal_code": "3701",
            "timezone": "Europe/Amsterdam",
        },
        {"country": "NL", "region": "UT", "city": "Zeist", "postal_code": "3701"}
        | {"time_zone": "Europe/Amsterdam"},
    ),
    "ipinfo carrier.mmdb": (
        {"carrier": "KPN", "cc": "NL", "mcc": "204", "mnc": "08"},
        {"country": "NL", "carrier": "KPN"},
    ),
    "ipinfo asn.mmdb": (
        {"asn": "AS13335", "name": "Cloudflare", "country": "US", "route": "x", "type": "hosting"},
        {"asn": 13335, "isp": "Cloudflare", "connection_type": "hosting"},
    ),
}


def found(folder: Path, ip: str = ADDRESS) -> dict[str, Any]:
    return dict(PlaceDatabases(folder).find(ip).fields)


@pytest.mark.parametrize("type", LAYOUTS)
def test_each_vendors_layout_is_read(tmp_path: Path, type: str) -> None:
    record, expected = LAYOUTS[type]
    write_mmdb(tmp_path / "one.mmdb", type, {NETWORK: record})
    assert found(tmp_path) == expected


def test_several_databases_complete_each_other_and_a_place_is_of_one_of_them(
    tmp_path: Path,
) -> None:
    for name in ("GeoLite2-ASN", "GeoLite2-City", "GeoIP2-Connection-Type"):
        write_mmdb(tmp_path / f"{name}.mmdb", name, {NETWORK: LAYOUTS[name][0]})
    write_mmdb(tmp_path / "a.mmdb", "country", {NETWORK: {"country_code": "DE"}})
    expected = {**LAYOUTS["GeoLite2-City"][1], **LAYOUTS["GeoLite2-ASN"][1]}
    assert found(tmp_path) == {**expected, "connection_type": "Cellular"}
    assert found(tmp_path, "8.8.8.8") == {"country": "US"}  # what they lack, the bundled one has


@pytest.mark.parametrize(
    "record",
    [
        {"country": "Netherlands", "city": 5, "asn": -1, "isp": "", "metro_code": 1 << 20},
        {"country": {"iso_code": ["NL"]}, "subdivisions": {}, "location": "here", "asn": "AS"},
        [1, 2],
        "text",
    ],
)
def test_a_record_of_another_form_gives_nothing(tmp_path: Path, record: Any) -> None:
    write_mmdb(tmp_path / "odd.mmdb", "odd", {NETWORK: record})
    assert found(tmp_path) == {}


def test_long_text_is_cut(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "long.mmdb", "long", {NETWORK: {"isp": "x" * 5_000}})
    assert found(tmp_path) == {"isp": "x" * 256}


def test_the_bundled_database_knows_countries_of_both_kinds_of_address(tmp_path: Path) -> None:
    places = PlaceDatabases(tmp_path)
    for ip, country in (("193.0.6.139", "NL"), ("2001:67c:2e8::1", "NL"), ("8.8.8.8", "US")):
        assert places.find(ip).fields == {"country": country}
    for ip in ("10.1.2.3", "::1", "no address", ""):
        assert places.find(ip).fields == {}
    (about,) = places.databases
    assert about.licence.attribution == "IP Geolocation by DB-IP"
    assert BUNDLED.stat().st_size < 10 << 20


def test_an_ipv6_address_in_a_database_of_ipv4_is_looked_up_in_the_others(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "four.mmdb", "four", {NETWORK: {"country_code": "BE"}}, ip_version=4)
    assert found(tmp_path) == {"country": "BE"}
    assert found(tmp_path, "2001:67c:2e8::1") == {"country": "NL"}


def test_a_replaced_an_added_and_a_removed_file_are_noticed(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "a.mmdb", "a", {NETWORK: {"country_code": "BE"}})
    places = PlaceDatabases(tmp_path)
    assert places.find(ADDRESS).fields == {"country": "BE"}
    write_mmdb(tmp_path / "new", "a", {NETWORK: {"country_code": "LU"}}).replace(
        tmp_path / "a.mmdb"
    )
    write_mmdb(tmp_path / "b.mmdb", "b", {NETWORK: {"isp": "KPN"}})
    places.refresh()
    assert places.find(ADDRESS).fields == {"country": "LU", "isp": "KPN"}
    (tmp_path / "a.mmdb").unlink()
    places.refresh()
    assert places.find(ADDRESS).fields == {"isp": "KPN"}


def test_a_file_that_cannot_be_read_is_named_and_the_one_before_it_stays(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "a.mmdb", "a", {NETWORK: {"country_code": "BE"}})
    places = PlaceDatabases(tmp_path)
    (tmp_path / "new").write_bytes(b"no database")
    (tmp_path / "new").replace(tmp_path / "a.mmdb")
    places.refresh()
    assert places.find(ADDRESS).fields == {"country": "BE"}
    assert "a.mmdb cannot be read" in places.warning(0)
    assert found(tmp_path, "8.8.8.8") == {"country": "US"}  # a start goes without it


def test_a_named_file_that_cannot_be_read_refuses_the_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"place_file: .*none\.mmdb cannot be read"):
        PlaceDatabases(tmp_path, str(tmp_path / "none.mmdb"))


def test_a_record_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    """An array of pointers to arrays of pointers: some hundred bytes, and 4 to the 40th values."""
    file = write_unfolding(tmp_path / "bomb.mmdb", depth=40, width=4)
    with pytest.raises(Unusable):
        check(file)
    small = write_unfolding(tmp_path / "small.mmdb", depth=2, width=2)
    with pytest.raises(Unusable, match="its records have country"):
        check(small)


def test_a_database_that_its_licence_wants_replaced_is_warned_of(tmp_path: Path) -> None:
    built_at = int(time.time())
    write_mmdb(tmp_path / "city.mmdb", "GeoLite2-City", {NETWORK: {}}, built_at=built_at)
    places = PlaceDatabases(tmp_path)
    assert places.warning(built_at * 1000 + 29 * DAY_MS) == ""
    assert "city is 31 days old, and MaxMind's" in places.warning(built_at * 1000 + 31 * DAY_MS)
