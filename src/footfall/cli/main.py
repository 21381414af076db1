"""The command line: `footfall --help` teaches it."""

import io
import os
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from footfall import bootstrap
from footfall.cli.accounts import accounts, keys
from footfall.cli.commands import archives, people, remote
from footfall.cli.places import places
from footfall.cli.terminal import (
    AsJson,
    Data,
    console,
    day_and_time,
    explained,
    say,
    serve_command,
    settings_for,
    show_json,
)
from footfall.config import Settings, load
from footfall.core.errors import InvalidRequest

app = typer.Typer(
    name="footfall",
    help="Records every scan and impression, and answers for them.\n\n"
    "Start with: footfall serve. Then make a code, scan it and read its numbers: "
    "the README has the three commands.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold keys
)
app.add_typer(keys, name="keys")
app.add_typer(accounts, name="accounts")
app.add_typer(people, name="members")
app.add_typer(archives, name="archive")
app.add_typer(places, name="places")
app.add_typer(remote)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"footfall {version('footfall')}")
        raise typer.Exit


@app.callback()
def footfall(
    _: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


@app.command()
def serve(
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (FOOTFALL_HOST; default 127.0.0.1).")
    ] = None,
    port: Annotated[
        str | None, typer.Option(help="Port to listen on (FOOTFALL_PORT; default 3000).")
    ] = None,
) -> None:
    """Run the server until Ctrl-C."""
    import uvloop

    from footfall.app import serve

    with explained():
        settings = settings_for(data=data, host=host, port=port)
        uvloop.run(serve(settings, lambda *facts: _announce(settings, *facts)))


def _announce(settings: Settings, first: bootstrap.FirstStart | None, link: str | None) -> None:
    say(f"[bold]Footfall[/] runs on [bold]{settings.public_base}[/]")
    say(f"Data directory: {escape(str(settings.directory.absolute()))}")
    if first is not None:
        _announce_key(settings, first)
    if link is not None:
        say(f"Sign in, once with this link: [bold]{link}[/]")
    say("[dim]Stop with Ctrl-C.[/]")


def _announce_key(settings: Settings, first: bootstrap.FirstStart) -> None:
    say(f"Account: {first.account.name} <{first.account.email}>")
    if settings.bootstrap_key:
        say("API key: the one of FOOTFALL_BOOTSTRAP_KEY")
    else:
        say(f"API key: [bold]{first.secret}[/]   (shown only now: keep it)")


@app.command()
def config(as_json: AsJson = False, data: Data = None) -> None:
    """Print every setting with its value, where it comes from and what it means."""
    with explained():
        settings_for(data=data)  # which warns of what is not a setting
        _, shown = load(options={"data": data})
    if as_json:
        show_json(shown)
        return
    table = Table("setting", "value", "source", "meaning", show_lines=False)
    for setting in shown:
        value = "" if setting.value is None else str(setting.value)
        table.add_row(setting.name, value, setting.source, setting.help)
    console.print(table)
    console.print(
        "Set them in the environment (FOOTFALL_ and the name in capitals) "
        "or in footfall.toml (FOOTFALL_CONFIG names another file).",
        style="dim",
    )


@app.command()
def doctor(as_json: AsJson = False, data: Data = None) -> None:
    """Check the data directory, journal, catalog, event store, disk and clock."""
    from footfall.cli.doctor import examine

    with explained():
        settings = settings_for(data=data)
    findings = examine(settings)
    if as_json:
        show_json(findings)
    for finding in [] if as_json else findings:
        mark = "[green]ok  [/]" if finding.healthy else "[red]fix[/]"
        console.print(f"{mark} {finding.part}: {escape(finding.text)}")
    if not all(finding.healthy for finding in findings):
        raise typer.Exit(1)


