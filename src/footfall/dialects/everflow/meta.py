"""Lists that clients look ids up in, below `/v1/meta`. None needs a key, as at the vendor.

https://developers.everflow.io, docs/metadata. The vendor's numbers of countries, browsers and so on
are not known: these are ours. Names are those that rows and filters have. The vendor's rows of
device types have a `name`, those of cities a `city_name`: what is not known has both.
"""

from collections.abc import Iterable, Sequence
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


class Currency(msgspec.Struct, frozen=True):
    """By ISO 4217."""

    currency_id: str
    currency_name: str


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


@operation(f"GET {META}/timezones", "Time zones by id", answer=TimeZones, keyless=True)
def list_time_zones(call: Call) -> TimeZones:
    """https://developers.everflow.io, user-guide: timezones. Without a key, as clients ask it
    before they have one."""
    return time_zones(call.now())


def _list_of(key: str, title: str, rows: Sequence[msgspec.Struct], doc: str = "") -> Operation:
    """A list that is always the same. `key` names its rows."""
    one: Any = list[type(rows[0])]  # type: ignore[misc]
    name, namespace = key.title().replace("_", ""), {"__doc__": doc or None}
    answer = msgspec.defstruct(name, [(key, one)], frozen=True, namespace=namespace)
    body = msgspec.json.encode(answer(rows))
    path = key.replace("_", "")

    @operation(f"GET {META}/{path}", title, answer=answer, keyless=True, inline=True)
    def list_all(_: Call) -> bytes:
        return body

    return list_all


def _numbered(word: str, names: Iterable[str]) -> list[Any]:
    """Rows with a number, from 1, and a name."""
    fields = [(f"{word}_id", int), (f"{word}_name", str), ("name", str)]
    row = msgspec.defstruct(word.title().replace("_", ""), fields, frozen=True)
    return [row(id, name, name) for id, name in enumerate(names, 1)]


SEEN_MOST: Final = "Those that are seen most; rows may have others."
OPERATIONS: Final = (
    _list_of(
        "countries",
        "Countries",
        [Country(_country_id(code), code, NAMES[code]) for code in sorted(NAMES)],
    ),
    _list_of("currencies", "Currencies", [Currency(*one) for one in CURRENCIES.items()]),
    _list_of("browsers", "Browsers", _numbered("browser", _BROWSERS), SEEN_MOST),
    _list_of("platforms", "Platforms", _numbered("platform", _PLATFORMS), SEEN_MOST),
    _list_of("device_types", "Types of devices", _numbered("device_type", filter(None, DEVICES))),
    _list_of(
        "connection_types",
        "Types of connections",
        _numbered("connection_type", _CONNECTION_TYPES),
    ),
)
