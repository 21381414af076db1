"""Callers that were authenticated, for as long as nothing in the catalog has changed.

SQLite tells a connection whether another one has committed, also one of another process, without
reading the tables: so a key that is revoked elsewhere is refused from the next request on.
"""

import contextlib
import sqlite3
import threading
import time
from typing import Any, Final

from footfall.core.accounts import Caller

CALLERS_MAX: Final = 1_000
LOOK_SECONDS: Final = 0.001
"""Of a thousand requests in a millisecond one looks. No revocation is answered sooner."""


class KnownCallers:
    """By the hash of their secret. Any thread may ask."""

    def __init__(self, connection: Any) -> None:
        """`connection` is SQLite's own, and this object's alone."""
        self._connection = connection
        self._lock = threading.Lock()
        self._version = -1
        self._looked_at = 0.0
        self._callers: dict[str, Caller] = {}

    def version(self) -> int:
        """Another number after every commit of another connection; what was kept is forgotten."""
        with self._lock:
            try:
                (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                version = -1
            if version != self._version or version == -1:
                self._callers.clear()
                self._version = version
            return int(version)

    def get(self, hash: str) -> Caller | None:
        now = time.monotonic()
        if now - self._looked_at > LOOK_SECONDS:
            self.version()
            self._looked_at = now
        return self._callers.get(hash)

    def keep(self, hash: str, caller: Caller, version: int) -> None:
        """`version` from before the caller was read."""
        if version != -1 and self.version() == version:
            with self._lock:
                if len(self._callers) >= CALLERS_MAX:
                    self._callers.clear()
                self._callers[hash] = caller

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
