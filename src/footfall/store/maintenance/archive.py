"""Archived months: written from the raw rows, and read in their place when those are gone.

A file is read by the embedded engine, on this machine: a ClickHouse server by URL cannot see it,
so its reports end where its raw rows do.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.core.accounts import AgeBy
from footfall.core.events import COLUMNS
from footfall.core.ids import first_id_at
from footfall.core.queries import EventFilter
from footfall.core.reports import ArchivedMonth
from footfall.store.engine import Engine
from footfall.store.paths import engine_path
from footfall.store.query.event_query import (
    COLUMNS_FIRST,
    OCCURRED,
    RECEIVED,
    SqlQuery,
    conditions_of,
)
from footfall.store.query.extracts import ROW_GROUP, expression_of, type_of

FILE_COLUMNS: Final = (*COLUMNS, "occurred_at")
"""Every column of an event, and when it happened as a time."""

_STRUCTURE: Final = ", ".join(f"`{name}` {type_of(name)}" for name in FILE_COLUMNS)
_ZSTD: Final = f"{ROW_GROUP}, output_format_parquet_compression_method = 'zstd'"
_OF_LIVE: Final = ", ".join(
    f"toString({name}) AS {name}" if name in ("kind", "verdict") else name for name in FILE_COLUMNS
)
_OF_FILE: Final = ", ".join(
    "toIPv6(if(ip = '', '::', ip)) AS ip" if name == "ip" else name for name in FILE_COLUMNS
)
_decode_facts: Final = msgspec.json.Decoder(tuple[int, int, int]).decode


class Facts(msgspec.Struct, frozen=True):
    """Of the events in a file: how many, the first and the last id (0 without events)."""

    rows: int
    first_id: int
    last_id: int


def events_and_archived(account: int, months: Sequence[ArchivedMonth]) -> SqlQuery:
    """What can stand in the place of `events` in a query of this account: `(SELECT …)` with the
    same columns, and its parameters. `kind` and `verdict` are text. Rows of archived months come
    from their files, also where some are in the table still."""
    conditions = ["account = {archived_account:UInt32}"]
    parameters: dict[str, Any] = {"archived_account": account}
    selects = []
    for number, month in enumerate(months):
        conditions.append(f"NOT {rows_of(month, f'month_{number}', parameters)}")
        source, of_file = _file(Path(month.path), f"archived_{number}")
        selects.append(f"SELECT {_OF_FILE} {source}")
        parameters |= of_file
    live = f"SELECT {_OF_LIVE} FROM events WHERE {' AND '.join(conditions)}"
    return f"({' UNION ALL '.join([live, *selects])})", parameters


def rows_of(month: ArchivedMonth, name: str, parameters: dict[str, Any]) -> str:
    """SQL that is true for the rows of the event store that the month's file has. `name` begins the
    names of its parameters."""
    first, end = first_id_at(month.since), first_id_at(month.until)
    if month.last_id is None:
        parameters |= {f"{name}_first": first, f"{name}_end": end}
        return f"(id >= {{{name}_first:UInt64}} AND id < {{{name}_end:UInt64}})"
    parameters |= {f"{name}_first": first, f"{name}_last": month.last_id}
    parameters |= {f"{name}_since": month.since, f"{name}_until": month.until}
    return (
        f"(id >= {{{name}_first:UInt64}} AND id <= {{{name}_last:UInt64}}"
        f" AND {OCCURRED} >= {{{name}_since:Int64}} AND {OCCURRED} < {{{name}_until:Int64}})"
    )


class ArchiveStore:
    """Writes and reads the files of archives. Every method blocks; any may raise
    StoreUnavailable."""

    def __init__(self, engine: Engine, open: Callable[[], None]) -> None:
        self._engine = engine
        self._open = open

    def write(self, query: EventFilter) -> Iterator[bytes]:
        """These events as a Parquet file, oldest first."""
        self._open()
        conditions, parameters = conditions_of(query)
        shown = ", ".join(f"{expression_of(name)} AS `{name}`" for name in FILE_COLUMNS)
        sql = (
            f"SELECT {shown} FROM events WHERE {conditions} ORDER BY id {_ZSTD},"
            f" optimize_read_in_order = 1, {COLUMNS_FIRST}"
        )
        return self._engine.stream(sql, parameters, "Parquet")

    def rewrite(self, path: Path, without: EventFilter) -> Iterator[bytes]:
        """The same file without these events."""
        conditions, parameters = conditions_of(without)
        source, of_file = _file(path, "path")
        rows, of_rows = _file(path, "rows")
        sql = (
            f"SELECT * {source} WHERE id NOT IN"
            f" (SELECT id FROM (SELECT {_OF_FILE} {rows}) WHERE {conditions}) ORDER BY id {_ZSTD}"
        )
        return self._engine.stream(sql, parameters | of_file | of_rows, "Parquet", local=True)

    def merge(self, path: Path, later: Path) -> Iterator[bytes]:
        """The events of both files, each once."""
        source, of_file = _file(path, "path")
        ids, of_ids = _file(path, "ids")
        added, of_added = _file(later, "later")
        sql = (
            f"SELECT * FROM (SELECT * {source} UNION ALL SELECT * {added}"
            f" WHERE id NOT IN (SELECT id {ids})) ORDER BY id {_ZSTD}"
        )
        return self._engine.stream(sql, of_file | of_ids | of_added, "Parquet", local=True)

    def facts(self, path: Path, query: EventFilter | None = None) -> Facts:
        """Of the events in a file that match."""
        source, parameters = _file(path, "path")
        conditions = "1"
        if query is not None:
            conditions, of_query = conditions_of(query)
            parameters |= of_query
        sql = (
            "SELECT count(), min(id), max(id)"
            f" FROM (SELECT {_OF_FILE} {source}) WHERE {conditions}"
            " SETTINGS output_format_json_quote_64bit_integers = 0"
        )
        answer = b"".join(self._engine.stream(sql, parameters, "JSONCompactEachRow", local=True))
        return Facts(*_decode_facts(answer))

    def ids(self, path: Path, query: EventFilter) -> Iterator[list[int]]:
        """Of the events in a file that match, some at a time."""
        source, parameters = _file(path, "path")
        conditions, of_query = conditions_of(query)
        sql = f"SELECT id FROM (SELECT {_OF_FILE} {source}) WHERE {conditions} ORDER BY id"
        rest = b""
        for piece in self._engine.stream(sql, parameters | of_query, "TSV", local=True):
            *lines, rest = (rest + piece).split(b"\n")
            yield [int(line) for line in lines]

    def count(self, query: EventFilter) -> int:
        """Of the events in the store."""
        self._open()
        conditions, parameters = conditions_of(query)
        with self._engine.reading() as client:
            sql = f"SELECT count() FROM events WHERE {conditions}"
            ((rows,),) = client.query(sql, parameters=parameters).result_rows
        return int(rows)

    def months(self, query: EventFilter, age_by: AgeBy) -> list[int]:
        """When the UTC months begin in which such events were received, or happened: milliseconds
        since 1970, in order."""
        self._open()
        conditions, parameters = conditions_of(query)
        at = OCCURRED if age_by is AgeBy.OCCURRED else RECEIVED
        with self._engine.reading() as client:
            rows = client.query(
                f"SELECT DISTINCT toStartOfMonth(toDateTime(intDiv({at}, 1000), 'UTC')) AS month"
                f" FROM events WHERE {conditions} ORDER BY month",
                parameters=parameters,
            ).result_rows
        return [
            int(datetime(one.year, one.month, 1, tzinfo=UTC).timestamp()) * 1000 for (one,) in rows
        ]


def _file(path: Path, name: str) -> SqlQuery:
    parameters = {name: engine_path(path), f"{name}_structure": _STRUCTURE}
    return f"FROM file({{{name}:String}}, 'Parquet', {{{name}_structure:String}})", parameters
