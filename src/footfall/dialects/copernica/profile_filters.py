"""Which profiles a list holds, and in which order: `fields[]`, `orderby` and `order`.

https://github.com/CopernicaMarketingSoftware/Documentation: `rest-fields-parameter`,
`rest-get-database-profiles`
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, case, cast, func, literal, or_
from sqlalchemy.orm import Session

from footfall.catalog.searching import Folded
from footfall.dialects.copernica import php
from footfall.dialects.copernica.databases import names_of
from footfall.dialects.copernica.list_queries import Comparison, check_pattern
from footfall.dialects.copernica.tables import Condition
from footfall.parsing.folding import fold

NUMBER: Final = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$"
_QUOTED: Final = frozenset('"\\')
"""A path into JSON has no way to write these in a name: such fields are no order."""
_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def field_conditions(
    session: Session, account: int, rows: Any, comparisons: Sequence[Comparison]
) -> list[Condition]:
    """What `fields[]` says of the fields themselves. A name that no profile has is ignored, as the
    vendor does; one that this profile has not is an empty text."""
    if not comparisons:
        return []
    known = names_of(session, account, rows.fields)
    return [
        _condition(_value(rows, known[one.name.casefold()]), one)
        for one in comparisons
        if one.name.casefold() in known
    ]


def order_of(
    session: Session, account: int, rows: Any, query: php.Values
) -> list[ColumnElement[Any]]:
    """Empty for the order of ids. What is not a name of a field is ignored."""
    name = php.to_text(query.get("orderby")).casefold()
    descending = php.to_text(query.get("order")).lower() in ("desc", "descending")
    if name == "random":
        return [func.random()]
    if _QUOTED & {*name}:
        return []
    if name == "modified":
        key: Any = rows.updated_at
    elif name in ("", "id") or name not in (known := names_of(session, account, rows.fields)):
        return [rows.id.desc()] if descending else []
    else:
        key = Folded(_value(rows, known[name]))
    return [key.desc(), rows.id.desc()] if descending else [key, rows.id]


def _value(rows: Any, spellings: Sequence[str]) -> Any:
    """The text of a field, whose name may have come in more than one case."""
    return func.coalesce(*(rows.fields[name].as_string() for name in spellings), "")


def _condition(value: Any, one: Comparison) -> Condition:
    """Numbers compare as numbers, all else as texts whatever their case."""
    if one.operator in ("=~", "!~"):
        check_pattern(one.value)
        like = Folded(value).like(fold(one.value))
        return ~like if one.operator == "!~" else like
    compare = _COMPARE[one.operator]
    if not php.is_numeric(one.value):
        compared: Condition = compare(Folded(value), fold(one.value))
        return compared
    number = compare(cast(value, Float), float(one.value))
    other = literal(one.operator == "!=")
    return or_(case((value.regexp_match(NUMBER), number), else_=other))
