"""Whether the wall clock can be believed: what removes by age must not follow a clock that leaps.

Elapsed time is measured by the machine's uptime, which nobody sets. A clock that goes more than a
day further than the uptime, or back, has leapt. After a reboot the uptime says nothing: then the
kernel says whether a time server disciplines the clock, and without one a gap of more than a
day counts as a leap too. A leap is over when the clock is where it would be without it, when the
new time has held for a day of uptime, or when the owner confirms it (`footfall clock --confirm`).

Decision record 0031.
"""

import contextlib
import ctypes
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from footfall.core.ids import Clock, received_at

LEAP_MS: Final = 24 * 3_600_000
STEADY_SECONDS: Final = 24 * 3_600.0
NAME: Final = "clock.json"
CONFIRMED: Final = "clock-confirmed.json"

T = TypeVar("T")

log = logging.getLogger(__name__)


class Reading(msgspec.Struct, frozen=True):
    """The wall clock in milliseconds since 1970, and the seconds since the machine's start `boot`
    ("" when that is not known)."""

    wall: int
    uptime: float = 0.0
    boot: str = ""


class Leap(msgspec.Struct, frozen=True):
    """`milliseconds` ahead, or behind when negative. The clock was last read `at`, and has been
    steady since the leap for `steady` seconds of uptime."""

    milliseconds: int
    at: Reading
    steady: float = 0.0


class Kept(msgspec.Struct, frozen=True):
    """The file: the last reading that is believed, and the leap since."""

    believed: Reading
    leap: Leap | None = None


class WatchedClock:
    """`newest_id` is the id of the newest known event, 0 for none: a clock that was never watched
    is held against when that was received. Any thread may ask."""

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        *,
        newest_id: int = 0,
        uptime: Callable[[], tuple[float, str]] | None = None,
        disciplined: Callable[[], bool] | None = None,
    ) -> None:
        self._path = directory / NAME
        self._confirmed = directory / CONFIRMED
        self._clock = clock
        self._uptime = uptime or read_uptime
        self._disciplined = disciplined or is_disciplined
        self._lock = threading.Lock()
        self._kept = _read(self._path, Kept)
        if self._kept is None and newest_id:
            self._kept = Kept(Reading(received_at(newest_id)))

    def look(self) -> int | None:
        """Now, in milliseconds since 1970; None while the clock is not to be believed. Blocks."""
        with self._lock:
            now = Reading(self._clock(), *self._uptime())
            kept = self._kept
            if (confirmed := _read(self._confirmed, Reading)) is not None:
                kept = Kept(confirmed)
            self._kept = self._assess(kept, now)
            with contextlib.suppress(OSError):  # a full disk: what is known stays in memory
                _write(self._path, self._kept)
                self._confirmed.unlink(missing_ok=True)
            return None if self._kept.leap else now.wall

    @property
    def leaping(self) -> bool:
        return self._kept is not None and self._kept.leap is not None

    def warning(self) -> str:
        """ "" when the clock is believed."""
        return describe(self._kept)

    def problem(self) -> str:
        """Looks, and says what is held against the clock, "" when it is believed. Blocks."""
        self.look()
        return self.warning()

    def _assess(self, kept: Kept | None, now: Reading) -> Kept:
        leapt = 0 if kept is None else self._leapt(kept.believed, now)
        if kept is None or abs(leapt) <= LEAP_MS:
            if kept is not None and kept.leap is not None:
                log.warning("The clock is believed again: retention and archives go on.")
            return Kept(now)
        known, steady = kept.leap, 0.0
        if known is not None and known.at.boot == now.boot:
            if abs(self._leapt(known.at, now)) <= LEAP_MS:
                steady = known.steady + max(0.0, now.uptime - known.at.uptime)
        elif known is not None and now.wall >= known.at.wall:
            steady = known.steady  # the machine was off
        if steady >= STEADY_SECONDS:
            log.warning("The clock has been steady for a day: retention and archives go on.")
            return Kept(now)
        found = Kept(kept.believed, Leap(leapt, now, steady))
        if known is None:
            log.warning("%s", describe(found))
        return found

    def _leapt(self, before: Reading, now: Reading) -> int:
        """How far the clock went beyond the time that passed."""
        went = now.wall - before.wall
        if now.boot and now.boot == before.boot and now.uptime >= before.uptime:
            return went - round((now.uptime - before.uptime) * 1000)
        return 0 if went >= 0 and self._disciplined() else went


def confirm(directory: Path, clock: Clock, uptime: Callable[[], tuple[float, str]]) -> int:
    """Have the clock believed as it is now, by a running server within a minute. Returns now."""
    now = Reading(clock(), *uptime())
    _write(directory / CONFIRMED, now)
    return now.wall


def problem_in(directory: Path) -> str:
    """What a server that runs here, or did last, holds against the clock; "" for nothing."""
    if (directory / CONFIRMED).exists():
        return ""
    return describe(_read(directory / NAME, Kept))


def describe(kept: Kept | None) -> str:
    if kept is None or kept.leap is None:
        return ""
    days = abs(kept.leap.milliseconds) / (24 * 3_600_000)
    moment = datetime.fromtimestamp(kept.leap.at.wall // 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    where = "ahead" if kept.leap.milliseconds > 0 else "back"
    hours = max(1, round((STEADY_SECONDS - kept.leap.steady) / 3600))
    return (
        f"The clock leapt {days:.1f} days {where}, to {moment}: nothing is removed by its age and"
        f" nothing archived. That ends in {hours} hours if the clock stays so, at once when it is"
        " set right, or with footfall clock --confirm if it is right."
    )


def read_uptime() -> tuple[float, str]:
    """Seconds since the machine started, time asleep included, and which start that was. Elsewhere
    than on Linux those of a clock that nobody sets, and ""."""
    try:
        seconds = float(Path("/proc/uptime").read_text().split()[0])
        return seconds, Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError, IndexError):
        return time.monotonic(), ""


UNDISCIPLINED: Final = 5
"""TIME_ERROR of adjtimex(2)."""


def is_disciplined() -> bool:
    """Whether the kernel says that a time server keeps the clock. False where it cannot say."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(1024))
    except (OSError, AttributeError):
        return False
    return 0 <= int(state) < UNDISCIPLINED


def _read(path: Path, type: type[T]) -> T | None:
    """None also for a file that is damaged: then the clock is watched from now on."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(path.read_bytes(), type=type)
    return None


def _write(path: Path, content: Kept | Reading) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(content))
    new.replace(path)
