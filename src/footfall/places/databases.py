"""The MaxMind DB files in use: what they say of an address, how old they are, and newer ones."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, NoReturn

import maxminddb
import msgspec

from footfall.capture.enrichment import FOUND_NOTHING, Found
from footfall.core.calendar import DAY_MS
from footfall.core.errors import InvalidRequest
from footfall.places.layouts import Fields, fields_of, merge
from footfall.places.licences import DB_IP, Licence, licence_of

log = logging.getLogger(__name__)

CACHE_SIZE: Final = 32_768
LOOK_SECONDS: Final = 3.0
"""How often a running server looks whether a file was replaced."""

BUNDLED: Final = Path(__file__).parent / "countries.mmdb"
"""DB-IP Lite's countries. How it is renewed: docs/decisions/0042-place-data.md"""
BUNDLED_NAME: Final = "bundled"

PlaceFinder = Callable[[str], Found]
Mark = tuple[int, int, int]
"""Of a file: its inode, size and time of change. A file that replaces it has another one."""


class PlaceDatabase(msgspec.Struct, frozen=True):
    """A file in use. `name` is that of the file in DATA/places, `bundled`, or the path that a
    setting names; `type` is the file's own word for what it holds. `built_at` in milliseconds
    since 1970."""

    name: str
    type: str
    built_at: int
    licence: Licence

    def days_old(self, now: int) -> int:
        """Of the data, at this time (milliseconds since 1970)."""
        return max(0, now - self.built_at) // DAY_MS

    def warning(self, now: int) -> str:
        """What the licence asks for by now, "" for nothing."""
        limit, days = self.licence.days_max, self.days_old(now)
        if limit is None or days <= limit:
            return ""
        return (
            f"The place data {self.name} is {days} days old, and {self.licence.vendor}'s licence"
            f" asks to replace and destroy it within {limit} days of a newer one:"
            " footfall places update."
        )


class _Open(msgspec.Struct):
    mark: Mark
    reader: maxminddb.Reader
    about: PlaceDatabase


class PlaceDatabases:
    """The files of DATA/places, the one that a setting names, and the bundled one. Files are
    mapped into memory, so what replaces one must be a new file in its place (a rename), never the
    same file written again. Safe to use from any thread.

    Raises InvalidRequest when the file that the setting names cannot be read.
    """

    def __init__(self, folder: Path, named: str = "") -> None:
        self._folder: Final = folder
        self._named: Final = Path(named) if named else None
        self._open: dict[Path, _Open] = {}
        self._lock = threading.Lock()
        self.problem = ""
        """Why a file is not used, "" for none."""
        self._find: PlaceFinder = lambda _: FOUND_NOTHING
        self._load(self._fail)

    def find(self, ip: str) -> Found:
        """The fields that are known of the address's place. A record that was found before takes
        0.1 µs, a new one some 2 µs a file."""
        return self._find(ip)

    @property
    def databases(self) -> list[PlaceDatabase]:
        """In the order in which they are queried."""
        return [one.about for one in self._open.values()]

    def warning(self, now: int) -> str:
        """What is wrong with the files, "" for nothing."""
        return " ".join(filter(None, (self.problem, *(one.warning(now) for one in self.databases))))

    async def run(self) -> None:
        """Take files that were added or replaced, and drop those that were removed, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.to_thread(self.refresh)

    def refresh(self) -> None:
        """Take what was added, replaced or removed since. What cannot be read is left out, and the
        file that it replaced stays in use."""
        with self._lock:
            self._load(self._keep)

    def _load(self, on_problem: Callable[[Path, Exception], None]) -> None:
        problem, self.problem = self.problem, ""
        opened: dict[Path, _Open] = {}
        for path in self._paths():
            known = self._open.get(path)
            try:
                mark = _mark_of(path)
                if known is not None and known.mark == mark:
                    opened[path] = known
                else:
                    opened[path] = _Open(mark, *self._opened(path))
            except Exception as error:  # a file of the user's must not stop the others
                on_problem(path, error)
                if known is not None:
                    opened[path] = known
        if self.problem and self.problem != problem:
            log.warning("%s", self.problem)
        if opened != self._open:
            self._open = opened
            readers = [one.reader for one in opened.values()]
            self._find = lru_cache(maxsize=CACHE_SIZE)(lambda ip: _look_up(readers, ip))

    def _paths(self) -> list[Path]:
        try:
            ours = sorted(self._folder.glob("*.mmdb"))
        except OSError:
            ours = []
        return [*([self._named] if self._named else []), *ours, BUNDLED]

    def _opened(self, path: Path) -> tuple[maxminddb.Reader, PlaceDatabase]:
        reader = maxminddb.open_database(path)
        metadata = reader.metadata()
        name = {self._named: str(path), BUNDLED: BUNDLED_NAME}.get(path, path.stem)
        licence = DB_IP if path == BUNDLED else licence_of(metadata.database_type)
        about = PlaceDatabase(name, metadata.database_type, metadata.build_epoch * 1000, licence)
        return reader, about

    def _fail(self, path: Path, error: Exception) -> None:
        if path == self._named:
            _refuse(path, error)
        self._keep(path, error)

    def _keep(self, path: Path, error: Exception) -> None:
        self.problem = f"The place data {path.name} cannot be read and is not used: {error}"


def _refuse(path: Path, error: Exception) -> NoReturn:
    raise InvalidRequest(f"place_file: {path} cannot be read: {error}") from None


def _mark_of(path: Path) -> Mark:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _look_up(readers: Sequence[maxminddb.Reader], ip: str) -> Found:
    found: list[Fields] = []
    for reader in readers:
        try:
            found.append(fields_of(reader.get(ip)))
        except (ValueError, maxminddb.InvalidDatabaseError):
            # An IPv6 address in a file of IPv4. A damaged record must not cost the redirect.
            continue
    fields = merge(found)
    return Found(fields) if fields else FOUND_NOTHING


class PlaceDatabaseShown(msgspec.Struct, frozen=True):
    """A database as `/health`, `GET /places` and `footfall places list` show it. `date` is the day
    of its data (YYYY-MM-DD). `attribution` is what its licence wants to be shown with results,
    as a link to `url`; "" for nothing."""

    name: str
    type: str
    date: str
    days_old: int
    attribution: str
    url: str


def describe(databases: Sequence[PlaceDatabase], now: int) -> list[PlaceDatabaseShown]:
    """In the same order, at this time (milliseconds since 1970)."""
    return [
        PlaceDatabaseShown(
            one.name,
            one.type,
            datetime.fromtimestamp(one.built_at / 1000, UTC).date().isoformat(),
            one.days_old(now),
            one.licence.attribution,
            one.licence.url,
        )
        for one in databases
    ]
