"""Everflow: offers, advertisers, affiliates, and what stands around them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for noun in (
        "categories",
        "offer_groups",
        "labels",
        "business_units",
        "channels",
        "affiliate_tiers",
    ):
        _noun(noun)
    op.create_index(
        "uq_everflow_labels_name", "everflow_labels", ["account_id", "name"], unique=True
    )
    _people()
    _offers()
    _around_offers()
    op.create_table(
        "everflow_networks",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("impression_package", sa.Boolean, nullable=False),
        sa.Column("timezone_id", sa.Integer, nullable=False),
        sa.Column("currency_id", sa.String, nullable=False),
        _reference("networks", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", name="pk_everflow_networks"),
    )


def _people() -> None:
    _noun("employees", *_texts("first_name", "last_name", "email"))
    _noun(
        "advertisers",
        sa.Column("account_manager_id", sa.Integer),
        sa.Column("sales_manager_id", sa.Integer),
        *_texts("internal_notes"),
        _reference("advertisers", "account_manager_id", "everflow_employees"),
        _reference("advertisers", "sales_manager_id", "everflow_employees"),
    )
    _noun(
        "affiliates",
        sa.Column("affiliate_manager_id", sa.Integer),
        sa.Column("account_executive_id", sa.Integer),
        sa.Column("affiliate_tier_id", sa.Integer),
        *_texts("billing_frequency", "internal_notes"),
        _reference("affiliates", "affiliate_manager_id", "everflow_employees"),
        _reference("affiliates", "account_executive_id", "everflow_employees"),
        _reference("affiliates", "affiliate_tier_id", "everflow_affiliate_tiers"),
    )


def _offers() -> None:
    _noun(
        "offers",
        sa.Column("advertiser_id", sa.Integer, nullable=False),
        sa.Column("offer_group_id", sa.Integer),
        sa.Column("category_id", sa.Integer),
        sa.Column("business_unit_id", sa.Integer),
        sa.Column("channel_id", sa.Integer),
        sa.Column("labels", sa.JSON, nullable=False),
        *_texts("project_id", "destination_url", "preview_url", "visibility", "currency_id"),
        *_texts("payout_type"),
        sa.Column("payout", sa.Double, nullable=False),
        *_texts("revenue_type"),
        sa.Column("revenue", sa.Double, nullable=False),
        sa.Column("view_through", sa.Boolean, nullable=False),
        *_texts("internal_notes"),
        _reference("offers", "id", "trackers", ondelete="CASCADE"),
        _reference("offers", "advertiser_id", "everflow_advertisers"),
        _reference("offers", "offer_group_id", "everflow_offer_groups"),
        _reference("offers", "category_id", "everflow_categories"),
        _reference("offers", "business_unit_id", "everflow_business_units"),
        _reference("offers", "channel_id", "everflow_channels"),
        autoincrement=False,
    )


def _around_offers() -> None:
    _noun(
        "offer_urls",
        sa.Column("offer_id", sa.Integer, nullable=False),
        *_texts("destination_url"),
        _reference("offer_urls", "offer_id", "everflow_offers", ondelete="CASCADE"),
    )
    _noun(
        "creatives",
        sa.Column("offer_id", sa.Integer, nullable=False),
        *_texts("creative_type", "resource_url", "html_code"),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        _reference("creatives", "offer_id", "everflow_offers", ondelete="CASCADE"),
    )
    _noun("campaigns", *_texts("internal_notes"))
    _noun(
        "coupons",
        *_texts("folded"),
        sa.Column("offer_id", sa.Integer, nullable=False),
        sa.Column("affiliate_id", sa.Integer),
        sa.UniqueConstraint("folded", name="uq_everflow_coupons_folded"),
        _reference("coupons", "offer_id", "everflow_offers", ondelete="CASCADE"),
        _reference("coupons", "affiliate_id", "everflow_affiliates"),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _noun(noun: str, *parts: Any, autoincrement: bool = True) -> None:
    table = f"everflow_{noun}"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        *_texts("name", "status"),
        *parts,
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _reference(noun, "account_id", "accounts"),
        sqlite_autoincrement=autoincrement,
    )
    op.create_index(f"ix_{table}_account", table, ["account_id", "id"])


def _reference(
    noun: str, column: str, to: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = f"fk_everflow_{noun}_{column}_{to}"
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete)
