"""Data directories that are damaged while the server is down, and what it must say or save."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from footfall import bootstrap
from footfall.cli.torture.books import Books, Broken, close
from footfall.cli.torture.faults import Call, Fault
from footfall.cli.torture.mounted import mounted_disk
from footfall.cli.torture.scanning import Ledger, Scanning
from footfall.cli.torture.scenarios import ignore
from footfall.cli.torture.server import Victim

SCANS: Final = 3_000
BATCHES: Final = 3
PARTS: Final = "*/store/*/*_*_*_*/*"
"""The files of the engine's parts, whose directories are named after blocks and level."""


def rotted_parts(directory: Path, on_answer: Callable[[], None] = ignore) -> Books:
    """A bit in every page of the event store's parts changes."""
    with mounted_disk(directory) as disk:
        data = disk.directory / "data"
        return _damaged(data, "rotted parts", lambda: disk.rot(PARTS, seed=1), on_answer)


def deleted_store(directory: Path, on_answer: Callable[[], None] = ignore) -> Books:
    return _damaged(
        directory, "deleted store/", lambda: shutil.rmtree(directory / "store"), on_answer
    )


def _damaged(
    directory: Path, name: str, damage: Callable[[], object], on_answer: Callable[[], None]
) -> Books:
    """What was stored is damaged, and the server must say so and report no smaller number in
    silence; what is scanned from then on must be recorded and stored as ever. The books are of
    that."""
    victim = Victim(directory)
    victim.prepare()
    before = _scanned(victim, Ledger(), on_answer)
    damage()
    after = before.next()
    moment = bootstrap.now()
    victim.start()
    asyncio.run(Scanning(victim.port, after, on_answer).run(SCANS))
    said = victim.complaint("warning")  # a problem passes; this does not
    wrong = [] if said else ["nothing reports it: /health is unchanged"]
    reported = victim.reported()
    if reported is not None and reported < len(before.answered):
        wrong.append(f"a report says {reported} events, of {after.sent}, and not that some lack")
    victim.settle()
    victim.stop()
    counted = victim.count(moment)
    return close(f"{name}, then", after, counted, part=True, wrong=wrong, note=f"said: {said}")


FLIPS: Final = (
    ("journal: writes are flipped", "*/journal.db-wal", Call.WRITE),
    ("journal: reads are flipped", "*/journal.db*", Call.READ),
    ("store: writes are flipped", "*/store/*", Call.WRITE),
    ("store: reads are flipped", "*/store/*", Call.READ),
)


def flipped_bits(directory: Path, on_answer: Callable[[], None] = ignore) -> Iterator[Books]:
    """The disk changes one bit of each of these calls, while people are scanned and over a
    restart; then it is well again."""
    for number, (name, files, call) in enumerate(FLIPS):
        with mounted_disk(directory / str(number)) as disk:
            victim = Victim(disk.directory / "data")
            victim.prepare()
            before = _scanned(victim, Ledger(), on_answer)
            under = before.next()
            victim.start()
            disk.set_faults(Fault(files, (call,), flip=True))
            asyncio.run(Scanning(victim.port, under, on_answer).run(SCANS))
            said = victim.complaint("problem", "warning")
            victim.kill()
            disk.set_faults()
            after, moment = under.next(), bootstrap.now()
            victim.start()
            asyncio.run(Scanning(victim.port, after, on_answer).run(SCANS))
            said = said or victim.complaint("problem", "warning")
            victim.settle()
            victim.stop()
            ledgers = [("before", before), ("under it", under), ("after", after)]
            try:
                counted = victim.count()
            except Broken:
                if not said:
                    raise
                # What was stored before cannot be read, and that was said. What came later must be.
                counted, ledgers = victim.count(moment), ledgers[-1:]
        for when, ledger in ledgers:
            damage = said if when != "after" else ""
            yield close(f"{name}: {when}", ledger, counted, part=True, damage=damage)


def restored_journal(directory: Path, on_answer: Callable[[], None] = ignore) -> Books:
    """journal.db comes back from a copy, beside a store that went on: what is recorded from then
    on must enter the store, though the journal counts as it did before. Each batch is one scan, so
    that the numbers are the same ones."""
    victim = Victim(directory)
    victim.prepare()
    ledger = _scanned(victim, Ledger(), on_answer)
    copy = (directory / "journal.db").read_bytes()
    for number in range(2):
        if number == 1:
            for file in directory.glob("journal.db*"):
                file.unlink()
            (directory / "journal.db").write_bytes(copy)
        victim.start()
        for _ in range(BATCHES):
            asyncio.run(Scanning(victim.port, ledger, on_answer, connections=1).run(1))
            victim.settle()
        if number == 0:
            victim.stop()
    return victim.close_books("journal restored from an older copy", ledger)


def _scanned(victim: Victim, ledger: Ledger, on_answer: Callable[[], None]) -> Ledger:
    """A run of the server from start to stop, with all of its scans in the store."""
    victim.start()
    asyncio.run(Scanning(victim.port, ledger, on_answer).run(SCANS))
    victim.settle()
    victim.stop()
    return ledger
