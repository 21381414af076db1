"""What every command opens of a data directory. It loads little: a command answers at once."""

import time
from typing import TYPE_CHECKING, Final

import msgspec

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.connections import sqlite_url
from footfall.config import Settings
from footfall.core.accounts import Account
from footfall.core.ids import Clock
from footfall.directory import make_private
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


def store_url(settings: Settings) -> str:
    return settings.store_url or f"{EMBEDDED}{(settings.directory / 'store').absolute()}"


def open_store(settings: Settings) -> "ClickHouseStore":
    from footfall.store.store import ClickHouseStore

    return ClickHouseStore(store_url(settings), settings.memory_bytes_max)


class FirstStart(msgspec.Struct, frozen=True):
    account: Account
    secret: str


def bootstrap(catalog: SqlCatalog, settings: Settings) -> FirstStart | None:
    """The first account and its admin key, when there is none. The secret is shown once."""
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
