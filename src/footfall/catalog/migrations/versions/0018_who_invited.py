"""A one-time link knows the member who made it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    with op.batch_alter_table("invitations") as invitations:
        invitations.add_column(sa.Column("invited_by", sa.Integer))
        invitations.create_foreign_key(
            op.f("fk_invitations_invited_by_members"),
            "members",
            ["invited_by"],
            ["id"],
            ondelete="SET NULL",
        )
