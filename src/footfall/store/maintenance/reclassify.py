"""Reclassifies stored events: finds what other rules change, writes it, and recounts it.

    look: runs of events → what changes
    rewrite: the old rows into `reclassified` → events_by_tracker → events
    recount: the counts of the quarter-hours that `reclassified` names

`events` is where changes are found, so it is written last: after a crash in between, the same run
finds the same changes again. Conditions of a rewriting have literals only (decision record 0015);
what is looked at in an event is there as a hash, so the engine's note of it names nobody.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from footfall.core.calendar import QUARTER_HOUR_MS, offsets
from footfall.core.classification import OF_MACHINES, REASONS
from footfall.core.errors import StoreUnavailable
from footfall.core.events import COLUMNS, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT, first_id_at, received_at
from footfall.core.queries import EventFilter
from footfall.core.reclassification import (
    Change,
    Classification,
    ReclassificationBatch,
    ReclassificationScope,
)
from footfall.runtime.background import SPARE_BYTES
from footfall.store.engine import Engine
from footfall.store.maintenance.archive import rows_of
from footfall.store.maintenance.erase import Remover
from footfall.store.maintenance.ledger import whole_from
from footfall.store.maintenance.parts import RAW_TABLES, parts_of
from footfall.store.maintenance.rebuild import Region, find_counted, rebuild
from footfall.store.query.classification import classify_stored, widened
from footfall.store.query.conditions import ADDRESS
from footfall.store.query.event_query import OCCURRED, SqlQuery, conditions_of
from footfall.store.query.local_time import local_seconds

RECOUNTED_MAX: Final = 50_000
"""Events whose counts are rebuilt at once. Those of 200,000 did not fit into 300 MB."""

_JUDGED: Final = (
    f"kind NOT IN ({', '.join(repr(one.value) for one in sorted(OF_MACHINES))})"
    f" AND ((verdict = '{Verdict.COUNTED}' AND reason = '')"
    f" OR {' OR '.join(f'startsWith(reason, {one!r})' for one in REASONS)})"
)
"""Whose verdict comes from address and user agent."""

_SETTINGS: Final = (
    "SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = 8192,"
    " min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 33554432"
)
"""Whole rows are copied: by default a million of them at a time."""

_NOBODY: Final = "(ip = toIPv6('::') AND user_agent = '')"
_LOOKED_AT: Final = "account = {account:UInt32} AND id >= {first:UInt64} AND id <= {last:UInt64}"
_OF_RECEIPT: Final = f"(toInt64(bitShiftRight(id, {TIME_SHIFT})) + {EPOCH_MS})"


class Reclassifier:
    """Every method blocks, and may raise StoreUnavailable."""

    def __init__(self, engine: Engine, open: Callable[[], None]) -> None:
        self._engine = engine
        self._open = open
        self.settled = Remover(engine, open).settled

    def whole_from(self, account: int) -> int:
        """From when on (milliseconds since 1970) no raw rows went by their age. What happened
        before is not reclassified: its counts could not be rebuilt."""
        self._open()
        with self._engine.reading() as client:
            return whole_from(client, account)

    def count(self, history: ReclassificationScope) -> int:
        """How many events there are to look at, whatever their verdict, as an id below tells."""
        self._open()
        with self._engine.reading() as client:
            sql = (
                "SELECT count() FROM events WHERE account = {account:UInt32}"
                " AND id >= {first:UInt64} AND id < {below:UInt64}"
            )
            first = first_id_at(history.since)
            parameters = {"account": history.account, "first": first, "below": history.below}
            return _number(client, sql, parameters)

    def kept(self, history: ReclassificationScope) -> int:
        """How many events of its time stay as they were: they are archived, or happened when
        other raw rows are gone."""
        self._open()
        every = msgspec.structs.replace(history, kept=())
        with self._engine.reading() as client:
            since_whole = whole_from(client, history.account)
            found = []
            for one, since in ((every, 0), (history, since_whole)):
                within, parameters = _within(one, since)
                sql = (
                    "SELECT count() FROM events WHERE account = {account:UInt32}"
                    f" AND id < {{below:UInt64}} AND {within} AND {_JUDGED}"
                )
                of_account = {"account": history.account, "below": history.below}
                found.append(_number(client, sql, parameters | of_account))
        return found[0] - found[1]

    def look(
        self, history: ReclassificationScope, first: int, rows: int
    ) -> ReclassificationBatch | None:
        """At so many events from an id on; None when there are none."""
        self._open()
        with self._engine.reading() as client:
            run = _run(client, history, first, rows)
            if run is None:
                return None
            within, parameters = _within(history, whole_from(client, history.account))
            key, of_key = _key(history)
            parameters |= of_key | run
            until = received_at(history.below) + 1 if history.until is None else history.until
            seconds = local_seconds(
                f"intDiv({OCCURRED}, 1000)",
                offsets(history.zone, history.since, until),
                "day",
                parameters,
            )
            found = client.query(
                f"SELECT cityHash64({key}), kind = 'open', {_shown_address(history)} AS address,"
                " user_agent, toString(verdict), reason,"
                f" toString(toDate(toUInt16(intDiv({seconds}, 86400)))) AS day,"
                f" {_NOBODY} AS nobody, count() FROM events"
                f" WHERE {_LOOKED_AT} AND {within} AND {_JUDGED} GROUP BY ALL",
                parameters=parameters,
            ).result_rows
        return _classify(history, found, run["last"])

    def rewrite(
        self,
        history: ReclassificationScope,
        policy: int,
        first: int,
        last: int,
        keys: dict[int, Classification],
    ) -> None:
        """Give the events of a run with these keys their classification, and keep what they were.
        Raises StoreUnavailable, also when too little of the disk is free."""
        self._open()
        require_disk(
            self._engine, history.account, first, last, "reclassify events", "it goes on by itself"
        )
        with self._engine.mutations() as client:
            within, parameters = _within(history, whole_from(client, history.account))
            key, of_key = _key(history)
            hashed = f"cityHash64({key})"
            verdict = _of_key(hashed, "verdicts", "toString(verdict)")
            reason = _of_key(hashed, "reasons", "CAST(reason, 'String')")
            changed = (
                f"{_LOOKED_AT} AND {within} AND {_JUDGED} AND NOT {_NOBODY}"
                f" AND {hashed} IN {{keys:Array(UInt64)}}"
                f" AND ({verdict} != toString(verdict) OR {reason} != CAST(reason, 'String'))"
            )
            parameters |= of_key | {
                "account": history.account,
                "policy": policy,
                "first": first,
                "last": last,
                "keys": list(keys),
                "verdicts": [one.value for one, _ in keys.values()],
                "reasons": [one for _, one in keys.values()],
            }
            columns = ", ".join(COLUMNS)
            client.command(
                f"INSERT INTO reclassified ({columns}, policy)"
                f" SELECT {columns}, {{policy:UInt32}} FROM events WHERE {changed} AND id NOT IN"
                f" (SELECT id FROM reclassified WHERE {_LOOKED_AT} AND policy = {{policy:UInt32}})"
                f" {_SETTINGS}",
                parameters=parameters,
            )
            for table in reversed(RAW_TABLES):
                client.command(
                    f"ALTER TABLE {table} UPDATE verdict = {verdict}, reason = {reason}"
                    f" WHERE {changed}",
                    parameters=parameters,
                    settings={"mutations_sync": 0},
                )

    def changed(self, account: int, policy: int) -> int:
        """How many events a policy changed."""
        self._open()
        with self._engine.reading() as client:
            sql = f"SELECT count() {_CHANGED}"
            return _number(client, sql, {"account": account, "policy": policy})

    def older(self, account: int, policy: int) -> int:
        """How many events later policies changed, each as often as one did."""
        self._open()
        with self._engine.reading() as client:
            sql = f"SELECT count() {_CHANGED.replace('policy =', 'policy >')}"
            return _number(client, sql, {"account": account, "policy": policy})

    def touched(self, account: int, policy: int, *, by_receipt: bool) -> list[tuple[int, int]]:
        """The quarter-hours (since 1970) in which a policy changed events, by when these happened
        or were received: as runs (first, last), each of about as many events as are recounted
        at once. A run holds the quarter-hours between its own too: to name each of them would cost
        the engine more memory than to count them again."""
        self._open()
        with self._engine.reading() as client:
            parameters = {"account": account, "policy": policy}
            number = _quarter_hour(by_receipt)
            rows = client.query(
                f"SELECT {number} AS number, count() AS held,"
                f" number IN (SELECT DISTINCT {number} {_CHANGED}) FROM events"
                " WHERE account = {account:UInt32} GROUP BY number ORDER BY number",
                parameters=parameters,
            ).result_rows
        return runs_within(rows)

    def rebuild_counts(self, account: int, first: int, last: int, *, by_receipt: bool) -> None:
        """Rebuild the counts of a run of quarter-hours. Those that lost raw rows by their age
        meanwhile stay as they are."""
        self._open()
        with self._engine.reading() as client:
            first_whole = -(-whole_from(client, account) // QUARTER_HOUR_MS)
            tables = [one for one in find_counted(client) if one.by_receipt == by_receipt]
        since, until = max(first, first_whole), last + 1
        if since >= until:
            return
        region = Region(
            account=account, since=since * QUARTER_HOUR_MS, until=until * QUARTER_HOUR_MS
        )
        for one in tables:
            rebuild(self._engine, one, region)


_CHANGED: Final = "FROM reclassified WHERE account = {account:UInt32} AND policy = {policy:UInt32}"


def runs_within(rows: Sequence[Any]) -> list[tuple[int, int]]:
    """Quarter-hours to rebuild as runs (first, last), each of about RECOUNTED_MAX events. A row is
    a quarter-hour (since 1970, in order), how many events it has, and whether it is to be rebuilt.
    """
    runs: list[tuple[int, int]] = []
    size = RECOUNTED_MAX
    for at, held, is_touched in rows:
        size += held
        if not is_touched:
            continue
        if size > RECOUNTED_MAX:
            runs.append((at, at))
            size = held
        runs[-1] = (runs[-1][0], at)
    return runs


def require_disk(
    engine: Engine, account: int, first: int, last: int, purpose: str, then: str
) -> None:
    """Rewritten rows are written before the old ones go. Raises StoreUnavailable when too little
    of the disk is free for the parts that hold these ids."""
    run = EventFilter(account=account, above=first - 1, below=last + 1)
    with engine.reading() as client:
        needed = SPARE_BYTES + sum(
            part.bytes
            for table in RAW_TABLES
            for part in parts_of(client, table, *conditions_of(run))
        )
        free = _number(client, "SELECT min(free_space) FROM system.disks", {})
    if free < needed:
        raise StoreUnavailable(
            f"To {purpose} the engine needs {needed >> 20} MB of the disk and"
            f" {free >> 20} MB are free. Free some: {then}."
        )


def _quarter_hour(by_receipt: bool) -> str:
    return f"intDiv({_OF_RECEIPT if by_receipt else OCCURRED}, {QUARTER_HOUR_MS})"


def _run(
    client: Client, history: ReclassificationScope, first: int, rows: int
) -> dict[str, Any] | None:
    """The first so many events from an id on, as parameters of `_LOOKED_AT`."""
    parameters = {
        "account": history.account,
        "first": max(first, first_id_at(history.since)),
        "below": history.below,
        "rows": rows,
    }
    ((last, found),) = client.query(
        "SELECT max(id), count() FROM (SELECT id FROM events WHERE account = {account:UInt32}"
        " AND id >= {first:UInt64} AND id < {below:UInt64} ORDER BY id LIMIT {rows:UInt32})"
        " SETTINGS max_threads = 1, optimize_read_in_order = 1",
        parameters=parameters,
    ).result_rows
    return {**parameters, "last": last} if found else None


def _within(history: ReclassificationScope, whole_from: int) -> SqlQuery:
    """Which events of an account are reclassified at all."""
    conditions = [f"{OCCURRED} >= {{since:Int64}}"]
    parameters: dict[str, Any] = {"since": max(history.since, whole_from)}
    if history.until is not None:
        conditions.append(f"{OCCURRED} < {{until:Int64}}")
        parameters["until"] = history.until
    for number, month in enumerate(history.kept):
        conditions.append(f"NOT {rows_of(month, f'kept_{number}', parameters)}")
    return " AND ".join(conditions), parameters


def _key(history: ReclassificationScope) -> SqlQuery:
    """What is looked at in an event. Of an address nothing, where it is in no internal network and
    not cut to one that holds a part of one: so there are few keys, however many visitors."""
    parameters: dict[str, Any] = {}
    for number, network in enumerate(history.rules.internal):
        wide = widened(network)
        parameters[f"network_{number}"] = str(wide[0])
        parameters[f"network_until_{number}"] = str(wide[-1])
    return f"kind = 'open', {_shown_address(history)}, CAST(user_agent, 'String')", parameters


def _of_key(hashed: str, values: str, otherwise: str) -> str:
    """The classification of an event's key; what it has, when the key is none of those."""
    return f"transform({hashed}, {{keys:Array(UInt64)}}, {{{values}:Array(String)}}, {otherwise})"


