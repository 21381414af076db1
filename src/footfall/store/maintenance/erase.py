"""Removes events from the event store: first from the counts, then the rows.

    survey: what would go → recount: the counts without it → remove: the rows → settled?

Each step can be repeated after a crash: `events` goes last, as its rows say what is left to do.
Deletions are registered with the engine, are in force for every reader at once, and are carried out
behind them: `settled` tells when.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall.core.calendar import HOUR_MS, QUARTER_HOUR_MS
from footfall.core.errors import StoreUnavailable
from footfall.core.ids import EPOCH_MS, TIME_SHIFT, first_id_at
from footfall.core.queries import EventFilter
from footfall.store.engine import Engine
from footfall.store.maintenance.expire import BY_QUARTER_HOUR, rebuild_counts_received, touched
from footfall.store.maintenance.ledger import note_expired, whole_from
from footfall.store.maintenance.parts import (
    HOLDING,
    RAW_TABLES,
    ReplacedPart,
    drop_part,
    parts_of,
    replaced_parts,
)
from footfall.store.maintenance.rebuild import (
    Cell,
    Counted,
    Region,
    find_counted,
    held_of,
    raw_rows,
    rebuild,
)
from footfall.store.query.event_query import OCCURRED, conditions_of
from footfall.store.query.quarter_hour_counts import IDS_OF_QUARTER_HOUR

IDS_AT_ONCE: Final = 50_000

# Of receipt, since 1970.
_HOUR: Final = f"intDiv(bitShiftRight(id, {TIME_SHIFT}) + {EPOCH_MS}, {HOUR_MS})"


class DeletionCount(msgspec.Struct, frozen=True):
    """So many events of a source that were received in an hour (since 1970, UTC)."""

    source: str
    hour: int
    events: int


class Survey(msgspec.Struct, frozen=True):
    """What would go. `bytes` is an estimate: rows have one size here. `bytes_rewritten` are those
    of the parts that hold something else too: as much must be free while they are rewritten."""

    going: list[DeletionCount]
    bytes: int
    bytes_rewritten: int
    bytes_free: int

    @property
    def events(self) -> int:
        return sum(one.events for one in self.going)


class RollupSize(msgspec.Struct, frozen=True):
    """Rows of counts, and the bytes that they take, as in `Survey`."""

    rows: int
    bytes: int


class Remover:
    """Every method blocks, and may raise StoreUnavailable."""

    def __init__(self, engine: Engine, open: Callable[[], None]) -> None:
        self._engine = engine
        self._open = open

    def survey(self, query: EventFilter) -> Survey:
        self._open()
        conditions, parameters = conditions_of(query)
        with self._engine.reading() as client:
            rows = client.query(
                f"SELECT source, {_HOUR} AS hour, count() FROM events WHERE {conditions}"
                " GROUP BY source, hour ORDER BY hour, source",
                parameters=parameters,
            ).result_rows
            going = [DeletionCount(*row) for row in rows]
            if not going:
                return Survey([], 0, 0, 0)
            rewritten = size = 0
            for table in RAW_TABLES:
                for part in parts_of(client, table, conditions, parameters):
                    size += part.bytes_going
                    rewritten += part.bytes if part.going < part.rows else 0
            free = _number(client, "SELECT min(free_space) FROM system.disks")
        return Survey(going, size, rewritten, free)

    def ids(self, query: EventFilter) -> Iterator[list[int]]:
        """Those of these events, some at a time."""
        self._open()
        conditions, parameters = conditions_of(query)
        parameters["after"] = 0
        sql = (
            f"SELECT id FROM events WHERE {conditions} AND id > {{after:UInt64}}"
            f" ORDER BY id LIMIT {IDS_AT_ONCE}"
        )
        while True:
            with self._engine.reading() as client:
                rows = client.query(sql, parameters=parameters).result_rows
            if not rows:
                return
            yield [id for (id,) in rows]
            parameters["after"] = rows[-1][0]

    def newest(self, account: int) -> int:
        """The greatest id of an account's events, 0 without any."""
        self._open()
        with self._engine.reading() as client:
            sql = "SELECT max(id) FROM events WHERE account = {account:UInt32}"
            return _number(client, sql, {"account": account})

    def rebuild_counts(self, query: EventFilter) -> int:
        """Take these events off all counts. Returns of how many quarter-hours the counts stayed as
        they were: some of their raw rows went before, so they cannot be rebuilt."""
        self._open()
        without = conditions_of(query)
        whole = _is_of_trackers(query)
        with self._engine.reading() as client:
            tables = find_counted(client)
            received = touched(client, query, by_receipt=True)
            cells = touched(client, query, by_receipt=False)
            if whole:
                cells |= _counted(client, query)
        partly_deleted = self._partly_deleted(query.account, cells, by_tracker=True)
        partly_deleted_at = self._partly_deleted(query.account, cells, by_tracker=False)
        kept: set[Cell] = set() if whole else partly_deleted
        for one in tables:
            if one.by_tracker and whole:
                region = Region(account=query.account, trackers=_trackers(query))
            elif one.by_receipt:
                region = Region(account=query.account, cells=tuple(received))
            elif one.by_tracker:
                region = Region(account=query.account, cells=tuple(cells - partly_deleted))
            else:
                some = {cell for cell in cells if (0, cell[1]) not in partly_deleted_at}
                region = Region(account=query.account, cells=tuple(some))
                kept = kept | (cells - some)
            if region.cells or region.trackers:
                rebuild(self._engine, one, region, without)
        for one in tables:
            self._forget_names(one, query)
        return len(kept)

    def _forget_names(self, counted: Counted, query: EventFilter) -> None:
        """Counts whose raw rows went before are not recomputed, and of some the key is a value that
        these events are chosen by, such as a sub id: those go. The totals stay."""
        for column, values in query.values.items():
            conditions = f"{column} IN {{values:Array(String)}}"
            if "dimension" in counted.columns:
                conditions = f"dimension = '{column}' AND value IN {{values:Array(String)}}"
            elif column not in counted.columns:
                continue
            with self._engine.reading() as client:
                until = whole_from(client, query.account) // QUARTER_HOUR_MS * QUARTER_HOUR_MS
            source, parameters = held_of(counted, Region(account=query.account, until=until))
            conditions = f"{source.partition(' WHERE ')[2]} AND {conditions}"
            self._delete(counted.table, conditions, {**parameters, "values": list(values)})

    def remove(self, query: EventFilter) -> None:
        """The rows of these events go."""
        self._open()
        for table in HOLDING:
            self._delete(table, *conditions_of(query), whole_parts=True)

    def expire(self, query: EventFilter) -> None:
        """The rows go, the counts stay: all events of some sources that were received, or happened,
        before a time."""
        before = query.until if query.occurred_until is None else query.occurred_until
        assert before is not None
        self._open()
        self._note_expired(query.account, before)
        if query.until is None:
            rebuild_counts_received(self._engine, query)
        else:
            self._expire_received(query)
        self.remove(query)

    def _expire_received(self, query: EventFilter) -> None:
        """Of whole quarter-hours of receipt the counts of these sources go with their rows."""
        _, parameters = conditions_of(query)
        conditions, _ = conditions_of(msgspec.structs.replace(query, since=None, until=None))
        first, end = (
            first_id_at(at or 0) // IDS_OF_QUARTER_HOUR for at in (query.since, query.until)
        )
        span = "quarter_hour >= {first:UInt32} AND quarter_hour < {end:UInt32}"
        self._delete(
            BY_QUARTER_HOUR,
            f"{conditions} AND {span}",
            parameters | {"first": first, "end": end},
        )

    def rollup_size(self, account: int, until: int) -> RollupSize:
        """Rows of counts of what happened before this time."""
        self._open()
        rows = size = 0
        with self._engine.reading() as client:
            for one in _lasting(client):
                source, parameters = held_of(one, Region(account=account, until=until))
                for part in parts_of(client, one.table, source.partition(" WHERE ")[2], parameters):
                    rows, size = rows + part.going, size + part.bytes_going
        return RollupSize(rows, size)

    def expire_counts(self, account: int, until: int) -> None:
        """The counts of what happened before this time go."""
        self._note_expired(account, until)
        with self._engine.reading() as client:
            tables = _lasting(client)
        for one in tables:
            source, parameters = held_of(one, Region(account=account, until=until))
            self._delete(one.table, source.partition(" WHERE ")[2], parameters)

    def size(self) -> int:
        """Bytes of everything the store holds."""
        self._open()
        with self._engine.reading() as client:
            return _number(
                client,
                "SELECT sum(bytes_on_disk) FROM system.parts"
                " WHERE active AND database = currentDatabase()",
            )

    def settled(self) -> bool:
        """Whether all deletions are carried out. Then the engine's notes of them go too: they
        quote what was erased. Raises StoreUnavailable when one cannot be carried out."""
        self._open()
        with self._engine.mutations() as client:
            ours = "database = currentDatabase()"
            rows = client.query(
                f"SELECT latest_fail_reason FROM system.mutations WHERE {ours} AND NOT is_done"
            ).result_rows
            for (problem,) in rows:
                # A change that was cancelled for another one, the engine tries again by itself.
                if problem and "(ABORTED)" not in problem:
                    raise StoreUnavailable(f"The engine cannot remove rows yet: {problem[:200]}")
            if rows:
                return False
            client.command(f"KILL MUTATION WHERE {ours} AND is_done SYNC")
        return True

    def replaced(self) -> Collection[ReplacedPart]:
        """The parts that others have replaced and whose files are still on the disk."""
        self._open()
        with self._engine.reading() as client:
            return replaced_parts(client)

    def clear(self, replaced: Collection[ReplacedPart]) -> Collection[ReplacedPart]:
        """Have the engine remove the files of these parts, which it does by a timer half a minute
        later. Returns those that are still there: a reader has them open."""
        with self._engine.mutations() as client:
            for table in {table for table, _ in replaced}:
                with contextlib.suppress(DatabaseError):  # then its timer comes
                    client.command(f"SYSTEM START CLEANUP {table}")
            return [part for part in replaced_parts(client) if part in replaced]

    def _note_expired(self, account: int, before: int) -> None:
        self._open()
        with self._engine.mutations() as client:
            note_expired(client, account, before)

    def _partly_deleted(self, account: int, cells: set[Cell], *, by_tracker: bool) -> set[Cell]:
        """Those of which more was counted than there are raw rows: some went before. The rollup's
        total counts every event. Not by tracker, the tracker is 0 and all of them count together.

        Read between two inserts: while one is under way, its rows are in some tables and its
        counts not yet, or the other way round."""
        partly_deleted: set[Cell] = set()
        for piece in Region(account=account, cells=tuple(cells)).pieces() if cells else ():
            with self._engine.between_inserts() as client:
                partly_deleted |= _partly_deleted(client, piece, by_tracker=by_tracker)
        return partly_deleted

    def _delete(
        self,
        table: str,
        conditions: str,
        parameters: dict[str, Any],
        *,
        whole_parts: bool = False,
    ) -> None:
        """A deletion rewrites every part that holds such a row: parts without one are left alone,
        and those that hold nothing else are dropped as a whole. Neither while a batch may come
        again: it would be looked for and return. Inserts wait for neither search nor alteration."""
        found = f"SELECT count() FROM (SELECT 1 FROM {table} WHERE {conditions} LIMIT 1)"
        with self._engine.reading() as client:
            if not client.command(found, parameters=parameters):
                return
            parts = parts_of(client, table, conditions, parameters) if whole_parts else []
        whole = [part for part in parts if part.going == part.rows]
        with self._engine.mutations() as client:
            if whole:
                with self._engine.between_inserts():
                    for part in whole:
                        drop_part(client, table, part.name)
                # Parts change while they are looked at: whether something is left, the rows tell.
                if not client.command(found, parameters=parameters):
                    return
            sql, settings = f"ALTER TABLE {table} DELETE WHERE {conditions}", {"mutations_sync": 0}
            with self._engine.between_inserts():
                client.command(sql, parameters=parameters, settings=settings)


