"""The power goes: `kill -9`, and what nobody synced is forgotten."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from footfall.cli.torture.books import Books
from footfall.cli.torture.disk import Keep
from footfall.cli.torture.mounted import mounted_disk
from footfall.cli.torture.scanning import Ledger
from footfall.cli.torture.scenarios import ignore, scan_until_killed
from footfall.cli.torture.server import Victim

DELAY_SECONDS_MAX: Final = 1.0
"""Past the loader's interval, so that a cut falls into each of its steps."""


def power_cuts(
    directory: Path, times: int, scans: int, on_answer: Callable[[], None] = ignore, seed: int = 1
) -> Books:
    """Scans without pause; the power goes at random moments; start again; `times` over. Of what
    was not synced a cut keeps nothing, random pages, or everything. A third of the cuts come
    while the server starts, the first one while it makes its tables."""
    moments = Random(seed)  # noqa: S311  (moments, not secrets)
    share = -(-scans // max(1, times - -(-times // 3)))
    ledger = Ledger()
    forgotten = 0
    with mounted_disk(directory) as disk:
        victim = Victim(disk.directory / "data")
        victim.prepare()
        disk.sync()
        for number in range(times):
            if number % 3 == 0 and times > 1:
                victim.die_while_starting(moments.uniform(0.5, 3))
            else:
                victim.start()
                delay = moments.uniform(0, DELAY_SECONDS_MAX)
                asyncio.run(scan_until_killed(victim, ledger, share, delay, on_answer))
            forgotten += disk.cut(moments.choice(tuple(Keep)), moments.getrandbits(32))
        victim.start()
        note = f"{forgotten} files and entries lost what nobody synced"
        return victim.close_books(f"power cut, {times} times", ledger, note)
