"""Commands that work with a running server over HTTP, and with the files it wrote."""

import os
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from footfall import app as application
from footfall.archive import remote as archiving
from footfall.archive.archives import problem_of, read_manifest
from footfall.core.errors import InvalidRequest
from footfall.importing.formats import FileFormat
from footfall.terminal import Data, console, explained, say, settings_for

remote = typer.Typer()
archives = typer.Typer(help="Write months of events as Parquet files.", no_args_is_help=True)


@archives.command("create")
def create_archive(
    before: Annotated[str, typer.Option(help="The first month that is not archived, as 2026-07.")],
    remove: Annotated[
        bool, typer.Option("--remove", help="Then remove the raw events. Counts stay.")
    ] = False,
    url: Annotated[
        str | None, typer.Option(help="The server. Default: this machine's public_url.")
    ] = None,
    key: Annotated[
        str, typer.Option(envvar="FOOTFALL_KEY", help="An admin key; better in FOOTFALL_KEY.")
    ] = "",
) -> None:
    """Have the running server write an account's months into DATA/archive.

    The account is the key's.
    """
    with explained():
        server = url or settings_for().public_base
        with console.status("The server archives …"):
            removal = archiving.archive(server, key, before, remove=remove, on_wait=say)
        table = Table("month", "events", "bytes", "raw rows", "sha256")
        for file in archiving.manifest(server, key)["files"]:
            raw = "removed" if file["raw_removed"] else "kept"
            facts = f"{file['rows']:,}", f"{file['bytes']:,}", raw, file["sha256"][:16]
            table.add_row(file["month"], *facts)
    console.print(table)
    if remove:
        console.print(f"{removal['events']:,} raw events removed.")


@archives.command("verify")
def verify_archives(data: Data = None) -> None:
    """Check every archived file against its manifest: size and SHA-256."""
    with explained():
        directory = settings_for(data=data).directory / "archive"
    files, wrong = 0, 0
    for folder in sorted(directory.glob("*/")):
        for file in read_manifest(directory, int(folder.name)).files:
            problem = problem_of(directory, int(folder.name), file)
            files, wrong = files + 1, wrong + bool(problem)
            if problem:
                say(f"[red]wrong[/] {folder / file.file}: {problem}")
    say(f"{files} files, {wrong} wrong.")
    if wrong:
        raise typer.Exit(1)


@remote.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON, Parquet or an access log.")],
    url: Annotated[
        str, typer.Option(envvar="FOOTFALL_URL", help="The running server.")
    ] = "http://localhost:3000",
    key_file: Annotated[
        Path | None, typer.Option(help="A file with the API key; else FOOTFALL_KEY.")
    ] = None,
    format: Annotated[
        FileFormat | None, typer.Option(help="Default: by the name and the first lines.")
    ] = None,
    map: Annotated[
        list[str] | None, typer.Option(help="FIELD=VALUE or FIELD=column:NAME; repeat.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="A TOML file that says the same.")] = None,
    tracker: Annotated[int | None, typer.Option(help="The tracker of all events.")] = None,
    path: Annotated[
        list[str] | None, typer.Option(help="Of a log, which paths become events; repeat.")
    ] = None,
    zone: Annotated[str, typer.Option(help="The zone of times that name no offset.")] = "",
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Rows of one request.")] = 5_000,
    state: Annotated[Path | None, typer.Option(help="Where to keep how far it is.")] = None,
    refused: Annotated[
        Path | None, typer.Option(help="Write the refused rows there, as NDJSON.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the first events; send nothing.")
    ] = False,
) -> None:
    """Tell a running server of the rows of a file, each once, also after an interruption."""
    from footfall.importing import report
    from footfall.importing.importer import Order
    from footfall.importing.mapping import read_plan

    with explained():
        plan = read_plan(mapping, map or [], tracker, path or [], zone)
        order = Order(file, format, plan, url, state, refused, batch)
        complete = report.run(console, order, key_file, dry_run=dry_run)
    if not complete:
        raise typer.Exit(1)


MCP_HELP = """Serve MCP on standard input and output, from a running server.

For hosts that start a program. The key is read from FOOTFALL_KEY or from a file, never from the
command line. A host's configuration:

    {"mcpServers": {"footfall": {
        "command": "footfall",
        "args": ["mcp", "--url", "http://localhost:3000"],
        "env": {"FOOTFALL_KEY": "oqr_…"}}}}

A host that speaks Streamable HTTP needs no program: http://localhost:3000/mcp with the header
Authorization: Bearer oqr_…
"""


@remote.command(help=MCP_HELP)
def mcp(
    url: Annotated[
        str, typer.Option(help="The server's address; FOOTFALL_URL.", envvar="FOOTFALL_URL")
    ] = "http://localhost:3000",
    key_file: Annotated[
        Path | None, typer.Option(help="A file with the key; else FOOTFALL_KEY has it.")
    ] = None,
) -> None:
    from footfall.mcp.stdio import run

    with explained():
        run(url.rstrip("/"), _read_key(key_file), application.now)


def _read_key(path: Path | None) -> str:
    """Raises InvalidRequest."""
    try:
        key = os.environ.get("FOOTFALL_KEY", "") if path is None else path.read_text()
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror}. It must be a file with the key.") from None
    if not re.fullmatch(r"oqr_[A-Za-z0-9]+", key.strip()):
        raise InvalidRequest(
            "No key: set FOOTFALL_KEY, or name a file with --key-file. "
            "Make one with: footfall keys create --scope read"
        )
    return key.strip()
