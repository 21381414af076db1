"""Extracts: events as files, slice by slice, as SQL for the engine."""

import re
from pathlib import Path
from typing import Final

from footfall.core.events import COLUMNS
from footfall.core.queries import Order
from footfall.runtime.extracts import FORMULA, Extract, Format
from footfall.store.paths import engine_path
from footfall.store.query.conditions import MICROS
from footfall.store.query.event_query import (
    COLUMNS_FIRST,
    OCCURRED,
    RECEIVED,
    SHOWN,
    SORTED,
    SqlQuery,
    source_of,
)

_NUMBERS: Final = {
    "id": "UInt64",
    "account": "UInt32",
    "tracker": "UInt64",
    "delay": "Int64",
    "visitor": "UInt32",
    "asn": "UInt32",
    **dict.fromkeys(MICROS, "Int64"),
}
_DERIVED: Final = {
    "occurred_at": (f"fromUnixTimestamp64Milli({OCCURRED}, 'UTC')", "DateTime64(3, 'UTC')"),
    "occurred_seconds": (f"intDiv({OCCURRED}, 1000)", "Int64"),
    "received_at": (
        f"fromUnixTimestamp64Milli({RECEIVED}, 'UTC')",
        "DateTime64(3, 'UTC')",
    ),
    "id_text": ("toString(id)", "String"),
    # The id in 32 digits: dialects/everflow/ids.py
    "id_digits": (
        "lower(concat(leftPad(hex(id), 16, '0'),"
        " leftPad(hex(id * 11400714819323198485), 16, '0')))",
        "String",
    ),
}
"""Columns that are worked out: the expression and its type."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

_FORMATS: Final = {
    Format.CSV: "CSV",
    Format.NDJSON: "JSONEachRow",
    # Parquet cannot be appended to: its end says where everything is. Blocks of the engine's own
    # format can, and become the file in one pass at the end.
    Format.PARQUET: "Native",
    Format.ARROW: "ArrowStream",
}
_SETTINGS: Final = (
    "SETTINGS max_threads = 1, optimize_read_in_order = 1, max_block_size = 8192,"
    " output_format_json_quote_64bit_integers = 0, date_time_output_format = 'iso',"
    f" {COLUMNS_FIRST}"
)
ROW_GROUP: Final = (
    "SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = 8192,"
    " output_format_parquet_row_group_size = 65536,"
    " output_format_parquet_row_group_size_bytes = 33554432,"
    " output_format_parquet_parallel_encoding = 0"
)
"""The memory of a file is that of one group of rows."""


def find_slice(extract: Extract, rows: int) -> SqlQuery:
    """One row (the last id, how many) of the first `rows` events of an extract."""
    source, parameters = source_of(extract.query)
    parameters["rows"] = rows
    direction, _ = SORTED[extract.order]
    last = "max" if extract.order is Order.ASCENDING else "min"
    return (
        f"SELECT {last}(id), count() FROM"
        f" (SELECT id {source} ORDER BY id {direction} LIMIT {{rows:UInt32}})"
        " SETTINGS max_threads = 1, optimize_read_in_order = 1",
        parameters,
    )


def read_slice(extract: Extract, *, first: bool) -> tuple[SqlQuery, str]:
    """All of an extract, and the format that its bytes are to have."""
    source, parameters = source_of(extract.query)
    guarded = extract.format is Format.CSV and not extract.raw_cells
    if guarded:
        parameters["formula"] = FORMULA
    shown = ", ".join(
        f"{_guarded(column) if guarded else expression_of(column)} AS `{name}`"
        for name, column in _columns(extract).items()
    )
    sql = f"SELECT {shown} {source} ORDER BY id {SORTED[extract.order][0]} {_SETTINGS}"
    header = "WithNames" if first and extract.format is Format.CSV else ""
    return (sql, parameters), _FORMATS[extract.format] + header


def merge_slices(extract: Extract, path: Path) -> tuple[SqlQuery, str]:
    """The Parquet file of the slices at this path, gzip after gzip."""
    structure = ", ".join(
        f"`{name}` {type_of(column)}" for name, column in _columns(extract).items()
    )
    sql = (
        "SELECT * FROM file({path:String}, 'Native', {structure:String}, 'gzip')"  # local
        f" {ROW_GROUP}"
    )
    return (sql, {"path": engine_path(path), "structure": structure}), "Parquet"


def _columns(extract: Extract) -> dict[str, str]:
    assert {*extract.columns.values()} <= {*COLUMNS, *_DERIVED}
    assert all(map(_NAME.fullmatch, extract.columns))
    return dict(extract.columns)


def expression_of(column: str) -> str:
    """A column of events as files show it."""
    if column in _DERIVED:
        return _DERIVED[column][0]
    if column in SHOWN:
        return SHOWN[column]
    return f"CAST({column} AS {type_of(column)})"


def _guarded(column: str) -> str:
    """As `expression_of`, with a `'` before text that a spreadsheet may take for a formula."""
    text = expression_of(column)
    if column in _DERIVED or type_of(column) != "String":
        return text
    return f"if(match({text}, {{formula:String}}), concat('''', {text}), {text})"


def type_of(column: str) -> str:
    """Of a column in files: plain types, so that every block of the engine's own format stands by
    itself."""
    if column in _DERIVED:
        return _DERIVED[column][1]
    return _NUMBERS.get(column, "String")
