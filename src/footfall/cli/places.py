"""`footfall places`: the databases of places on this machine."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.progress import DownloadColumn, Progress
from rich.table import Table

from footfall import bootstrap
from footfall.cli.terminal import AsJson, Data, console, explained, say, settings_for, show_json
from footfall.config import Settings
from footfall.places.databases import LOOK_SECONDS, PlaceDatabases, describe
from footfall.runtime.data_directory import DirectoryInUse, locked_directory, make_directory

places = typer.Typer(
    help="Install, list and remove databases of places (MaxMind DB files).", no_args_is_help=True
)

FOLLOW_SECONDS_MAX: Final = 5 * LOOK_SECONDS
ANSWER_SECONDS_MAX: Final = 5.0


@places.command("update")
def update_places(
    source: Annotated[
        str,
        typer.Argument(help="Path or URL of an .mmdb file, or of a .gz, .tar.gz or .zip of one."),
    ],
    name: Annotated[
        str, typer.Option(help="Its name here. Default: what the file says of itself.")
    ] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Check a database of places and use it. Works while the server runs.

    It replaces the one of the same name. When anything fails, that one stays.
    """
    from footfall.places.installing import Source, install

    with explained():
        settings = settings_for(data=data)
        make_directory(settings.directory)
        wanted = Source(source, settings.place_bytes_max, settings.allow_private_destinations)
        columns = (*Progress.get_default_columns()[:2], DownloadColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("Reading", total=None)

            def on_bytes(done: int, total: int) -> None:
                progress.update(task, completed=done, total=total or None)

            installed = install(_folder(settings), wanted, name, on_bytes)
        checked = installed.checked
        followed = _follow(settings, installed.name, checked.built_at)
        if as_json:
            day = _day(checked.built_at)
            facts = {"name": installed.name, "type": checked.type, "date": day}
            show_json({**facts, "fields": checked.fields, "note": followed})
            return
        did = "replaced" if installed.replaced else "new"
        say(
            f"{escape(installed.name)} ({did}): {escape(checked.type)} of"
            f" {_day(checked.built_at)}, with {', '.join(checked.fields)}."
        )
        say(followed)


@places.command("list")
def list_places(as_json: AsJson = False, data: Data = None) -> None:
    """List the databases in use, in the order in which they are queried, with their age."""
    with explained():
        settings = settings_for(data=data)
        found = PlaceDatabases(_folder(settings), settings.place_file)
        listed = describe(found.databases, bootstrap.now())
    if as_json:
        show_json(listed)
        return
    table = Table("name", "type", "date", "days old", "attribution")
    for one in listed:
        table.add_row(one.name, one.type, one.date, str(one.days_old), one.attribution)
    console.print(table)
    if warning := found.warning(bootstrap.now()):
        say(escape(warning))


@places.command("remove")
def remove_places(
    name: Annotated[str, typer.Argument(help="See: footfall places list.")], data: Data = None
) -> None:
    """Remove a database. A running server stops using it within seconds."""
    from footfall.places.installing import remove

    with explained():
        remove(_folder(settings_for(data=data)), name)
    say(f"{escape(name)} is removed.")


def _folder(settings: Settings) -> Path:
    return settings.directory / "places"


def _day(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(milliseconds / 1000))


def _follow(settings: Settings, name: str, built_at: int) -> str:
    """Whether the server that runs on the directory uses the database by now."""
    try:
        with locked_directory(settings.directory):
            return "No server runs here: the next one uses it."
    except DirectoryInUse as error:
        url = error.url
    until = time.monotonic() + FOLLOW_SECONDS_MAX
    while url and time.monotonic() < until:
        if (name, _day(built_at)) in _used_by(url):
            return "The running server uses it now."
        time.sleep(0.2)
    return "The running server did not say that it uses it yet: see footfall doctor."


def _used_by(url: str) -> set[tuple[str, str]]:
    try:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{url}/health", timeout=ANSWER_SECONDS_MAX) as answer:
            return {(one["name"], one["date"]) for one in json.load(answer)["places"]}
    except (OSError, ValueError, KeyError):
        return set()
