"""Queries of the core, as SQL for the engine. Values always travel as parameters."""

import ipaddress
from collections.abc import Callable
from typing import Any, Final

from footfall.core.calendar import EARLIEST_MS, LATEST_MS, offsets
from footfall.core.events import COLUMNS, REQUIRED, Event
from footfall.core.ids import EPOCH_MS, TIME_SHIFT, first_id_at
from footfall.core.queries import (
    EventFilter,
    EventQuery,
    Order,
    TrackerReportQuery,
)
from footfall.store.query.conditions import ADDRESS, column_of, holds
from footfall.store.query.local_time import local_seconds, start_of
from footfall.store.query.visitors import sketched

SqlQuery = tuple[str, dict[str, Any]]
"""SQL and its parameters."""

_KNOWN: Final = frozenset(COLUMNS)
_OF_TEXT: Final = frozenset(
    name
    for name, default in zip(COLUMNS[::-1], Event.__struct_defaults__[::-1], strict=False)
    if default == ""
) - {"ip"}


BLOCK_MIN: Final = 1_024
BLOCK_MAX: Final = 1 << 20


def _page_settings(rows: int) -> str:
    """In the SQL: given to the client they would be set and restored around every query.

    A block must hold more than the page: else the engine reads far more than the page's rows.
    """
    block = min(max(rows + 1, BLOCK_MIN), BLOCK_MAX)
    return (
        f"SETTINGS max_threads = 1, optimize_read_in_order = 1, max_block_size = {block},"
        " query_plan_optimize_lazy_materialization = 1,"
        " output_format_json_quote_64bit_integers = 0, output_format_json_array_of_rows = 1,"
        f" {COLUMNS_FIRST}"
    )


SHOWN: Final = {"ip": ADDRESS}
"""Columns that read otherwise than they are stored: the expression of each."""

COLUMNS_FIRST: Final = "prefer_column_name_to_alias = 1"
"""A setting for every query whose result has a column named like a stored one: in WHERE, the name
is the stored column and not the expression of the result."""

SORTED: Final = {Order.ASCENDING: ("ASC", ">"), Order.DESCENDING: ("DESC", "<")}


def select_events(query: EventQuery) -> SqlQuery:
    """From the table that is sorted for the question, so that only the page's rows are read.

    One more row than the page has tells whether there is another page.
    """
    direction, beyond = SORTED[query.order]
    columns = tuple(dict.fromkeys((*REQUIRED, *query.fields)))
    assert _KNOWN.issuperset(columns)
    source, parameters = source_of(query)
    parameters["limit"] = query.limit + 1
    if query.cursor is not None:
        source += f" AND id {beyond} {{cursor:UInt64}}"
        parameters["cursor"] = query.cursor
    offset = ""
    if query.offset:
        offset = "OFFSET {offset:UInt64}"
        parameters["offset"] = query.offset
    return (
        f"SELECT {', '.join(f'{SHOWN.get(name, name)} AS {name}' for name in columns)} {source}"
        f" ORDER BY id {direction} LIMIT {{limit:UInt32}} {offset}"
        f" {_page_settings(query.offset + query.limit + 1)}",
        parameters,
    )


def select_first_id(query: EventQuery) -> SqlQuery:
    """The id of the event that comes first after the offset, if there is one."""
    direction, beyond = SORTED[query.order]
    source, parameters = source_of(query)
    parameters["offset"] = query.offset
    if query.cursor is not None:
        source += f" AND id {beyond} {{cursor:UInt64}}"
        parameters["cursor"] = query.cursor
    return (
        f"SELECT id {source} ORDER BY id {direction} LIMIT 1 OFFSET {{offset:UInt64}}"
        f" {_page_settings(query.offset + 1)}",
        parameters,
    )


RECEIVED: Final = f"(toInt64(bitShiftRight(id, {TIME_SHIFT})) + {EPOCH_MS})"
OCCURRED: Final = f"({RECEIVED} - delay)"
"""`Event.occurred_at`."""


