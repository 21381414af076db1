"""Reports as SQL for the engine, and its rows as reports. Which table is queried: `tables.py`."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from footfall.core.calendar import EARLIEST_MS, LATEST_MS
from footfall.core.errors import TooLarge
from footfall.core.queries import Condition
from footfall.core.reports import Cost, Counts, Group, Metric, Report, ReportQuery
from footfall.store.query.conditions import holds
from footfall.store.query.event_query import OCCURRED, SqlQuery
from footfall.store.query.local_time import start_of
from footfall.store.query.report_tables import COUNTED, Table

_SETTINGS: Final = (
    "SETTINGS max_bytes_before_external_group_by = 100000000, max_threads = 2,"
    " max_block_size = 16384, output_format_json_quote_64bit_integers = 0,"
    " exact_rows_before_limit = 1"
)
"""Groups beyond this go to the disk."""

LOOKED_AT: Final = 20_000
METRICS: Final = tuple(Metric)
_BETWEEN: Final = "\x1f"


class _Statistics(msgspec.Struct):
    rows_read: int
    bytes_read: int
    elapsed: float


class _Answer(msgspec.Struct):
    """The engine's format JSONCompact."""

    data: list[tuple[Any, ...]]
    statistics: _Statistics
    rows_before_limit_at_least: int = 0


class _Found(NamedTuple):
    """`number` is how many groups there are without a limit."""

    groups: list[Group]
    totals: Counts
    number: int


_NOTHING: Final[tuple[Any, ...]] = (1, 0, [], *(0 for _ in METRICS))

_read: Final = msgspec.json.Decoder(_Answer).decode

Ask = Callable[[str, dict[str, Any]], bytes]
"""SQL and parameters → the answer in the format JSONCompact."""


