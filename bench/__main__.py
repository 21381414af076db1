"""`make bench`, or `uv run python -m bench --help`."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench import (
    apis,
    door,
    heavy,
    ingest,
    loading,
    machine,
    memory,
    reading,
    redirect,
    strangers,
    upkeep,
    wrk,
)
from bench.measures import HEADINGS, Measure, markdown

RESULTS: Final = Path(__file__).parent / "results.md"
PARTS: Final = (
    *("redirect", "load", "ingest", "door", "apis", "reads", "stores", "memory", "strangers"),
    "upkeep",
)


class Plan(msgspec.Struct, frozen=True):
    """`seconds` of each run of load; `sizes` of stores in events, `full` of the one that holds
    everything a visit shows, `apis` of the one with opens and impressions, `heavy` of the one
    that heavy reports are asked of; `journal` in bytes."""

    rounds: int
    seconds: float
    loaded: int
    sizes: tuple[int, ...]
    full: int
    passes: int
    apis: int
    heavy: int
    journal: int


QUICK: Final = Plan(
    rounds=1,
    seconds=1,
    loaded=50_000,
    sizes=(50_000,),
    full=50_000,
    passes=2_000,
    apis=50_000,
    heavy=50_000,
    journal=30 << 20,
)
NORMAL: Final = Plan(
    3, 6, 500_000, (1_000_000, 10_000_000), 10_000_000, 100_000, 5_000_000, 300_000, 600 << 20
)
LARGE: Final = msgspec.structs.replace(NORMAL, sizes=(*NORMAL.sizes, 100_000_000), apis=50_000_000)


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A smoke test: under a minute.")] = False,
    large: Annotated[bool, typer.Option("--large", help="Add a store of 100 M events.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(PARTS)}; repeat for several.")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option(help="Where to work, and leave everything. Default: temporary.")
    ] = None,
    postgres: Annotated[
        str, typer.Option(help="DSN: measure against INSERTs into this PostgreSQL, not SQLite.")
    ] = "",
    results: Annotated[Path, typer.Option(help="Where the results are written.")] = RESULTS,
) -> None:
    """Measure redirect, door, loading, reading, disk, memory and cold start, and print ratios."""
    plan = QUICK if quick else LARGE if large else NORMAL
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    began = time.monotonic()
    base = directory or Path(tempfile.mkdtemp(prefix="footfall-bench-"))
    base.mkdir(parents=True, exist_ok=True)
    measures: list[Measure] = []
    try:
        with _progress(console) as progress:
            for made in _measure(plan, base, set(only or PARTS), postgres, progress):
                measures += made
    finally:  # what was measured before a part failed took long enough
        if directory is None:
            shutil.rmtree(base)
        if measures:
            minutes = (time.monotonic() - began) / 60
            mode = "quick" if quick else "large" if large else ""
            _tell(measures, minutes, mode, results, console)


def _tell(
    measures: list[Measure], minutes: float, mode: str, results: Path, console: Console
) -> None:
    measures.sort(key=lambda one: (one.unit != "", one.target is None))
    table = Table(*HEADINGS)
    for one in measures:
        table.add_row(*one.cells(), style="red" if one.missed else "")
    console.print(table)
    results.write_text(_page(measures, minutes, mode))
    missed = sum(one.missed for one in measures)
    console.print(f"{missed} targets missed; {minutes:.1f} minutes; written to {results}")


def _measure(
    plan: Plan, base: Path, parts: set[str], postgres: str, progress: Progress
) -> Iterator[list[Measure]]:
    """Of one part after the other."""
    task = progress.add_task("", total=None)

    def say(text: str) -> None:
        progress.update(task, description=text)

    if "redirect" in parts:
        yield redirect.measure(base / "redirect", plan.rounds, plan.seconds, postgres, say)
    if "strangers" in parts:
        yield strangers.measure(base / "strangers", plan.rounds, plan.seconds, say)
    if "load" in parts:
        yield loading.measure(base / "load", plan.rounds, plan.loaded, say)
    if "ingest" in parts:
        yield ingest.measure(base / "ingest", plan.rounds, plan.seconds, plan.loaded, say)
    if "door" in parts:
        yield door.measure(base / "door", plan.seconds * 5, plan.passes, say)
    if "apis" in parts:
        bar = progress.add_task("making opens and impressions", total=plan.apis)
        yield apis.measure(base / "apis", plan.apis, lambda n: progress.advance(bar, n))
        progress.remove_task(bar)
    if "reads" in parts:
        yield heavy.measure(base / "reads", plan.heavy, say)
    if "upkeep" in parts:
        yield upkeep.measure(base / "upkeep", plan.journal, plan.seconds, say)
    if parts & {"stores", "memory"}:
        stores = [_store(base, events, plan.rounds, progress) for events in plan.sizes]
        bar = progress.add_task("making the full store", total=plan.full)
        full = reading.full_bytes(base / "full", plan.full, lambda n: progress.advance(bar, n))
        progress.remove_task(bar)
        yield reading.report(stores, full)
        if "memory" in parts:
            say("memory")
            middle = stores[min(1, len(stores) - 1)]
            yield memory.measure(middle, plan.seconds * 3, wrk.write_script(base))


def _store(base: Path, events: int, rounds: int, progress: Progress) -> reading.Store:
    name = reading.size(events)
    bar = progress.add_task(f"{name} events: making, settling, asking", total=events)
    store = reading.measure_store(
        base / f"store-{events}",
        events,
        rounds,
        lambda inserted: progress.advance(bar, inserted),
    )
    progress.remove_task(bar)
    return store


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _page(measures: list[Measure], minutes: float, mode: str) -> str:
    lines = "\n".join(f"- {line}" for line in machine.describe())
    command = f"`python -m bench{f' --{mode}' if mode else ''}`, {minutes:.1f} minutes"
    return (
        f"# What was measured\n\nBy {command}. Ratios first: they travel from machine to machine, "
        f"absolute numbers do not.\n\n{lines}\n\n{markdown(measures)}\n"
    )


if __name__ == "__main__":
    typer.run(main)
