"""Commands that work beside a running server: over HTTP, with the files it wrote, and with who may
sign in."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from footfall import bootstrap
from footfall.catalog.catalog import SqlCatalog
from footfall.cli.import_.formats import FileFormat
from footfall.cli.terminal import (
    AsJson,
    Data,
    console,
    errors,
    explained,
    iso_time,
    say,
    settings_for,
    show_json,
)
from footfall.core.accounts import AgeBy, Member, Role
from footfall.core.errors import InvalidRequest
from footfall.jobs.archive.manifests import problem_of, read_manifest
from footfall.members.members import LINK_DAYS, Invited, Members

remote = typer.Typer()
archives = typer.Typer(help="Write months of events as Parquet files.", no_args_is_help=True)

people = typer.Typer(help="Invite, list and remove who may sign in.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The member's e-mail address.")]


@people.command("list")
def list_members(as_json: AsJson = False, data: Data = None) -> None:
    """List who may sign in, of every account."""
    with explained(), _opened(data) as (catalog, members):
        if as_json:
            found = [one for account in catalog.accounts() for one in members.list(account.id)]
            show_json([_member_shown(one) for one in found])
            return
        table = Table("id", "account", "e-mail", "name", "role", "state")
        for account in catalog.accounts():
            for one in members.list(account.id):
                state = "may sign in" if one.joined else "invited"
                about = one.email, one.name, one.role, state
                table.add_row(str(one.id), str(account.id), *about)
    console.print(table)


@people.command("invite")
def invite_member(
    email: Email,
    role: Annotated[Role, typer.Option(help="What the member may do.")] = Role.VIEWER,
    name: Annotated[str, typer.Option(help="The member's name.")] = "",
    account: Annotated[int, typer.Option(help="The account's number.")] = 1,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Invite somebody: prints a link that works once. Works while the server runs."""
    with explained(), _opened(data) as (catalog, members):
        if account not in [one.id for one in catalog.accounts()]:
            raise InvalidRequest(
                f"There is no account {account} here. Start the server once: it makes the first."
            )
        invited = members.invite(account, email, name, role)
    _show_link(invited, as_json)