def _counted(client: Client, query: EventFilter) -> set[Cell]:
    """The quarter-hours in which these trackers have counts."""
    region = Region(account=query.account, trackers=_trackers(query))
    source, parameters = held_of(_TOTAL, region)
    rows = client.query(f"SELECT DISTINCT tracker, {_BUCKET} {source}", parameters=parameters)
    return {(tracker, number) for tracker, number in rows.result_rows}


def _partly_deleted(client: Client, piece: Region, *, by_tracker: bool) -> set[Cell]:
    total = msgspec.structs.replace(_TOTAL, by_tracker=by_tracker)
    tracker = "tracker" if by_tracker else "toUInt64(0)"
    counted, parameters = held_of(total, piece)
    raw, of_raw = raw_rows(total, piece)
    rows = client.query(
        "SELECT one, number, sum(counts) AS counted, sum(rows) AS held FROM ("
        f"SELECT {tracker} AS one, {_BUCKET} AS number, sum(events) AS counts, 0 AS rows"
        f" {counted} AND dimension = 'total' GROUP BY one, number UNION ALL"
        f" SELECT {tracker} AS one, intDiv({OCCURRED}, {QUARTER_HOUR_MS}) AS number, 0,"
        f" count() {raw} GROUP BY one, number"
        ") GROUP BY one, number HAVING counted > held",
        parameters=parameters | of_raw,
    ).result_rows
    return {(one, number) for one, number, _, _ in rows}


_BUCKET: Final = "toInt64(intDiv(toUnixTimestamp(bucket), 900))"
_TOTAL: Final = Counted("rollup", "", by_tracker=True, by_receipt=False)


def _number(client: Client, sql: str, parameters: dict[str, Any] | None = None) -> int:
    ((number,),) = client.query(sql, parameters=parameters).result_rows
    return int(number)


def _lasting(client: Client) -> list[Counted]:
    """The counts that outlive the rows."""
    return [one for one in find_counted(client) if one.table != BY_QUARTER_HOUR]


def _is_of_trackers(query: EventFilter) -> bool:
    """Whether these are all events of some trackers, but for the newest."""
    plain = EventFilter(account=query.account)
    rest = msgspec.structs.replace(query, tracker=None, trackers=(), below=None)
    return bool(_trackers(query)) and rest == plain


def _trackers(query: EventFilter) -> tuple[int, ...]:
    return query.trackers if query.tracker is None else (query.tracker,)
