"""A key may have a limit of its own of what it creates in an hour."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("creations_per_hour", sa.Integer))
