"""Where addresses are, by the bundled table."""

import ipaddress
import random

from geoip2fast import GeoIP2Fast

from footfall.surroundings.places import COUNTRIES, place_finder


def test_the_packed_table_answers_as_the_librarys_own() -> None:
    drawn = random.Random(1)
    addresses = [str(ipaddress.IPv4Address(drawn.getrandbits(32))) for _ in range(5_000)] + [
        str(ipaddress.IPv6Address(0x2 << 124 | drawn.getrandbits(124))) for _ in range(5_000)
    ]
    table = GeoIP2Fast(geoip2fast_data_file=COUNTRIES)
    expected = [table.lookup(ip).country_code.strip("-") for ip in addresses]
    find = place_finder("", network_names=False)
    assert [find(ip).fields.get("country", "") for ip in addresses] == expected
    assert len(set(expected)) > 100


def test_an_address_of_nobody_has_no_place() -> None:
    find = place_finder("", network_names=False)
    for address in ("10.1.2.3", "::1", "no address"):
        assert find(address).fields == {}
