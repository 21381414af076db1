"""What each dialect has of its own."""

from footfall.catalog.migrations.columns import (
    blob,
    flag,
    index,
    integer,
    json,
    number,
    numbered,
    of,
    of_text,
    owned,
    real,
    table,
    text,
)

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _openqr()
    _vantio()
    _copernica()
    _passentry_entities()
    _passentry_readers_and_passes()
    _everflow_partners()
    _everflow_offers()


def _openqr() -> None:
    table(
        "openqr_folders",
        text("id", key=True),
        of("account_id", "accounts"),
        text("name"),
        number("created_at"),
        index("name", "account_id", "name", unique=True),
    )
    table(
        "openqr_themes",
        text("id", key=True),
        of("account_id", "accounts"),
        text("name"),
        json("style"),
        number("created_at"),
        index("name", "account_id", "name", unique=True),
    )
    numbered(
        "openqr_codes",
        of("tracker_id", "trackers", null=True, unique=True, on_delete="CASCADE"),
        text("type", "payload"),
        text("label", null=True),
        json("tags"),
        of_text("folder_id", "openqr_folders", null=True, index=True, on_delete="SET NULL"),
        of_text("theme_id", "openqr_themes", null=True, index=True, on_delete="SET NULL"),
    )
    table(
        "openqr_changes",
        of("code_number", "openqr_codes", key=True, on_delete="CASCADE", column="number"),
        integer("number", key=True),
        text("changed_by", "changed_by_id"),
        integer("undoes", null=True),
        json("before", "after"),
        number("created_at"),
    )


def _vantio() -> None:
    numbered(
        "vantio_programs",
        text("name", "landing_url", "payout_schedule", "currency"),
        text("description", null=True),
        json("commission", "details"),
        number("minimum_payout", "updated_at"),
    )
    numbered(
        "vantio_users",
        of_text("program_id", "vantio_programs", index=True),
        text("first_name", "last_name", "email"),
        text("profile_picture", null=True),
        number("updated_at"),
        json("details"),
    )
    numbered(
        "vantio_posters",
        of_text("program_id", "vantio_programs", index=True),
        of_text("student_id", "vantio_users", index=True),
        of("tracker_id", "trackers", unique=True, on_delete="CASCADE"),
        text("location", null=True),
        number("updated_at"),
        json("details"),
    )
    numbered(
        "vantio_referrals",
        text("impression_id", "poster_id", "first_name", "last_name", "email", "status"),
        of_text("program_id", "vantio_programs", index=True),
        of_text("student_id", "vantio_users", index=True),
        text("profile_picture", null=True),
        number("verified_at", null=True),
        number("updated_at"),
        json("details"),
        index("impression", "account_id", "impression_id"),
    )
    numbered(
        "vantio_earnings",
        of_text("referral_id", "vantio_referrals", index=True),
        of_text("program_id", "vantio_programs", index=True),
        number("amount", "updated_at"),
        text("currency", "status"),
        text("type", "description", "reference_id", null=True),
        number("paid_at", null=True),
        json("details"),
    )


def _copernica() -> None:
    owned(
        "copernica_profiles",
        text("secret"),
        json("fields", "interests"),
        number("removed_at", null=True),
    )
    owned(
        "copernica_emailings",
        of("tracker_id", "trackers", unique=True, on_delete="CASCADE"),
        number("sent_at"),
        text("subject", "description", "type", "contenttype"),
        json("from_address", "target", null=True),
        text("document", "template", null=True),
        flag("followup", "test"),
        json("tags"),
        integer("destinations"),
    )
    owned(
        "copernica_subprofiles",
        of("profile_id", "copernica_profiles", index=True, on_delete="CASCADE"),
        text("secret"),
        json("fields"),
        number("removed_at", null=True),
    )
    owned(
        "copernica_destinations",
        of("emailing_id", "copernica_emailings", on_delete="CASCADE"),
        text("hash", unique=True),
        integer("profile", "subprofile", null=True),
        index("emailing", "emailing_id", "id"),
        index("profile", "account_id", "profile", "id"),
    )
    owned(
        "copernica_links",
        of("emailing_id", "copernica_emailings", on_delete="CASCADE"),
        text("url", "title"),
        index("url", "emailing_id", "url", unique=True),
    )


def _passentry_entities() -> None:
    numbered("passentry_entities", text("name"), flag("is_default"))
    table(
        "passentry_offline_readers",
        of("account_id", "accounts", key=True),
        text("reader_id", key=True),
        integer("uploads", "recorded", "duplicates", "refused"),
        number("skew_last", "skew_least", "skew_most", "sent_at", "received_at"),
    )
    table(
        "passentry_offline_scans",
        number("event_id", key=True),
        of("account_id", "accounts"),
        text("reader_id", "nonce"),
        number("sequence"),
        blob("digest"),
        index("nonce", "account_id", "reader_id", "nonce", unique=True),
        index("sequence", "account_id", "reader_id", "sequence"),
    )
    numbered(
        "passentry_templates",
        text("name", "type"),
        json("definition"),
        index("name", "account_id", "name"),
    )
    table(
        "passentry_admissions",
        number("event_id", key=True),
        of("account_id", "accounts"),
        of("tracker_id", "trackers", on_delete="CASCADE"),
        number("at", "sequence", "window_ms"),
        text("reader_id", "nonce"),
        flag("offline"),
        number("device_at", "double_of", null=True),
        index("double", "account_id", "double_of", "event_id"),
        index("pass", "tracker_id", "at"),
    )
    numbered(
        "passentry_events",
        of_text("entity_id", "passentry_entities", index=True, on_delete="CASCADE"),
        text("name"),
        text("venue", null=True),
        number("starts_at", "ends_at", null=True),
    )


