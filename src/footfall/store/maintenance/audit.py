"""Tables that say the same thing, held against each other. See `integrity.ports.Comparer`.

`events` is what happened. `events_by_tracker` has the same rows, and every table of counts holds
what its view makes of them (`store/maintenance/rebuild.py`). The books say how many rows ever
entered.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from footfall.core.books import Comparison, Difference
from footfall.core.calendar import HOUR_MS
from footfall.core.ids import EPOCH_HOUR, TIME_SHIFT, first_id_at
from footfall.store.engine import Engine
from footfall.store.maintenance.rebuild import (
    Counted,
    Region,
    find_counted,
    held_of,
    rebuild,
    select_counts,
)
from footfall.store.query.conditions import MICROS

RAW: Final = "events"
BY_TRACKER: Final = "events_by_tracker"
HELD: Final = "events_by_quarter_hour"
FOREVER: Final = 1_139_000
"""An hour after the last id."""

REBUILT_HOURS_MAX: Final = 24 * 31
REBUILT_AT_ONCE: Final = 50
"""Deletions that are registered before they are waited for: the engine takes a thousand."""

GONE: Final = "raw rows are missing, and these counts are what is left of them"
DOUBLED: Final = "there are more raw rows than ever entered: nothing says which are right"
SKETCH: Final = "finalizeAggregation(visitor_sketch)"
"""What is compared of a sketch."""

_SETTINGS: Final = (
    "SETTINGS max_threads = 1, max_block_size = 16384,"
    " max_bytes_before_external_group_by = 20000000, max_memory_usage = 100000000"
)
"""One thread, groups beyond 20 MB on the disk, and a third of the engine's memory at most: scans
and reads come first. What needs more is not compared, and the log says that it waits."""

_HOUR: Final = f"{EPOCH_HOUR} + intDiv(bitShiftRight(id, {TIME_SHIFT}), {HOUR_MS})"
_ROWS: Final = "account = {account:UInt32} AND id >= {first:UInt64} AND id < {end:UInt64}"


class _Rows(msgspec.Struct, frozen=True, array_like=True):
    """Of an hour of receipt: rows of both tables of events, whether they are the same, how many
    `events_by_quarter_hour` says that are held, and how many ever entered."""

    events: int = 0
    by_tracker: int = 0
    same: bool = True
    held: int = 0
    entered: int = 0

    @property
    def whole(self) -> bool:
        """All that entered is there, or what was removed has left the counts too."""
        agreed = self.same and self.events == self.by_tracker
        return agreed and self.events in (self.entered, self.held) and self.events <= self.entered

    def differences(self, account: int, hour: int) -> Iterator[Difference]:
        def differ(table: str, expected: int, found: int) -> Difference:
            rows = max(1, abs(expected - found))
            return Difference(account, table, hour, expected, found, rows)

        if self.events > self.entered:
            yield differ(RAW, self.entered, self.events)
        elif self.events < self.by_tracker <= self.entered:
            yield differ(RAW, self.by_tracker, self.events)
        elif self.events < self.held and self.events != self.entered:
            yield differ(RAW, self.held, self.events)
        if (
            self.by_tracker < self.events
            or self.by_tracker > self.entered
            or (self.by_tracker == self.events and not self.same)
        ):
            yield differ(BY_TRACKER, self.events, self.by_tracker)


class ClickHouseComparer:
    def __init__(self, opened: Callable[[], Engine]) -> None:
        self._opened = opened

    def accounts(self) -> list[int]:
        with self._opened().reading() as client:
            rows = client.query(
                "SELECT account FROM (SELECT account FROM books UNION DISTINCT"
                " SELECT account FROM rollup) ORDER BY account"
            ).result_rows
        return [account for (account,) in rows]

    def hours(self, account: int) -> list[tuple[int, int]]:
        sql = (
            "SELECT at, max(number) FROM ("
            " SELECT intDiv(toUnixTimestamp(bucket), 3600) AS at, sum(events) AS number"
            " FROM rollup WHERE account = {account:UInt32} AND dimension = 'total' GROUP BY at"
            " UNION ALL"
            " SELECT intDiv(toUnixTimestamp(hour), 3600) AS at, sum(events) AS number"
            " FROM books WHERE account = {account:UInt32} GROUP BY at"
            f") GROUP BY at ORDER BY at {_SETTINGS}"
        )
        with self._opened().reading() as client:
            rows = client.query(sql, parameters={"account": account}).result_rows
        return [(hour, events) for hour, events in rows]

    def compare(self, account: int, since: int, until: int) -> Comparison:
        with self._opened().reading() as client:
            whole_from = _expired(client, account)
            since = max(since, whole_from)
            if since >= until:
                return Comparison([], whole_from)
            found = [
                difference
                for hour, rows in _rows_by_hour(client, account, since, until).items()
                for difference in rows.differences(account, hour)
            ]
            tables = find_counted(client)
        region = _region(account, since, until)
        for counted in tables:
            compared = partial(_compare_counts, counted=counted, region=region)
            found += self._opened().read_counts(compared)
        return Comparison(found, whole_from)

    def repair(
        self, account: int, differences: Sequence[Difference]
    ) -> list[tuple[Difference, str]]:
        engine = self._opened()
        results = []
        tables: dict[str, list[Difference]] = {}
        for one in differences:
            tables.setdefault(one.table, []).append(one)
        first = min(one.hour for one in differences)
        for one in [*tables.pop(RAW, []), *tables.pop(BY_TRACKER, [])]:
            results.append((one, _copy_rows(engine, account, one.hour)))
        with engine.reading() as client:
            counted = {one.table: one for one in find_counted(client)}
        for table, found in sorted(tables.items(), key=lambda one: one[0] != HELD):
            with engine.reading() as client:
                rows = _rows_by_hour(client, account, first, FOREVER)
            # What happened in an hour may have been received in any later one.
            whole_from = max((hour + 1 for hour, one in rows.items() if not one.whole), default=0)
            good = []
            for one in found:
                missing = one.hour < whole_from
                if counted[table].by_receipt:
                    missing = not _may_count(rows.get(one.hour, _Rows()))
                if missing:
                    results.append((one, GONE))
                else:
                    good.append(one)
            _rebuild(engine, counted[table], account, good)
            results += [(one, "") for one in good]
        return results


def _may_count(rows: _Rows) -> bool:
    """Whether what is held may be recounted: too few counts never hide rows that are gone."""
    agreed = rows.same and rows.events == rows.by_tracker <= rows.entered
    return rows.whole or (agreed and rows.held < rows.events)


def _rebuild(engine: Engine, counted: Counted, account: int, found: list[Difference]) -> None:
    """Hours that are near each other at once: each rebuilding is a deletion."""
    hours = sorted(one.hour for one in found)
    done = 0
    while hours:
        first, last = hours[0], hours[0]
        while hours and hours[0] <= last + 24 and hours[0] - first < REBUILT_HOURS_MAX:
            last = hours.pop(0)
        rebuild(engine, counted, _region(account, first, last + 1))
        done += 1
        if done % REBUILT_AT_ONCE == 0 or not hours:
            with engine.mutations() as client:  # one that waits for all before it
                client.command(
                    f"ALTER TABLE {counted.table} DELETE WHERE 0", settings={"mutations_sync": 1}
                )


def _copy_rows(engine: Engine, account: int, hour: int) -> str:
    """What one table of events has and the other lacks: no row is changed or goes. Why not, or
    ""."""
    with engine.between_inserts() as client:
        rows = _rows_by_hour(client, account, hour, hour + 1).get(hour, _Rows())
        if max(rows.events, rows.by_tracker) > rows.entered:
            return DOUBLED
        for source, target in ((RAW, BY_TRACKER), (BY_TRACKER, RAW)):
            client.command(
                f"INSERT INTO {target} SELECT * FROM {source} WHERE {_ROWS}"
                f" AND id NOT IN (SELECT id FROM {target} WHERE {_ROWS})",
                parameters=_bounds(account, hour, hour + 1),
                settings={"insert_deduplicate": 0},
            )
        rows = _rows_by_hour(client, account, hour, hour + 1).get(hour, _Rows())
    return "" if not list(rows.differences(account, hour)) else GONE


def _compare_counts(client: Client, counted: Counted, region: Region) -> list[Difference]:
    """One an hour: of its events, or, where those are right, of its sums of money or visitors."""
    found: dict[int, Difference] = {}
    if counted.sketched:
        found |= _compare_numbers(client, counted, region, SKETCH)
        found |= _compare_numbers(client, counted, region, "with_visitor")
    for name in (*sorted(counted.columns.intersection(MICROS)), "events"):
        found |= _compare_numbers(client, counted, region, name)
    return [found[hour] for hour in sorted(found)]


def _compare_numbers(
    client: Client, counted: Counted, region: Region, number: str
) -> dict[int, Difference]:
    """`number` is a column of sums, or SKETCH."""
    ((sorted_by,),) = client.query(
        "SELECT sorting_key FROM system.tables WHERE database = currentDatabase()"
        f" AND name = '{counted.table}'"
    ).result_rows
    select, parameters = select_counts(counted, region)
    source, held_parameters = held_of(counted, region)
    at = "intDiv(toUnixTimestamp(bucket), 3600)"
    if counted.by_receipt:
        at = f"{EPOCH_HOUR} + intDiv(quarter_hour, 4)"
    # A key of ads is a kilobyte of text; two of them with one hash would have to differ alike.
    key = f"cityHash64({sorted_by})"
    raw, of_total = f"FROM ({select})", "dimension = 'total'"
    if number in (SKETCH, "with_visitor"):
        raw, source = f"{raw} WHERE {of_total}", f"{source} AND {of_total}"
    if number == SKETCH:
        # Sums add up unmerged too; sketches do not. Grouping by the key merges the region
        # alone; FINAL takes what lies around it into memory too: up to 100 KB a sketch.
        source = (
            f"FROM (SELECT {sorted_by}, uniqCombinedMergeState(17)(visitor_sketch)"
            f" AS visitor_sketch {source} GROUP BY {sorted_by})"
        )
    rows = client.query(
        "SELECT at, sum(expected), sum(found), count() FROM ("
        " SELECT at, key, sum(of_raw) AS expected, sum(of_table) AS found FROM ("
        f" SELECT {at} AS at, {key} AS key, toInt64({number}) AS of_raw, toInt64(0) AS of_table"
        f" {raw} UNION ALL SELECT {at}, {key}, toInt64(0), toInt64({number})"
        f" {source}"
        " ) GROUP BY at, key HAVING expected != found"
        f") GROUP BY at ORDER BY at {_SETTINGS}",
        parameters={**parameters, **held_parameters},
    ).result_rows
    return {hour: Difference(region.account, counted.table, hour, *row) for hour, *row in rows}


def _rows_by_hour(client: Client, account: int, since: int, until: int) -> dict[int, _Rows]:
    """Hours of receipt that have rows, or counts of them."""
    row = "cityHash64(id, tracker, kind, source, delay, verdict)"
    tables = [
        f"SELECT {_HOUR} AS at, count() AS n, sum({row}) AS hash FROM {table}"
        f" WHERE {_ROWS} GROUP BY at"
        for table in (RAW, BY_TRACKER)
    ]
    rows = client.query(
        "SELECT at, sumIf(n, part = 1), sumIf(n, part = 2),"
        " sumIf(hash, part = 1) = sumIf(hash, part = 2), sumIf(n, part = 3), sumIf(n, part = 4)"
        " FROM ("
        f" SELECT 1 AS part, at, n, hash FROM ({tables[0]})"
        f" UNION ALL SELECT 2, at, n, hash FROM ({tables[1]})"
        f" UNION ALL SELECT 3, {EPOCH_HOUR} + intDiv(quarter_hour, 4) AS at, sum(events), 0"
        f" FROM {HELD} WHERE account = {{account:UInt32}} AND quarter_hour >= {{quarter:UInt32}}"
        " AND quarter_hour < {quarter_end:UInt32} GROUP BY at"
        " UNION ALL SELECT 4, intDiv(toUnixTimestamp(hour), 3600) AS at, sum(events), 0"
        " FROM books WHERE account = {account:UInt32}"
        " AND hour >= toDateTime({since:Int64} * 3600)"
        " AND hour < toDateTime({until:Int64} * 3600) GROUP BY at"
        f") GROUP BY at ORDER BY at {_SETTINGS}",
        parameters=_bounds(account, since, until),
    ).result_rows
    return {
        hour: _Rows(events, by_tracker, bool(same), held, entered)
        for hour, events, by_tracker, same, held, entered in rows
    }


def _bounds(account: int, since: int, until: int) -> dict[str, Any]:
    return {
        "account": account,
        "first": first_id_at(since * HOUR_MS),
        "end": first_id_at(until * HOUR_MS),
        "quarter": max(0, since - EPOCH_HOUR) * 4,
        "quarter_end": max(0, until - EPOCH_HOUR) * 4,
        "since": since,
        "until": until,
    }


def _region(account: int, since: int, until: int) -> Region:
    return Region(account=account, since=since * HOUR_MS, until=until * HOUR_MS)


def _expired(client: Client, account: int) -> int:
    """From which hour on retention left raw rows as they were."""
    ((hour,),) = client.query(
        "SELECT intDiv(toUnixTimestamp(max(before)), 3600) FROM expired"
        " WHERE account = {account:UInt32}",
        parameters={"account": account},
    ).result_rows
    return int(hour)
