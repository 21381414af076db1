"""The salt of visitor numbers: rebuilt each UTC day, and the day's before is destroyed."""

import contextlib
import logging
import secrets
import threading
from pathlib import Path

import msgspec

from footfall.core.calendar import DAY_MS

log = logging.getLogger(__name__)


class _Kept(msgspec.Struct):
    day: int
    salt: str


class DailySalt:
    """Keeps today's salt in a file, so that a restart does not make every visitor new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
            self._salt = bytes.fromhex(self._kept.salt)
        except (OSError, msgspec.DecodeError, ValueError):
            self._kept = _Kept(-1, "")
            self._salt = b""

    def __call__(self, at: int) -> bytes:
        """The salt of the day of this time (milliseconds since 1970). Of a day that is over the
        salt is destroyed: who was seen then gets a number that nobody else will ever have."""
        day = at // DAY_MS
        if day == self._kept.day:
            return self._salt
        with self._lock:
            if day > self._kept.day:
                self._renew(day)
            return self._salt if day == self._kept.day else secrets.token_bytes(32)

    def settle(self, now: int) -> None:
        """Make today's salt where the kept one is of a day to come: the clock was ahead. Until
        then nobody is known again. A clock that steps back over midnight changes nothing."""
        with self._lock:
            if self._kept.day > now // DAY_MS + 1:
                self._renew(now // DAY_MS)

    def _renew(self, day: int) -> None:
        salt = secrets.token_bytes(32)
        self._salt, self._kept = salt, _Kept(day, salt.hex())
        new = self._path.with_suffix(".new")
        try:
            new.touch(mode=0o600)
            new.write_bytes(msgspec.json.encode(self._kept))
            new.replace(self._path)
        except OSError as error:
            log.warning("%s: %s. Until a restart the salt is in memory.", self._path, error)
            # A full disk must not stop a scan: this day's visitors become new at a restart.
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
