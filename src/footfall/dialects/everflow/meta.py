"""Lists that clients look ids up in, below `/v1/meta`. None needs a key, as at the vendor.

https://developers.everflow.io, docs/metadata. The vendor's numbers of countries, browsers and so on
are not known: these are ours. Names are those that rows and filters have. The vendor's rows of
device types have a `name`, those of cities a `city_name`: what is not known has both.
"""

from typing import Any, Final

import msgspec

from footfall.api.operations import Operation, operation
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.filters import DEVICES
from footfall.dialects.everflow.zones import TimeZones, time_zones
from footfall.parsing.country_names import NAMES
from footfall.parsing.currencies import CURRENCIES

META: Final = "/v1/meta"


class Country(msgspec.Struct, frozen=True):
    """`country_id` is ours: the letters of the code as a number, A is 1."""

    country_id: int
    country_code: str
    country_name: str


class Countries(msgspec.Struct, frozen=True):
    countries: list[Country]


class Currency(msgspec.Struct, frozen=True):
    """By ISO 4217."""

    currency_id: str
    currency_name: str


class Currencies(msgspec.Struct, frozen=True):
    currencies: list[Currency]


class Browser(msgspec.Struct, frozen=True):
    browser_id: int
    browser_name: str
    name: str


class Browsers(msgspec.Struct, frozen=True):
    """Those that are seen most; rows may have others."""

    browsers: list[Browser]


class Platform(msgspec.Struct, frozen=True):
    platform_id: int
    platform_name: str
    name: str


class Platforms(msgspec.Struct, frozen=True):
    """Those that are seen most; rows may have others."""

    platforms: list[Platform]


class DeviceType(msgspec.Struct, frozen=True):
    device_type_id: int
    device_type_name: str
    name: str


class DeviceTypes(msgspec.Struct, frozen=True):
    device_types: list[DeviceType]


class ConnectionType(msgspec.Struct, frozen=True):
    connection_type_id: int
    connection_type_name: str
    name: str


class ConnectionTypes(msgspec.Struct, frozen=True):
    connection_types: list[ConnectionType]


_BROWSERS: Final = (
    *("Chrome", "Chrome Mobile", "Chrome Mobile iOS", "Chrome Mobile WebView"),
    *("Safari", "Mobile Safari", "Mobile Safari UI/WKWebView", "Firefox", "Firefox Mobile"),
    *("Firefox iOS", "Edge", "Edge Mobile", "IE", "Opera", "Opera Mobile", "Opera Mini"),
    *("Samsung Internet", "UC Browser", "Yandex Browser", "DuckDuckGo Mobile", "Android"),
    *("Facebook", "Instagram", "Snapchat", "Pinterest", "Google"),
)
_PLATFORMS: Final = (
    *("Windows", "Mac OS X", "Linux", "Ubuntu", "Chrome OS", "iOS", "Android"),
    *("Windows Phone", "Tizen", "KaiOS", "BlackBerry OS"),
)
_CONNECTION_TYPES: Final = ("Cable/DSL", "Cellular", "Corporate", "Dialup", "Satellite")
"""As place files say it: https://dev.maxmind.com/geoip/docs/databases/connection-type"""


def _country_id(code: str) -> int:
    first, second = (ord(letter) - ord("A") + 1 for letter in code)
    return first * 27 + second


LISTS: Final[dict[str, tuple[str, Any]]] = {
    "countries": (
        "Countries",
        Countries([Country(_country_id(code), code, NAMES[code]) for code in sorted(NAMES)]),
    ),
    "currencies": (
        "Currencies",
        Currencies([Currency(code, name) for code, name in CURRENCIES.items()]),
    ),
    "browsers": (
        "Browsers",
        Browsers([Browser(id, name, name) for id, name in enumerate(_BROWSERS, 1)]),
    ),
    "platforms": (
        "Platforms",
        Platforms([Platform(id, name, name) for id, name in enumerate(_PLATFORMS, 1)]),
    ),
    "devicetypes": (
        "Types of devices",
        DeviceTypes(
            [DeviceType(id, name, name) for id, name in enumerate(filter(None, DEVICES), 1)]
        ),
    ),
    "connectiontypes": (
        "Types of connections",
        ConnectionTypes(
            [ConnectionType(id, name, name) for id, name in enumerate(_CONNECTION_TYPES, 1)]
        ),
    ),
}
"""Path → what it is, and the answer, which is always the same."""


@operation(f"GET {META}/timezones", "Time zones by id", answer=TimeZones, keyless=True)
def list_time_zones(call: Call) -> TimeZones:
    """https://developers.everflow.io, user-guide: timezones. Without a key, as clients ask it
    before they have one."""
    return time_zones(call.now())


def _list_of(path: str, title: str, answer: Any) -> Operation:
    body = msgspec.json.encode(answer)

    @operation(f"GET {META}/{path}", title, answer=type(answer), keyless=True, inline=True)
    def list_all(_: Call) -> bytes:
        return body

    return list_all


OPERATIONS: Final = tuple(_list_of(path, *listed) for path, listed in LISTS.items())
