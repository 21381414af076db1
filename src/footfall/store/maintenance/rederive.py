"""Derives columns of stored events again from the texts beside them: device, os and browser from
the user agent, the referrer's host from the referrer.

    look: a run of events → which texts give other values now
    rewrite_copies: the rows in `reclassified` and `events_by_tracker`
    recount: the counts of the quarter-hours in which such events happened, from `events_by_tracker`
    rewrite_events: the rows in `events`

Changes are found in `events`, which is therefore written last: after a crash in between, the same
run finds the same changes, and every step can be repeated. No row is added or removed.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from footfall.capture.enrichment import referrer_host
from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.reports import ArchivedMonth
from footfall.parsing.user_agents import read_user_agent
from footfall.store.engine import Engine
from footfall.store.maintenance.archive import rows_of
from footfall.store.maintenance.erase import Remover
from footfall.store.maintenance.ledger import whole_from
from footfall.store.maintenance.rebuild import Region, find_counted, rebuild
from footfall.store.maintenance.reclassify import require_disk, runs_within
from footfall.store.query.event_query import OCCURRED, SqlQuery

RUN_EVENTS: Final = 200_000
"""Events of one run: all of them may have different referrers, 100 bytes each."""

RUNS_BETWEEN_WAITS: Final = 8
"""The engine carries the rewritings of so many runs out together: each reads whole parts."""

AGENT_COLUMNS: Final = (
    *("device", "device_make", "device_model", "os", "os_version"),
    *("browser", "browser_version"),
)
_COPIES: Final = ("reclassified", "events_by_tracker")
_EVENTS: Final = "events"

Ids = tuple[int, int]
"""Event ids from the first one up to the second one, without it."""


class Source(msgspec.Struct, frozen=True):
    """A text of an event, and the columns that are derived from it."""

    text: str
    columns: tuple[str, ...]
    read: Callable[[str], tuple[str, ...]]


def _read_agent(text: str) -> tuple[str, ...]:
    found = read_user_agent(text)
    return tuple(found.get(name, "") for name in AGENT_COLUMNS)


SOURCES: Final = (
    Source("user_agent", AGENT_COLUMNS, _read_agent),
    Source("referrer", ("referrer_host",), lambda text: (referrer_host(text),)),
)

Change = tuple[str, str, str]
"""A column, its stored value, and the value that the text gives now."""


class Run(msgspec.Struct, frozen=True):
    """Events of an account with ids from `first` to `last`, and what changes of them. `texts` has,
    for each of SOURCES, the values by the hash of the text."""

    account: int
    first: int
    last: int
    events: int
    changed: int
    changes: Counter[Change]
    texts: tuple[dict[int, tuple[str, ...]], ...]


class Rederiver:
    """Every method blocks, and may raise StoreUnavailable. `archived` has the ids of an account
    that are in archives: these events stay as they are. So do those from before retention removed
    raw events, because their counts cannot be rebuilt."""

    def __init__(self, engine: Engine, archived: Callable[[int], Sequence[ArchivedMonth]]) -> None:
        self._engine = engine
        self._archived = archived
        self._settled = Remover(engine, lambda: None).settled

    def accounts(self) -> list[tuple[int, int]]:
        """Each account that has events, and how many."""
        with self._engine.reading() as client:
            sql = "SELECT account, count() FROM events GROUP BY account ORDER BY account"
            return [(account, events) for account, events in client.query(sql).result_rows]

    def look(self, account: int, first: int, rows: int = RUN_EVENTS) -> Run | None:
        """At so many events from an id on; None when there are none."""
        parameters: dict[str, Any] = {"account": account, "first": first, "rows": rows}
        with self._engine.reading() as client:
            ((first, last, events),) = client.query(
                "SELECT min(id), max(id), count() FROM (SELECT id FROM events WHERE"
                " account = {account:UInt32} AND id >= {first:UInt64} ORDER BY id"
                " LIMIT {rows:UInt32}) SETTINGS max_threads = 1, optimize_read_in_order = 1",
                parameters=parameters,
            ).result_rows
        if not events:
            return None
        within, parameters = self._within(account, first, last)
        changes: Counter[Change] = Counter()
        texts = []
        for source in SOURCES:
            columns = ", ".join(f"CAST({name}, 'String')" for name in source.columns)
            with self._engine.reading() as client:
                found = client.query(
                    f"SELECT cityHash64(CAST({source.text}, 'String')), {source.text}, {columns},"
                    f" count() FROM events WHERE {within} AND {source.text} != '' GROUP BY ALL"
                    " SETTINGS max_threads = 1",
                    parameters=parameters,
                ).result_rows
            texts.append(_compare(source, found, changes))
        run = Run(account, first, last, events, 0, changes, tuple(texts))
        if not changes:
            return run
        condition, parameters = self._changed(run)
        with self._engine.reading() as client:
            sql = f"SELECT count() FROM events WHERE {condition}"
            ((changed,),) = client.query(sql, parameters=parameters).result_rows
        return msgspec.structs.replace(run, changed=changed)

    def rewrite(self, run: Run) -> None:
        """All steps of a run. Raises StoreUnavailable, also when too little of the disk is free:
        then nothing of this run is changed."""
        ids = run.account, run.first, run.last
        require_disk(self._engine, *ids, "derive columns again", "give the same command again")
        self.rewrite_copies(run)
        self.rebuild_counts(run)
        self.rewrite_events(run)

    def rewrite_copies(self, run: Run) -> None:
        self._update(run, _COPIES)

    def rewrite_events(self, run: Run) -> None:
        self._update(run, (_EVENTS,))

    def rebuild_counts(self, run: Run) -> None:
        """Counts by receipt have none of the columns: they stay."""
        condition, parameters = self._changed(run)
        number = f"intDiv({OCCURRED}, {QUARTER_HOUR_MS})"
        with self._engine.reading() as client:
            rows = client.query(
                f"SELECT {number} AS number, count(),"
                f" number IN (SELECT DISTINCT {number} FROM events WHERE {condition})"
                " FROM events WHERE account = {account:UInt32} GROUP BY number ORDER BY number",
                parameters=parameters,
            ).result_rows
            tables = [one for one in find_counted(client) if not one.by_receipt]
        for first, last in runs_within(rows):
            region = Region(
                account=run.account,
                since=first * QUARTER_HOUR_MS,
                until=(last + 1) * QUARTER_HOUR_MS,
                from_copy=True,
            )
            for one in tables:
                rebuild(self._engine, one, region)

    def wait(self) -> None:
        """Until the engine has carried out all rewritings."""
        while not self._settled():
            time.sleep(0.05)

    def _update(self, run: Run, tables: Iterable[str]) -> None:
        condition, parameters = self._changed(run)
        values = ", ".join(
            f"{name} = {_now(source, name)}"
            for source, texts in zip(SOURCES, run.texts, strict=True)
            if texts
            for name in source.columns
        )
        with self._engine.mutations() as client:
            for table in tables:
                client.command(
                    f"ALTER TABLE {table} UPDATE {values} WHERE {condition}",
                    parameters=parameters,
                    settings={"mutations_sync": 0},
                )

    def _within(self, account: int, first: int, last: int) -> SqlQuery:
        with self._engine.reading() as client:
            whole = -(-whole_from(client, account) // QUARTER_HOUR_MS) * QUARTER_HOUR_MS
        conditions = [
            "account = {account:UInt32} AND id >= {first:UInt64} AND id <= {last:UInt64}",
            f"{OCCURRED} >= {{whole_from:Int64}}",
        ]
        parameters = {"account": account, "first": first, "last": last, "whole_from": whole}
        for number, month in enumerate(self._archived(account)):
            conditions.append(f"NOT {rows_of(month, f'kept_{number}', parameters)}")
        return " AND ".join(conditions), parameters

    def _changed(self, run: Run) -> SqlQuery:
        """Which rows of a table have a value that the run changes."""
        within, parameters = self._within(run.account, run.first, run.last)
        differs = []
        for source, texts in zip(SOURCES, run.texts, strict=True):
            if not texts:
                continue
            parameters[f"keys_{source.text}"] = list(texts)
            for at, name in enumerate(source.columns):
                parameters[f"now_{name}"] = [values[at] for values in texts.values()]
            columns = " OR ".join(
                f"{_now(source, name)} != CAST({name}, 'String')" for name in source.columns
            )
            differs.append(f"({_hash(source)} IN {_keys(source)} AND ({columns}))")
        return f"{within} AND ({' OR '.join(differs) or '0'})", parameters


def _hash(source: Source) -> str:
    return f"cityHash64(CAST({source.text}, 'String'))"


def _keys(source: Source) -> str:
    return f"{{keys_{source.text}:Array(UInt64)}}"


def _now(source: Source, name: str) -> str:
    """The value that the text of a row gives; the row's own for a text that changes nothing."""
    values = f"{{now_{name}:Array(String)}}"
    return f"transform({_hash(source)}, {_keys(source)}, {values}, CAST({name}, 'String'))"


def _compare(
    source: Source, rows: Iterable[Sequence[Any]], changes: Counter[Change]
) -> dict[int, tuple[str, ...]]:
    """The values of texts whose rows have others, by the hash of the text."""
    texts = {}
    for key, text, *stored, events in rows:
        values = source.read(text)
        for name, before, after in zip(source.columns, stored, values, strict=True):
            if before != after:
                changes[name, before, after] += events
                texts[key] = values
    return texts