def source_of(query: EventFilter) -> SqlQuery:
    """`FROM … WHERE …` with every condition of the filter, and their parameters."""
    table = "events" if query.tracker is None else "events_by_tracker"
    conditions, parameters = conditions_of(query)
    if query.policy is not None:
        table = _as_under_policy(table)
        parameters["policy"] = query.policy
    return f"FROM {table} WHERE {conditions}", parameters


def _as_under_policy(table: str) -> str:
    """What stands for this table: where later policies changed an event, what it was before the
    first of them."""
    columns = ", ".join(COLUMNS)
    changed = "FROM reclassified WHERE account = {account:UInt32} AND policy > {policy:UInt32}"
    return (
        f"(SELECT {columns} FROM {table} WHERE account = {{account:UInt32}}"
        f" AND id NOT IN (SELECT id {changed}) UNION ALL"
        f" SELECT {columns} FROM (SELECT {columns} {changed} ORDER BY id, policy LIMIT 1 BY id))"
    )


def conditions_of(query: EventFilter) -> SqlQuery:
    """What stands behind WHERE."""
    conditions = ["account = {account:UInt32}"]
    parameters: dict[str, Any] = {"account": query.account}

    def require(condition: str, name: str, value: Any) -> None:
        conditions.append(condition)
        parameters[name] = value

    if query.tracker is not None:
        require("tracker = {tracker:UInt64}", "tracker", query.tracker)
    if query.trackers:
        require("tracker IN {trackers:Array(UInt64)}", "trackers", list(query.trackers))
    if query.ids:
        require("id IN {ids:Array(UInt64)}", "ids", list(query.ids))
    if query.not_ids:
        require("id NOT IN {not_ids:Array(UInt64)}", "not_ids", list(query.not_ids))
    if query.above is not None:
        require("id > {above:Int64}", "above", query.above)
    if query.below is not None:
        require("id < {below:Int64}", "below", query.below)
    if query.sources:
        require("source IN {sources:Array(String)}", "sources", list(query.sources))
    if query.not_sources:
        names = list(query.not_sources)
        require("source NOT IN {not_sources:Array(String)}", "not_sources", names)
    if query.network:
        first, parameters["network_last"] = bounds_of(query.network)
        condition = "ip >= toIPv6({network:String}) AND ip <= toIPv6({network_last:String})"
        require(condition, "network", first)
    if query.kinds:
        require("kind IN {kinds:Array(String)}", "kinds", [one.value for one in query.kinds])
    if query.verdicts:
        names = [one.value for one in query.verdicts]
        require("verdict IN {verdicts:Array(String)}", "verdicts", names)
    for column, values in query.values.items():
        assert column in _OF_TEXT, column
        require(f"{column} IN {{of_{column}:Array(String)}}", f"of_{column}", list(values))
    for column, values in query.without.items():
        assert column in _OF_TEXT, column
        name = f"without_{column}"
        require(f"{column} NOT IN {{{name}:Array(String)}}", name, list(values))
    _require_times(query, require, parameters)
    if query.ranges:
        bounds = []
        for number, (begin, end) in enumerate(query.ranges):
            bounds.append(f"id >= {{first_{number}:UInt64}} AND id < {{end_{number}:UInt64}}")
            parameters |= {f"first_{number}": begin, f"end_{number}": end}
        conditions.append(f"({' OR '.join(bounds)})")
    for number, one in enumerate(query.conditions):
        prefix = f"condition_{number}"
        value = column_of(one.column, prefix, parameters)
        conditions.append(holds(one, value, prefix, parameters))
    return " AND ".join(conditions), parameters