class ReportRunner:
    """Puts the questions of one report to a table, and adds up what they cost."""

    def __init__(self, query: ReportQuery, table: Table, ask: Ask) -> None:
        self._query = query
        self._table = table
        self._ask = ask
        self._cost = Cost()

    def report(self) -> Report:
        query = self._query
        if query.dimensions and not self._table.rolled and query.buckets:
            self._require_rows(
                *select_some(query, self._table, query.rows_max // query.buckets + 1)
            )
        found = self._groups(query.dimensions, buckets=not query.dimensions)
        groups = series = found.groups
        if query.dimensions:
            series = []
            only = [group.values for group in groups]
            self._require(len(only) * query.buckets)
            if query.bucket is not None and only:
                rank = {values: number for number, values in enumerate(only)}
                groups = self._groups(query.dimensions, buckets=True, only=only).groups
                groups.sort(key=lambda group: (rank[group.values], group.start))
                series = self._groups(buckets=True).groups
            if query.funnel is not None:
                steps = self._steps(query.dimensions, only)
                groups = [_with_steps(group, steps.get(group.values)) for group in groups]
        totals = found.totals
        if query.funnel is not None:
            totals = msgspec.structs.replace(totals, steps=self._steps().get((), ()))
        number = found.number if query.dimensions else 0
        unions = self._unions() if query.unions else ()
        return Report(groups, totals, series, number, self._table.name, self._cost, unions)

    def _groups(
        self,
        by: tuple[str, ...] = (),
        *,
        buckets: bool,
        only: Sequence[tuple[str, ...]] | None = None,
    ) -> _Found:
        """Of these values; of the buckets of the query's time if it has one, and if requested."""
        buckets = buckets and self._query.bucket is not None
        answer = self._put(*select_groups(self._query, self._table, by, buckets=buckets, only=only))
        (totals, *groups) = answer.data or [_NOTHING]
        self._require(len(groups))
        return _Found(
            [
                Group(tuple(row[2]), row[1] * 1000 if buckets else None, _counts(row))
                for row in groups
            ],
            _counts(totals),
            answer.rows_before_limit_at_least - 1,
        )

    def _steps(
        self, by: tuple[str, ...] = (), only: Sequence[tuple[str, ...]] | None = None
    ) -> dict[tuple[str, ...], tuple[int, ...]]:
        rows = self._put(*select_steps(self._query, self._table, by, only)).data
        return {tuple(values): tuple(steps) for values, steps in rows}

    def _unions(self) -> tuple[int, ...]:
        return self._put(*select_unions(self._query, self._table)).data[0]

    def _require_rows(self, sql: str, parameters: dict[str, Any]) -> None:
        ((groups,),) = self._put(sql, parameters).data
        self._require(groups * self._query.buckets)

    def _require(self, rows: int) -> None:
        if rows > self._query.rows_max:
            raise TooLarge(
                f"The report has more than {self._query.rows_max:,} rows. Ask for longer buckets,"
                " a shorter window, a smaller top or fewer metrics, or leave out empty buckets."
            )

    def _put(self, sql: str, parameters: dict[str, Any]) -> _Answer:
        answer = _read(self._ask(sql, parameters))
        spent = answer.statistics
        self._cost += Cost(spent.rows_read, spent.bytes_read, spent.elapsed * 1000)
        return answer


def select_groups(
    query: ReportQuery,
    table: Table,
    by: tuple[str, ...],
    *,
    buckets: bool,
    only: Sequence[tuple[str, ...]] | None = None,
) -> SqlQuery:
    """Rows (is of everything, start, [values of `by`], each of METRICS). The first
    one is of everything, and the only one without `by` and without buckets."""
    parameters = dict(table.parameters)
    where = _where(query, table, by, only, parameters)
    keys = [f"by_{number}" for number in range(len(by))]
    values = ", ".join(f"{_text(table, name)} AS {key}" for name, key in zip(by, keys, strict=True))
    order, start = [f"{query.order_by} DESC", *keys], "0"
    if buckets and query.bucket is not None:
        keys, order = [*keys, "start"], ["start"]
        window = query.occurred_since or EARLIEST_MS, query.occurred_until or LATEST_MS
        start = start_of(query.bucket, window, query.zone, parameters, query.week_start)
    computed = {*query.metrics, query.order_by, Metric.EVENTS}
    metrics = ", ".join(
        f"{table.metrics[metric] if metric in computed else '0'} AS {metric}" for metric in METRICS
    )
    total, grouped = "1", ""
    if keys:
        total = f"grouping({keys[0]})"
        wanted = "events != 0"
        if query.only is not None and by:
            wanted += f" AND {_among(table, by, query.only, parameters)}"
        grouped = f"GROUP BY GROUPING SETS (({', '.join(keys)}), ()) HAVING total OR {wanted}"
    parameters["limit"] = 1 + (query.rows_max + 1 if buckets else query.top)
    return (
        f"SELECT {total} AS total, {start} AS start, [{values}]::Array(String), {metrics}"
        f" FROM {table.rows} {where} {grouped}"
        f" ORDER BY {', '.join(['total DESC', *order])} LIMIT {{limit:UInt32}} {_SETTINGS}",
        parameters,
    )


def select_some(query: ReportQuery, table: Table, most: int) -> SqlQuery:
    """A row: how many combinations of values the first events have, up to so many. It looks at few,
    so that a report with too many rows is refused before it is made."""
    parameters = dict(table.parameters)
    where = _where(query, table, query.dimensions, None, parameters)
    values = ", ".join(_text(table, name) for name in query.dimensions)
    parameters |= {"most": min(most, query.top), "looked_at": LOOKED_AT}
    return (
        f"SELECT count() FROM (SELECT DISTINCT {values}"
        f" FROM (SELECT * FROM {table.rows} {where} LIMIT {{looked_at:UInt32}})"
        f" LIMIT {{most:UInt32}}) {_SETTINGS}",
        parameters,
    )


def select_steps(
    query: ReportQuery,
    table: Table,
    by: tuple[str, ...],
    only: Sequence[tuple[str, ...]] | None,
) -> SqlQuery:
    """Rows ([values of `by`], [how many came to each step])."""
    assert query.funnel is not None
    parameters = dict(table.parameters)
    where = _where(query, table, by, only, parameters)
    steps = [
        " AND ".join(
            holds(one, table.columns[one.column], f"step_{number}_{place}", parameters)
            for place, one in enumerate(step)
        )
        for number, step in enumerate(query.funnel.steps)
    ]
    parameters["within"] = query.funnel.within_seconds * 1000
    person = table.columns[query.funnel.by]
    keys = [f"by_{number}" for number in range(len(by))]
    selected = [f"{_text(table, name)} AS by_{number}" for number, name in enumerate(by)]
    somebody = f"{person.number} != 0" if person.number else f"{person.text} != ''"
    reached = ", ".join(f"countIf(level >= {number + 1})" for number in range(len(steps)))
    inner = (
        f"SELECT {', '.join([*selected, f'{person.text} AS person'])},"
        f" windowFunnel({{within:UInt64}})(toUInt64({OCCURRED}), {', '.join(steps)}) AS level"
        f" FROM {table.rows} {where} {'AND' if where else 'WHERE'} {COUNTED} AND {somebody}"
        f" GROUP BY {', '.join([*keys, 'person'])}"
    )
    groups = f"GROUP BY {', '.join(keys)}" if keys else ""
    return (
        f"SELECT [{', '.join(keys)}]::Array(String), [{reached}] FROM ({inner}) {groups}"
        f" {_SETTINGS}",
        parameters,
    )


def select_unions(query: ReportQuery, table: Table) -> SqlQuery:
    """One row: the visitors of each union."""
    parameters = dict(table.parameters)
    where = _where(query, table, (), None, parameters)
    merged = []
    for number, kinds in enumerate(query.unions):
        parameters[f"union_{number}"] = [kind.value for kind in kinds]
        merged.append(table.visitors(f"kind IN {{union_{number}:Array(String)}}"))
    return f"SELECT {', '.join(merged)} FROM {table.rows} {where} {_SETTINGS}", parameters


def _where(
    query: ReportQuery,
    table: Table,
    by: tuple[str, ...],
    only: Sequence[tuple[str, ...]] | None,
    parameters: dict[str, Any],
) -> str:
    conditions = [
        _holds(one, table, number, parameters) for number, one in enumerate(query.conditions)
    ]
    if only is not None:
        conditions.append(_among(table, by, only, parameters))
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _among(
    table: Table,
    by: tuple[str, ...],
    only: Sequence[tuple[str, ...]],
    parameters: dict[str, Any],
) -> str:
    parameters["only"] = [_BETWEEN.join(values) for values in only]
    parameters["between"] = _BETWEEN
    texts = ", ".join(_text(table, name) for name in by)
    return f"arrayStringConcat([{texts}], {{between:String}}) IN {{only:Array(String)}}"


def _holds(one: Condition, table: Table, number: int, parameters: dict[str, Any]) -> str:
    return holds(one, table.columns[one.column], f"condition_{number}", parameters)


def _text(table: Table, name: str) -> str:
    return f"toString({table.columns[name].text})"


def _counts(row: tuple[Any, ...]) -> Counts:
    found = dict(zip(METRICS, row[3:], strict=False))
    for moment in (Metric.FIRST_SEEN, Metric.LAST_SEEN):
        found[moment] = (found[moment] if found[Metric.COUNTED] else None) or None
    return Counts(**found)


def _with_steps(group: Group, steps: tuple[int, ...] | None) -> Group:
    counts = msgspec.structs.replace(group.counts, steps=steps or ())
    return msgspec.structs.replace(group, counts=counts)