def _passentry_readers_and_passes() -> None:
    table(
        "passentry_reader_configurations",
        of_text("entity_id", "passentry_entities", key=True, on_delete="CASCADE"),
        text("id", unique=True),
        of("account_id", "accounts"),
        text(
            "nfc_private_key",
            "google_collector_id",
            "apple_pass_type_id",
            "external_url",
            null=True,
        ),
        integer("google_key_version", null=True),
        of("api_key_id", "api_keys", null=True),
        text("validation_type", "external_secret"),
        integer("validity_seconds", "external_timeout_ms"),
        flag("installed_only"),
        number("updated_at"),
    )
    table(
        "passentry_readers",
        integer("number", key=True),
        text("id", "name", "type"),
        of("account_id", "accounts"),
        of_text("entity_id", "passentry_entities", on_delete="CASCADE"),
        text("password_hash", null=True),
        flag(
            "logged_in",
            "qr_enabled",
            "mifare_classic_nfc_enabled",
            "scan_enabled",
            "redeem_enabled",
            "add_points_enabled",
            "ndef_tag_scanning_enabled",
        ),
        number("last_seen_at", null=True),
        number("created_at"),
        index("entity", "entity_id", "number"),
        index("id", "account_id", "id", unique=True),
    )
    table(
        "passentry_passes",
        of("tracker_id", "trackers", key=True, on_delete="CASCADE"),
        text("id", unique=True),
        of("account_id", "accounts"),
        text("ext_id", "status"),
        of_text("template_id", "passentry_templates", index=True),
        of_text("venue_event_id", "passentry_events", null=True, index=True, on_delete="SET NULL"),
        text("device_type", "group_tag", "latest_message", null=True),
        json("group_tags", "content", "barcode", "nfc", "details"),
        number("valid_from", "expires_at", "added_at", "removed_at", "deactivated_at", null=True),
        number("created_at", "balance"),
        index("account", "account_id", "tracker_id"),
        index("ext_id", "account_id", "ext_id", unique=True),
        index("id", "account_id", "id", unique=True),
    )


def _everflow_partners() -> None:
    owned("everflow_affiliate_tiers", text("name", "status"))
    owned("everflow_business_units", text("name", "status"))
    owned("everflow_campaigns", text("internal_notes", "name", "status"))
    owned("everflow_categories", text("name", "status"))
    owned("everflow_channels", text("name", "status"))
    owned("everflow_employees", text("first_name", "last_name", "email", "name", "status"))
    owned(
        "everflow_labels",
        text("name", "status"),
        index("name", "account_id", "name", unique=True),
    )
    table(
        "everflow_networks",
        of("account_id", "accounts", key=True),
        flag("impression_package"),
        integer("timezone_id"),
        text("currency_id"),
    )
    owned("everflow_offer_groups", text("name", "status"))
    owned(
        "everflow_advertisers",
        of("account_manager_id", "everflow_employees", null=True),
        of("sales_manager_id", "everflow_employees", null=True),
        text("internal_notes", "name", "status"),
        text("verification_token", default=""),
    )
    owned(
        "everflow_affiliates",
        of("affiliate_manager_id", "everflow_employees", null=True),
        of("account_executive_id", "everflow_employees", null=True),
        of("affiliate_tier_id", "everflow_affiliate_tiers", null=True),
        text("billing_frequency", "internal_notes", "name", "status"),
    )
    table(
        "everflow_affiliate_keys",
        of("key_id", "api_keys", key=True),
        of("affiliate_id", "everflow_affiliates"),
    )


def _everflow_offers() -> None:
    table(
        "everflow_offers",
        of("id", "trackers", key=True, on_delete="CASCADE"),
        of("advertiser_id", "everflow_advertisers"),
        of("offer_group_id", "everflow_offer_groups", null=True),
        of("category_id", "everflow_categories", null=True),
        of("business_unit_id", "everflow_business_units", null=True),
        of("channel_id", "everflow_channels", null=True),
        json("labels"),
        text(
            "project_id",
            "destination_url",
            "preview_url",
            "visibility",
            "currency_id",
            "payout_type",
            "revenue_type",
            "internal_notes",
            "name",
            "status",
        ),
        real("payout", "revenue"),
        flag("view_through"),
        of("account_id", "accounts"),
        number("created_at", "updated_at"),
        index("account", "account_id", "id"),
    )
    table(
        "everflow_conversions",
        blob("key", key=True),
        of("offer_id", "everflow_offers", index=True, on_delete="CASCADE"),
        number("click_id", "event_id"),
    )
    owned(
        "everflow_coupons",
        text("folded", unique=True),
        of("offer_id", "everflow_offers", on_delete="CASCADE"),
        of("affiliate_id", "everflow_affiliates", null=True),
        text("name", "status"),
    )
    owned(
        "everflow_creatives",
        of("offer_id", "everflow_offers", on_delete="CASCADE"),
        text("creative_type", "resource_url", "html_code", "name", "status"),
        integer("width", "height"),
    )
    owned(
        "everflow_offer_urls",
        of("offer_id", "everflow_offers", on_delete="CASCADE"),
        text("destination_url", "name", "status"),
    )
