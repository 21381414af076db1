"""Copernica's profiles and subprofiles: when they were removed. Until now they were deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    for table in ("copernica_profiles", "copernica_subprofiles"):
        op.add_column(table, sa.Column("removed_at", sa.BigInteger))
