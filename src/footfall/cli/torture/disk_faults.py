"""A disk that fails below the server, in each way, one after the other.

Under each fault people are scanned, the power goes, the server starts again, and people are scanned
again; then the fault goes, and everything must be as ever: nothing lost, nothing doubled, no answer
untrue.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from footfall.cli.torture.books import Books, Broken, close
from footfall.cli.torture.disk import Keep
from footfall.cli.torture.faults import Call, Fault
from footfall.cli.torture.mounted import MountedDisk, mounted_disk
from footfall.cli.torture.scanning import CONNECTIONS, Ledger, Scanning
from footfall.cli.torture.scenarios import ignore, make_a_code
from footfall.cli.torture.server import Victim

STALL_SECONDS: Final = 25.0
"""Or until it was seen what becomes of people meanwhile."""
WAIT_SECONDS_MAX: Final = 5.0
"""How long a person is held up at most, whatever the disk does."""
SCANS: Final = 10 * CONNECTIONS
SCANS_FEW: Final = CONNECTIONS
SCANS_MANY: Final = 200 * CONNECTIONS
"""More than the journal's log holds before it is written back."""
MEET_SECONDS_MAX: Final = 10.0

JOURNAL: Final = "*/journal.db*"
WAL: Final = "*/journal.db-wal"
STORE: Final = "*/store/*"
CATALOG: Final = "*/catalog.db*"


class Row(msgspec.Struct, frozen=True):
    """Faults and what is promised under them. `recorded`: every scan is, or none is, or (None)
    some are. `scans`: so many, until the faults are met. `space`: bytes that still fit on the
    disk."""

    name: str
    faults: tuple[Fault, ...] = ()
    recorded: bool | None = True
    scans: int = SCANS
    space: int | None = None

    @property
    def stalls(self) -> bool:
        return any(one.stall_seconds for one in self.faults)


def _fails(
    files: str, *calls: Call, error: str = "EIO", after: int = 0, times: int = 1 << 62
) -> tuple[Fault, ...]:
    return (Fault(files, calls, error=error, after=after, times=times),)


def _stalls(files: str, *calls: Call) -> tuple[Fault, ...]:
    return (Fault(files, calls, stall_seconds=STALL_SECONDS, times=1),)


# Not of directories: the engine logs that one cannot be synced, and takes its names as durable.
# A file system that has such an error takes no more writes at all (ext4, XFS and btrfs do).
ROWS: Final = (
    Row("journal: fsync fails", _fails(WAL, Call.SYNC), recorded=False),
    Row("journal: one fsync fails", _fails(WAL, Call.SYNC, after=9, times=1), recorded=None),
    Row("journal: writes fail", _fails(WAL, Call.WRITE), recorded=False),
    Row("journal: one write fails", _fails(WAL, Call.WRITE, after=9, times=1), recorded=None),
    Row(
        "journal: no room from the 50th write on",
        _fails(JOURNAL, Call.WRITE, error="ENOSPC", after=50),
        recorded=None,
    ),
    Row("journal: reads fail", _fails(JOURNAL, Call.READ), recorded=None),
    Row(
        "journal: its file fails, its log does not",
        _fails("*/journal.db", Call.WRITE, Call.SYNC),
        scans=SCANS_MANY,
    ),
    Row("journal: an fsync stalls", _stalls(WAL, Call.SYNC), recorded=None, scans=SCANS_FEW),
    Row("journal: a write stalls", _stalls(WAL, Call.WRITE), recorded=None, scans=SCANS_FEW),
    Row("store: writes fail", _fails(STORE, Call.WRITE)),
    Row("store: no room", _fails(STORE, Call.WRITE, Call.CREATE, error="ENOSPC")),
    Row("store: fsync fails", _fails(STORE, Call.SYNC)),
    Row("store: the 20th write fails", _fails(STORE, Call.WRITE, after=19, times=1)),
    Row("store: no new file", _fails(STORE, Call.CREATE)),
    Row("store: reads fail", _fails(STORE, Call.READ)),
    Row("store: fsync stalls", _stalls(STORE, Call.SYNC)),
    Row("catalog: writes fail", _fails(CATALOG, Call.WRITE)),
    Row("catalog: fsync fails", _fails(CATALOG, Call.SYNC)),
    Row("catalog: an fsync stalls", _stalls(CATALOG, Call.SYNC)),
    Row("all: no room", recorded=None, scans=SCANS_MANY, space=0),
)


