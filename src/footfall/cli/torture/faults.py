"""Faults of a disk: which calls on which files fail, wait, or change a bit of what they carry."""

import errno
import fnmatch
import threading
from enum import StrEnum
from random import Random
from typing import Final

import msgspec


class Call(StrEnum):
    """System calls that a fault applies to."""

    READ = "read"
    WRITE = "write"
    SYNC = "fsync"
    SYNC_DIRECTORY = "fsync of a directory"
    CREATE = "create"  # and mkdir, rename, link, unlink
    OPEN = "open"


ANY_CALL: Final = tuple(Call)


class Fault(msgspec.Struct, frozen=True):
    """Calls on the files that `files` names (a shell pattern of the path), and what becomes of
    them from the `after`-th on: they wait `stall_seconds`, then fail with `error` (a name of
    `errno`), or one bit of each is `flip`ped."""

    files: str
    calls: tuple[Call, ...]
    error: str = ""
    stall_seconds: float = 0
    flip: bool = False
    after: int = 0
    times: int = 1 << 62


class _InEffect:
    """Faults, how many calls each has seen, and what ends the waiting of those."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        self.seen = [0] * len(faults)
        self.removed = threading.Event()


class Faults:
    """The faults in effect. Any thread."""

    def __init__(self) -> None:
        self._now = _InEffect(())
        self._lock = threading.Lock()
        self._chance = Random(1)  # noqa: S311  (which bit, not secrets)
        self.affected = 0
        """Calls that a fault changed, since the faults were set."""

    def set(self, faults: tuple[Fault, ...]) -> None:
        """Replace the faults. Calls that wait because of an earlier one stop waiting."""
        with self._lock:
            earlier, self._now = self._now, _InEffect(faults)
            self.affected = 0
        earlier.removed.set()

    def meet(self, call: Call, path: str, data: bytes = b"") -> bytes:
        """The bytes that a call carries, after the faults. Raises OSError when the call fails."""
        now = self._now
        for number, fault in enumerate(now.faults):
            if call not in fault.calls or not fnmatch.fnmatchcase(path, fault.files):
                continue
            with self._lock:
                now.seen[number] += 1
                in_turn = fault.after < now.seen[number] <= fault.after + fault.times
                self.affected += in_turn
            if not in_turn:
                continue
            if fault.stall_seconds:
                now.removed.wait(fault.stall_seconds)
            if fault.error:
                raise OSError(getattr(errno, fault.error), path)
            if fault.flip and data:
                data = flip_a_bit(data, self._chance)
        return data


def flip_a_bit(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)
