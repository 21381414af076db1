"""The command line: `footfall --help` teaches it."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from footfall import opening
from footfall.commands import archives, people, remote
from footfall.config import Settings, load
from footfall.core.accounts import Privacy, Scope
from footfall.core.errors import InvalidRequest
from footfall.place_commands import places
from footfall.terminal import Data, console, explained, say, settings_for

app = typer.Typer(
    name="footfall",
    help="Records every scan and impression, and answers for them.\n\n"
    "Start with: footfall serve. Then make a code, scan it and read its numbers: "
    "the README has the three commands.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they may hold keys
)
keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")
accounts = typer.Typer(help="List accounts, and change what they keep.", no_args_is_help=True)
app.add_typer(accounts, name="accounts")
app.add_typer(people, name="members")
app.add_typer(archives, name="archive")
app.add_typer(places, name="places")
app.add_typer(remote)


@app.command()
def serve(
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (FOOTFALL_HOST; default 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on (FOOTFALL_PORT; default 3000).")
    ] = None,
) -> None:
    """Run the server until Ctrl-C."""
    import uvloop

    from footfall.app import serve

    with explained():
        settings = settings_for(data=data, host=host, port=port)
        uvloop.run(serve(settings, lambda *told: _announce(settings, *told)))


def _announce(settings: Settings, first: opening.FirstStart | None, link: str | None) -> None:
    say(f"[bold]Footfall[/] runs on [bold]{settings.public_base}[/]")
    say(f"Data directory: {escape(str(settings.directory.absolute()))}")
    if first is not None:
        _announce_key(settings, first)
    if link is not None:
        say(f"Sign in, once with this link: [bold]{link}[/]")
    say("[dim]Stop with Ctrl-C.[/]")


def _announce_key(settings: Settings, first: opening.FirstStart) -> None:
    say(f"Account: {first.account.name} <{first.account.email}>")
    if settings.bootstrap_key:
        say("API key: the one of FOOTFALL_BOOTSTRAP_KEY")
    else:
        say(f"API key: [bold]{first.secret}[/]   (shown only now: keep it)")


@app.command()
def config(
    data: Data = None,
) -> None:
    """Print every setting with its value, where it comes from and what it means."""
    with explained():
        _, shown = load(options={"data": data})
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
def doctor(data: Data = None) -> None:
    """Check the data directory, journal, catalog, event store, disk and clock."""
    from footfall.doctor import examine

    with explained():
        settings = settings_for(data=data)
    findings = examine(settings)
    for finding in findings:
        mark = "[green]ok  [/]" if finding.healthy else "[red]mend[/]"
        console.print(f"{mark} {finding.part}: {escape(finding.text)}")
    if not all(finding.healthy for finding in findings):
        raise typer.Exit(1)


@app.command()
def clock(
    confirm: Annotated[
        bool, typer.Option("--confirm", help="The clock is right: believe it from now on.")
    ] = False,
    data: Data = None,
) -> None:
    """Say whether the clock is believed, or confirm it after a leap. Works beside a server.

    While it is not, nothing is removed by its age. The exit code is 1 then.
    """
    from footfall.surroundings import clock as watched

    with explained():
        directory = settings_for(data=data).directory
        if confirm:
            moment = watched.confirm(directory, opening.now, watched.read_uptime)
            console.print(f"{_day_and_time(moment)} is right. A server follows within a minute.")
            return
    problem = watched.problem_in(directory)
    console.print(problem or "The clock is believed.", soft_wrap=True)
    if problem:
        raise typer.Exit(1)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "unnamed",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may do; repeat for several. Default: read and write."),
    ] = None,
    days: Annotated[int | None, typer.Option(help="Days until it expires. Default: never.")] = None,
    account: Annotated[int, typer.Option(help="The account's number.")] = 1,
    data: Data = None,
) -> None:
    """Make a key and show it, once. Works while the server runs."""
    with explained():
        catalog = opening.open_catalog(settings_for(data=data))
        if account not in [one.id for one in catalog.accounts()]:
            raise InvalidRequest(
                f"There is no account {account} here. Start the server once: it makes the first."
            )
        expires = None if days is None else catalog.clock() + days * 86_400_000
        secret, key = catalog.create_key(
            account,
            name,
            frozenset(scope or [Scope.READ, Scope.WRITE]),
            expires_at=expires,
        )
    console.print(f"Key {key.id} ({', '.join(sorted(key.scopes))}), shown only now:")
    console.print(secret, style="bold", soft_wrap=True)


@keys.command("list")
def list_keys(data: Data = None) -> None:
    """List the keys: never the secrets, only how they begin."""
    with explained():
        catalog = opening.open_catalog(settings_for(data=data))
        table = Table("id", "account", "name", "begins", "scopes", "state", "last used")
        for key in catalog.list_keys():
            state = "usable" if key.usable(catalog.clock()) else "revoked or expired"
            table.add_row(
                str(key.id),
                str(key.account),
                key.name,
                f"{key.prefix}…",
                ", ".join(sorted(key.scopes)),
                state,
                _day_and_time(key.last_used_at),
            )
    console.print(table)


@keys.command("revoke")
def revoke_key(
    key: Annotated[int, typer.Argument(help="The key's id: see footfall keys list.")],
    data: Data = None,
) -> None:
    """Revoke a key. A running server refuses it from its next request on."""
    with explained():
        revoked = opening.open_catalog(settings_for(data=data)).revoke_key(key)
    console.print(f"Key {revoked.id} ({revoked.prefix}…) is revoked.")


@accounts.command("list")
def list_accounts(data: Data = None) -> None:
    """List the accounts with their privacy mode and how long they keep raw events."""
    with explained():
        catalog = opening.open_catalog(settings_for(data=data))
        table = Table("id", "name", "email", "privacy", "raw events")
        for account in catalog.accounts():
            kept = f"{account.raw_days} days" if account.raw_days else "for ever"
            table.add_row(str(account.id), account.name, account.email, account.privacy, kept)
    console.print(table)


@accounts.command("change")
def change_account(
    account: Annotated[int, typer.Argument(help="The account's id: see footfall accounts list.")],
    privacy: Annotated[
        Privacy | None, typer.Option(help="Privacy mode of what is made from now on.")
    ] = None,
    raw_days: Annotated[
        int | None,
        typer.Option(min=0, help="Days to keep raw events, 0 for ever. Rollups always stay."),
    ] = None,
    data: Data = None,
) -> None:
    """Change an account. A running server follows within a minute."""
    with explained():
        catalog = opening.open_catalog(settings_for(data=data))
        changed = catalog.change_account(account, privacy, raw_days)
    kept = f"{changed.raw_days} days" if changed.raw_days else "for ever"
    console.print(f"Account {changed.id}: privacy {changed.privacy}, raw events kept {kept}.")


def _day_and_time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "never"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


@app.command()
def demo(
    data: Data = None,
    events: Annotated[int, typer.Option(help="How many events.", min=1)] = 200_000,
    days: Annotated[int, typer.Option(help="How many days they spread over, 1 to 365.")] = 90,
    seed: Annotated[int, typer.Option(help="The same seed makes the same events.", min=0)] = 1,
) -> None:
    """Load a believable account: every API's nouns, and 90 days of events.

    Once, while no server runs on the data directory: a second time adds nothing.
    """
    from rich.progress import Progress

    from footfall.demo.demo import load_demo

    with explained(), Progress(console=console, transient=True) as progress:
        settings = settings_for(data=data)
        task = progress.add_task("Events", total=events)
        loaded = load_demo(settings, events, days, seed, lambda n: progress.advance(task, n))
    if loaded.first is not None:
        _announce_key(settings, loaded.first)
    if loaded.added:
        console.print(
            f"Codes, programmes, mailings, offers, passes and web pages, with {loaded.added:,}"
            " events. Now: footfall serve"
        )
    else:
        console.print("The demo is there already: nothing was added. Now: footfall serve")


@app.command()
def openapi(
    face: Annotated[str, typer.Argument(help="native, openqr, vantio … Default: all.")] = "",
    directory: Annotated[
        Path | None, typer.Option(help="Write FACE.json there instead of printing.")
    ] = None,
) -> None:
    """Print the OpenAPI document of a face: what a client is made of. No server is needed."""
    from footfall.faces import documents_of

    with explained():
        documents = documents_of(face)
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
) -> None:
    """Balance the books of a data directory: journal, events and every rollup.

    While no server runs on it. The exit code is 1 when they do not balance.
    """
    from footfall.integrity.inspection import FOREVER_HOUR
    from footfall.verification import verify

    def hour(moment: datetime | None, default: int) -> int:
        return default if moment is None else int(moment.replace(tzinfo=UTC).timestamp()) // 3600

    with explained():
        settings = settings_for(data=data)
        window = hour(since, 0), hour(until, FOREVER_HOUR)
        balanced = verify(settings, console, *window, mend=repair)
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
    from footfall.torture import report
    from footfall.torture.plan import Sizes

    with explained():
        if list_:
            report.show(console)
            return
        scenarios = report.chosen(only or [])
        sizes = Sizes(kills, cuts, scans)
        balanced = report.run(console, scenarios, sizes, directory)
    if not balanced:
        raise typer.Exit(1)
