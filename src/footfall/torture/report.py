"""Runs the scenarios one after the other and prints the ledger."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from footfall.torture import scenarios
from footfall.torture.server import Books

Scenario = Callable[[Path, Callable[[], None]], Books | str]


def run(console: Console, kills: int, scans: int, directory: Path | None) -> bool:
    """True when every book balanced: answered = stored, 0 lost, 0 doubled."""
    chosen: dict[str, Scenario] = {
        "kills": lambda path, tick: scenarios.kills(path, kills, scans, tick),
        "insert and mark": scenarios.between_insert_and_mark,
        "clock": scenarios.clock_set_back,
        "full disk": scenarios.full_disk,
    }
    table = Table("scenario", "answered", "stored", "lost", "doubled", "rollup", "note")
    balanced = True
    with tempfile.TemporaryDirectory(prefix="footfall-torture-") as temporary:
        base = directory or Path(temporary)
        for name, scenario in chosen.items():
            with _progress(console) as progress:
                task = progress.add_task(name, total=scans if name == "kills" else None)
                result = scenario(base / name.replace(" ", "-"), lambda: progress.advance(task))  # noqa: B023
            if isinstance(result, str):
                table.add_row(name, "-", "-", "-", "-", "-", result)
                continue
            balanced = balanced and result.balanced
            table.add_row(*_cells(result))
    console.print(table)
    console.print(
        "[green]The books balance: 0 lost, 0 doubled.[/]"
        if balanced
        else "[red]The books do NOT balance. Please report this with the table above.[/]"
    )
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
    extra = f"{books.extra} stored whose answer the kill cut off" if books.extra else ""
    note = "; ".join(text for text in (extra, books.note) if text)
    numbers = (books.answered, books.stored, books.lost, books.doubled, books.rollup)
    return [books.scenario, *(f"{number:,}" for number in numbers), note]
