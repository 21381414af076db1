"""What every command shares: the terminal, the data directory, how failures are told."""

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from footfall.config import Settings, load
from footfall.core.errors import FootfallError

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

Data = Annotated[
    str | None, typer.Option("--data", help="Data directory (FOOTFALL_DATA; default ./data).")
]


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """An expected failure is one line that says what to do, and the exit code 1."""
    try:
        yield
    except FootfallError as error:
        errors.print(f"[red]footfall:[/] {escape(error.message)}")
        raise typer.Exit(1) from None


def settings_for(**options: object) -> Settings:
    return load(options=options)[0]


def say(line: str) -> None:
    """A line that is never wrapped: people copy from it."""
    console.print(line, soft_wrap=True)
