"""Webhooks whose receivers fail: since when, and when and why they were disabled."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("failing_since", sa.BigInteger))
    op.add_column("webhooks", sa.Column("disabled_at", sa.BigInteger))
    op.add_column("webhooks", sa.Column("disabled_reason", sa.String))
    op.create_index(
        "ix_webhook_deliveries_order", "webhook_deliveries", ["webhook_id", "next_at", "number"]
    )
