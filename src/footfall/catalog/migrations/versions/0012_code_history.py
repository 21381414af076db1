"""The history of OpenQR's codes: what was changed of each."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "openqr_changes",
        sa.Column("code_number", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.Column("changed_by_id", sa.String, nullable=False),
        sa.Column("undoes", sa.Integer),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["code_number"],
            ["openqr_codes.number"],
            name="fk_openqr_changes_code_number_openqr_codes",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code_number", "number", name="pk_openqr_changes"),
    )
