"""Local times and buckets as SQL. The engine gets offsets from UTC, never the name of a zone."""

from typing import Any, Final

from footfall.calendar import Offsets
from footfall.core.queries import Bucket

_SECONDS: Final = "toUInt32(bucket)"


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
    bucket: Bucket, known: Offsets, parameters: dict[str, Any], week_start: int = 1
) -> str:
    """`Group.start` in seconds, of the bucket that a quarter-hour of the rollups, the column
    `bucket`, is in. Of days and longer it is the local date as if in UTC."""
    if bucket is Bucket.QUARTER_HOUR:
        return _SECONDS
    local = local_seconds(_SECONDS, known, "bucket", parameters)
    if bucket is Bucket.HOUR:
        return f"({_SECONDS} - {local} % 3600)"
    day = f"intDiv({local}, 86400)"
    if bucket is Bucket.WEEK:
        # 1970-01-01 was a Thursday, the fourth day.
        parameters["week_start"] = week_start
        day = f"({day} - ({day} + 11 - {{week_start:UInt8}}) % 7)"
    elif bucket is not Bucket.DAY:
        first = "toStartOfMonth" if bucket is Bucket.MONTH else "toStartOfYear"
        day = f"toInt64({first}(toDate(toUInt16({day}))))"
    return f"({day} * 86400)"
