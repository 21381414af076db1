"""`footfall keys` and `footfall accounts`: who may use the APIs, and what accounts keep."""

from typing import Annotated, Final

import typer
from rich.table import Table

from footfall import bootstrap
from footfall.catalog.callers import CREATIONS_MAX, NAME_LENGTH_MAX
from footfall.cli.terminal import (
    AsJson,
    Data,
    console,
    day_and_time,
    explained,
    iso_time,
    settings_for,
    show_json,
)
from footfall.core.accounts import Account, AgeBy, ApiKey, Privacy, Scope
from footfall.core.errors import InvalidRequest
from footfall.core.ids import ID_MAX

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
accounts = typer.Typer(help="List accounts, and change what they keep.", no_args_is_help=True)

DAYS_MAX: Final = 36_500


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "unnamed",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may do; repeat for several. Default: read and write."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=DAYS_MAX, help="Days until it expires. Default: never."),
    ] = None,
    account: Annotated[int, typer.Option(help="The account's number.")] = 1,
    creations_per_hour: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=CREATIONS_MAX,
            help="How many codes it may create in any hour. Default: its account's.",
        ),
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Make a key and show it, once. Works while the server runs."""
    with explained():
        if not (0 < len(name) <= NAME_LENGTH_MAX and name.isprintable()):
            raise InvalidRequest(f"--name: 1 to {NAME_LENGTH_MAX} characters, on one line.")
        catalog = bootstrap.open_existing(settings_for(data=data))
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
            creations_per_hour=creations_per_hour,
        )
    if as_json:
        show_json({**_key_shown(key, usable=True), "secret": secret})
        return
    console.print(f"Key {key.id} ({', '.join(sorted(key.scopes))}), shown only now:")
    console.print(secret, style="bold", soft_wrap=True)


@keys.command("list")
def list_keys(as_json: AsJson = False, data: Data = None) -> None:
    """List the keys: never the secrets, only how they begin."""
    with explained():
        catalog = bootstrap.open_existing(settings_for(data=data))
        if as_json:
            now = catalog.clock()
            show_json([_key_shown(one, usable=one.usable(now)) for one in catalog.list_keys()])
            return
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
                day_and_time(key.last_used_at),
            )
    console.print(table)


@keys.command("revoke")
def revoke_key(
    key: Annotated[
        int, typer.Argument(min=1, max=ID_MAX, help="The key's id: see footfall keys list.")
    ],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Revoke a key. A running server refuses it from its next request on."""
    with explained():
        revoked = bootstrap.open_existing(settings_for(data=data)).revoke_key(key)
    if as_json:
        show_json(_key_shown(revoked, usable=False))
        return
    console.print(f"Key {revoked.id} ({revoked.prefix}…) is revoked.")


@accounts.command("list")
def list_accounts(as_json: AsJson = False, data: Data = None) -> None:
    """List the accounts with their privacy mode and how long they keep raw events."""
    with explained():
        catalog = bootstrap.open_existing(settings_for(data=data))
        if as_json:
            show_json([_account_shown(one) for one in catalog.accounts()])
            return
        table = Table("id", "name", "email", "privacy", "raw events")
        for account in catalog.accounts():
            table.add_row(
                *(str(account.id), account.name, account.email, account.privacy, _kept(account))
            )
    console.print(table)


@accounts.command("change")
def change_account(
    account: Annotated[
        int, typer.Argument(min=1, max=ID_MAX, help="The account's id: see footfall accounts list.")
    ],
    privacy: Annotated[
        Privacy | None, typer.Option(help="Privacy mode of what is made from now on.")
    ] = None,
    raw_days: Annotated[
        int | None,
        typer.Option(
            min=0, max=DAYS_MAX, help="Days to keep raw events, 0 for ever. Rollups always stay."
        ),
    ] = None,
    age_by: Annotated[
        AgeBy | None, typer.Option(help="Count those days since events were received or occurred.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Change an account. A running server follows within a minute."""
    with explained():
        catalog = bootstrap.open_existing(settings_for(data=data))
        changed = catalog.change_account(account, privacy, raw_days, age_by)
    if as_json:
        show_json(_account_shown(changed))
        return
    console.print(
        f"Account {changed.id}: privacy {changed.privacy}, raw events kept {_kept(changed)}."
    )


def _kept(account: Account) -> str:
    if not account.raw_days:
        return "for ever"
    since = "receipt" if account.age_by is AgeBy.RECEIVED else "occurrence"
    return f"{account.raw_days} days since {since}"


def _key_shown(key: ApiKey, *, usable: bool) -> dict[str, object]:
    return {
        "id": key.id,
        "account": key.account,
        "name": key.name,
        "begins": key.prefix,
        "scopes": sorted(key.scopes),
        "usable": usable,
        "creations_per_hour": key.creations_per_hour,
        "created_at": iso_time(key.created_at),
        "expires_at": iso_time(key.expires_at),
        "last_used_at": iso_time(key.last_used_at),
        "revoked_at": iso_time(key.revoked_at),
    }


def _account_shown(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "privacy": account.privacy,
        "raw_days": account.raw_days,
        "age_by": account.age_by,
    }
