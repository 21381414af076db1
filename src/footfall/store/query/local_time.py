"""Local times and buckets as SQL. The engine gets moments and offsets from UTC, never the name of a
zone."""

from typing import Any, Final

from footfall.core.calendar import Offsets, offsets_by_quarter, starts
from footfall.core.queries import Bucket

_SECONDS: Final = "toInt64(bucket)"


def local_seconds(seconds: str, known: Offsets, name: str, parameters: dict[str, Any]) -> str:
    """What the clocks of a zone show, as seconds since 1970 of a clock that shows UTC. `name`
    begins the names of its parameters."""
    parameters[f"{name}_offsets"] = list(known.seconds)
    offsets = f"{{{name}_offsets:Array(Int32)}}"
    if len(known.edges) == 1:
        return f"({seconds} + {offsets}[1])"
    parameters[f"{name}_edges"] = list(known.edges)
    edges = f"{{{name}_edges:Array(Int64)}}"
    # As fast as the engine's own zones. A moment before the first edge has its offset.
    edge = f"roundDown(toInt64({seconds}), {edges})"
    return f"({seconds} + transform({edge}, {edges}, {offsets}, toInt32(0)))"


def start_of(
    bucket: Bucket,
    window: tuple[int, int],
    zone: str,
    parameters: dict[str, Any],
    week_start: int = 1,
) -> str:
    """`Group.start` in seconds, of the bucket that a quarter-hour of the rollups, the column
    `bucket`, is in. The window, [since, until) in milliseconds since 1970, has all quarter-hours.

    The engine compares with moments that the calendar gives, so that it counts into the buckets
    that the calendar lists. Hours, of which a window may have 200,000, it computes by offsets."""
    if bucket is Bucket.QUARTER_HOUR:
        return _SECONDS
    if bucket is Bucket.HOUR:
        known = offsets_by_quarter(zone, *window)
        local = local_seconds(_SECONDS, known, "bucket", parameters)
        hour = f"({_SECONDS} - {local} % 3600)"
        if len(known.edges) == 1:
            return hour
        return f"greatest({hour}, roundDown({_SECONDS}, {{bucket_edges:Array(Int64)}}))"
    every = [start // 1000 for start in starts(*window, zone, bucket, week_start)]
    parameters["starts"] = every or [0]  # of an empty window; the engine refuses an empty list
    return f"roundDown({_SECONDS}, {{starts:Array(Int64)}})"
