"""Callers that were authenticated, for as long as their key and their account are as they were.

SQLite tells a connection whether another one has committed, also one of another process, without
reading the tables: so a key that is revoked elsewhere is refused from the next request on. After a
commit the rows that a caller was made of are compared: most commits are about something else.
"""

import contextlib
import sqlite3
import threading
import time
from typing import Any, Final, NamedTuple

from footfall.core.accounts import Caller

CALLERS_MAX: Final = 1_000
LOOK_SECONDS: Final = 0.001
"""Of a thousand requests in a millisecond one looks. No revocation is answered sooner."""

ROWS: Final = """
SELECT * FROM api_keys JOIN accounts ON accounts.id = api_keys.account_id WHERE api_keys.hash = ?
"""


UNREADABLE: Final = -1
"""As a version: no caller is known by it."""

NAME_LENGTH_MAX: Final = 200
"""Of an API key, at least one character."""
CREATIONS_MAX: Final = 1_000_000_000
"""Codes that a key may create in any hour."""


class Seen(NamedTuple):
    """The rows of a key and its account; `version` is another number after every commit."""

    version: int
    rows: list[tuple[Any, ...]]


class KnownCallers:
    """By the hash of their secret. Any thread may ask."""

    def __init__(self, connection: Any) -> None:
        """`connection` is SQLite's own, and this object's alone."""
        self._connection = connection
        self._lock = threading.Lock()
        self._version = UNREADABLE
        self._looked_at = 0.0
        self._callers: dict[str, tuple[Caller, Seen]] = {}

    def see(self, hash: str) -> Seen:
        """What a caller who is about to be read is made of, to be kept with it."""
        version = self._read_version()  # first: rows that are newer than it are compared once more
        return Seen(version, [] if version == UNREADABLE else self._ask(ROWS, hash))

    def get(self, hash: str) -> Caller | None:
        kept = self._callers.get(hash)
        if kept is None:
            return None
        caller, seen = kept
        if seen.version != self._look():
            now = self.see(hash)
            if now.rows != seen.rows:
                self._callers.pop(hash, None)
                return None
            self._callers[hash] = (caller, now)
        return caller

    def keep(self, hash: str, caller: Caller, seen: Seen) -> None:
        """`seen` from before the caller was read."""
        if not seen.rows:
            return
        if len(self._callers) >= CALLERS_MAX:
            self._callers.clear()
        self._callers[hash] = (caller, seen)

    def _look(self) -> int:
        now = time.monotonic()
        if now - self._looked_at > LOOK_SECONDS:
            self._version = self._read_version()
            self._looked_at = now
        return self._version

    def _read_version(self) -> int:
        rows = self._ask("PRAGMA data_version")
        return int(rows[0][0]) if rows else UNREADABLE

    def _ask(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        """Nothing when it cannot be read."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            rows: list[tuple[Any, ...]] = self._connection.execute(sql, parameters).fetchall()
            return rows
        return []

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
