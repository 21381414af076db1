"""The books of the event store, as SQL for the engine. See `integrity.ports.StoreBooks`."""

from collections.abc import Callable
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from footfall.core.books import Held, Run, Stored
from footfall.core.ids import EPOCH_HOUR
from footfall.store.engine import Engine

_BATCHES: Final = """
SELECT *, max(last) OVER (
    PARTITION BY journal ORDER BY first ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
) AS previous
FROM batches FINAL
"""
_RUNS: Final = f"""
SELECT journal, min(first), max(last), sum(groups), sum(events), min(first_id), max(last_id)
FROM (
    SELECT *, sum(first > previous + 1) OVER (PARTITION BY journal ORDER BY first) AS run
    FROM ({_BATCHES}) WHERE last > previous
)
GROUP BY journal, run ORDER BY journal, min(first)
"""
"""Batches that follow each other become one run. What a longer row covers is left over from a fold
that was interrupted."""

_SUMS: Final = {
    "own": "sumIf(events, journal = {journal:String}) AS n FROM books",
    "entered": "sum(events) AS n FROM books",
    "held": "sum(events) AS n FROM events_by_quarter_hour",
    "events": "count() AS n FROM events",
    "by_tracker": "count() AS n FROM events_by_tracker",
    "rolled": "sum(events) AS n FROM rollup WHERE dimension = 'total'",
    "rolled_account": "sum(events) AS n FROM rollup_account WHERE dimension = 'total'",
    "expired": "toUInt64(1) AS n FROM expired",
}
"""By the fields of `integrity.presence.Sums`, each of one account."""

_SUMMED: Final = frozenset({"books", "events", "events_by_tracker", "migrations"})
_COUNTED: Final = frozenset({"events_by_quarter_hour"})
_ROLLED: Final = frozenset({"rollup", "rollup_account"})

FOLDED_MIN: Final = 10_000
"""Fewer batches than that are read in milliseconds."""


class ClickHouseBooks:
    def __init__(self, opened: Callable[[], Engine]) -> None:
        self._opened = opened

    def stored(self, account: int | None, since: int, until: int) -> list[Stored]:
        rows = self._ask(
            "SELECT account, source, journal, intDiv(toUnixTimestamp(hour), 3600) AS at,"
            f" sum(events) FROM books WHERE {_of(account)}"
            " AND hour >= toDateTime({since:Int64} * 3600)"
            " AND hour < toDateTime({until:Int64} * 3600)"
            " GROUP BY account, source, journal, at",
            {"account": account, "since": since, "until": until},
        )
        return [Stored(*row) for row in rows]

    def held(self, account: int | None, since: int, until: int) -> list[Held]:
        rows = self._ask(
            f"SELECT account, source, {EPOCH_HOUR} + intDiv(quarter_hour, 4) AS at, sum(events)"
            f" FROM events_by_quarter_hour WHERE {_of(account)}"
            " AND quarter_hour >= {first:UInt32} AND quarter_hour < {end:UInt32}"
            " GROUP BY account, source, at",
            {
                "account": account,
                "first": max(0, since - EPOCH_HOUR) * 4,
                "end": max(0, until - EPOCH_HOUR) * 4,
            },
        )
        return [Held(*row) for row in rows]

    def runs(self) -> list[Run]:
        return [Run(*row) for row in self._ask(_RUNS, {})]

    def sums(self, journal: str) -> list[tuple[int, ...]]:
        """See `integrity.presence.Sums`."""
        parts = [
            f"SELECT account, '{name}' AS part, {source} GROUP BY account"
            for name, source in _SUMS.items()
        ]
        columns = ", ".join(f"sumIf(n, part = '{name}')" for name in _SUMS)
        rows = self._ask(
            f"SELECT account, {columns} FROM ({' UNION ALL '.join(parts)})"
            " GROUP BY account ORDER BY account SETTINGS max_threads = 1",
            {"journal": journal},
        )
        return [tuple(row) for row in rows]

    def detached(self) -> list[str]:
        """Parts that the engine put aside and does not read, as "table/part". Not a merged part
        whose sources are read in its place: after a power cut the engine goes back to them."""
        rows = self._ask(
            "WITH (SELECT groupArray((table, partition_id, min_block_number, max_block_number))"
            " FROM system.parts WHERE active AND database = currentDatabase()) AS read,"
            " (block) -> arrayExists(one -> one.1 = table AND one.2 = partition_id"
            " AND block BETWEEN one.3 AND one.4, read) AS is_read"
            " SELECT concat(table, '/', name) FROM system.detached_parts"
            " WHERE database = currentDatabase() AND reason NOT IN ('ignored', 'clone')"
            " AND NOT (ifNull(level, 0) > 0 AND is_read(ifNull(min_block_number, -1))"
            " AND is_read(ifNull(max_block_number, -1)))"
            " ORDER BY table, name",
            {},
        )
        return [name for (name,) in rows]

    def is_summed(self, part: str, *, counted: bool, rolled: bool) -> bool:
        """See `integrity.presence.StoreSums`. `migrations` has no events at all."""
        table = part.partition("/")[0]
        return table in _SUMMED or (counted and table in _COUNTED) or (rolled and table in _ROLLED)

    def fold_runs(self, batches_min: int = FOLDED_MIN) -> None:
        """The row of a run takes the place of its first batch's; the others, which it covers, go
        after it is there. Interrupted, they stay for the next time: they change nothing."""
        with self._opened().mutations() as client:
            ((batches,),) = client.query("SELECT count() FROM batches").result_rows
            if batches < batches_min:
                return
            client.command(f"INSERT INTO batches {_RUNS}")
            client.command(
                "ALTER TABLE batches DELETE WHERE (journal, first) IN"
                f" (SELECT journal, first FROM ({_BATCHES}) WHERE last <= previous)",
                settings={"mutations_sync": 1},
            )

    def _ask(self, sql: str, parameters: dict[str, Any]) -> list[Any]:
        with self._opened().reading() as client:
            return _rows(client, sql, parameters)


def note_expired(client: Client, account: int, before: int) -> None:
    """Rows or counts from before this time (milliseconds since 1970) are about to go by their age:
    from then on counts of that time are not held against raw rows."""
    parameters = {"account": account, "before": before // 1000}
    known = (
        "SELECT max(before) >= toDateTime({before:Int64}) FROM expired"
        " WHERE account = {account:UInt32}"
    )
    if not client.command(known, parameters=parameters):
        client.command(
            "INSERT INTO expired SELECT {account:UInt32}, toDateTime({before:Int64})",
            parameters=parameters,
        )


def whole_from(client: Client, account: int) -> int:
    """From when on (milliseconds since 1970) no raw rows of an account went by their age."""
    sql = "SELECT toUnixTimestamp(max(before)) FROM expired WHERE account = {account:UInt32}"
    ((seconds,),) = client.query(sql, parameters={"account": account}).result_rows
    return int(seconds) * 1000


def _rows(client: Client, sql: str, parameters: dict[str, Any]) -> list[Any]:
    known = {name: value for name, value in parameters.items() if value is not None}
    return list(client.query(sql, parameters=known).result_rows)


def _of(account: int | None) -> str:
    return "1" if account is None else "account = {account:UInt32}"
