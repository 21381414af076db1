"""The shapes of raw rows, and of the objects that they are related to.

The vendor documents no row of impressions: these are the rows of its clicks, without the parts
that only clicks have. docs/dialects/everflow.md says where each field comes from. A field with a
default has that value in every row: Footfall knows nothing else of it.
"""

import msgspec
from msgspec import Raw


class Geolocation(msgspec.Struct, frozen=True, kw_only=True):
    country_code: str
    country_name: str
    region_code: str
    region_name: str = ""
    city_name: str
    dma: int = 0
    dma_name: str = ""
    timezone: str = ""
    carrier_name: str = ""
    carrier_code: int = 0
    organization: str = ""
    isp_name: str
    connection_type: str
    is_mobile: bool = False
    is_proxy: bool = False
    postal_code: str = ""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    is_mobile: bool
    platform_name: str
    os_version: str
    brand: str
    model: str
    is_tablet: bool
    browser_name: str
    browser_version: str
    device_type: str
    language: str
    http_accept_language: str
    is_robot: bool = False
    is_filter: bool = False


class OfferShown(msgspec.Struct, frozen=True, kw_only=True):
    network_offer_id: int
    network_id: int
    network_advertiser_id: int
    network_offer_group_id: int = 0
    name: str = ""
    offer_status: str = ""
    network_tracking_domain_id: int = 1
    visibility: str = ""
    currency_id: str = "USD"


class AdvertiserShown(msgspec.Struct, frozen=True, kw_only=True):
    network_advertiser_id: int
    network_id: int
    name: str = ""
    account_status: str = ""


class AffiliateShown(msgspec.Struct, frozen=True, kw_only=True):
    network_affiliate_id: int
    network_id: int
    name: str = ""
    account_status: str = ""
    network_traffic_source_id: int = 0


class EmployeeShown(msgspec.Struct, frozen=True, kw_only=True):
    network_employee_id: int
    network_id: int
    first_name: str = ""
    last_name: str = ""
    full_name: str = ""
    account_status: str = ""


class Relationship(msgspec.Struct, frozen=True, kw_only=True):
    """What many rows share is encoded once and put in as it is."""

    offer: Raw
    advertiser: Raw
    affiliate: Raw
    account_manager: Raw
    affiliate_manager: Raw
    geolocation: Raw
    device_information: Raw
    http_user_agent: str
    query_parameters: Raw


class Impression(msgspec.Struct, frozen=True, kw_only=True):
    """`sub6` and more of the call stand in `relationship.query_parameters`."""

    transaction_id: str
    unix_timestamp: int
    tracking_url: str
    source_id: str
    sub1: str
    sub2: str
    sub3: str
    sub4: str
    sub5: str
    payout_type: str
    payout: float
    revenue_type: str
    revenue: float
    referer: str
    error_code: int = 0
    error_message: str = "N/A"
    project_id: str
    user_ip: str
    url: str
    is_view_through: bool = False
    is_async: bool
    is_test_mode: bool = False
    creative_id: int
    coupon_code: str
    category_id: int
    campaign_id: int
    network_offer_url_id: int
    idfa: str
    idfa_md5: str
    idfa_sha1: str
    google_ad_id: str
    google_ad_id_md5: str
    google_ad_id_sha1: str
    android_id: str
    android_id_md5: str
    android_id_sha1: str
    currency_id: str
    relationship: Relationship


class InternalRedirect(msgspec.Struct, frozen=True, kw_only=True):
    """Footfall passes a click on from no offer to another."""

    previous_transaction_id: str = ""
    previous_offer_id: int = 0
    is_pay_affiliate: bool = False
    is_pass_through: bool = False
    network_offer_url_id: int = 0
    redirect_count: int = 0


class ClickRelationship(Relationship, frozen=True, kw_only=True):
    http_accept_language: str
    previous_transaction_id: str = ""
    redirect_url: str = ""
    forensiq_score: str = ""
    internal_redirect: InternalRedirect = InternalRedirect()


class Click(Impression, frozen=True, kw_only=True):
    """`is_unique` 1 for a click that counts, 0 for a repeated one."""

    is_unique: int
    relationship: ClickRelationship
    previous_network_offer_id: int = 0
    is_pass_through: bool = False
    is_sdk_click: bool
    server_side_url: str = ""
    server_side_output: str = ""
    redirect_method: str = ""
    error_filter_id: str = ""
    custom_landing_page_id: int = 0


