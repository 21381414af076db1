"""Policies: numbered versions of what an account's events are judged by."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("rules", sa.LargeBinary, nullable=False),
        sa.Column("list", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("since_id", sa.BigInteger),
        sa.Column("below", sa.BigInteger),
        sa.Column("judged_id", sa.BigInteger, nullable=False),
        sa.Column("receipt", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("applied_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_policies_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("account_id", "number", name="pk_policies"),
    )
    op.create_index("ix_policies_step", "policies", ["step"])
