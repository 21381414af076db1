"""`GET /zones`: the time zones that a person may choose, each by its name of today.

Names come from the tables of the time zone database (https://www.iana.org/time-zones) in the
package `tzdata`: `zone.tab` has one name for each place whose clocks may differ, by country;
`tzdata.zi` has the fixed offsets and the links from older names. Requests may name a zone by an
older name too.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import available_timezones

import msgspec

from footfall.api.operations import operation
from footfall.core.calendar import QUARTER_HOUR_MS, local_time
from footfall.dialects.native.dialect import Call

_TABLES: Final = files("tzdata").joinpath("zoneinfo")
UTC: Final = "UTC"

_RENAMED: Final = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Etc/UTC": UTC,
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}
"""Older names whose link leads to another place with the same clocks: the place that is meant, as
the file `backward` of the database says it in comments, which `tzdata.zi` does not have."""


class TimeZone(msgspec.Struct, frozen=True):
    """`utc_offset` is what its clocks are ahead of UTC now: `+05:30`. `country` is its code in ISO
    3166-1 alpha-2, "" for zones of no country; `aliases` are its older names."""

    name: str
    utc_offset: str
    country: str
    aliases: list[str]


class TimeZoneList(msgspec.Struct, frozen=True):
    """In the order of their names."""

    zones: list[TimeZone]


@operation(
    "GET /zones",
    "List the time zones by their names of today, with their offsets from UTC",
    answer=TimeZoneList,
)
def list_zones(call: Call) -> TimeZoneList:
    return _zones(call.now() // QUARTER_HOUR_MS)


@lru_cache(maxsize=1)
def _zones(quarter_hour: int) -> TimeZoneList:
    now = quarter_hour * QUARTER_HOUR_MS
    countries, aliases = _names()
    return TimeZoneList(
        [
            TimeZone(name, local_time(now, name).isoformat()[-6:], country, sorted(aliases[name]))
            for name, country in sorted(countries.items())
        ]
    )


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, str], dict[str, list[str]]]:
    """Country by name, and aliases by name. A name without a slash, such as EST5EDT, is of no place
    that has not another one too."""
    places = [line.split("\t") for line in _lines("zone.tab")]
    lines = [line.split() for line in _lines("tzdata.zi")]
    fixed = [name for kind, name, *_ in lines if kind == "Z" and name.startswith("Etc/")]
    countries = dict.fromkeys([UTC, *fixed], "")
    countries |= {name: country for country, _, name, *_ in places}
    known = available_timezones() - _RENAMED.keys()
    countries = {name: country for name, country in countries.items() if name in known}
    aliases: dict[str, list[str]] = {name: [] for name in countries}
    links = {alias: name for kind, name, alias, *_ in lines if kind == "L"} | _RENAMED
    for alias, target in links.items():
        name = _RENAMED.get(target, target)
        if alias not in countries and name in countries:
            aliases[name].append(alias)
    return countries, aliases


def _lines(table: str) -> list[str]:
    lines = _TABLES.joinpath(table).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