def _require_times(
    query: EventFilter, require: Callable[[str, str, Any], None], parameters: dict[str, Any]
) -> None:
    if query.since is not None:
        require("id >= {since:UInt64}", "since", first_id_at(query.since))
    if query.until is not None:
        require("id < {until:UInt64}", "until", first_id_at(query.until))
    if query.occurred_since is not None:
        # Nothing is received before it happens: the id bounds what is read.
        require(
            f"id >= {{since_id:UInt64}} AND {OCCURRED} >= {{occurred_since:Int64}}",
            "occurred_since",
            query.occurred_since,
        )
        parameters["since_id"] = first_id_at(query.occurred_since)
    if query.occurred_until is not None:
        require(f"{OCCURRED} < {{occurred_until:Int64}}", "occurred_until", query.occurred_until)
    for number, like in enumerate(query.likes):
        text = "toString(id)"
        if like.zone:
            known = offsets(
                like.zone,
                EARLIEST_MS if query.occurred_since is None else query.occurred_since,
                LATEST_MS if query.occurred_until is None else query.occurred_until,
            )
            seconds = local_seconds(
                f"intDiv({OCCURRED}, 1000)", known, f"like_{number}", parameters
            )
            text = f"formatDateTime(toDateTime({seconds}, 'UTC'), '%Y-%m-%d %H:%i:%S')"
        operator = "NOT LIKE" if like.negated else "LIKE"
        require(f"{text} {operator} {{like_{number}:String}}", f"like_{number}", like.pattern)


def bounds_of(network: str) -> tuple[str, str]:
    """The first and the last address of a network, or the address twice."""
    known = ipaddress.ip_network(network)
    return str(known[0]), str(known[-1])


_TRACKER: Final = (
    "account = {account:UInt32} AND tracker = {tracker:UInt64} AND kind = {kind:String}"
)
_SERIES: Final = "bucket >= toDateTime({series_since:Int64}) AND bucket < toDateTime({until:Int64})"
_WINDOW: Final = "bucket >= toDateTime({since:Int64}) AND bucket < toDateTime({until:Int64})"


def select_tracker_report(query: TrackerReportQuery) -> SqlQuery:
    """One round trip: rows (part, name, total, window), see `store.read_tracker_report`.

    part `verdict`: lifetime count of each verdict; `visitors`: the window's, if requested;
    part `series`: count of each bucket, by `store.query.local_time.start_of`, of the
    window; any other part is a dimension, of which come the window's top values and the value
    that leads over the lifetime.
    """
    series_since = query.since if query.series_since is None else query.series_since
    parameters: dict[str, Any] = {}
    start = start_of(query.bucket, (series_since, query.until), query.zone, parameters)
    visitors = f"""
UNION ALL
SELECT 'visitors', '', {sketched("1")}, 0
FROM rollup WHERE {_TRACKER} AND dimension = 'total' AND verdict = 'counted' AND {_WINDOW}
"""
    sql = f"""
SELECT 'verdict' AS part, toString(verdict) AS name, sum(events) AS total,
    sumIf(events, {_WINDOW}) AS window
FROM rollup WHERE {_TRACKER} AND dimension = 'total' GROUP BY name
UNION ALL
SELECT 'series', toString(start), n, n
FROM (
    SELECT {start} AS start, sum(events) AS n FROM rollup
    WHERE {_TRACKER} AND dimension = 'total' AND verdict = 'counted' AND {_SERIES}
    GROUP BY start ORDER BY start
)
UNION ALL
SELECT dimension, name, total, window FROM (
    SELECT dimension, value AS name, sum(events) AS total, sumIf(events, {_WINDOW}) AS window,
        row_number() OVER (PARTITION BY dimension ORDER BY window DESC, name) AS place,
        row_number() OVER (PARTITION BY dimension ORDER BY total DESC, name) AS lifetime_place
    FROM rollup
    WHERE {_TRACKER} AND dimension IN {{dimensions:Array(String)}} AND verdict = 'counted'
    GROUP BY dimension, name
)
WHERE place <= {{top:UInt32}} OR lifetime_place = 1
"""
    return sql + (visitors if query.visitors else ""), parameters | {
        "account": query.account,
        "tracker": query.tracker,
        "kind": query.kind.value,
        "since": query.since // 1000,
        "series_since": series_since // 1000,
        "until": query.until // 1000,
        "dimensions": [dimension.value for dimension in query.dimensions],
        "top": query.top,
    }
