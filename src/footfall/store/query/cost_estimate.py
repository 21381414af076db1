"""How much a read looks at, estimated from what was counted in advance: before it begins."""

from typing import Final

from clickhouse_connect.driver.client import Client

from footfall.core.calendar import DAY_MS, HOUR_MS, QUARTER_HOUR_MS
from footfall.core.errors import TooLarge
from footfall.core.ids import first_id_at
from footfall.core.queries import AdQuery, Bucket, EventFilter, EventQuery
from footfall.core.reports import ReportQuery, counting
from footfall.runtime.reader import Query
from footfall.store.query.report_query import select_groups
from footfall.store.query.report_tables import table_for

_IN_ORDER: Final = (
    *("account", "tracker", "ids", "above", "below", "since", "until", "ranges", "policy"),
    *("sources", "kinds", "verdicts"),
)
"""Filters by which the table is sorted, or that most events pass: a page of them reads little more
than its rows."""

_OFFSET_FEW: Final = 1_000

_LENGTHS_MS: Final = {
    Bucket.QUARTER_HOUR: QUARTER_HOUR_MS,
    Bucket.HOUR: HOUR_MS,
    Bucket.DAY: DAY_MS,
    Bucket.WEEK: 7 * DAY_MS,
    Bucket.MONTH: 30 * DAY_MS,
    Bucket.YEAR: 365 * DAY_MS,
}
_RESULT_WEIGHT: Final = 10
"""A row of an answer costs as much as reading so many."""

_FILES: Final = 1 << 40
"""Of months of an archive: nothing is counted in advance of them, and they are no few."""


def weigh(client: Client, query: Query) -> int:
    """See `runtime.reader.ReadableStore.rows`."""
    match query:
        case ReportQuery():
            return _of_report(client, query)
        case AdQuery():
            events = EventFilter(account=query.account, occurred_since=query.since)
            return candidates(client, events)
        case EventQuery():
            if query.offset <= _OFFSET_FEW and query.filters(*_IN_ORDER) == query.filters():
                return 0
            return candidates(client, query)
        case _:
            return 0  # of trackers, from their rollups


def _of_report(client: Client, query: ReportQuery) -> int:
    results = _results(query)
    table = table_for(query)
    if table.rolled and (not query.dimensions or query.trackers or query.stored):
        return results * _RESULT_WEIGHT
    if query.archived and not table.rolled:
        return _FILES
    rows = candidates(client, query)
    return max(rows, min(rows, results) * _RESULT_WEIGHT)


def _results(query: ReportQuery) -> int:
    if query.bucket is None:
        return 0
    length = (query.occurred_until or 0) - (query.occurred_since or 0)
    return length // _LENGTHS_MS[query.bucket] * (query.top if query.dimensions else 1)


def candidates(client: Client, query: EventFilter) -> int:
    """All events of the account, or of its tracker, in the bounds of the query."""
    bounds = counting(
        EventFilter(
            account=query.account,
            tracker=query.tracker,
            since=query.since,
            until=query.until,
            above=max(query.above or 0, first_id_at(query.occurred_since or 0) - 1),
            below=query.below,
        )
    )
    sql, parameters = select_groups(bounds, table_for(bounds), (), buckets=False)
    ((_, _, _, events, *_),) = client.query(sql, parameters=parameters).result_rows
    return int(events)


def require_few(client: Client, query: ReportQuery, rows_max: int) -> None:
    """Raises TooLarge when there are more events to read, by what their counts tell: all of the
    account, or of its tracker, since the window begins."""
    rows = candidates(client, query)
    if rows > rows_max:
        raise TooLarge(
            f"This report would read {rows:,} events one by one, and may read {rows_max:,}. Choose"
            " a shorter window, name a tracker, or ask for one dimension with the metrics events"
            " and counted: those are counted in advance (GET /reports/schema).",
            rows,
        )


assert {*_IN_ORDER} <= {*EventFilter.__struct_fields__}
