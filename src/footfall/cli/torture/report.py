"""Runs the scenarios one after the other and prints the ledger."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import httpx
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from footfall.cli.torture.books import Books, Broken, Skipped
from footfall.cli.torture.plan import SCENARIOS, Scenario, Scene, Sizes
from footfall.core.errors import InvalidRequest

COLUMNS = ("scenario", "answered", "stored", "lost", "doubled", "pending", "rollup", "note")
SCANS_TOTAL = frozenset({"kills", "power-cuts"})
"""Scenarios that scan until so many are answered."""


def show(console: Console) -> None:
    """The scenarios, what each breaks and what is promised."""
    table = Table("scenario", "breaks", "promised")
    for one in SCENARIOS:
        table.add_row(one.name, one.breaks, one.promised)
    console.print(table)


def chosen(names: Iterable[str]) -> tuple[Scenario, ...]:
    """Scenarios by name, all without a name. Raises InvalidRequest."""
    known = {one.name: one for one in SCENARIOS}
    for name in names:
        if name not in known:
            raise InvalidRequest(f"{name} is not a scenario. Choose from: {', '.join(known)}")
    return tuple(one for one in SCENARIOS if not names or one.name in names)


def run(
    console: Console, scenarios: tuple[Scenario, ...], sizes: Sizes, directory: Path | None
) -> bool:
    """True when every book balanced: answered = stored, 0 lost, 0 doubled."""
    table = Table(*COLUMNS)
    balanced = True
    with tempfile.TemporaryDirectory(prefix="footfall-torture-") as temporary:
        for scenario in scenarios:
            with _progress(console) as progress:
                total = sizes.scans if scenario.name in SCANS_TOTAL else None
                task = progress.add_task(scenario.name, total=total)
                tick = lambda p=progress, t=task: p.advance(t)  # noqa: E731
                scene = Scene((directory or Path(temporary)) / scenario.name, sizes, tick)
                balanced = _enter(table, scenario, scene) and balanced
    console.print(table)
    console.print(
        "[green]The books balance: 0 lost, 0 doubled, but for what damaged files held. That the "
        "server said.[/]"
        if balanced
        else "[red]The books do NOT balance. Please report this with the table above.[/]"
    )
    return balanced


def _enter(table: Table, scenario: Scenario, scene: Scene) -> bool:
    """Run a scenario and write down its books. Whether they balance; a skipped one does."""
    try:
        balanced = True
        for books in scenario.run(scene):
            table.add_row(*_cells(books), style="" if books.balanced else "red")
            balanced = balanced and books.balanced
    except Skipped as reason:
        table.add_row(scenario.name, *["-"] * 6, escape(f"skipped: {reason.message}"))
    except (Broken, httpx.TransportError) as error:
        table.add_row(scenario.name, *["-"] * 6, escape(f"broken: {error}"), style="red")
        return False
    return balanced


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} answered"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _cells(books: Books) -> list[str]:
    notes = (
        *books.wrong,
        f"said: {books.damage[:200]}" if books.damage else "",
        f"{books.unrecorded:,} unrecorded" if books.unrecorded else "",
        f"{books.extra:,} stored though no answer said so" if books.extra else "",
        books.note,
    )
    numbers = (books.answered, books.stored, books.lost, books.doubled)
    pending = f"{books.pending_stored:,} of {books.pending:,}" if books.pending else "0"
    rollup = "-" if books.rollup is None else f"{books.rollup:,}"
    counts = *(f"{number:,}" for number in numbers), pending, rollup
    return [books.scenario, *counts, escape("; ".join(filter(None, notes)))]
