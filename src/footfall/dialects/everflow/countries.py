"""The names of countries, by ISO 3166 code: filters and rows have names, events have codes."""

from importlib.resources import files
from typing import Final

_TABLE: Final = files("tzdata").joinpath("zoneinfo", "iso3166.tab")
_USUAL: Final = {
    "AS": "American Samoa",
    "CC": "Cocos Islands",
    "BQ": "Caribbean Netherlands",
    "CD": "Democratic Republic of the Congo",
    "CF": "Central African Republic",
    "CG": "Republic of the Congo",
    "CI": "Ivory Coast",
    "CZ": "Czechia",
    "GB": "United Kingdom",
    "KP": "North Korea",
    "KR": "South Korea",
    "MF": "Saint Martin",
    "MM": "Myanmar",
    "SX": "Sint Maarten",
    "SZ": "Eswatini",
    "TC": "Turks and Caicos Islands",
    "TF": "French Southern Territories",
    "TL": "Timor-Leste",
    "VC": "Saint Vincent and the Grenadines",
    "VG": "British Virgin Islands",
    "VI": "U.S. Virgin Islands",
    "WS": "Samoa",
}
"""Where the table, which is made for lists of time zones, has another than the usual name."""


def _read() -> dict[str, str]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    named = dict(line.split("\t") for line in lines if line and not line.startswith("#"))
    return {code: name.replace(" & ", " and ") for code, name in named.items()} | _USUAL


NAMES: Final = _read()
CODES: Final = {name.casefold(): code for code, name in NAMES.items()}


def country_code(text: str) -> str:
    """Of a name or a code, in any case; a text that is neither stays as it is."""
    upper = text.upper()
    return upper if upper in NAMES else CODES.get(text.casefold(), text)
