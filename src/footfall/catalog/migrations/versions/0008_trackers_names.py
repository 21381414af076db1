"""Trackers that are made by the native API have a name."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("trackers", sa.Column("name", sa.String))
