"""Copernica's profiles: when they were removed. Everflow's codes: folded in normal form C."""

import sqlalchemy as sa
from alembic import op

from footfall.parsing.folding import fold

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for table in ("copernica_profiles", "copernica_subprofiles"):
        op.add_column(table, sa.Column("removed_at", sa.BigInteger))
    _fold_codes()


def _fold_codes() -> None:
    """Of two codes that are the same from now on, the older one keeps the name."""
    coupons = sa.table("everflow_coupons", sa.column("id"), sa.column("name"), sa.column("folded"))
    connection = op.get_bind()
    rows = connection.execute(sa.select(coupons).order_by(coupons.c.id)).all()
    taken = {row.folded for row in rows}
    for row in rows:
        folded = fold(row.name.strip())
        if folded not in taken:
            taken.add(folded)
            connection.execute(coupons.update().where(coupons.c.id == row.id).values(folded=folded))
