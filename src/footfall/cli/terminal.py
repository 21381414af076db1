"""What every command shares: the terminal, the data directory, how failures are shown."""

import contextlib
import errno
import shlex
import tempfile
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Final

import click
import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from footfall.config import Settings, load, unknown_variables
from footfall.core.errors import FootfallError

console = Console(highlight=False)
_LOOK: Final = "Look at what is there, and at who owns it."
_ADVICE: Final = {
    errno.EACCES: "Give it to the user that Footfall runs as.",
    errno.EPERM: "Give it to the user that Footfall runs as.",
    errno.EROFS: "Mount the disk for writing.",
    errno.ENOSPC: "Free some of the disk.",
    errno.EDQUOT: "Free some of the disk.",
    errno.EEXIST: "Another kind of file has this name: move it away.",
    errno.ENOTDIR: "Choose a directory.",
    errno.EISDIR: "A directory has the name of this file: move it away.",
}

errors = Console(stderr=True, highlight=False)

Data = Annotated[
    str | None, typer.Option("--data", help="Data directory (FOOTFALL_DATA; default ./data).")
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def day_and_time(milliseconds: int | None) -> str:
    """`2026-07-01 08:00 UTC`, for people."""
    if milliseconds is None:
        return "never"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def iso_time(milliseconds: int | None) -> str | None:
    """`2026-07-01T08:00:00Z`, for programs; None for never."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.isoformat().replace("+00:00", "Z")


def serve_command(settings: Settings) -> str:
    """The command that serves this data directory, from wherever it is given."""
    return f"footfall serve --data {shlex.quote(str(settings.directory.absolute()))}"


def show_json(content: object) -> None:
    """Structs, dicts and lists, indented."""
    typer.echo(msgspec.json.format(msgspec.json.encode(content)).decode())


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """A failure is one line that says what to do, and the exit code 1."""
    try:
        yield
    except (typer.Exit, click.ClickException):
        raise
    except Exception as error:
        errors.print(f"[red]footfall:[/] {escape(sentence_of(error))}")
        raise typer.Exit(1) from None


def sentence_of(error: Exception) -> str:
    """What failed and what to do. Of a failure that nobody foresaw, the traceback is in a file."""
    if isinstance(error, FootfallError):
        return error.message
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}. {_ADVICE.get(error.errno or 0, _LOOK)}"
    tempfile.tempdir = None  # that of batches is emptied at every start
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="footfall-", suffix=".txt", delete=False
        ) as file:
            traceback.print_exception(error, file=file)
        details = f"The details are in {file.name}: please report them."
    except OSError:
        details = "No file could be written with the details: the disk may be full."
    first_line = (str(error).strip() or "no message").split("\n", 1)[0]
    return f"This was not foreseen ({type(error).__name__}: {first_line}). {details}"


def settings_for(**options: object) -> Settings:
    """Warns of variables in the environment that look like settings and are not. Raises
    InvalidRequest."""
    settings, _ = load(options=options)
    for warning in unknown_variables():
        errors.print(f"[yellow]footfall:[/] {escape(warning)}", soft_wrap=True)
    return settings


def say(line: str) -> None:
    """A line that is never wrapped: people copy from it."""
    console.print(line, soft_wrap=True)
