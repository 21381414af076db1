"""Which table answers a report: the smallest rollup that knows all it looks at, else the events.

A rollup answers when it has every column of the report and the window's ends lie on quarter-hours.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.events import Verdict
from footfall.core.queries import AD_COLUMNS, METADATA, Condition, Operator
from footfall.core.reports import ROLLED, Metric, ReportQuery
from footfall.store.query import visitors
from footfall.store.query.conditions import Column, column_of
from footfall.store.query.event_query import OCCURRED, source_of
from footfall.store.query.quarter_hour_counts import COLUMNS, select_held

EVENTS: Final = "events"
EVENTS_AND_ARCHIVE: Final = "events and archive"
QUARTER_HOURS: Final = "events_by_quarter_hour"

_STORED_EMPTY: Final = {
    "rollup": ("country", "device", "referrer_host"),
    "rollup_account": (
        *("tracker", "country", "region", "device", "referrer_host", "os", "browser"),
        *("language", "reason"),
    ),
}
"""The dimensions of which a rollup has '' too. Of the others it is what all events have beyond
those that have a value."""

_OF_TRACKER: Final = ("country", "device", "referrer_host", "os", "browser")
_KEYS: Final = ("kind", "verdict")
_ROLLED_FILTERS: Final = (
    *("account", "occurred_since", "occurred_until"),
    *("tracker", "trackers", "verdicts", "conditions"),
)
_ALWAYS: Final = frozenset({"id", "delay", "kind", "verdict", "visitor"})
"""The columns that expressions of metrics look at."""

_SUMMED: Final = frozenset({Metric.EVENTS, Metric.COUNTED, Metric.INTERACTIONS})
_SKETCHED: Final = frozenset({Metric.UNIQUES, Metric.WITH_VISITOR, Metric.RECIPIENTS})

COUNTED: Final = f"verdict = '{Verdict.COUNTED}'"
_DONE: Final = f"{COUNTED} AND {visitors.ACTED}"
_SENT: Final = f"{COUNTED} AND NOT {visitors.ACTED}"


class Table(NamedTuple):
    """`rows` is what stands after FROM; every row has a `bucket`, its quarter-hour (none in
    QUARTER_HOURS). `columns` are those that the report looks at, `metrics` the expressions of what
    may be queried of it, `visitors` that of the visitors of rows for which a condition holds."""

    name: str
    rows: str
    columns: dict[str, Column]
    metrics: dict[Metric, str]
    parameters: dict[str, Any]
    visitors: Callable[[str], str] = visitors.counted

    @property
    def rolled(self) -> bool:
        return self.name not in (EVENTS, EVENTS_AND_ARCHIVE)


def table_for(
    query: ReportQuery, rows: str = "", parameters: Mapping[str, Any] | None = None
) -> Table:
    """`rows`, with their `parameters`, are read in the place of the events, and then nothing else
    is."""
    if query.stored and (held := _of_quarter_hours(query)):
        return held
    if not rows and _may_be_rolled(query):
        used = {*query.dimensions, *(one.column for one in query.conditions)}
        keys: tuple[str, ...] = _KEYS
        if query.tracker is None:
            keys = ("tracker" if query.trackers else "source", *_KEYS)
        beside = used.difference(keys)
        if not beside:
            return _of_total(query, keys)
        if query.metrics <= _SUMMED and not query.unions:
            dimensions = _OF_TRACKER if _rollup(query) == "rollup" else ROLLED
            if len(beside) == 1 and beside <= {*dimensions}:
                return _of_dimension(query, keys, *beside)
            if beside <= {*AD_COLUMNS, "tracker"} and any(map(_names_offers, query.conditions)):
                return _of_ads(query)
    table = _of_events(query, rows)
    if rows:
        merged = {**table.parameters, **(parameters or {})}
        return table._replace(name=EVENTS_AND_ARCHIVE, parameters=merged)
    return table


def _may_be_rolled(query: ReportQuery) -> bool:
    """Nothing is queried but a window in quarter-hours, trackers, verdicts and conditions on
    columns."""
    ends = (query.occurred_since, query.occurred_until)
    return (
        not query.stored
        and query.filters(*_ROLLED_FILTERS) == query.filters()
        and query.metrics <= _SUMMED | _SKETCHED
        and query.funnel is None
        and not any(end is None or end % QUARTER_HOUR_MS for end in ends)
    )


def _rollup(query: ReportQuery) -> str:
    of_trackers = query.tracker is not None or query.trackers
    return "rollup" if of_trackers else "rollup_account"


def _of_quarter_hours(query: ReportQuery) -> Table | None:
    if not {*query.dimensions} <= {*COLUMNS} or not query.metrics <= _SUMMED:
        return None
    held = select_held(query)
    return held and Table(QUARTER_HOURS, held[0], _plain(COLUMNS), _sums("weight"), held[1])


def _of_total(query: ReportQuery, keys: tuple[str, ...]) -> Table:
    where, parameters = _window(query)
    name = _rollup(query)
    rows = (
        f"(SELECT bucket, {', '.join(keys)}, events AS weight, with_visitor AS known,"
        f" visitor_sketch FROM {name} WHERE {where} AND dimension = 'total')"
    )
    sketched = partial(visitors.sketched, known="known")
    metrics = _sums("weight") | {
        Metric.UNIQUES: sketched(_DONE),
        Metric.WITH_VISITOR: f"toInt64(sumIf(known, {_DONE}))",
        Metric.RECIPIENTS: sketched(_SENT),
    }
    return Table(name, rows, _plain(keys), metrics, parameters, sketched)


def _of_dimension(query: ReportQuery, keys: tuple[str, ...], dimension: str) -> Table:
    where, parameters = _window(query)
    parameters["dimension"] = dimension
    name = _rollup(query)
    value, weight, source = "toString(value)", "toInt64(events)", name
    dimensions = "dimension = {dimension:String}"
    if dimension not in _STORED_EMPTY[name]:
        value, weight = "pair.1", "pair.2"
        dimensions = "dimension IN ('total', {dimension:String})"
        source += (
            " ARRAY JOIN if(dimension = 'total', [('', toInt64(events))],"
            " [(toString(value), toInt64(events)), ('', -toInt64(events))]) AS pair"
        )
    rows = (
        f"(SELECT bucket, {', '.join(keys)}, {value} AS shown, {weight} AS weight"
        f" FROM {source} WHERE {where} AND {dimensions})"
    )
    number = "toUInt64OrZero(shown)" if dimension == "tracker" else ""
    columns = {**_plain(keys), dimension: Column("shown", number)}
    return Table(name, rows, columns, _sums("weight"), parameters)


def _of_ads(query: ReportQuery) -> Table:
    where, parameters = _window(query)
    rows = f"(SELECT *, toInt64(events) AS weight FROM rollup_ads WHERE {where})"
    columns = {name: Column(f"toString({name})") for name in AD_COLUMNS}
    columns |= _plain(("source", "tracker", *_KEYS))
    return Table("rollup_ads", rows, columns, _sums("weight"), parameters)


def _of_events(query: ReportQuery, rows: str) -> Table:
    conditions = query.conditions
    source, parameters = source_of(replace(query.filters(), conditions=()))
    if rows:
        source = f"FROM {rows} WHERE {source.partition(' WHERE ')[2]}"
    moment = f"toDateTime(intDiv({OCCURRED}, 1000), 'UTC')"
    columns: dict[str, Column] = {}
    steps = query.funnel.steps if query.funnel else ()
    used = [*query.dimensions, *(one.column for one in conditions)]
    used += [one.column for step in steps for one in step]
    used += [query.funnel.by] if query.funnel else []
    for number, name in enumerate(dict.fromkeys(used)):
        columns[name] = column_of(name, f"column_{number}", parameters)
    metrics = {
        Metric.EVENTS: "toInt64(count())",
        Metric.COUNTED: f"toInt64(countIf({COUNTED}))",
        Metric.INTERACTIONS: f"toInt64(countIf({_DONE}))",
        Metric.UNIQUES: visitors.counted(_DONE),
        Metric.WITH_VISITOR: f"toInt64(countIf(visitor != 0 AND {_DONE}))",
        Metric.RECIPIENTS: visitors.counted(_SENT),
        Metric.FIRST_SEEN: f"minIf({OCCURRED}, {COUNTED})",
        Metric.LAST_SEEN: f"maxIf({OCCURRED}, {COUNTED})",
    }
    stored = {"metadata" if name.startswith(METADATA) else name for name in used}
    selected = ", ".join(sorted(stored | _ALWAYS))
    rows = f"(SELECT {selected}, toStartOfFifteenMinutes({moment}) AS bucket {source})"
    return Table(EVENTS, rows, columns, metrics, parameters)


def _names_offers(one: Condition) -> bool:
    """The rollup of ads has no other events."""
    named = one.operator is Operator.IS and "" not in one.values
    return one.column == "offer" and (named or one.operator is Operator.PRESENT)


def _plain(names: tuple[str, ...]) -> dict[str, Column]:
    return {name: Column(f"toString({name})", name if name == "tracker" else "") for name in names}


def _sums(weight: str) -> dict[Metric, str]:
    return {
        Metric.EVENTS: f"toInt64(sum({weight}))",
        Metric.COUNTED: f"toInt64(sumIf({weight}, {COUNTED}))",
        Metric.INTERACTIONS: f"toInt64(sumIf({weight}, {_DONE}))",
    }


def _window(query: ReportQuery) -> tuple[str, dict[str, Any]]:
    assert query.occurred_since is not None
    assert query.occurred_until is not None
    where = (
        "account = {account:UInt32} AND bucket >= toDateTime({since:Int64})"
        " AND bucket < toDateTime({until:Int64})"
    )
    parameters: dict[str, Any] = {
        "account": query.account,
        "since": query.occurred_since // 1000,
        "until": query.occurred_until // 1000,
    }
    if query.tracker is not None:
        where += " AND tracker = {tracker:UInt64}"
        parameters["tracker"] = query.tracker
    if query.trackers:
        where += " AND tracker IN {trackers:Array(UInt64)}"
        parameters["trackers"] = list(query.trackers)
    if query.verdicts:
        where += " AND verdict IN {verdicts:Array(String)}"
        parameters["verdicts"] = [one.value for one in query.verdicts]
    return where, parameters
