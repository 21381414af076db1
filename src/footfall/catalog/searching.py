"""Texts of the catalog compared without regard to case and normal form (`folding.py`), as SQL.

SQLite knows the case of ASCII alone: there Python folds the texts that are not ASCII. For
PostgreSQL, functions of the same names would have to be created.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from footfall.parsing.folding import fold, fold_url


class Folded(GenericFunction[str]):
    """A column as `fold` gives it."""

    type = String()
    name = "fold"
    inherit_cache = True


class FoldedUrl(GenericFunction[str]):
    """A column as `fold_url` gives it."""

    type = String()
    name = "fold_url"
    inherit_cache = True


@compiles(Folded, "sqlite")
def _write_folded(element: Any, compiler: Any, **more: Any) -> str:
    # A call of Python costs 1 µs and the interpreter's lock: most texts are ASCII.
    text = compiler.process(element.clauses, **more)
    ascii = f"length(CAST({text} AS BLOB)) = length({text})"
    return f"CASE WHEN {ascii} THEN lower({text}) ELSE fold({text}) END"


@compiles(FoldedUrl, "sqlite")
def _write_folded_url(element: Any, compiler: Any, **more: Any) -> str:
    text = compiler.process(element.clauses, **more)
    ascii = f"length(CAST({text} AS BLOB)) = length({text})"
    plain = f"{ascii} AND instr({text}, '%') = 0 AND {text} NOT LIKE '%xn--%'"
    return f"CASE WHEN {plain} THEN lower({text}) ELSE fold_url({text}) END"


def register(connection: Any) -> None:
    """The functions, for a connection of sqlite3. NULL stays NULL."""
    for name, function in (("fold", fold), ("fold_url", fold_url)):
        connection.create_function(name, 1, _or_null(function), deterministic=True)


def _or_null(function: Any) -> Any:
    return lambda text: None if text is None else function(str(text))


def is_same(column: Any, text: str) -> ColumnElement[bool]:
    """Whether the column has this text, in any case and normal form."""
    return Folded(column) == fold(text)


def matches(text: str, names: Sequence[Any], urls: Sequence[Any] = ()) -> ColumnElement[bool]:
    """Whether one of the columns holds the text, in any case and normal form. `%` and `_` stand for
    themselves. `urls` are found as they are kept and as a browser shows them."""
    wanted = fold(text)
    columns = [*map(Folded, names), *map(FoldedUrl, urls)]
    return or_(*(one.contains(wanted, autoescape=True) for one in columns))