@people.command("link")
def link_member(
    email: Annotated[
        str, typer.Argument(help="The member's e-mail address; none for the first owner.")
    ] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print a new one-time link for a member whose password is forgotten."""
    with explained(), _opened(data) as (_, members):
        if not email:
            link = members.first_link()
            if link is None:
                raise InvalidRequest("Somebody can sign in already: say whose link, by e-mail.")
            if as_json:
                show_json({"link": link})
            else:
                say(f"Sign in, once with this link: [bold]{link}[/]")
            return
        member = members.find(email)
        invited = members.link(member.account, member.id)
    _show_link(invited, as_json)


@people.command("remove")
def remove_member(email: Email, data: Data = None) -> None:
    """Remove a member, who is signed out everywhere at once."""
    with explained(), _opened(data) as (_, members):
        member = members.find(email)
        members.remove(member.account, member.id)
    say(f"{member.email} is removed.")


@contextlib.contextmanager
def _opened(data: str | None) -> Iterator[tuple[SqlCatalog, Members]]:
    settings = settings_for(data=data)
    catalog = bootstrap.open_existing(settings)
    try:
        yield catalog, Members(catalog, catalog.clock, settings.public_base)
    finally:
        catalog.close()


def _member_shown(member: Member) -> dict[str, object]:
    return {
        "id": member.id,
        "account": member.account,
        "email": member.email,
        "name": member.name,
        "role": member.role,
        "joined": member.joined,
        "created_at": iso_time(member.created_at),
        "last_seen_at": iso_time(member.last_seen_at),
    }


def _show_link(invited: Invited, as_json: bool) -> None:
    if as_json:
        show_json({**_member_shown(invited.member), "link": invited.link, "link_days": LINK_DAYS})
        return
    say(f"{invited.member.email}, {invited.member.role}: works once, for {LINK_DAYS} days.")
    say(f"[bold]{invited.link}[/]")


@archives.command("create")
def create_archive(
    before: Annotated[str, typer.Option(help="The first month that is not archived, as 2026-07.")],
    age_by: Annotated[
        AgeBy, typer.Option(help="Months in which events were received, or occurred.")
    ] = AgeBy.RECEIVED,
    remove: Annotated[
        bool, typer.Option("--remove", help="Then remove the raw events. Counts stay.")
    ] = False,
    url: Annotated[
        str | None, typer.Option(help="The server. Default: this machine's public_url.")
    ] = None,
    key: Annotated[
        str, typer.Option(envvar="FOOTFALL_KEY", help="An admin key; better in FOOTFALL_KEY.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Have the running server write an account's months into DATA/archive.

    The account is the key's.
    """
    from footfall.jobs.archive import remote as archiving

    with explained():
        server = url or settings_for().public_base
        with console.status("The server archives …"):
            deletion = archiving.archive(
                server, key, before, age_by=age_by, remove=remove, on_wait=say
            )
        files = archiving.manifest(server, key)["files"]
        if as_json:
            show_json({"deletion": deletion, "files": files})
            return
        table = Table("month", "events", "bytes", "raw rows", "sha256")
        for file in files:
            raw = "removed" if file["raw_removed"] else "kept"
            facts = f"{file['rows']:,}", f"{file['bytes']:,}", raw, file["sha256"][:16]
            table.add_row(file["month"], *facts)
    console.print(table)
    if deletion["note"]:
        say(deletion["note"])
    elif remove:
        console.print(f"{deletion['events']:,} raw events removed.")


@archives.command("verify")
def verify_archives(as_json: AsJson = False, data: Data = None) -> None:
    """Check every archived file against its manifest: size and SHA-256."""
    files, wrong = 0, []
    with explained():
        directory = settings_for(data=data).directory / "archive"
        for folder in sorted(directory.glob("[0-9]*/")):
            for file in read_manifest(directory, int(folder.name)).files:
                problem = problem_of(directory, int(folder.name), file)
                files += 1
                if problem:
                    wrong.append({"file": str(folder / file.file), "problem": problem})
    if as_json:
        show_json({"files": files, "wrong": wrong})
    else:
        for one in wrong:
            say(f"[red]wrong[/] {escape(one['file'])}: {one['problem']}")
        say(f"{files} files, {len(wrong)} wrong.")
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
    as_json: AsJson = False,
) -> None:
    """Import a file into a running server. Each row is imported once, even if it is run again."""
    from footfall.cli.import_ import report
    from footfall.cli.import_.importer import Order
    from footfall.cli.import_.mapping import read_plan

    with explained():
        plan = read_plan(mapping, map or [], tracker, path or [], zone)
        order = Order(file, format, plan, url, state, refused, batch)
        said = errors if as_json else console
        outcome = report.run(said, order, key_file, dry_run=dry_run)
        if as_json:
            show_json(report.as_json(outcome))
        else:
            report.show(console, outcome, dry_run=dry_run)
    if not outcome.complete:
        raise typer.Exit(1)


MCP_HELP = """Serve MCP on standard input and output, from a running server.

For hosts that start a program. The key is read from FOOTFALL_KEY or from a file, never from the
command line. A host's configuration:

    {"mcpServers": {"footfall": {
        "command": "footfall",
        "args": ["mcp", "--url", "http://localhost:3000"],
        "env": {"FOOTFALL_KEY": "oqr_…"}}}}

A host that speaks Streamable HTTP needs no program: http://localhost:3000/mcp/all with the header
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
        if not re.match("https?://", url):
            raise InvalidRequest(f"--url must begin with http:// or https://, and is {url!r}.")
        run(url.rstrip("/"), _read_key(key_file), bootstrap.now)


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
