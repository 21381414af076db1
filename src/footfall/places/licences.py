"""Whose data a MaxMind DB file has: who wants to be named for it, and until when it may be used."""

from typing import Final

import msgspec


class Licence(msgspec.Struct, frozen=True):
    """`attribution` is the sentence that the licence asks for, `url` what it leads to; "" for
    none. `days_max` is the age at which the licence asks to replace and destroy the data."""

    vendor: str
    attribution: str = ""
    url: str = ""
    days_max: int | None = None


DB_IP: Final = Licence("DB-IP", "IP Geolocation by DB-IP", "https://db-ip.com")
"""CC BY 4.0 for the Lite files: a link on pages that show results."""

_BY_TYPE: Final = (
    (
        "GeoLite2",
        Licence(
            "MaxMind",
            "This product includes GeoLite Data created by MaxMind",
            "https://www.maxmind.com",
            30,
        ),
    ),
    ("GeoIP2", Licence("MaxMind", days_max=30)),
    ("DBIP-", DB_IP),
    (
        "IP2LITE",
        Licence(
            "IP2Location",
            "This site includes IP2Location LITE data",
            "https://lite.ip2location.com",
        ),
    ),
    ("IP2", Licence("IP2Location")),
    ("ipinfo", Licence("IPinfo", "IP address data powered by IPinfo", "https://ipinfo.io")),
)
"""How the `database_type` of a file begins → its licence."""

UNKNOWN: Final = Licence("")


def licence_of(database_type: str) -> Licence:
    for beginning, licence in _BY_TYPE:
        if database_type.lower().startswith(beginning.lower()):
            return licence
    return UNKNOWN
