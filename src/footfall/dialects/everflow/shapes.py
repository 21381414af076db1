"""The shapes of raw rows, and of the objects that they are related to.

The vendor documents no row of impressions: these are the rows of its clicks, without the parts
that only clicks have. docs/dialects/everflow.md says where each field comes from. A field with a
default has that value in every row: Footfall knows nothing else of it.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

_TYPES: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("unix_timestamp", "conversion_unix_timestamp", "click_unix_timestamp"), int),
    **dict.fromkeys(("creative_id", "category_id", "campaign_id", "network_offer_url_id"), int),
    **dict.fromkeys(("is_unique", "dma"), int),
    **dict.fromkeys(("payout", "revenue", "sale_amount"), float),
    **dict.fromkeys(("is_async", "is_sdk_click", "is_event", "is_view_through"), bool),
    **dict.fromkeys(("offer", "advertiser", "affiliate"), Raw),
    **dict.fromkeys(("account_manager", "affiliate_manager"), Raw),
    **dict.fromkeys(("geolocation", "device_information", "query_parameters"), Raw),
}
"""Of the fields that are no text. What many rows share is encoded once and put in as it is."""

_CONSTANTS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("app_id", "conversion_user_ip", "email", "error_message", "notes"), ""),
    **dict.fromkeys(("error_filter_id", "forensiq_score", "previous_transaction_id"), ""),
    **dict.fromkeys(("redirect_method", "redirect_url"), ""),
    **dict.fromkeys(("server_side_output", "server_side_url"), ""),
    **dict.fromkeys(("error_code", "previous_network_offer_id", "custom_landing_page_id"), 0),
    **dict.fromkeys(("is_pass_through", "is_scrub", "is_test_mode"), False),
    "network_offer_payout_revenue_id": 0,
    "status": "approved",
}
"""What is the same in every row."""


def _shape(name: str, doc: str | None, fields: str, **more: Any) -> Any:
    """A struct with these fields. `more` has their other types and constants."""
    found: list[Any] = []
    for field in fields.split():
        given = more.get(field, _CONSTANTS.get(field, _TYPES.get(field, str)))
        found.append((field, given) if isinstance(given, type) else (field, type(given), given))
    namespace = {"__doc__": doc}
    return msgspec.defstruct(name, found, frozen=True, kw_only=True, namespace=namespace)


DEVICE_IDS: Final = {
    f"{field}{form}": f"{name}{form}"
    for field, name in (("idfa", "idfa"), ("google_ad_id", "google_aid"), ("android_id",) * 2)
    for form in ("", "_md5", "_sha1")
}
"""Field of a row → parameter."""

_SUBS: Final = "sub1 sub2 sub3 sub4 sub5"
_ERROR: Final = "error_code error_message"
_DEVICES: Final = " ".join(DEVICE_IDS)

# ── as a network sees them ────────────────────────────────────────────────────────────────────

_RELATED: Final = "offer advertiser affiliate account_manager affiliate_manager"
_OF_IMPRESSION: Final = (
    f"{_RELATED} geolocation device_information http_user_agent query_parameters"
)

Relationship: Final = _shape(
    "Relationship",
    "What many rows share is encoded once and put in as it is.",
    _OF_IMPRESSION,
)

_IMPRESSION: Final = f"""
transaction_id unix_timestamp tracking_url source_id {_SUBS} payout_type payout revenue_type revenue
referer {_ERROR} project_id user_ip url is_view_through is_async is_test_mode creative_id
coupon_code category_id campaign_id network_offer_url_id {_DEVICES} currency_id relationship
"""

Impression: Final = _shape(
    "Impression",
    "`sub6` and more of the call stand in `relationship.query_parameters`.",
    _IMPRESSION,
    error_message="N/A",
    is_view_through=False,
    relationship=Relationship,
)


class InternalRedirect(msgspec.Struct, frozen=True, kw_only=True):
    """Footfall passes a click on from no offer to another."""

    previous_transaction_id: str = ""
    previous_offer_id: int = 0
    is_pay_affiliate: bool = False
    is_pass_through: bool = False
    network_offer_url_id: int = 0
    redirect_count: int = 0


ClickRelationship: Final = _shape(
    "ClickRelationship",
    None,
    f"{_OF_IMPRESSION} http_accept_language previous_transaction_id redirect_url forensiq_score"
    " internal_redirect",
    internal_redirect=InternalRedirect(),
)

Click: Final = _shape(
    "Click",
    "`is_unique` 1 for a click that counts, 0 for a repeated one.",
    f"{_IMPRESSION} is_unique previous_network_offer_id is_pass_through is_sdk_click"
    " server_side_url server_side_output redirect_method error_filter_id custom_landing_page_id",
    error_message="N/A",
    is_view_through=False,
    relationship=ClickRelationship,
)

Conversion: Final = _shape(
    "Conversion",
    """`transaction_id` is that of the click or impression that it is attributed to, its own for one
    that is attributed to a coupon. Place, device and `session_user_ip` are that click's.""",
    f"""
    conversion_id conversion_unix_timestamp {_SUBS} source_id status payout_type revenue_type payout
    revenue session_user_ip conversion_user_ip country region city dma carrier platform os_version
    device_type device_model brand browser language http_user_agent adv1 adv2 adv3 adv4 adv5
    is_event event notes transaction_id click_unix_timestamp {_ERROR} sale_amount is_scrub
    coupon_code order_id url isp referer app_id {_DEVICES} currency_id email is_view_through
    previous_network_offer_id network_offer_payout_revenue_id relationship
    """,
    relationship=_shape(
        "ConversionRelationship",
        None,
        f"{_RELATED} query_parameters attribution_method",
        attribution_method="last_touch",
    ),
)

# ── as an affiliate sees them ─────────────────────────────────────────────────────────────────

AffiliateClick: Final = _shape(
    "AffiliateClick",
    "`revenue` is what the affiliate earns: the network's payout.",
    f"""
    transaction_id is_unique unix_timestamp tracking_url source_id {_SUBS} revenue_type revenue
    referer {_ERROR} user_ip creative_id coupon_code {_DEVICES} currency_id relationship
    """,
    error_message="N/A",
    relationship=_shape(
        "AffiliateRelationship",
        None,
        "offer geolocation device_information query_parameters",
    ),
)

AffiliateConversion: Final = _shape(
    "AffiliateConversion",
    "Likewise.",
    f"""
    conversion_id conversion_unix_timestamp {_SUBS} source_id status revenue_type revenue
    session_user_ip country region city dma carrier platform os_version device_type device_model
    brand browser language http_user_agent is_event event transaction_id click_unix_timestamp
    {_ERROR} sale_amount coupon_code order_id isp referer currency_id is_view_through relationship
    """,
    relationship=_shape("AffiliateConversionRelationship", None, "offer"),
)
