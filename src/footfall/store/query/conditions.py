"""Conditions of a filter as SQL. Values always travel as parameters."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from footfall.core.events import COLUMNS, NUMBERS
from footfall.core.queries import METADATA, Condition, Operator, metadata_keys
from footfall.parsing.numbers import read_number

Parameters = dict[str, Any]

MICROS: Final = ("payout_micros", "revenue_micros", "sale_micros")
"""Sums of money that the event store keeps."""
_ENUMS: Final = frozenset({"kind", "verdict"})

ADDRESS: Final = "if(ip = toIPv6('::'), '', replaceRegexpOne(toString(ip), '^::ffff:', ''))"


class Column(NamedTuple):
    """A value that events have: as text, and as a number or an address (IPv6) if it is one; of a
    value in the metadata the arguments that lead to it."""

    text: str
    number: str = ""
    address: str = ""
    path: str = ""


def column_of(name: str, prefix: str, parameters: Parameters) -> Column:
    """A column of the events, or a path into their metadata. `prefix` begins the names of its
    parameters."""
    if name.startswith(METADATA):
        keys = []
        for number, key in enumerate(metadata_keys(name)):
            parameters[f"{prefix}_key_{number}"] = key
            keys.append(f"{{{prefix}_key_{number}:String}}")
        path = ", ".join(["metadata", *keys])
        text = f"JSONExtractString({path})"
        value = f"if(JSONType({path}) = 'String', {text}, JSONExtractRaw({path}))"
        return Column(value, path=path)
    assert name in COLUMNS, name
    if name in NUMBERS:
        return Column(f"toString({name})", name)
    if name in _ENUMS:
        return Column(f"toString({name})")
    return Column(ADDRESS, address=name) if name == "ip" else Column(name)


def holds(one: Condition, column: Column, prefix: str, parameters: Parameters) -> str:
    """SQL that is true where the condition holds for the column's value."""
    name = f"{prefix}_values"
    if one.operator in (Operator.PRESENT, Operator.ABSENT):
        sign = "!=" if one.operator is Operator.PRESENT else "="
        if column.path:  # a key that is missing has this type too
            return f"JSONType({column.path}) {sign} 'Null'"
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
            of = "Int64" if column.number in MICROS else "UInt64"
            return f"{column.number} {word} {{{name}:Array({of})}}"
        parameters[name] = list(one.values)
        if column.path and (numbers := _json_numbers(one.values)):
            equal = _equals_number(column, name, numbers, parameters)
            either = f"({column.text} IN {{{name}:Array(String)}} OR {equal})"
            return either if one.operator is Operator.IS else f"NOT {either}"
        return f"{column.text} {word} {{{name}:Array(String)}}"
    parameters[name] = list(one.values)
    found = {
        Operator.PREFIX: f"startsWith({column.text}, one)",
        Operator.CONTAINS: f"position({column.text}, one) != 0",
    }
    return f"arrayExists(one -> {found[one.operator]}, {{{name}:Array(String)}})"


def _json_numbers(values: Sequence[str]) -> list[Decimal]:
    """Those of the values that are numbers in JSON."""
    return [number for value in values if (number := read_number(value)) is not None]


def _equals_number(
    column: Column, name: str, numbers: list[Decimal], parameters: Parameters
) -> str:
    """SQL that is true for a number in the metadata that is one of these, however it is written:
    19, 19.0 and 1.9e1. Integers of the engine are compared exactly: a double has 53 bits only."""
    whole = [int(one) for one in numbers if one == one.to_integral_value()]
    parameters[f"{name}_whole"] = [str(one) for one in whole]
    doubles = [float(one) for one in numbers]
    # IN tells -0.0 from 0.0.
    parameters[f"{name}_doubles"] = [*doubles, *(-one for one in doubles if one == 0)]
    kind = f"JSONType({column.path})"
    return (
        f"({kind} IN ('Int64', 'UInt64') AND {column.text} IN {{{name}_whole:Array(String)}})"
        f" OR ({kind} = 'Double'"
        f" AND JSONExtractFloat({column.path}) IN {{{name}_doubles:Array(Float64)}})"
    )
