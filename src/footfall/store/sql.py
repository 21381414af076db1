"""Queries of the core, as SQL for the engine. Values always travel as parameters."""

from typing import Any, Final

from footfall.core.events import COLUMNS, REQUIRED
from footfall.core.queries import Bucket, EventQuery, Order, ReportQuery

Question = tuple[str, dict[str, Any]]
"""SQL and its parameters."""

_KNOWN: Final = frozenset(COLUMNS)

PAGE_SETTINGS: Final = (
    "SETTINGS max_threads = 1, optimize_read_in_order = 1, max_block_size = 128,"
    " query_plan_optimize_lazy_materialization = 1,"
    " output_format_json_quote_64bit_integers = 0, output_format_json_array_of_rows = 1"
)
"""In the SQL: given to the client they would be set and restored around every query."""

_SHOWN: Final = {
    "ip": "if(ip = toIPv6('::'), '', replaceRegexpOne(toString(ip), '^::ffff:', '')) AS ip",
}
"""Columns that read otherwise than they are stored."""

_SORTED: Final = {Order.ASCENDING: ("ASC", ">"), Order.DESCENDING: ("DESC", "<")}


def select_events(query: EventQuery) -> Question:
    """From the table that is sorted for the question, so that only the page's rows are read.

    One more row than the page has tells whether there is another page.
    """
    direction, beyond = _SORTED[query.order]
    table = "events" if query.tracker is None else "events_by_tracker"
    columns = tuple(dict.fromkeys((*REQUIRED, *query.fields)))
    assert _KNOWN.issuperset(columns)
    conditions = ["account = {account:UInt32}"]
    parameters: dict[str, Any] = {"account": query.account, "limit": query.limit + 1}
    if query.tracker is not None:
        conditions.append("tracker = {tracker:UInt64}")
        parameters["tracker"] = query.tracker
    if query.kinds:
        conditions.append("kind IN {kinds:Array(String)}")
        parameters["kinds"] = [kind.value for kind in query.kinds]
    if query.verdicts:
        conditions.append("verdict IN {verdicts:Array(String)}")
        parameters["verdicts"] = [verdict.value for verdict in query.verdicts]
    if query.cursor is not None:
        conditions.append(f"id {beyond} {{cursor:UInt64}}")
        parameters["cursor"] = query.cursor
    return (
        f"SELECT {', '.join(_SHOWN.get(name, name) for name in columns)} FROM {table}"
        f" WHERE {' AND '.join(conditions)}"
        f" ORDER BY id {direction} LIMIT {{limit:UInt32}} {PAGE_SETTINGS}",
        parameters,
    )


_START: Final = {
    Bucket.DAY: "toStartOfDay(bucket, {zone:String})",
    Bucket.HOUR: "toStartOfHour(bucket, {zone:String})",
}

_TRACKER: Final = (
    "account = {account:UInt32} AND tracker = {tracker:UInt64} AND kind = {kind:String}"
)
_SERIES: Final = "bucket >= toDateTime({series_since:Int64}) AND bucket < toDateTime({until:Int64})"
_WINDOW: Final = "bucket >= toDateTime({since:Int64}) AND bucket < toDateTime({until:Int64})"


def select_report(query: ReportQuery) -> Question:
    """A report in one round trip: rows (part, name, total, window), see `store.read_report`.

    part `verdict`: lifetime count of each verdict; `visitors`: the window's, if asked for;
    part `series`: count of each bucket of the
    window; any other part is a dimension, of which come the window's top values and the value
    that leads over the lifetime.
    """
    start = _START[query.bucket]
    pattern = "%Y-%m-%d" if query.bucket is Bucket.DAY else "%Y-%m-%d %H:00"
    visitors = f"""
UNION ALL
SELECT 'visitors', '', uniqCombinedMerge(14)(visitors), 0
FROM rollup_visitors WHERE {_TRACKER} AND verdict = 'counted' AND {_WINDOW}
"""
    sql = f"""
SELECT 'verdict' AS part, toString(verdict) AS name, sum(events) AS total,
    sumIf(events, {_WINDOW}) AS window
FROM rollup WHERE {_TRACKER} AND dimension = 'total' GROUP BY name
UNION ALL
SELECT 'series', formatDateTime(start, '{pattern}', {{zone:String}}), n, n
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
    return sql + (visitors if query.visitors else ""), {
        "account": query.account,
        "tracker": query.tracker,
        "kind": query.kind.value,
        "zone": query.zone,
        "since": query.since // 1000,
        "series_since": (query.since if query.series_since is None else query.series_since) // 1000,
        "until": query.until // 1000,
        "dimensions": [dimension.value for dimension in query.dimensions],
        "top": query.top,
    }
