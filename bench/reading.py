"""Lists, counts and reports at each size of the store, and what the events take on disk."""

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bench import dashboard, native
from bench.measures import Measure, Target, at_most
from bench.prepared import COARSE_SLUG, Prepared, prepare, server_on
from bench.sample import Asked, Made, Times, sample
from footfall.cli.demo.generate import Subject
from footfall.core.accounts import Privacy
from tests.support.running import RunningServer

CODES: Final = 1000
MILLION: Final = 1_000_000
ASKED_TIMES: Final = 40
PAGE_SIZE_EVENTS: Final = 10 * MILLION
"""The size at which the absolute targets hold."""

Advance = Callable[[int], None]


class Store(msgspec.Struct, frozen=True):
    """One size, made and measured. `endpoint_ms` is the median of `…/scans?days=365`."""

    prepared: Prepared
    made: Made
    times: Times
    endpoint_ms: float
    cold_start_seconds: float
    turns: list[native.Turn]
    dashboard: dashboard.Seen | None

    @property
    def name(self) -> str:
        return size(self.made.events)


def size(events: int) -> str:
    return f"{events / MILLION:g} M"


def measure_store(directory: Path, events: int, rounds: int, advance: Advance) -> Store:
    """Make a store of so many coarse events in a data directory, and ask it."""
    prepared = prepare(directory, codes=1 if events <= MILLION else CODES)
    asked = Asked(kind="make", directory=str(directory), events=events, subjects=prepared.subjects)
    made = sample(asked, Made, lambda line: advance(int(line)) if line.isdigit() else None)
    times = sample(msgspec.structs.replace(asked, kind="ask", subjects=[made.nearest]), Times)
    turns, cold_starts = [], []
    with closing(server_on(directory)) as server:
        for number in range(rounds):
            if number:
                server.stop()
            bare = sample(msgspec.structs.replace(asked, kind="ask bare"), Times).milliseconds
            cold_starts.append(start_seconds(server))
            turns.append(native.Turn(bare, native.ask(server, events, asked.days)))
        endpoint_ms = ask_endpoint(server, made.nearest)
        seen = dashboard.ask(server, COARSE_SLUG)
    return Store(prepared, made, times, endpoint_ms, median(cold_starts), turns, seen)


def start_seconds(server: RunningServer) -> float:
    """From the start of the process to the first answered scan."""
    began = time.monotonic()
    server.start()
    assert server.scan(COARSE_SLUG).headers["x-footfall"] == "recorded"
    return time.monotonic() - began


def ask_endpoint(server: RunningServer, subject: Subject) -> float:
    taken = []
    for _ in range(ASKED_TIMES):
        began = time.perf_counter()
        server.analytics(subject.code, days=365)
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken[ASKED_TIMES // 4 :])


def full_bytes(directory: Path, events: int, advance: Advance) -> Made:
    """The same events with everything that a visit shows. Removed when measured."""
    prepared = prepare(directory, codes=CODES)
    asked = Asked(
        kind="make",
        directory=str(directory),
        events=events,
        privacy=Privacy.FULL,
        subjects=prepared.subjects,
    )
    made = sample(asked, Made, lambda line: advance(int(line)) if line.isdigit() else None)
    shutil.rmtree(directory)
    return made


def report(stores: list[Store], full: Made) -> list[Measure]:
    """What each size says by itself, and the ratios between sizes that were both made."""
    measures = []
    by_size = {store.made.events: store for store in stores}
    for store in stores:
        measures += _report_one(store)
        measures += native.report(store.name, store.turns)
        measures += dashboard.report(store.name, store.dashboard)
    small, large = by_size.get(MILLION), by_size.get(100 * MILLION)
    middle = by_size.get(PAGE_SIZE_EVENTS)
    if middle and large:
        measures.append(native.compare(middle.turns, large.turns))
    if small and large:
        measures.append(
            Measure(
                "scans endpoint",
                "a year of a code at 100 M events / at 1 M",
                large.endpoint_ms / small.endpoint_ms,
                target=at_most(1.5),
            )
        )
    if middle and large:
        for name in ("newest page of the account", "newest page of a tracker"):
            question = f"{name}, in the engine"
            measures.append(
                Measure(
                    "list",
                    f"{name}, at 100 M events / at 10 M",
                    large.times.milliseconds[question] / middle.times.milliseconds[question],
                    target=at_most(1.5),
                )
            )
    measures.append(_size("full privacy", full, at_most(60)))
    return measures


def _report_one(store: Store) -> list[Measure]:
    times, made = store.times.milliseconds, store.made
    bare = times["report of a year, rollup query"]
    scans = f"{made.nearest_events:,} scans"
    at_target = made.events == PAGE_SIZE_EVENTS
    measures = [
        Measure(
            "scans endpoint",
            f"a year of a code with {scans} / the bare rollup query, {store.name} events",
            store.endpoint_ms / bare,
            target=at_most(3),
            note=f"{store.endpoint_ms:.1f} ms / {bare:.1f} ms",
        )
    ]
    for name in ("newest page of the account", "newest page of a tracker"):
        question = f"{name}, in the engine"
        target = at_most(8) if at_target else None
        note = f"{times[name]:.1f} ms with decoding; SELECT 1 takes {times['SELECT 1']:.1f} ms"
        measures.append(
            Measure("list", f"{name}, {store.name}", times[question], "ms", target, note)
        )
    for name in (
        "deep page of the account",
        "deep page of a tracker",
        "newest page of the account, all columns",
        "newest page of a tracker, all columns",
    ):
        question = f"{name}, in the engine"
        measures.append(Measure("list", f"{name}, {store.name}", times[question], "ms"))
    count = times["count of a tracker"]
    measures.append(Measure("count", f"a tracker with {scans}, {store.name}", count, "ms"))
    measures.append(_size("coarse", made, at_most(40) if at_target else None))
    measures.append(
        Measure(
            "cold start",
            f"to the first answered scan, {store.name} events",
            store.cold_start_seconds,
            "s",
            at_most(3) if at_target else None,
            "the files were in the page cache",
        )
    )
    return measures


def _size(name: str, made: Made, target: Target | None) -> Measure:
    tables = ", ".join(
        f"{table} {size / made.events:.1f}" for table, size in sorted(made.bytes_by_table.items())
    )
    return Measure(
        "disk",
        f"bytes an event, {name}, {size(made.events)}",
        made.bytes_per_event,
        "bytes",
        target,
        f"{tables}; {made.parts} parts, {'merges settled' if made.settled else 'still merging'}; "
        f"made at {made.events / made.seconds / MILLION:.2f} M events/s",
    )
