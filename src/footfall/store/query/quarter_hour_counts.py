"""What the tables of events hold, by quarter-hour of receipt: totals and far pages without rows."""

import re
from typing import Final

from footfall.core.calendar import QUARTER_HOUR_MS
from footfall.core.ids import EPOCH_MS, ID_MAX, TIME_SHIFT, first_id_at
from footfall.core.queries import EventFilter, EventQuery
from footfall.store.query.event_query import SORTED, SqlQuery, source_of

IDS_OF_QUARTER_HOUR: Final = QUARTER_HOUR_MS << TIME_SHIFT

COLUMNS: Final = ("tracker", "source", "kind", "verdict")
"""What quarter-hours are counted by."""

_FILTERS: Final = ("account", "tracker", "sources", "kinds", "verdicts")
_RANGES: Final = ("since", "until", "above", "below")


def begins_at(quarter_hour: int) -> int:
    """Milliseconds since 1970."""
    return EPOCH_MS + quarter_hour * QUARTER_HOUR_MS


def select_held(query: EventFilter) -> SqlQuery | None:
    """Rows (each of COLUMNS, weight) that add up to the events: of whole quarter-hours their
    counts, and events only of those in which a range of ids or of time begins and ends. None when
    the counts cannot tell."""
    source = _held(query, _FILTERS + _RANGES)
    if source is None:
        return None
    held, parameters = source
    first, end = _range(query)
    first_whole, end_whole = -(-first // IDS_OF_QUARTER_HOUR), end // IDS_OF_QUARTER_HOUR
    if first_whole >= end_whole:
        return None
    parameters |= {
        "first": first,
        "end": end,
        "first_whole": first_whole,
        "end_whole": end_whole,
        "first_whole_id": first_whole * IDS_OF_QUARTER_HOUR,
        "end_whole_id": end_whole * IDS_OF_QUARTER_HOUR,
    }
    rows, _ = source_of(query.filters(*_FILTERS))
    columns = ", ".join(COLUMNS)
    parts = [
        f"SELECT {columns}, toInt64(events) AS weight {held}"
        " AND quarter_hour >= {first_whole:UInt32} AND quarter_hour < {end_whole:UInt32}"
    ]
    parts += [
        f"SELECT {columns}, toInt64(1) AS weight {rows}"
        f" AND id >= {{{begin}:UInt64}} AND id < {{{limit}:UInt64}}"
        for begin, limit, needed in (
            ("first", "first_whole_id", first % IDS_OF_QUARTER_HOUR),
            ("end_whole_id", "end", end % IDS_OF_QUARTER_HOUR),
        )
        if needed
    ]
    return f"({' UNION ALL '.join(parts)})", parameters


def select_quarter_hour(query: EventQuery) -> SqlQuery | None:
    """A row (quarter_hour, skipped): where the offset ends, and how many events come before that
    quarter-hour in the query's order. No row past the end; None when the counts cannot tell."""
    source = _held(query, _FILTERS)
    if source is None or query.cursor is not None:
        return None
    held, parameters = source
    parameters["offset"] = query.offset
    direction, _ = SORTED[query.order]
    return (
        "SELECT quarter_hour, toUInt64(until - held) FROM ("
        f" SELECT quarter_hour, sum(held) OVER (ORDER BY quarter_hour {direction}) AS until, held"
        f" FROM (SELECT quarter_hour, sum(events) AS held {held} GROUP BY quarter_hour)"
        ") WHERE until > {offset:UInt64} AND until - held <= {offset:UInt64}",
        parameters,
    )


def _held(query: EventFilter, known: tuple[str, ...]) -> SqlQuery | None:
    """`FROM … WHERE …` of the counts by quarter-hour, without ranges; None when the filter looks at
    more than what is `known`."""
    if query.filters(*known) != query.filters():
        return None
    source, parameters = source_of(query.filters(*_FILTERS))
    return re.sub(r"^FROM \w+", "FROM events_by_quarter_hour", source), parameters


def _range(query: EventFilter) -> tuple[int, int]:
    """[first, end) of the ids that the filter bounds."""
    first = [0, *(first_id_at(one) for one in (query.since,) if one is not None)]
    end = [ID_MAX + 1, *(first_id_at(one) for one in (query.until,) if one is not None)]
    if query.above is not None:
        first.append(query.above + 1)
    if query.below is not None:
        end.append(query.below)
    return max(first), max(0, min(end))
