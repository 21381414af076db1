"""What the torture tells the process of its disk, and what that answers: a JSON line each."""

import msgspec

from footfall.cli.torture.disk import Keep
from footfall.cli.torture.faults import Fault


class Command(msgspec.Struct, omit_defaults=True):
    """One order. `seed` goes with `cut` and `rot`."""

    faults: tuple[Fault, ...] | None = None
    space: int | None = None
    """Bytes that still fit; below zero: as many as at the start."""
    sync: bool = False
    cut: Keep | None = None
    rot: str | None = None
    """A shell pattern of paths: one bit of every 4 KB of these files changes."""
    seed: int = 0


class Answer(msgspec.Struct, omit_defaults=True):
    """Numbers of calls, of files and entries, and of files."""

    affected: int = 0
    forgotten: int = 0
    rotted: int = 0
