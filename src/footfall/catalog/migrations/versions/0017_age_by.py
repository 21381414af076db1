"""Raw events may age since they happened; a removal says what it freed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    for table in ("accounts", "retention_rules"):
        op.add_column(
            table, sa.Column("age_by", sa.String, nullable=False, server_default="received_at")
        )
    op.add_column("removals", sa.Column("bytes_freed", sa.BigInteger))