class Trial:
    """One row on one server. Collects what was not as promised."""

    def __init__(
        self,
        disk: MountedDisk,
        victim: Victim,
        wait_seconds_max: float,
        on_answer: Callable[[], None],
    ) -> None:
        self._disk = disk
        self._victim = victim
        self._wait_seconds_max = wait_seconds_max
        self._on_answer = on_answer
        self.wrong: list[str] = []

    def run(self, row: Row, ledger: Ledger) -> None:
        self._scan(ledger, SCANS, "before the fault", recorded=True)
        self._disk.set_space(-1 if row.space is None else row.space)
        self._disk.set_faults(*row.faults)
        under = self._scan(ledger, row.scans, "under the fault", row.recorded)
        self._check_health(under, row)
        self._check_api()
        self._check_met(row)
        if row.stalls:  # a process whose call waits for the disk cannot be killed
            self._disk.set_faults()
            if not self._victim.resolves():
                self.wrong.append("scans stay pending")
        self._victim.kill()
        self._disk.cut(Keep.NOTHING, seed=ledger.sent)
        if self._started("under the fault"):
            self._scan(ledger, CONNECTIONS, "after a start under the fault", None)
        self._disk.set_faults()
        self._disk.set_space()
        if not self._victim.runs and not self._started("after the fault"):
            return
        if not self._victim.recovers(lambda: self._scan(ledger, CONNECTIONS, "meanwhile", None)):
            self.wrong.append(f"it does not recover: {self._victim.health()}")
        self._scan(ledger, SCANS, "after the fault", recorded=True)

    def _started(self, when: str) -> bool:
        try:
            self._victim.start()
        except Broken as error:
            self.wrong.append(f"no start {when}: {error.message}")
            return False
        return True

    def _scan(self, ledger: Ledger, scans: int, when: str, recorded: bool | None) -> Ledger:
        mine = ledger.next()
        asyncio.run(Scanning(self._victim.port, mine, self._on_answer).run(scans))
        ledger.add(mine)
        self.wrong += [
            text
            for broken, text in (
                (
                    mine.missing or mine.sent - mine.first < scans,
                    f"not all were redirected {when}",
                ),
                (recorded and len(mine.answered) < scans, f"not all were recorded {when}"),
                (recorded is False and mine.answered, f"some were said to be recorded {when}"),
                (
                    mine.longest_seconds > self._wait_seconds_max,
                    f"a person waited {mine.longest_seconds:.1f} s {when}",
                ),
            )
            if broken
        ]
        return mine

    def _check_health(self, under: Ledger, row: Row) -> None:
        """Says that scans are lost while they are."""
        health = self._victim.health()
        if health["live"] and (row.recorded is False or under.pending):
            self.wrong.append("/health said live")
        if len(under.unrecorded) > health["unrecorded"]:
            self.wrong.append(f"/health counted {health['unrecorded']} unrecorded")

    def _check_met(self, row: Row) -> None:
        """Wait until a call met the fault: what nothing met shows nothing."""
        deadline = time.monotonic() + MEET_SECONDS_MAX
        while row.faults and not self._disk.affected():
            if time.monotonic() > deadline:
                self.wrong.append("no call met the fault")
                return
            time.sleep(0.05)

    def _check_api(self) -> None:
        status = make_a_code(self._victim)
        if status not in (201, 503):
            self.wrong.append(f"an API write got {status}")


def disk_faults(
    directory: Path,
    rows: tuple[Row, ...] = ROWS,
    wait_seconds_max: float = WAIT_SECONDS_MAX,
    on_answer: Callable[[], None] = ignore,
) -> Iterator[Books]:
    """Each row on the same server and directory. The books of each, and of all of them."""
    done: list[tuple[Row, Ledger, Trial]] = []
    whole = Ledger()
    with mounted_disk(directory) as disk:
        victim = Victim(disk.directory / "data")
        victim.prepare()
        disk.sync()
        victim.start()
        for row in rows:
            trial, ledger = Trial(disk, victim, wait_seconds_max, on_answer), whole.next()
            trial.run(row, ledger)
            whole.add(ledger)
            done.append((row, ledger, trial))
            if not victim.runs:
                break
        victim.kill()
        disk.cut(Keep.NOTHING, seed=whole.sent)
        victim.start()
        victim.settle()
        victim.stop()
        counted = victim.count()
    for row, ledger, trial in done:
        yield close(row.name, ledger, counted, part=True, wrong=trial.wrong)
    yield close("disk faults, all", whole, counted)
