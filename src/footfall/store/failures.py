"""What an error of the engine means: passing, permanent, or the caller's.

Names of errors: https://github.com/ClickHouse/ClickHouse, src/Common/ErrorCodes.cpp. Callers are
never shown the engine's own text, which has SQL and values of events in it: the log has it.
"""

import logging
import secrets
import time
from typing import Final

from clickhouse_connect.driver.exceptions import Error as EngineError

from footfall.core.errors import (
    FootfallError,
    InvalidRequest,
    StoreDefect,
    StoreUnavailable,
    TooLarge,
)

LOGGED_EVERY_SECONDS: Final = 60.0

log = logging.getLogger(__name__)

_NO_VALUE: Final = frozenset(
    {"BAD_QUERY_PARAMETER", "CANNOT_COMPILE_REGEXP", "CANNOT_PARSE_ESCAPE_SEQUENCE"}
)
"""A value of the request that its column or its pattern cannot be."""

_NO_FILE: Final = "CANNOT_EXTRACT_TABLE_STRUCTURE"
"""Of a file that is to be imported: those of archives have their structure in the query."""

_CANCELLED: Final = "QUERY_WAS_CANCELLED"
"""By us: its caller left, or the server stops."""

_OVER_A_LIMIT: Final = frozenset({"TIMEOUT_EXCEEDED", "TOO_MANY_ROWS", "TOO_MANY_BYTES"})
_MEMORY: Final = "MEMORY_LIMIT_EXCEEDED"
_OF_ONE_QUERY: Final = "Query memory limit"
"""How the engine begins when a query passes its own limit, and not that of the whole engine."""

_DAMAGED: Final = frozenset(
    {
        *("BAD_SIZE_OF_FILE_IN_DATA_PART", "CANNOT_DECOMPRESS", "CANNOT_READ_ALL_DATA"),
        *("CHECKSUM_DOESNT_MATCH", "CORRUPTED_DATA", "INCORRECT_DATA", "NO_FILE_IN_DATA_PART"),
        *("SIZES_OF_COLUMNS_DOESNT_MATCH", "UNEXPECTED_END_OF_FILE", "UNKNOWN_CODEC"),
    }
)
"""A file of the store is not as it was written."""

_PASSING: Final = frozenset(
    {
        *("ABORTED", "ALL_CONNECTION_TRIES_FAILED", "CANNOT_ALLOCATE_MEMORY", "CANNOT_CLOSE_FILE"),
        *("CANNOT_FSYNC", "CANNOT_OPEN_FILE", "CANNOT_SCHEDULE_TASK", "CANNOT_STAT"),
        *("CANNOT_WRITE_TO_FILE_DESCRIPTOR", "CANNOT_WRITE_TO_SOCKET", "FILE_DOESNT_EXIST"),
        *("CANNOT_READ_FROM_SOCKET", "DNS_ERROR", "KEEPER_EXCEPTION", "NETWORK_ERROR"),
        *("NOT_ENOUGH_SPACE", "PART_IS_TEMPORARILY_LOCKED", _CANCELLED),
        *("RECEIVED_ERROR_TOO_MANY_REQUESTS", "SESSION_IS_LOCKED", "SOCKET_TIMEOUT"),
        *("STD_EXCEPTION", "TABLE_IS_READ_ONLY", "TOO_MANY_PARTS"),
        *("TOO_MANY_SIMULTANEOUS_QUERIES", "AUTHENTICATION_FAILED", "REQUIRED_PASSWORD"),
    }
)
"""The same query may be answered later: the disk, the network, or what else the engine is doing."""


def translated(error: Exception) -> FootfallError:
    """As an error of the product. What is not known to pass is a defect: it is logged with an id,
    which the message says."""
    name = getattr(error, "name", None) or ""
    text = str(error)
    if not isinstance(error, EngineError) or not name or name in _PASSING:
        what = name or type(error).__name__
        if name != _CANCELLED:
            _log_once(what, text.strip().split("\n", 1)[0][:500])
        return StoreUnavailable(
            f"The event store does not answer at the moment ({what}). Try again shortly."
        )
    if name in _NO_VALUE:
        return InvalidRequest("A value of this request is out of its range, or no valid pattern.")
    if name == _NO_FILE:
        return InvalidRequest("This is no whole Parquet file.")
    if name in _OVER_A_LIMIT:
        return TooLarge(
            "This takes longer than a read may take (read_seconds_max). Choose a shorter window,"
            " fewer dimensions, or longer buckets."
        )
    if name == _MEMORY and _OF_ONE_QUERY in text:
        return TooLarge(
            "This takes more memory than a read may take (read_memory_bytes_max). Choose a shorter"
            " window, fewer dimensions, or longer buckets."
        )
    if name == _MEMORY:
        return StoreUnavailable(
            "The event store is short of memory at the moment. Ask again, or for less: a"
            " shorter window, fewer groups. memory_bytes_max gives it more."
        )
    id = secrets.token_hex(4)
    log.error("Defect %s: the event store refuses a query", id, exc_info=error)
    if name in _DAMAGED:
        return StoreDefect(
            "A file of the event store is damaged, and this needs it. The log has more as "
            f"{id}. Stop the server, put the data directory back from a backup, and start it."
        )
    return StoreDefect(
        f"The event store refuses this. It is a defect of the server, in its log as {id}: trying"
        " again does not help."
    )


_logged: dict[str, float] = {}
"""When what was logged, by its name."""


def _log_once(what: str, text: str) -> None:
    """Once a minute: while the store is away, every read and every try of the loader fails."""
    now = time.monotonic()
    if now - _logged.get(what, -LOGGED_EVERY_SECONDS) >= LOGGED_EVERY_SECONDS:
        _logged[what] = now
        log.warning("The event store does not answer: %s: %s", what, text)
