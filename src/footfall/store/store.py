"""The event store on the ClickHouse engine. See `core.ports.EventStore` and
`runtime.reader.ReadableStore`."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from footfall.core.calendar import OF_DAYS, day_of, local_time
from footfall.core.events import Event, Verdict
from footfall.core.ports import Batch
from footfall.core.queries import (
    AdQuery,
    AdReport,
    Count,
    Dimension,
    EventQuery,
    Order,
    Page,
    TrackerReport,
    TrackerReportQuery,
)
from footfall.core.reports import Report, ReportQuery
from footfall.runtime.extracts import Extract, Slice
from footfall.runtime.reader import Query
from footfall.store.engine import Engine
from footfall.store.insert import insert_lines, origin_of
from footfall.store.maintenance.archive import ArchiveStore, events_and_archived
from footfall.store.maintenance.erase import Remover
from footfall.store.maintenance.rebuild import finish_rebuilds
from footfall.store.maintenance.reclassify import Reclassifier
from footfall.store.migrate import migrate
from footfall.store.query.ad_report import read_ads, select_ads
from footfall.store.query.cost_estimate import require_few, weigh
from footfall.store.query.event_query import (
    select_events,
    select_first_id,
    select_tracker_report,
)
from footfall.store.query.extracts import find_slice, merge_slices, read_slice
from footfall.store.query.quarter_hour_counts import begins_at, select_quarter_hour
from footfall.store.query.report_query import ReportRunner
from footfall.store.query.report_tables import EVENTS, table_for

OFFSET_READ_MAX: Final = 1_000
"""A smaller offset is read along with its page."""

OPTIONS: Final = {
    # The engine's own defaults are for a server with the machine to itself: caches of 5 GB each.
    "mark_cache_size": 32 << 20,
    "primary_index_cache_size": 32 << 20,
    "query_condition_cache_size": 8 << 20,
    "compiled_expression_cache_size": 16 << 20,
    # One thread merges: a second one takes the redirects' core, and their p99 with it.
    "background_pool_size": 1,
}
"""Of the embedded engine, from its start."""

_decode_events: Final = msgspec.json.Decoder(list[Event]).decode


class ClickHouseStore:
    """`url`: see `Engine`; `memory_bytes_max` bounds the embedded one."""

    def __init__(self, url: str, memory_bytes_max: int) -> None:
        options = {**OPTIONS, "max_server_memory_usage": memory_bytes_max}
        self._engine = Engine(url, options, finish_rebuilds)
        self._opening = threading.Lock()
        self._opened = False

    def open(self) -> None:
        """Connect and bring the schema up to date. Repeated by every call until it succeeds."""
        if self._opened:
            return
        with self._opening:
            if not self._opened:
                with self._engine.migrating() as client:
                    migrate(client, self._engine.disk)
                    if self._engine.embedded:
                        finish_rebuilds(client)
                self._opened = True

    def opened(self) -> Engine:
        """The engine, for what other modules query."""
        self.open()
        return self._engine

    def close(self) -> None:
        self._engine.close()

    def insert(self, batch: Batch, release: Callable[[Batch], None] | None = None) -> None:
        self.open()
        with self._engine.inserting() as client:
            self._engine.insert_incomplete = True
            insert_lines(
                *(client, batch.lines, batch.token),
                again=batch.again,
                embedded=self._engine.embedded,
                origin=origin_of(batch),
                tail=batch.tail,
            )
            self._engine.disk.after_insert(client)
            if release is not None:
                release(batch)
            self._engine.insert_incomplete = False

    def events(self, query: EventQuery) -> Page:
        self.open()
        if query.offset > OFFSET_READ_MAX:
            found = self._engine.read_counts(lambda client: _skip(client, query))
            if found is None:
                return Page([], None)
            query = found
        sql, parameters = select_events(query)
        with self._engine.reading() as client:
            lines = client.raw_query(sql, parameters=parameters, fmt="JSONEachRow")
        events = _decode_events(lines) if lines else []
        if len(events) <= query.limit:
            return Page(events, None)
        events = events[: query.limit]
        return Page(events, events[-1].id)

    def tracker_report(self, query: TrackerReportQuery) -> TrackerReport:
        self.open()
        return read_tracker_report(self._read_rows(*select_tracker_report(query)), query)

    def report(self, query: ReportQuery) -> Report:
        self.open()
        table = table_for(query)
        if table.name == EVENTS and query.archived and query.policy is None:
            rows, parameters = events_and_archived(query.account, query.archived)
            table = table_for(query, rows, parameters)

        def ask(client: Client) -> Report:
            if not table.rolled and query.reads_max is not None:
                require_few(client, query, query.reads_max)
            return ReportRunner(
                query,
                table,
                lambda sql, parameters: client.raw_query(
                    sql, parameters=parameters, fmt="JSONCompact"
                ),
            ).report()

        return self._engine.read_counts(ask)

    def ad_report(self, query: AdQuery) -> AdReport:
        self.open()
        return read_ads(self._read_rows(*select_ads(query)), query)

    def rows(self, query: Query) -> int:
        self.open()
        with self._engine.reading() as client:
            return weigh(client, query)

    def _read_rows(self, sql: str, parameters: dict[str, Any]) -> Sequence[Any]:
        return self._engine.read_counts(
            lambda client: client.query(sql, parameters=parameters).result_rows
        )

    def watch_disk(self) -> None:
        """Every second, and nothing before the store is opened. Raises StoreUnavailable."""
        if self._opened:
            self._engine.watch_disk()

    def cancel(self, read: str) -> None:
        """End the query of the read with this id, if it has one under way."""
        self._engine.cancel(read)

    def find_slice(self, extract: Extract, rows: int) -> Slice | None:
        """The first so many events of an extract, None when it has none."""
        self.open()
        sql, parameters = find_slice(extract, rows)
        with self._engine.reading() as client:
            ((last, found),) = client.query(sql, parameters=parameters).result_rows
        return Slice(last, found) if found else None

    def read_slice(self, extract: Extract, *, first: bool) -> Iterator[bytes]:
        """All events of an extract, as bytes of its format; Parquet is made of the bytes of its
        slices by `merge_slices`. The `first` slice of a file has its head."""
        self.open()
        (sql, parameters), format = read_slice(extract, first=first)
        return self._engine.stream(sql, parameters, format)

    def merge_slices(self, extract: Extract, path: Path) -> Iterator[bytes]:
        """The Parquet file of slices that were compressed with gzip and appended to each other."""
        (sql, parameters), format = merge_slices(extract, path)
        return self._engine.stream(sql, parameters, format, local=True)

    def remover(self) -> Remover:
        """What removes events."""
        return Remover(self._engine, self.open)

    def reclassifier(self) -> Reclassifier:
        """What reclassifies events."""
        return Reclassifier(self._engine, self.open)

    def archive_store(self) -> ArchiveStore:
        """What writes and reads the files of archives."""
        return ArchiveStore(self._engine, self.open)

    def check(self) -> str:
        self.open()
        with self._engine.reading() as client:
            return str(client.command("SELECT version()"))

    def memory(self) -> int:
        """Bytes that the engine holds, also between queries."""
        self.open()
        sql = "SELECT value FROM system.metrics WHERE metric = 'MemoryTracking'"
        with self._engine.reading() as client:
            ((held,),) = client.query(sql).result_rows
        return int(held)


def _skip(client: Client, query: EventQuery) -> EventQuery | None:
    """The same page without an offset: from the event at which it begins. None past the end.

    Whole quarter-hours are skipped by their counts, and of the last one only what the filter looks
    at is read: the page a million events on costs little more than the first.
    """
    if (question := select_quarter_hour(query)) is not None:
        rows = client.query(question[0], parameters=question[1]).result_rows
        if not rows:
            return None
        ((quarter_hour, skipped),) = rows
        edge = {"since": begins_at(quarter_hour)}
        if query.order is Order.DESCENDING:
            edge = {"until": begins_at(quarter_hour + 1)}
        query = msgspec.structs.replace(query, offset=query.offset - skipped, **edge)
    sql, parameters = select_first_id(query)
    rows = client.query(sql, parameters=parameters).result_rows
    if not rows:
        return None
    ((first,),) = rows
    beyond = first - 1 if query.order is Order.ASCENDING else first + 1
    return msgspec.structs.replace(query, offset=0, cursor=beyond)


def read_tracker_report(rows: Any, query: TrackerReportQuery) -> TrackerReport:
    """Rows (part, name, total, window) of `sql.select_tracker_report`, as a report."""
    verdicts: dict[Verdict, int] = {}
    window_total = 0
    visitors = None
    series: list[tuple[int, int]] = []
    counts: dict[Dimension, list[Count]] = {}
    for part, name, total, window in rows:
        if part == "verdict":
            verdicts[Verdict(name)] = total
            if name == Verdict.COUNTED:
                window_total = window
        elif part == "visitors":
            visitors = total
        elif part == "series":
            series.append((int(name) * 1000, total))
        else:
            counts.setdefault(Dimension(part), []).append(Count(name, total, window))
    series.sort()
    leaders = {}
    for dimension, values in counts.items():
        leaders[dimension] = min(values, key=lambda count: (-count.total, count.value)).value
        in_window = [count for count in values if count.window]
        in_window.sort(key=lambda count: (-count.window, count.value))
        counts[dimension] = in_window[: query.top]
    return TrackerReport(
        total=verdicts.get(Verdict.COUNTED, 0),
        window=window_total,
        verdicts=verdicts,
        visitors=visitors,
        series=[(_label(start, query), total) for start, total in series],
        breakdowns=counts,
        leaders=leaders,
    )


def _label(start: int, query: TrackerReportQuery) -> str:
    if query.bucket in OF_DAYS:
        return day_of(start, query.zone).isoformat()
    return local_time(start, query.zone).strftime("%Y-%m-%d %H:%M")
