"""Asks a store in a process of its own: `python -m bench.stores` reads what is asked from its
standard input, says how far it is on its standard error, and writes its answer on the output.
"""

import subprocess
import sys
from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from footfall.cli.demo.generate import Subject
from footfall.cli.torture.books import Broken
from footfall.core.accounts import Privacy

Answer = TypeVar("Answer")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`directory` is a data directory. What the kinds do is said at their answers."""

    kind: Literal["count", "make", "mix", "stream", "ask", "ask bare", "insert", "load", "drain"]
    directory: str
    events: int = 0
    days: int = 365
    privacy: Privacy = Privacy.COARSE
    subjects: list[Subject] = []


class Kept(msgspec.Struct, frozen=True):
    """`count`: rows of the event store, and how many different ids they have."""

    rows: int
    ids: int


class Made(msgspec.Struct, frozen=True):
    """`make`: so many events, and how large they are when merges have settled.

    `parts` of the events' table; `nearest` is the subject whose scans are nearest to a million.
    """

    events: int
    seconds: float
    bytes_by_table: dict[str, int]
    parts: int
    settled: bool
    nearest: Subject
    nearest_events: int

    @property
    def bytes_per_event(self) -> float:
        return sum(self.bytes_by_table.values()) / self.events


class Times(msgspec.Struct, frozen=True):
    """`ask`: medians in milliseconds by question."""

    milliseconds: dict[str, float]


class Rate(msgspec.Struct, frozen=True):
    """Events a second. `insert`: the engine alone, batches of 10 000 lines. `load`: the same events
    through the journal and the loader, from the first append until the last is stored. `drain`:
    the loader alone, over a journal that is full."""

    rate: float


def sample(
    asked: Asked, answer: type[Answer], on_line: Callable[[str], None] = lambda _: None
) -> Answer:
    """Run the child to its end. Raises Broken when it fails."""
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", "bench.stores"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdin.write(msgspec.json.encode(asked))
        child.stdin.close()
        for line in child.stderr:
            said.append(line.decode())
            on_line(said[-1].strip())
        output = child.stdout.read()
    if child.returncode:
        raise Broken(f"bench.stores {asked.kind} failed:\n{''.join(said[-30:])}")
    return msgspec.json.decode(output, type=answer)