@app.command()
def clock(
    confirm: Annotated[
        bool, typer.Option("--confirm", help="The clock is right: believe it from now on.")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say whether the clock is believed, or confirm it after a leap. Works beside a server.

    While it is not, nothing is removed by its age. The exit code is 1 then.
    """
    from footfall.runtime import watched_clock as watched

    with explained():
        settings = settings_for(data=data)
        bootstrap.open_existing(settings).close()
        directory = settings.directory
        if confirm:
            moment = watched.confirm(directory, bootstrap.now, watched.read_uptime)
            said = f"{day_and_time(moment)} is right. A server follows within a minute."
            show_json({"believed": True, "problem": ""}) if as_json else say(said)
            return
    problem = watched.problem_in(directory)
    if as_json:
        show_json({"believed": not problem, "problem": problem})
    else:
        say(problem or "The clock is believed.")
    if problem:
        raise typer.Exit(1)


@app.command()
def demo(
    data: Data = None,
    events: Annotated[int, typer.Option(help="How many events.", min=1)] = 200_000,
    days: Annotated[int, typer.Option(help="How many days they spread over, 1 to 365.")] = 90,
    seed: Annotated[int, typer.Option(help="The same seed makes the same events.", min=0)] = 1,
) -> None:
    """Load a believable account: every API's resources, and 90 days of events.

    Once, while no server runs on the data directory: a second time adds nothing.
    """
    from rich.progress import Progress

    from footfall.cli.demo.demo import load_demo

    with explained(), Progress(console=console, transient=True) as progress:
        settings = settings_for(data=data)
        task = progress.add_task("Events", total=events)
        loaded = load_demo(settings, events, days, seed, lambda n: progress.advance(task, n))
    if loaded.first is not None:
        _announce_key(settings, loaded.first)
    if loaded.added:
        what = "Codes, programmes, mailings, offers, passes and web pages"
        say(f"{what}, with {loaded.added:,} events.")
    else:
        say("The demo is there already: nothing was added.")
    say(f"Now: {escape(serve_command(settings))}")


@app.command()
def openapi(
    api: Annotated[str, typer.Argument(help="native, openqr, vantio … Default: all.")] = "",
    directory: Annotated[
        Path | None, typer.Option(help="Write API.json there instead of printing.")
    ] = None,
) -> None:
    """Print the OpenAPI document of an API: what a client is made of. No server is needed."""
    from footfall.dialects.registry import documents_of

    with explained():
        documents = documents_of(api)
        for name, document in documents.items():
            text = msgspec.json.format(msgspec.json.encode(document)).decode()
            if directory is None:
                typer.echo(text)
            else:
                os.umask(0o022)  # these are for everybody
                directory.mkdir(parents=True, exist_ok=True)
                (directory / f"{name}.json").write_text(text)


@app.command()
def verify(
    data: Data = None,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Count again from raw rows what differs. Raw rows stay."),
    ] = False,
    since: Annotated[
        datetime | None, typer.Option(help="Only hours from this one on, UTC.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Only hours before this one, UTC.")] = None,
    rederive: Annotated[
        bool,
        typer.Option(
            "--rederive",
            help="Instead: preview which events have another device, os, browser or referrer host "
            "when it is derived again.",
        ),
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="With --rederive: rewrite these events and recount.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Balance the books of a data directory: journal, events and every rollup.

    While no server runs on it. The exit code is 1 when they do not balance.
    """
    from footfall.cli import verify as verification
    from footfall.integrity.inspection import FOREVER_HOUR

    def hour(moment: datetime | None, default: int) -> int:
        return default if moment is None else int(moment.replace(tzinfo=UTC).timestamp()) // 3600

    with explained():
        if apply and not rederive:
            raise InvalidRequest("--apply belongs to --rederive: give both.")
        if rederive and (repair or since or until):
            raise InvalidRequest(
                "--rederive looks at all events: leave out --repair, --since and --until."
            )
        settings = settings_for(data=data)
        window = hour(since, 0), hour(until, FOREVER_HOUR)
        said = Console(file=io.StringIO(), width=10_000) if as_json else console
        if rederive:
            derived = verification.rederive(settings, said, apply=apply)
            if as_json:
                show_json(msgspec.to_builtins(derived))
            return
        balanced = verification.verify(settings, said, *window, repair=repair)
        if isinstance(said.file, io.StringIO):
            lines = said.file.getvalue().splitlines()
            show_json({"balanced": balanced, "findings": [one.strip() for one in lines]})
    if not balanced:
        raise typer.Exit(1)


@app.command()
def torture(
    kills: Annotated[int, typer.Option(help="How often the server is killed.", min=1)] = 20,
    cuts: Annotated[int, typer.Option(help="How often the power goes.", min=1)] = 20,
    scans: Annotated[
        int, typer.Option(help="At least how many scans are answered, of kills and of cuts.", min=1)
    ] = 100_000,
    only: Annotated[
        list[str] | None, typer.Option(help="A scenario by its name; repeat. Default: all.")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="Show the scenarios and what is promised; run none.")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option(help="Where to work; default: a new temporary directory.")
    ] = None,
) -> None:
    """Break a real server in every way we know and balance its books.

    It works in a directory of its own and touches no data of yours. Power cuts and faults of the
    disk need FUSE: pip install mfusepy and, on Debian, apt-get install fuse3. A scenario that this
    machine cannot run is skipped, and the table says why. All of them may take half an hour.

    The exit code is 1 when a scan was lost or doubled, or an answer was untrue.
    """
    from footfall.cli.torture import report
    from footfall.cli.torture.plan import Sizes

    with explained():
        if list_:
            report.show(console)
            return
        scenarios = report.chosen(only or [])
        sizes = Sizes(kills, cuts, scans)
        balanced = report.run(console, scenarios, sizes, directory)
    if not balanced:
        raise typer.Exit(1)
