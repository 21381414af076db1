"""What every command opens of a data directory. It loads little: a command answers at once."""

import time
from typing import TYPE_CHECKING, Final

import msgspec

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.connections import sqlite_url
from footfall.config import Settings
from footfall.core.accounts import Account
from footfall.core.errors import InvalidRequest
from footfall.core.ids import Clock
from footfall.runtime.data_directory import make_private
from footfall.store.paths import EMBEDDED

if TYPE_CHECKING:
    from footfall.store.store import ClickHouseStore

OWNER_NAME: Final = "Owner"
OWNER_EMAIL: Final = "owner@localhost"


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def open_catalog(settings: Settings, clock: Clock = now, *, patient: bool = False) -> SqlCatalog:
    """`patient`: see `SqlCatalog`. Raises InvalidRequest, CatalogUnavailable."""
    make_private(settings.directory)
    return SqlCatalog(sqlite_url(settings.directory / "catalog.db"), clock, patient=patient)


def open_existing(settings: Settings) -> SqlCatalog:
    """Of a directory in use: a mistyped one is not created. Raises InvalidRequest."""
    if not (settings.directory / "catalog.db").exists():
        raise InvalidRequest(
            f"{settings.directory} is not a data directory of Footfall. Name one with --data "
            "(FOOTFALL_DATA); footfall serve creates one."
        )
    return open_catalog(settings)


def store_url(settings: Settings) -> str:
    return settings.store_url or f"{EMBEDDED}{(settings.directory / 'store').absolute()}"


def open_store(settings: Settings) -> "ClickHouseStore":
    from footfall.store.store import ClickHouseStore

    return ClickHouseStore(store_url(settings), settings.memory_bytes_max)


class FirstStart(msgspec.Struct, frozen=True):
    account: Account
    secret: str


def check_catalog(catalog: SqlCatalog, settings: Settings) -> None:
    """Raises InvalidRequest for a catalog that lost its accounts: a new one in its place would give
    the events of this directory to nobody. A first start makes the account before the journal."""
    journal = settings.directory / "journal.db"
    if catalog.owner() is None and journal.exists():
        raise InvalidRequest(
            f"{settings.directory / 'catalog.db'} has no account, though this directory was in use "
            "before: the catalog was lost or emptied. Put it back from a backup, or choose another "
            "directory with --data (FOOTFALL_DATA)."
        )


def bootstrap(catalog: SqlCatalog, settings: Settings) -> FirstStart | None:
    """The first account and its admin key, when there is none. The secret is shown once. Raises
    InvalidRequest."""
    check_catalog(catalog, settings)
    if catalog.owner() is not None:
        return None
    account, secret = catalog.create_account(
        OWNER_NAME,
        OWNER_EMAIL,
        settings.privacy,
        settings.raw_days,
        secret=settings.bootstrap_key or None,
    )
    return FirstStart(account, secret)
