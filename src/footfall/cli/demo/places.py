"""Where people are and which network they use, as databases of places say it.

Cities are real. Networks are invented; their numbers are those of RFC 5398, which documents use.
"""

from random import Random
from typing import Any, Final

Fields = dict[str, Any]

CITIES: Final = {
    "NL": (
        (5, "NH", "Amsterdam", "1012", "Europe/Amsterdam"),
        (4, "ZH", "Rotterdam", "3011", "Europe/Amsterdam"),
        (3, "UT", "Utrecht", "3511", "Europe/Amsterdam"),
        (2, "GR", "Groningen", "9711", "Europe/Amsterdam"),
        (2, "NB", "Eindhoven", "5611", "Europe/Amsterdam"),
    ),
    "BE": (
        (3, "VAN", "Antwerp", "2000", "Europe/Brussels"),
        (2, "VOV", "Ghent", "9000", "Europe/Brussels"),
    ),
    "DE": (
        (3, "BE", "Berlin", "10115", "Europe/Berlin"),
        (2, "HH", "Hamburg", "20095", "Europe/Berlin"),
        (2, "NW", "Köln", "50667", "Europe/Berlin"),
    ),
    "GB": (
        (4, "ENG", "London", "EC1A", "Europe/London"),
        (1, "SCT", "Edinburgh", "EH1", "Europe/London"),
    ),
    "FR": (
        (3, "IDF", "Paris", "75001", "Europe/Paris"),
        (1, "ARA", "Saint-Étienne", "42000", "Europe/Paris"),
    ),
    "US": (
        (3, "NY", "New York", "10001", "America/New_York"),
        (2, "CA", "Los Angeles", "90012", "America/Los_Angeles"),
        (1, "IL", "Chicago", "60601", "America/Chicago"),
    ),
    "ES": ((1, "MD", "Madrid", "28001", "Europe/Madrid"),),
    "PL": ((1, "14", "Łódź", "90-001", "Europe/Warsaw"),),
    "IT": ((1, "25", "Milan", "20121", "Europe/Rome"),),
    "AT": ((1, "9", "Vienna", "1010", "Europe/Vienna"),),
    "CH": ((1, "ZH", "Zurich", "8001", "Europe/Zurich"),),
    "SE": ((1, "AB", "Stockholm", "111 20", "Europe/Stockholm"),),
    "DK": ((1, "84", "Copenhagen", "1050", "Europe/Copenhagen"),),
    "PT": ((1, "11", "Lisbon", "1100", "Europe/Lisbon"),),
    "TR": ((1, "34", "Istanbul", "34110", "Europe/Istanbul"),),
}
"""Country → weight, region, city, postal code and time zone of its cities."""

METRO_CODES: Final = {"New York": "501", "Los Angeles": "803", "Chicago": "602"}

PLACE_UNKNOWN: Final = 0.06
"""Share of the addresses of which a database knows the country and nothing more."""
CELLULAR: Final = {"mobile": 0.5, "tablet": 0.1}
"""Share of the visits by such a device that use a mobile network; the rest use Wi-Fi."""
CORPORATE: Final = 0.15
SATELLITE: Final = 0.02

_FIRST_NUMBERS: Final = (64_496, 65_536)
"""Of the two ranges of RFC 5398, 16 numbers each: fixed and mobile networks of a country."""
_HOSTING: Final = {
    "asn": _FIRST_NUMBERS[1] + 15,
    "isp": "Anchor Hosting",
    "connection_type": "Corporate",
}


def find(draw: Random, country: str, device: str, *, robot: bool) -> Fields:
    """The fields of a place and of its network for somebody of this country ("" for unknown)."""
    if robot:
        return dict(_HOSTING)
    if country not in CITIES:
        return {}
    return _place(draw, country) | _network(draw, country, device)


def _place(draw: Random, country: str) -> Fields:
    cities = CITIES[country]
    _, region, city, postal_code, zone = draw.choices(cities, [one[0] for one in cities])[0]
    if draw.random() < PLACE_UNKNOWN:
        return {}
    return {
        "region": region,
        "city": city,
        "postal_code": postal_code,
        "metro_code": METRO_CODES.get(city, ""),
        "time_zone": zone,
    }


def _network(draw: Random, country: str, device: str) -> Fields:
    number = list(CITIES).index(country)
    chance = draw.random()
    if chance < CELLULAR.get(device, 0):
        name = f"Lantern Mobile {country}"
        mobile = {"isp": name, "carrier": name, "connection_type": "Cellular"}
        return {"asn": _FIRST_NUMBERS[1] + number, **mobile}
    kind = "Cable/DSL"
    if chance > 1 - CORPORATE:
        kind = "Satellite" if chance > 1 - SATELLITE else "Corporate"
    return {
        "asn": _FIRST_NUMBERS[0] + number,
        "isp": f"Lantern Fibre {country}",
        "connection_type": kind,
    }
