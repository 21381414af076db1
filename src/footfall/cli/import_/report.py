"""An import as it is seen: the progress, and at the end the reconciliation."""

import os
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from footfall.cli.import_.importer import Importer, Order
from footfall.cli.import_.ledger import Ledger
from footfall.cli.import_.sending import Server
from footfall.core.errors import InvalidRequest


class Outcome(msgspec.Struct):
    """What became of the rows, None of an import that was interrupted; the first `events` of a dry
    run as they would be sent."""

    ledger: Ledger | None
    events: list[Any]
    unused: list[str] = []  # columns that are in no event

    @property
    def complete(self) -> bool:
        return self.ledger is not None and not self.ledger.refused


def run(console: Console, order: Order, key_file: Path | None, *, dry_run: bool) -> Outcome:
    """Says what it does on the console, but for the outcome. Raises InvalidRequest,
    ServerUnreachable."""
    key = read_key(key_file, dry_run=dry_run)
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
    shown = [TextColumn(one) if isinstance(one, str) else one for one in columns]
    first: list[Any] = []
    with Progress(*shown, console=console, transient=True) as progress:
        task = progress.add_task(order.path.name, total=None, visible=not dry_run)

        def say(problem: str) -> None:
            progress.update(task, description=problem or order.path.name)

        server = Server(order.url, key, say)
        try:
            importer = Importer(order, server)
            progress.update(task, total=importer.source.bytes)
            if dry_run:
                first, ledger = importer.try_out()
            else:
                if importer.resumed_at:
                    console.print(f"Going on after row {importer.resumed_at:,}.")
                ledger = importer.run(lambda read: progress.update(task, completed=read))
        except KeyboardInterrupt:
            console.print("Interrupted. The same command goes on where this one ended.")
            return Outcome(None, first)
        finally:
            server.close()
    return Outcome(ledger, first, importer.unused)


def show(console: Console, outcome: Outcome, *, dry_run: bool) -> None:
    """The events of a dry run, and what became of every row."""
    for event in outcome.events:
        line = msgspec.json.encode(event).decode()
        console.print(line, soft_wrap=True, markup=False)
    if outcome.ledger is not None:
        reconcile(console, outcome.ledger, dry_run=dry_run)
    if outcome.unused:
        console.print(
            f"Columns in no event, because no field has their name: {', '.join(outcome.unused)}. "
            "Say where they belong: --map FIELD=column:NAME",
            soft_wrap=True,
            markup=False,
        )


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The same for programs. `complete`: every row was taken. Without `rows` it was interrupted."""
    ledger = outcome.ledger
    shown: dict[str, Any] = {"complete": outcome.complete, "events": outcome.events, "rows": None}
    shown["unused_columns"] = outcome.unused
    if ledger is not None:
        shown["rows"] = {
            "read": ledger.read,
            "stored": ledger.stored,
            "duplicate": ledger.duplicates,
            "left_out": ledger.left_out,
            "refused": ledger.refused,
            "reasons": [
                {"reason": reason, "count": kept.count, "first_rows": list(kept.rows)}
                for reason, kept in ledger.reasons.items()
            ],
        }
    return shown


def read_key(path: Path | None, *, dry_run: bool) -> str:
    """From the file, else FOOTFALL_KEY. Raises InvalidRequest."""
    try:
        key = path.read_text().strip() if path else os.environ.get("FOOTFALL_KEY", "").strip()
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{path} cannot be read: {error}") from None
    if not key and not dry_run:
        raise InvalidRequest(
            "An API key is needed: FOOTFALL_KEY=oqr_… or --key-file. "
            "Make one with: footfall keys create --scope capture --scope read"
        )
    return key


def reconcile(console: Console, ledger: Ledger, *, dry_run: bool) -> None:
    """Every row is in one of the lines, and the lines add up."""
    table = Table("rows", "", "", title="Dry run: nothing was sent" if dry_run else None)
    table.add_row("read", f"{ledger.read:,}", "")
    table.add_row("would be sent" if dry_run else "stored", f"{ledger.stored:,}", "")
    if not dry_run:
        table.add_row("duplicate", f"{ledger.duplicates:,}", "the server had them")
    if ledger.left_out:
        table.add_row("left out", f"{ledger.left_out:,}", "not among the chosen paths")
    table.add_row("refused", f"{ledger.refused:,}", "")
    for reason, kept in sorted(ledger.reasons.items(), key=lambda one: -one[1].count):
        rows = ", ".join(map(str, kept.rows)) + (" …" if kept.count > len(kept.rows) else "")
        table.add_row("", f"{kept.count:,}", f"{reason} (rows {rows})".replace("[", "\\["))
    console.print(table)
