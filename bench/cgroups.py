"""A control group with a limit of memory, of whichever version the machine has."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

V1: Final = Path("/sys/fs/cgroup/memory")
V2: Final = Path("/sys/fs/cgroup")


class Limited(msgspec.Struct, frozen=True):
    """`prefix` runs a command in the group. `peak` is the most bytes that it held, with the files
    that the kernel keeps for it; `killed`: how often the kernel ended a process of it."""

    prefix: list[str]
    peak: Callable[[], int]
    killed: Callable[[], int]


@contextlib.contextmanager
def limited(bytes: int) -> Iterator[Limited | str]:
    """A group that lives as long as this; a text when the machine gives us none, and why."""
    v1 = (V1 / "memory.limit_in_bytes").exists()
    group = (V1 if v1 else V2) / f"footfall-bench-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        yield f"no control group can be made here: {error.strerror}"
        return
    try:
        limit, peak, events = (
            ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control")
            if v1
            else ("memory.max", "memory.peak", "memory.events")
        )
        (group / limit).write_text(str(bytes))
        if (swap := group / "memory.swap.max").exists():
            swap.write_text("0")

        def killed() -> int:
            fields = dict(line.split() for line in (group / events).read_text().splitlines())
            return int(fields.get("oom_kill", 0))

        into = f'echo $$ > {group}/cgroup.procs && exec "$@"'
        yield Limited(["sh", "-c", into, "sh"], lambda: int((group / peak).read_text()), killed)
    except OSError as error:
        yield f"no memory can be limited here: {error.strerror}"
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()
