"""Connections to the catalog's database, and what keeps it from being opened."""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from footfall.catalog.migrate import NewerSchema, migrate
from footfall.catalog.searching import register
from footfall.core.errors import CatalogUnavailable

MEMORY: Final = Path("/dev/shm")  # noqa: S108
PASSING: Final = frozenset(
    {
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM),
    }
)
"""What the disk may keep from being opened, and the file is whole."""


class CatalogUnopened(CatalogUnavailable):
    """The disk keeps a catalog from being opened that can be read: it is full, or read-only."""


def sqlite_url(path: Path) -> URL:
    """Of a file of any name."""
    return URL.create("sqlite", database=str(path))


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """What keeps a catalog from being opened, as CatalogUnavailable that says what to do."""
    name = url.database or url.render_as_string()
    kind = CatalogUnavailable
    try:
        yield
    except (SQLAlchemyError, CatalogUnavailable) as error:
        cause = getattr(error, "orig", None)
        reason = cause or str(error)
        advice = "If it is damaged, put it back from a backup."
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in PASSING and Path(name).is_file() and Path(name).stat().st_size:
            kind, advice = CatalogUnopened, "The disk may be full, or can only be read."
    except ValueError as error:
        reason, advice = str(error), "A later version may have made it, or it is damaged."
    except NewerSchema as error:
        reason, advice = error.message, "Take the version of Footfall that made it, or a backup."
    else:
        return
    raise kind(f"The catalog {name} cannot be used: {reason}. {advice}") from None


def open_engine(url: URL) -> Engine:
    """With the newest schema. Raises CatalogUnavailable."""
    engine = _connect(url)
    with explained(url):
        migrate(engine)
    return engine


def open_copy(url: URL) -> Engine:
    """A copy in memory, to be read only. SQLite cannot open a database with a write-ahead log on a
    disk that is full or can only be read: it needs a file of its own beside it. The copy has the
    log too, so it has every commit. Raises CatalogUnavailable."""
    assert url.database is not None
    copy = sqlite_url(_copy(Path(url.database)))
    open_engine(copy).dispose()
    return _connect(copy, read_only=True)


def close_copy(engine: Engine) -> None:
    engine.dispose()
    assert engine.url.database is not None
    shutil.rmtree(Path(engine.url.database).parent, ignore_errors=True)


def remove_copies(url: URL) -> None:
    """What a server left that was killed while it read a copy."""
    for copy in copies_of(Path(url.database or "")):
        shutil.rmtree(copy, ignore_errors=True)


def copies_of(path: Path) -> list[Path]:
    """Where a copy of this catalog may lie. One name for all of its copies, so that a server that
    starts over and over leaves one at most."""
    name = f"footfall-{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]}"
    return [place / name for place in (MEMORY, Path(tempfile.gettempdir()))]


def _copy(path: Path) -> Path:
    """In a new directory for this user alone."""
    for made in copies_of(path):
        shutil.rmtree(made, ignore_errors=True)
        try:
            made.mkdir(mode=0o700)  # raises when somebody else has one of this name
            for name in (path.name, f"{path.name}-wal"):
                if path.with_name(name).exists():
                    shutil.copyfile(path.with_name(name), made / name)
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
            continue
        return made / path.name
    raise CatalogUnavailable(
        f"The catalog {path} cannot be opened, and there is no room for a copy: free some disk."
    )


def _connect(url: URL, *, read_only: bool = False) -> Engine:
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, read_only)
    return engine


def _prepare_sqlite(engine: Engine, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        register(connection)
        connection.isolation_level = None  # SQLAlchemy says BEGIN itself, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA secure_delete=ON")  # what was erased leaves no remnant
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute(f"PRAGMA query_only={int(read_only)}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails when another process wrote in
        # between; taking the write lock at its start makes it wait instead.
        reading = connection.get_execution_options().get("footfall_reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def detached(engine: Engine) -> Any:
    """A connection of the database's own driver that belongs to no pool."""
    pooled = engine.raw_connection()
    pooled.detach()
    return pooled.dbapi_connection
