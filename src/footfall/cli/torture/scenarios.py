"""What the server has to survive. Each scenario ends with its books."""

import asyncio
import contextlib
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from footfall.cli.torture.books import Books, Skipped
from footfall.cli.torture.scanning import Ledger, Scanning
from footfall.cli.torture.server import Victim

Progress = Callable[[], None]
DISK_BYTES: Final = 400 << 20
SCANS_SMALL: Final = 3_000
ROUNDS_MAX: Final = 100


def ignore() -> None: ...


def kills(
    directory: Path, times: int, scans: int, on_answer: Progress = ignore, seed: int = 1
) -> Books:
    """Scans without pause; `kill -9` at random moments; start again; `times` over."""
    moments = random.Random(seed)  # noqa: S311  (moments, not secrets)
    victim = _victim(directory)
    ledger = Ledger()
    share = -(-scans // times)
    for number in range(times):
        victim.start()
        # Each round ends with the kill. It answers its share of scans first, so that the whole
        # reaches the number requested, and goes on scanning until the blow.
        asyncio.run(scan_until_killed(victim, ledger, share, moments.uniform(0, 0.5), on_answer))
        if number == times - 1:
            victim.start()
    return victim.close_books(f"kill -9, {times} times", ledger)


async def scan_until_killed(
    victim: Victim, ledger: Ledger, share: int, delay_seconds: float, on_answer: Progress
) -> None:
    owed = len(ledger.answered) + share
    enough = asyncio.Event()

    def note_answer() -> None:
        on_answer()
        if len(ledger.answered) >= owed:
            enough.set()

    scanning = Scanning(victim.port, ledger, note_answer)
    running = asyncio.create_task(scanning.run(1 << 40))
    await enough.wait()
    await asyncio.sleep(delay_seconds)
    victim.kill()
    await running


def between_insert_and_mark(directory: Path, on_answer: Progress = ignore) -> Books:
    """The process dies after the engine has a batch and before the journal knows it."""
    victim = _victim(directory)
    ledger = Ledger()
    for _ in range(3):
        victim.start(_variant("dies-after-insert"))
        asyncio.run(Scanning(victim.port, ledger, on_answer).run(1 << 40))
        victim.wait()
    victim.start()
    return victim.close_books("killed between insert and mark, 3 times", ledger)


def clock_set_back(directory: Path, on_answer: Progress = ignore) -> Books:
    """An hour ahead; then right, so an hour back over a restart; then stepping back and forth."""
    victim = _victim(directory)
    ledger = Ledger()
    for way in ("an-hour-ahead", "clock-steps-back"):
        victim.start(_variant(way))
        asyncio.run(Scanning(victim.port, ledger, on_answer).run(SCANS_SMALL))
        victim.kill()
    victim.start()
    asyncio.run(Scanning(victim.port, ledger, on_answer).run(SCANS_SMALL))
    return victim.close_books("clock set back an hour, and stepping", ledger)


def full_disk(directory: Path, on_answer: Progress = ignore) -> Books:
    """The disk fills up under load, and is freed again. A file system of its own is mounted
    where only the server sees it. Raises Skipped when this machine does not let us."""
    if shutil.which("unshare") is None:
        raise Skipped("it needs `unshare` (util-linux)")
    small = directory / "small"
    small.mkdir(parents=True)
    with _own_file_system(small) as keeper:
        if isinstance(keeper, str):
            raise Skipped(f"this machine does not let us mount a file system ({keeper})")
        inside = Path(f"/proc/{keeper.pid}/root{small}")
        enter = ("nsenter", "--preserve-credentials", "-U", "-m", "-t", str(keeper.pid))
        victim = Victim(small / "data", enter)
        victim.prepare()
        victim.start()
        ledger = Ledger()
        scan = Scanning(victim.port, ledger, on_answer)
        asyncio.run(scan.run(SCANS_SMALL))
        _fill(inside / "ballast")
        for _ in range(ROUNDS_MAX):  # files that exist have some room left: use it up
            asyncio.run(scan.run(SCANS_SMALL))
            if ledger.unrecorded:
                break
        health = victim.client.get("/health").json()
        for _ in range(ROUNDS_MAX):  # loading and merging free some: until nothing is left for it
            _fill(inside / "ballast")
            write = make_a_code(victim)
            if write >= 400:
                break
        (inside / "ballast").unlink()
        asyncio.run(scan.run(SCANS_SMALL))
        note = (
            f"{len(ledger.unrecorded)} redirected unrecorded; /health said {health['unrecorded']};"
            f" an API write got {write}"
        )
        return victim.close_books("full disk, then freed", ledger, note)


@contextlib.contextmanager
def _own_file_system(path: Path) -> Iterator[subprocess.Popen[str] | str]:
    """A process that sees a small file system at this path, or why there can be none."""
    script = (
        f"mount -t tmpfs -o size={DISK_BYTES} tmpfs '{path}' && echo mounted && exec sleep 3600"
    )
    keeper = subprocess.Popen(
        ["unshare", "-rm", "sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert keeper.stdout is not None
    assert keeper.stderr is not None
    try:
        mounted = keeper.stdout.readline().strip() == "mounted"
        yield keeper if mounted else keeper.stderr.read().strip()[:200]
    finally:
        keeper.kill()
        keeper.communicate()


def _victim(directory: Path) -> Victim:
    victim = Victim(directory)
    victim.prepare()
    return victim


def _variant(way: str) -> tuple[str, str]:
    return ("footfall.cli.torture.variants", way)


def make_a_code(victim: Victim) -> int:
    """The status that an API write got."""
    code = {"destination": "https://example.org/" + "x" * 1500, "label": "x" * 100}
    return victim.client.post("/v1/dynamic", json=code).status_code


def _fill(path: Path) -> None:
    """Write until nothing more fits; what the file holds already stays."""
    block = b"\0" * (1 << 20)
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(block)
        except OSError:
            return
