"""The salt of visitor numbers: made anew each UTC day, and the day's before is destroyed."""

import contextlib
import secrets
from pathlib import Path
from typing import Final

import msgspec

DAY_MS: Final = 86_400_000


class _Kept(msgspec.Struct):
    day: int
    salt: str


class DailySalt:
    """Keeps today's salt in a file, so that a restart does not make every visitor new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
            self._salt = bytes.fromhex(self._kept.salt)
        except (FileNotFoundError, msgspec.DecodeError, ValueError):
            self._kept = _Kept(-1, "")
            self._salt = b""

    def __call__(self, at: int) -> bytes:
        """The salt of the day of this time (milliseconds since 1970)."""
        day = at // DAY_MS
        if day != self._kept.day:
            self._renew(day)
        return self._salt

    def _renew(self, day: int) -> None:
        self._salt = secrets.token_bytes(32)
        self._kept = _Kept(day, self._salt.hex())
        new = self._path.with_suffix(".new")
        try:
            new.touch(mode=0o600)
            new.write_bytes(msgspec.json.encode(self._kept))
            new.replace(self._path)
        except OSError:
            # A full disk must not stop a scan: this day's visitors become new at a restart.
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