def _shown_address(history: ReclassificationScope) -> str:
    near = " OR ".join(
        f"(ip >= toIPv6({{network_{number}:String}})"
        f" AND ip <= toIPv6({{network_until_{number}:String}}))"
        for number in range(len(history.rules.internal))
    )
    return f"if({near or '0'}, {ADDRESS}, '')"


def _classify(
    history: ReclassificationScope, rows: Sequence[Any], last: int
) -> ReclassificationBatch:
    events = unknown = 0
    found: dict[tuple[str, Classification, Classification], int] = {}
    keys: dict[int, Classification] = {}
    for key, is_open, ip, user_agent, verdict, reason, day, nobody, count in rows:
        kind = EventKind.OPEN if is_open else EventKind.SCAN
        after = None if nobody else classify_stored(kind, ip, user_agent, history.rules)
        if after is None:
            unknown += count
            continue
        events += count
        before = Verdict(verdict), reason
        if before != after:
            keys[key] = after
            change = day, before, after
            found[change] = found.get(change, 0) + count
    changes = [Change(*change, count) for change, count in found.items()]
    return ReclassificationBatch(
        last=last, events=events, unknown=unknown, changes=changes, keys=keys
    )


def _number(client: Client, sql: str, parameters: dict[str, Any]) -> int:
    ((number,),) = client.query(sql, parameters=parameters).result_rows
    return int(number)
