"""The columns and tables of migrations, written as briefly as they can be read.

Migrations stand alone: they import nothing of the tables of today, which go on changing.
Times are BigInteger, in milliseconds since 1970.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op

Columns = list[sa.Column[Any]]


def _columns(kind: Any, *names: str, key: bool = False, null: bool = False, **more: Any) -> Columns:
    default = more.pop("default", None)
    return [
        sa.Column(name, kind, primary_key=key, nullable=null, server_default=default, **more)
        for name in names
    ]


text = partial(_columns, sa.String)
number = partial(_columns, sa.BigInteger)
integer = partial(_columns, sa.Integer)
real = partial(_columns, sa.Double)
flag = partial(_columns, sa.Boolean)
json = partial(_columns, sa.JSON)
blob = partial(_columns, sa.LargeBinary)


def of(
    name: str,
    table: str,
    *,
    column: str = "id",
    on_delete: str | None = None,
    kind: Any = sa.Integer,
    null: bool = False,
    key: bool = False,
    **more: Any,
) -> Columns:
    """What refers to a row of another table."""
    refers = sa.ForeignKey(f"{table}.{column}", ondelete=on_delete)
    return [sa.Column(name, kind, refers, primary_key=key, nullable=null, **more)]


of_text = partial(of, kind=sa.String)


def index(name: str, *columns: str, unique: bool = False) -> tuple[str, tuple[str, ...], bool]:
    """`name` is what follows `ix_TABLE_`."""
    return name, columns, unique


def table(name: str, *parts: Iterable[Any]) -> None:
    """A key of one integer is never given to a second row, also when the first is deleted."""
    columns: Columns = []
    indexes: list[sa.Index] = []
    for part in parts:
        if isinstance(part, tuple):
            suffix, of_columns, unique = part
            indexes.append(sa.Index(f"ix_{name}_{suffix}", *of_columns, unique=unique))
        else:
            columns += part
    keys = [one for one in columns if one.primary_key]
    alone = len(keys) == 1 and type(keys[0].type) is sa.Integer and not keys[0].foreign_keys
    op.create_table(name, *columns, *indexes, sqlite_autoincrement=alone)


def owned(name: str, *parts: Iterable[Any]) -> None:
    """Rows of an account, listed by their ids."""
    table(
        name,
        integer("id", key=True),
        of("account_id", "accounts"),
        number("created_at", "updated_at"),
        *parts,
        index("account", "account_id", "id"),
    )


def numbered(name: str, *parts: Iterable[Any]) -> None:
    """Rows of an account whose ids are text, listed by their numbers."""
    table(
        name,
        integer("number", key=True),
        text("id", unique=True),
        of("account_id", "accounts"),
        number("created_at"),
        *parts,
        index("account", "account_id", "number"),
    )
