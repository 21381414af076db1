"""Counts by receipt of events that go by when they happened."""

from collections.abc import Sequence
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.queries import EventFilter
from footfall.store.engine import Engine
from footfall.store.maintenance.parts import RAW_TABLES
from footfall.store.maintenance.rebuild import Cell, Region, find_counted, rebuild
from footfall.store.query.event_query import OCCURRED, conditions_of

BY_QUARTER_HOUR: Final = "events_by_quarter_hour"

RUN_GAP: Final = 4 * 24
RUN_MAX: Final = 31 * 4 * 24
"""Quarter-hours of which the counts are made again at once."""


def rebuild_counts_received(engine: Engine, query: EventFilter) -> None:
    """What happened in one day may have been received in any later quarter-hour, beside what
    stays: those counts are made again without it."""
    with engine.reading() as client:
        (held,) = (one for one in find_counted(client) if one.table == BY_QUARTER_HOUR)
        cells = touched(client, query, by_receipt=True, by_tracker=False)
    for since, until in _runs(sorted(at for _, at in cells)):
        region = Region(account=query.account, since=since, until=until)
        rebuild(engine, held, region, conditions_of(query))


def touched(
    client: Client, query: EventFilter, *, by_receipt: bool, by_tracker: bool = True
) -> set[Cell]:
    """Not by tracker, the tracker is 0 and all of them are together."""
    conditions, parameters = conditions_of(query)
    quarter_hour = f"intDiv({OCCURRED}, {QUARTER_HOUR_MS})"
    if by_receipt:
        quarter_hour = f"intDiv(bitShiftRight(id, {TIME_SHIFT}) + {EPOCH_MS}, {QUARTER_HOUR_MS})"
    tracker = "tracker" if by_tracker else "toUInt64(0)"
    # Of both tables: a crash may have left rows in one of them only.
    selects = [
        f"SELECT {tracker} AS one, {quarter_hour} AS number FROM {table} WHERE {conditions}"
        for table in RAW_TABLES
    ]
    rows = client.query(
        f"SELECT DISTINCT one, number FROM ({' UNION ALL '.join(selects)})",
        parameters=parameters,
    ).result_rows
    return {(tracker, number) for tracker, number in rows}


def _runs(quarter_hours: Sequence[int]) -> list[tuple[int, int]]:
    """[since, until) in milliseconds since 1970 of quarter-hours in order: those near each other
    together, as each rebuilding is a deletion, and no run longer than is read in moments."""
    runs: list[tuple[int, int]] = []
    for at in quarter_hours:
        if not runs or at > runs[-1][1] + RUN_GAP or at - runs[-1][0] >= RUN_MAX:
            runs.append((at, at))
        runs[-1] = runs[-1][0], at
    return [(first * QUARTER_HOUR_MS, (last + 1) * QUARTER_HOUR_MS) for first, last in runs]
