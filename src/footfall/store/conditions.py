"""Conditions of a filter as SQL. Values always travel as parameters."""

from typing import Any, Final, NamedTuple

from footfall.core.events import COLUMNS
from footfall.core.queries import METADATA, Condition, Operator

Parameters = dict[str, Any]

_NUMBERS: Final = frozenset({"id", "account", "tracker", "delay", "visitor", "asn"})
_ENUMS: Final = frozenset({"kind", "verdict"})

ADDRESS: Final = "if(ip = toIPv6('::'), '', replaceRegexpOne(toString(ip), '^::ffff:', ''))"


class Column(NamedTuple):
    """A value that events have: as text, and as a number or an address (IPv6) if it is one."""

    text: str
    number: str = ""
    address: str = ""


def column_of(name: str, prefix: str, parameters: Parameters) -> Column:
    """A column of the events, or a path into their metadata. `prefix` begins the names of its
    parameters."""
    if name.startswith(METADATA):
        keys = []
        for number, key in enumerate(name.removeprefix(METADATA).split(".")):
            parameters[f"{prefix}_key_{number}"] = key
            keys.append(f"{{{prefix}_key_{number}:String}}")
        path = ", ".join(["metadata", *keys])
        text = f"JSONExtractString({path})"
        return Column(f"if(JSONType({path}) = 'String', {text}, JSONExtractRaw({path}))")
    assert name in COLUMNS, name
    if name in _NUMBERS:
        return Column(f"toString({name})", name)
    if name in _ENUMS:
        return Column(f"toString({name})")
    return Column(ADDRESS, address=name) if name == "ip" else Column(name)


def holds(one: Condition, column: Column, prefix: str, parameters: Parameters) -> str:
    """SQL that is true where the condition holds for the column's value."""
    name = f"{prefix}_values"
    if one.operator in (Operator.PRESENT, Operator.ABSENT):
        sign = "!=" if one.operator is Operator.PRESENT else "="
        return f"{column.number} {sign} 0" if column.number else f"{column.text} {sign} ''"
    if one.operator in (Operator.FROM, Operator.TO):
        (value,) = one.values
        sign = ">=" if one.operator is Operator.FROM else "<"
        if column.number:
            parameters[name] = int(value)
            return f"{column.number} {sign} {{{name}:Int64}}"
        if column.address:
            parameters[name] = value
            known = f"{column.address} != toIPv6('::')"
            return f"({known} AND {column.address} {sign} toIPv6({{{name}:String}}))"
        parameters[name] = float(value)
        return f"ifNull(toFloat64OrNull({column.text}) {sign} {{{name}:Float64}}, 0)"
    if one.operator in (Operator.IS, Operator.NOT):
        word = "IN" if one.operator is Operator.IS else "NOT IN"
        if column.number:
            parameters[name] = [int(value) for value in one.values]
            return f"{column.number} {word} {{{name}:Array(UInt64)}}"
        parameters[name] = list(one.values)
        return f"{column.text} {word} {{{name}:Array(String)}}"
    parameters[name] = list(one.values)
    found = {
        Operator.PREFIX: f"startsWith({column.text}, one)",
        Operator.CONTAINS: f"position({column.text}, one) != 0",
    }
    return f"arrayExists(one -> {found[one.operator]}, {{{name}:Array(String)}})"
