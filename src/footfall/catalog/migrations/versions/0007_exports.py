"""Exports: files of events that are made bit by bit."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("extract", sa.LargeBinary, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("rows_total", sa.BigInteger),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("cursor", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_exports_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_exports"),
        sa.UniqueConstraint("id", name="uq_exports_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_exports_account", "exports", ["account_id", "source", "number"])
    op.create_index("ix_exports_state", "exports", ["state", "number"])