class ConversionRelationship(msgspec.Struct, frozen=True, kw_only=True):
    offer: Raw
    advertiser: Raw
    affiliate: Raw
    account_manager: Raw
    affiliate_manager: Raw
    query_parameters: Raw
    attribution_method: str = "last_touch"


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """`transaction_id` is that of the click or impression that it is attributed to, its own for one
    that is attributed to a coupon. Place, device and `session_user_ip` are that click's."""

    conversion_id: str
    conversion_unix_timestamp: int
    sub1: str
    sub2: str
    sub3: str
    sub4: str
    sub5: str
    source_id: str
    status: str = "approved"
    payout_type: str
    revenue_type: str
    payout: float
    revenue: float
    session_user_ip: str
    conversion_user_ip: str = ""
    country: str
    region: str
    city: str
    dma: int
    carrier: str
    platform: str
    os_version: str
    device_type: str
    device_model: str
    brand: str
    browser: str
    language: str
    http_user_agent: str
    adv1: str
    adv2: str
    adv3: str
    adv4: str
    adv5: str
    is_event: bool
    event: str
    notes: str = ""
    transaction_id: str
    click_unix_timestamp: int
    error_code: int = 0
    error_message: str = ""
    sale_amount: float
    is_scrub: bool = False
    coupon_code: str
    order_id: str
    url: str
    isp: str
    referer: str
    app_id: str = ""
    idfa: str
    idfa_md5: str
    idfa_sha1: str
    google_ad_id: str
    google_ad_id_md5: str
    google_ad_id_sha1: str
    android_id: str
    android_id_md5: str
    android_id_sha1: str
    currency_id: str
    email: str = ""
    is_view_through: bool
    previous_network_offer_id: int = 0
    network_offer_payout_revenue_id: int = 0
    relationship: ConversionRelationship


# ── as an affiliate sees them ─────────────────────────────────────────────────────────────────


class AffiliateOfferShown(msgspec.Struct, frozen=True, kw_only=True):
    network_offer_id: int
    network_id: int
    name: str = ""
    offer_status: str = ""
    network_tracking_domain_id: int = 1


class AffiliateRelationship(msgspec.Struct, frozen=True, kw_only=True):
    offer: Raw
    geolocation: Raw
    device_information: Raw
    query_parameters: Raw


class AffiliateClick(msgspec.Struct, frozen=True, kw_only=True):
    """`revenue` is what the affiliate earns: the network's payout."""

    transaction_id: str
    is_unique: int
    unix_timestamp: int
    tracking_url: str
    source_id: str
    sub1: str
    sub2: str
    sub3: str
    sub4: str
    sub5: str
    revenue_type: str
    revenue: float
    referer: str
    error_code: int = 0
    error_message: str = "N/A"
    user_ip: str
    creative_id: int
    coupon_code: str
    idfa: str
    idfa_md5: str
    idfa_sha1: str
    google_ad_id: str
    google_ad_id_md5: str
    google_ad_id_sha1: str
    android_id: str
    android_id_md5: str
    android_id_sha1: str
    currency_id: str
    relationship: AffiliateRelationship


class AffiliateConversionRelationship(msgspec.Struct, frozen=True, kw_only=True):
    offer: Raw


class AffiliateConversion(msgspec.Struct, frozen=True, kw_only=True):
    """Likewise."""

    conversion_id: str
    conversion_unix_timestamp: int
    sub1: str
    sub2: str
    sub3: str
    sub4: str
    sub5: str
    source_id: str
    status: str = "approved"
    revenue_type: str
    revenue: float
    session_user_ip: str
    country: str
    region: str
    city: str
    dma: int
    carrier: str
    platform: str
    os_version: str
    device_type: str
    device_model: str
    brand: str
    browser: str
    language: str
    http_user_agent: str
    is_event: bool
    event: str
    transaction_id: str
    click_unix_timestamp: int
    error_code: int = 0
    error_message: str = ""
    sale_amount: float
    coupon_code: str
    order_id: str
    isp: str
    referer: str
    currency_id: str
    is_view_through: bool
    relationship: AffiliateConversionRelationship
