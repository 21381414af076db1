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


class Seen(NamedTuple):
    """The rows of a key and its account; `version` is another number after every commit."""

    version: int
    rows: list[tuple[Any, ...]]


UNREADABLE: Final = Seen(-1, [])


class KnownCallers:
    """By the hash of their secret. Any thread may ask."""

    def __init__(self, connection: Any) -> None:
        """`connection` is SQLite's own, and this object's alone."""
        self._connection = connection
        self._lock = threading.Lock()
        self._version = UNREADABLE.version
        self._looked_at = 0.0
        self._callers: dict[str, tuple[Caller, Seen]] = {}

    def see(self, hash: str) -> Seen:
        """What a caller who is about to be read is made of, to be kept with it."""
        with self._lock:
            try:
                version = self._read_version()
                return Seen(version, self._connection.execute(ROWS, (hash,)).fetchall())
            except sqlite3.Error:
                return UNREADABLE

    def get(self, hash: str) -> Caller | None:
        kept = self._callers.get(hash)
        if kept is None:
            return None
        caller, seen = kept
        if seen.version != self._look():
            now = self.see(hash)
            if now == UNREADABLE or now.rows != seen.rows:
                self._callers.pop(hash, None)
                return None
            self._callers[hash] = (caller, now)
        return caller

    def keep(self, hash: str, caller: Caller, seen: Seen) -> None:
        """`seen` from before the caller was read."""
        if seen == UNREADABLE:
            return
        if len(self._callers) >= CALLERS_MAX:
            self._callers.clear()
        self._callers[hash] = (caller, seen)

    def _look(self) -> int:
        now = time.monotonic()
        if now - self._looked_at > LOOK_SECONDS:
            with self._lock:
                try:
                    self._version = self._read_version()
                except sqlite3.Error:
                    self._version = UNREADABLE.version
            self._looked_at = now
        return self._version

    def _read_version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
