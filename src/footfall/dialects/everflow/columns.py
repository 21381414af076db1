"""The columns of events by the vendor's names, and where each of them may stand."""

from enum import Flag, auto
from typing import Final


class Use(Flag):
    CALL = auto()
    """A parameter of a tracking call, and a macro of a landing."""
    FILTER = auto()
    """A type of filters, by text."""
    REPORT = auto()
    """A column of reports, by text."""
    ROW = auto()
    """A text of raw rows."""
    CONVERSION = auto()
    """A text of conversions alone."""
    FILE = auto()
    """A column of files of impressions."""


CALL, FILTER, REPORT, ROW, CONVERSION, FILE = Use
SHOWN: Final = FILTER | REPORT | ROW | FILE

_COLUMNS: Final = (
    ("network_offer_id", "offer", FILE),
    ("network_offer_url_id", "offer_url", FILE),
    ("network_advertiser_id", "advertiser", FILE),
    ("network_affiliate_id", "affiliate", FILE),
    ("creative_id", "creative", FILE),
    ("campaign_id", "campaign", FILE),
    ("coupon_code", "coupon", SHOWN),
    ("project_id", "project", SHOWN),
    ("source_id", "traffic_source", SHOWN | CALL),
    *((f"sub{n}", f"sub{n}", SHOWN | CALL) for n in range(1, 6)),
    *((f"sub{n}", f"sub{n}", FILTER | FILE | CALL) for n in range(6, 11)),
    *((f"adv{n}", f"adv{n}", FILTER | REPORT | CONVERSION | FILE | CALL) for n in range(1, 6)),
    *((f"adv{n}", f"adv{n}", FILTER | FILE | CALL) for n in range(6, 11)),
    ("user_ip", "ip", FILE),
    ("url", "url", ROW | FILE),
    ("referer", "referrer", ROW | FILE),
    ("referer", "referrer_host", REPORT),
    ("http_user_agent", "user_agent", ROW | FILE),
    ("language", "language", SHOWN),
    ("http_accept_language", "language", ROW),
    ("country_code", "country", REPORT | FILE),
    ("region", "region", SHOWN),
    ("city", "city", SHOWN),
    ("postal_code", "postal_code", FILTER | FILE),
    ("dma", "metro_code", FILE),
    ("timezone", "time_zone", FILE),
    ("isp", "isp", SHOWN),
    ("carrier", "carrier", ROW | FILE),
    ("connection_type", "connection_type", FILTER | REPORT | FILE),
    ("device", "device", FILE),
    ("device_make", "device_make", FILTER | REPORT | FILE),
    ("brand", "device_make", REPORT | ROW),
    ("device_model", "device_model", SHOWN),
    ("model", "device_model", REPORT),
    ("platform", "os", REPORT | ROW | FILE),
    ("device_platform", "os", FILTER | REPORT),
    ("os_version", "os_version", SHOWN),
    ("browser", "browser", SHOWN),
    ("browser_version", "browser_version", FILE),
    ("event_name", "goal", REPORT),
    ("details", "metadata", FILE),
)
"""The vendor's name, the event's column, and its uses. `sub6` to `adv10` are ours."""


def columns(use: Use) -> dict[str, str]:
    """The vendor's name → the event's column, in the order of files."""
    return {name: column for name, column, uses in _COLUMNS if use in uses}
