"""Everflow's conversions, each known once, the token that its advertiser signs them with, and the
API keys of affiliates."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "everflow_conversions",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("offer_id", sa.Integer, nullable=False),
        sa.Column("click_id", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["everflow_offers.id"],
            name="fk_everflow_conversions_offer_id_everflow_offers",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_everflow_conversions"),
    )
    op.create_index("ix_everflow_conversions_offer_id", "everflow_conversions", ["offer_id"])
    op.create_table(
        "everflow_affiliate_keys",
        sa.Column("key_id", sa.Integer, nullable=False),
        sa.Column("affiliate_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_keys.id"], name="fk_everflow_affiliate_keys_key_id_api_keys"
        ),
        sa.ForeignKeyConstraint(
            ["affiliate_id"],
            ["everflow_affiliates.id"],
            name="fk_everflow_affiliate_keys_affiliate_id_everflow_affiliates",
        ),
        sa.PrimaryKeyConstraint("key_id", name="pk_everflow_affiliate_keys"),
    )
    op.add_column(
        "everflow_advertisers",
        sa.Column("verification_token", sa.String, nullable=False, server_default=sa.text("''")),
    )
