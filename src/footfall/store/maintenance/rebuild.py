"""Counts rebuilt from the raw rows: for quarter-hours that erasure touched, or that are wrong.

Every table of counts is filled by a view of what inserts go into. The view's own SELECT, run on
the raw rows, gives what the table should hold.

    under the lock of inserts: make the new rows, in a table beside it
                               → write into the comment of that table which region they are of
                               → delete the old ones (registered, carried out later)
                               → insert the new ones → drop the table beside it

A deletion takes only rows that were there before it, so the new ones stay. It is in force for
readers at once, however long the engine rewrites: they have `apply_mutations_on_fly`. Between old
and new there are some milliseconds, in which nobody reads (`store/swaps.py`). After a crash in
them, the comment is there: the store does the rest before its first reader comes
(`finish_rebuilds`), so a sum is never short of what was deleted and not inserted.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.ids import EPOCH_MS, TIME_SHIFT, first_id_at
from footfall.store.engine import Engine
from footfall.store.query.event_query import OCCURRED, SqlQuery

EPOCH_QUARTER_HOURS: Final = EPOCH_MS // QUARTER_HOUR_MS
UNTIL_MAX: Final = 4_102_444_800_000
"""2100: ids end before."""

_STAGED: Final = "staged_"
"""Begins the names of the tables beside: an empty definition of one is deleted (`DiskGuard`)."""

CELLS_MAX: Final = 20_000
"""In one deletion: more is done in several."""

_OF_RECEIPT: Final = f"intDiv(bitShiftRight(id, {TIME_SHIFT}), {QUARTER_HOUR_MS})"

Cell = tuple[int, int]
"""A tracker, and a quarter-hour since 1970."""


class Counted(msgspec.Struct, frozen=True):
    """A table of counts. `select` is its view's. `by_receipt`: its quarter-hours are those of
    receipt, else those in which events happened."""

    table: str
    select: str
    by_tracker: bool
    by_receipt: bool
    columns: frozenset[str] = frozenset()
    selected: tuple[str, ...] = ()
    """The columns that the view fills, in the order of its select."""

    @property
    def sketched(self) -> bool:
        """Whether the rows of the dimension 'total' have sketches of visitors."""
        return "visitor_sketch" in self.columns


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """Whose counts, and when: [since, until) in milliseconds since 1970, on quarter-hour
    boundaries. Without `trackers` all of them. With `cells`, of these quarter-hours of these
    trackers and no others; a table that does not tell trackers apart takes the quarter-hours."""

    account: int
    trackers: tuple[int, ...] = ()
    since: int = 0
    until: int = UNTIL_MAX
    cells: tuple[Cell, ...] = ()
    from_copy: bool = False
    """Count the rows of `events_by_tracker` in every table: `events` is not rewritten yet."""

    def pieces(self) -> Iterator["Region"]:
        """The same, in pieces that one deletion can name."""
        if len(self.cells) <= CELLS_MAX:
            yield self
            return
        # By quarter-hour, so that no two pieces share one where trackers count together.
        cells = sorted(self.cells, key=lambda cell: cell[1])
        while cells:
            end = CELLS_MAX
            while end < len(cells) and cells[end][1] == cells[end - 1][1]:
                end += 1
            yield msgspec.structs.replace(self, cells=tuple(cells[:end]))
            cells = cells[end:]


def find_counted(client: Client) -> list[Counted]:
    """Every table of counts by quarter-hour that a view fills, as the engine knows them: one that
    a migration adds is among them."""
    columns: dict[str, list[str]] = {}
    for table, name in client.query(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase()"
        " ORDER BY table, position"
    ).result_rows:
        columns.setdefault(table, []).append(name)
    found = []
    for view, select in client.query(
        "SELECT name, as_select FROM system.tables WHERE database = currentDatabase()"
        " AND engine = 'MaterializedView' ORDER BY name"
    ).result_rows:
        table, _, _ = view.partition("_of_incoming")
        known = columns[table]
        if {"bucket", "quarter_hour"}.intersection(known):
            found.append(
                Counted(
                    table,
                    select,
                    by_tracker="tracker" in known,
                    by_receipt="quarter_hour" in known,
                    columns=frozenset(known),
                    selected=tuple(columns[view]),
                )
            )
    return found


def rebuild(
    engine: Engine, counted: Counted, region: Region, without: SqlQuery | None = None
) -> None:
    """Bring this table's counts of a region to what the raw rows say, all of which must be there.

    `without` is a condition of raw rows, and its parameters, for those that do not count any more:
    they are about to go. A batch that an earlier process began must be in the store (catch up
    first): it is looked for in what this leaves. Raises StoreUnavailable.
    """
    for piece in region.pieces():
        with engine.between_inserts() as client:
            _stage(client, counted, piece, without)
            with engine.swaps.swap():
                _swap(client, counted, piece)


def finish_rebuilds(client: Client) -> None:
    """Do what a crash left of a rebuild, before anybody reads: of one that had begun to delete.
    Only where no other process may be at work on the same tables."""
    rows = client.query(
        "SELECT name, comment FROM system.tables WHERE database = currentDatabase()"
        f" AND startsWith(name, '{_STAGED}') AND comment != ''"
    ).result_rows
    comments = {str(name): str(comment) for name, comment in rows}
    for counted in find_counted(client) if comments else ():
        if comment := comments.get(_staged(counted)):
            _swap(client, counted, msgspec.json.decode(comment, type=Region))


def _swap(client: Client, counted: Counted, region: Region) -> None:
    """The same again after a crash at any point has the same result."""
    _delete(client, counted, region)
    client.command(
        f"INSERT INTO {counted.table} SELECT * FROM {_staged(counted)}",
        settings={"insert_deduplicate": 0},  # the same rows may come after a crash
    )
    client.command(f"DROP TABLE {_staged(counted)} SYNC")


def _staged(counted: Counted) -> str:
    return f"{_STAGED}{counted.table}"


def _stage(client: Client, counted: Counted, region: Region, without: SqlQuery | None) -> None:
    """The new rows, in a table of their own with the region as its comment. One that a crash left
    before its comment is of no use any more."""
    client.command(f"DROP TABLE IF EXISTS {_staged(counted)} SYNC")
    client.command(f"CREATE TABLE {_staged(counted)} AS {counted.table}")
    sql, parameters = select_counts(counted, region, without)
    selected = ", ".join(counted.selected)
    client.command(f"INSERT INTO {_staged(counted)} ({selected}) {sql}", parameters=parameters)
    # Numbers and names of fields: nothing in it needs an escape.
    comment = msgspec.json.encode(region).decode()
    client.command(f"ALTER TABLE {_staged(counted)} MODIFY COMMENT '{comment}'")


def select_counts(counted: Counted, region: Region, without: SqlQuery | None = None) -> SqlQuery:
    """What the table should hold of a region, by the raw rows."""
    rows, parameters = raw_rows(counted, region)
    if without is not None:
        rows += f" AND NOT ({without[0]})"
        parameters |= without[1]
    # The view's own conditions stay. Only what it asks for is read of the row.
    source = f"FROM (SELECT *, occurred_at {rows}) AS incoming"
    select, replaced = re.subn(
        r"\bFROM (\w+\.)?incoming(_ads)?\b", lambda _: source, counted.select
    )
    assert replaced == 1, counted.select
    return select, parameters


def held_of(counted: Counted, region: Region) -> SqlQuery:
    """`FROM … WHERE …` of what the table holds of a region."""
    conditions, parameters = _held(counted, region)
    return f"FROM {counted.table} WHERE {conditions}", parameters


def _delete(client: Client, counted: Counted, region: Region) -> None:
    conditions, parameters = _held(counted, region)
    found = f"SELECT count() FROM (SELECT 1 FROM {counted.table} WHERE {conditions} LIMIT 1)"
    if client.command(found, parameters=parameters):
        client.command(
            f"ALTER TABLE {counted.table} DELETE WHERE {conditions}",
            parameters=parameters,
            settings={"mutations_sync": 0},
        )


def _held(counted: Counted, region: Region) -> SqlQuery:
    quarter_hour = "intDiv(toUnixTimestamp(bucket), 900)"
    if counted.by_receipt:
        quarter_hour = f"quarter_hour + {EPOCH_QUARTER_HOURS}"
    return _conditions(region, quarter_hour, by_tracker=counted.by_tracker)


def raw_rows(counted: Counted, region: Region) -> SqlQuery:
    """`FROM … WHERE …` of the rows that the table counts in a region."""
    by_tracker = counted.by_tracker and bool(region.trackers or region.cells)
    table = "events_by_tracker" if by_tracker or region.from_copy else "events"
    quarter_hour = f"intDiv({OCCURRED}, {QUARTER_HOUR_MS})"
    if counted.by_receipt:
        quarter_hour = f"{_OF_RECEIPT} + {EPOCH_QUARTER_HOURS}"
    conditions, parameters = _conditions(region, quarter_hour, by_tracker=counted.by_tracker)
    since = region.since
    if region.cells:
        since = min(number for _, number in region.cells) * QUARTER_HOUR_MS
    # Nothing is received before it happens: the id bounds what is read.
    parameters["region_first_id"] = first_id_at(since)
    conditions += " AND id >= {region_first_id:UInt64}"
    if counted.by_receipt and not region.cells:
        parameters["region_end_id"] = first_id_at(region.until)
        conditions += " AND id < {region_end_id:UInt64}"
    return f"FROM {table} WHERE {conditions}", parameters


def _conditions(region: Region, quarter_hour: str, *, by_tracker: bool) -> SqlQuery:
    assert region.since % QUARTER_HOUR_MS == region.until % QUARTER_HOUR_MS == 0
    conditions = ["account = {account:UInt32}"]
    parameters: dict[str, Any] = {"account": region.account}
    trackers = region.trackers
    if region.cells:
        trackers = tuple({tracker for tracker, _ in region.cells})
    if trackers and by_tracker:
        conditions.append("tracker IN {region_trackers:Array(UInt64)}")
        parameters["region_trackers"] = sorted(trackers)
    if not region.cells:
        conditions.append(
            f"{quarter_hour} >= {{region_first:Int64}} AND {quarter_hour} < {{region_end:Int64}}"
        )
        parameters["region_first"] = region.since // QUARTER_HOUR_MS
        parameters["region_end"] = region.until // QUARTER_HOUR_MS
    elif by_tracker:
        conditions.append(
            f"(tracker, toInt64({quarter_hour})) IN {{cells:Array(Tuple(UInt64, Int64))}}"
        )
        parameters["cells"] = list(region.cells)
    else:
        conditions.append(f"{quarter_hour} IN {{cells:Array(Int64)}}")
        parameters["cells"] = sorted({number for _, number in region.cells})
    return " AND ".join(conditions), parameters
