"""Removals: rules of retention, what takes events away, and how many of which hour went."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("rollup_months", sa.Integer))
    op.create_table(
        "retention_rules",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("raw_days", sa.Integer),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_retention_rules_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("account_id", "source", name="pk_retention_rules"),
    )
    op.create_table(
        "removals",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("query", sa.LargeBinary),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("proof", sa.String, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("below", sa.BigInteger),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("bytes_before", sa.BigInteger, nullable=False),
        sa.Column("bytes_after", sa.BigInteger, nullable=False),
        sa.Column("receipt", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_removals_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_removals"),
        sa.UniqueConstraint("id", name="uq_removals_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_removals_account", "removals", ["account_id", "number"])
    op.create_index("ix_removals_step", "removals", ["step", "number"])
    op.create_table(
        "removed_events",
        sa.Column("removal_number", sa.Integer, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_removed_events_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["removal_number"],
            ["removals.number"],
            name="fk_removed_events_removal_number_removals",
        ),
        sa.PrimaryKeyConstraint("removal_number", "source", "hour", name="pk_removed_events"),
    )
    op.create_index("ix_removed_events_account", "removed_events", ["account_id", "hour"])
