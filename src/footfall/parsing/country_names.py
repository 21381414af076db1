"""The names of countries, by ISO 3166 code: filters and rows have names, events have codes."""

from typing import Final

from footfall.parsing.countries import TABLE

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


NAMES: Final = {code: name.replace(" & ", " and ") for code, name in TABLE.items()} | _USUAL
CODES: Final = {name.casefold(): code for code, name in NAMES.items()}


def country_code(text: str) -> str:
    """Of a name or a code, in any case; a text that is neither stays as it is."""
    upper = text.upper()
    return upper if upper in NAMES else CODES.get(text.casefold(), text)
