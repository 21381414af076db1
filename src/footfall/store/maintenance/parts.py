"""Parts of the engine's tables: which hold some rows, and which are replaced."""

import contextlib
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall.store.maintenance.rebuild import find_counted

RAW_TABLES: Final = ("events", "events_by_tracker")
HOLDING: Final = ("reclassified", "events_by_tracker", "events")
"""Every table with rows of events, in the order in which they go: also those of what a policy
changed, as they were before."""

ReplacedPart = tuple[str, str]
"""A table, and the name of a part of it."""


class Part(msgspec.Struct, frozen=True):
    """`going` of its `rows` match."""

    name: str
    rows: int
    bytes: int
    going: int

    @property
    def bytes_going(self) -> int:
        """The share of the rows that match: within a part rows count as equally large."""
        return self.bytes * self.going // self.rows


def parts_of(client: Client, table: str, conditions: str, parameters: dict[str, Any]) -> list[Part]:
    """The parts that hold such rows."""
    rows = client.query(
        "SELECT name, rows, bytes_on_disk, going FROM"
        f" (SELECT _part AS name, count() AS going FROM {table} WHERE {conditions} GROUP BY name)"
        " AS found INNER JOIN (SELECT name, rows, bytes_on_disk FROM system.parts WHERE active"
        f" AND database = currentDatabase() AND table = '{table}')"
        " AS held USING (name)",
        parameters=parameters,
    ).result_rows
    return [Part(*row) for row in rows]


def replaced_parts(client: Client) -> list[ReplacedPart]:
    """Of every table that deletions rewrite: replaced by others, and still on the disk."""
    tables = ", ".join(
        repr(one) for one in (*HOLDING, *(one.table for one in find_counted(client)))
    )
    rows = client.query(
        "SELECT table, name FROM system.parts WHERE NOT active"
        f" AND database = currentDatabase() AND table IN ({tables})"
    ).result_rows
    return [(table, name) for table, name in rows]


def drop_part(client: Client, table: str, part: str) -> None:
    """When it was merged meanwhile it is not there: the deletion that follows takes its rows."""
    with contextlib.suppress(DatabaseError):
        client.command(f"ALTER TABLE {table} DROP PART '{part}'")
