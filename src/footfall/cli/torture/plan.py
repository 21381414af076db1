"""The scenarios: what each breaks, and what is promised of the server all the same."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from footfall.cli.torture import crowds, damage, disk_faults, floods, power_cuts, scenarios
from footfall.cli.torture.books import Books

VISITORS: Final = 3_000
FLOOD_SECONDS: Final = 20.0
FLOOD_BODIES: Final = 30


class Sizes(msgspec.Struct, frozen=True):
    """How often and how many: what the command line says."""

    kills: int
    cuts: int
    scans: int


class Scene(msgspec.Struct, frozen=True):
    """Where a scenario works, and what it calls for each redirect."""

    directory: Path
    sizes: Sizes
    on_answer: Callable[[], None]


class Scenario(msgspec.Struct, frozen=True):
    name: str
    breaks: str
    promised: str
    run: Callable[[Scene], Iterable[Books]]


SCENARIOS: Final = (
    Scenario(
        "kills",
        "kill -9 at random moments under load",
        "what was answered `recorded` is stored once",
        lambda to: [scenarios.kills(to.directory, to.sizes.kills, to.sizes.scans, to.on_answer)],
    ),
    Scenario(
        "insert-and-mark",
        "kill -9 after the store has a batch and before the journal knows",
        "the batch is stored once",
        lambda to: [scenarios.between_insert_and_mark(to.directory, to.on_answer)],
    ),
    Scenario(
        "clock",
        "a clock an hour ahead, then right, and one that steps back and forth",
        "no id comes twice, nothing is lost",
        lambda to: [scenarios.clock_set_back(to.directory, to.on_answer)],
    ),
    Scenario(
        "full-disk",
        "a disk that fills up under load and is freed",
        "people are redirected `unrecorded`; recording goes on by itself",
        lambda to: [scenarios.full_disk(to.directory, to.on_answer)],
    ),
    Scenario(
        "power-cuts",
        "kill -9, and the disk forgets what was not synced: nothing, random pages or all is kept",
        "what was answered `recorded` is stored once",
        lambda to: [
            power_cuts.power_cuts(to.directory, to.sizes.cuts, to.sizes.scans, to.on_answer)
        ],
    ),
    Scenario(
        "disk-faults",
        "fsync, reads and writes of journal, store and catalog fail, stall or find no room",
        "redirects go on, answers are true, and all is well when the fault is gone",
        lambda to: disk_faults.disk_faults(to.directory, on_answer=to.on_answer),
    ),
    Scenario(
        "flipped-bits",
        "the disk changes bits of what is written to, or read from, journal and store",
        "what cannot be read is said; nothing that was written before or after is lost",
        lambda to: damage.flipped_bits(to.directory, to.on_answer),
    ),
    Scenario(
        "rotted-parts",
        "a bit in every page of the event store changes while the server is down",
        "/health says so; new events are recorded and stored",
        lambda to: [damage.rotted_parts(to.directory, to.on_answer)],
    ),
    Scenario(
        "deleted-store",
        "store/ is deleted while the server is down",
        "/health says so; new events are recorded and stored",
        lambda to: [damage.deleted_store(to.directory, to.on_answer)],
    ),
    Scenario(
        "restored-journal",
        "journal.db comes back from an older copy",
        "new events are stored, though the journal counts as it did before",
        lambda to: [damage.restored_journal(to.directory, to.on_answer)],
    ),
    Scenario(
        "silent-visitors",
        f"{VISITORS:,} connections that send half a request and then nothing",
        "people are redirected as ever",
        lambda to: [crowds.silent_visitors(to.directory, VISITORS, to.on_answer)],
    ),
    Scenario(
        "half-bodies",
        "SIGTERM while bodies are half sent",
        f"the server ends within {crowds.STOP_SECONDS_MAX:.0f} s",
        lambda to: [crowds.half_bodies_at_stop(to.directory, on_answer=to.on_answer)],
    ),
    Scenario(
        "flood",
        "gzip bodies and heavy reports, more than 1 GB of memory holds",
        "the server lives and people are redirected",
        lambda to: floods.flood_in_little_memory(
            to.directory, FLOOD_SECONDS, FLOOD_BODIES, to.on_answer
        ),
    ),
)
