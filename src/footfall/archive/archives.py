"""The files of archives, in ACCOUNT/2026-05.parquet, and what is said of them in manifest.json.

    write under a temporary name → on disk → count and hash → rename → manifest → remove the old

The manifest is the truth: it is replaced as a whole, and a file that it does not name is a leftover
of a crash and goes. A month that is written again gets another name, 2026-05-2.parquet.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from footfall.core.errors import Unavailable
from footfall.core.events import COLUMNS
from footfall.core.ids import Clock, received_at
from footfall.core.queries import EventFilter
from footfall.core.reports import ArchivedMonth

MANIFEST: Final = "manifest.json"
SCHEMA: Final = 1
"""Raised when a column changes its meaning; new columns are seen in `columns`."""

SPARE_BYTES: Final = 1 << 29
"""What an archive leaves free on the disk: the journal and the event store come first."""

_PIECE: Final = 1 << 20


class Month(msgspec.Struct, frozen=True, order=True):
    """A month of receipt, by UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, milliseconds: int) -> "Month":
        moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
        return cls(moment.year, moment.month)

    @classmethod
    def read(cls, text: str) -> "Month":
        moment = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
        return cls(moment.year, moment.month)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    def next(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def before(self, count: int) -> "Month":
        """So many months earlier."""
        months = self.year * 12 + self.number - 1 - count
        return Month(months // 12, months % 12 + 1)

    @property
    def since(self) -> int:
        """Milliseconds since 1970."""
        return int(datetime(self.year, self.number, 1, tzinfo=UTC).timestamp()) * 1000

    @property
    def until(self) -> int:
        return self.next().since


class ArchivedFile(msgspec.Struct, frozen=True, kw_only=True):
    """`raw_removed`: its raw rows are gone from the event store, or about to go. Ids are those of
    its first and last event, `made_at` is milliseconds since 1970."""

    month: str
    file: str
    rows: int
    bytes: int
    sha256: str
    first_id: int
    last_id: int
    made_at: int
    raw_removed: bool = False


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    account: int
    schema: int = SCHEMA
    columns: tuple[str, ...] = (*COLUMNS, "occurred_at")
    files: tuple[ArchivedFile, ...] = ()

    def file(self, month: Month) -> ArchivedFile | None:
        return next((one for one in self.files if one.month == str(month)), None)


class Facts(Protocol):
    @property
    def rows(self) -> int: ...

    @property
    def first_id(self) -> int: ...

    @property
    def last_id(self) -> int: ...


class MonthStore(Protocol):
    """The event store, as archives see it. Every method blocks and may raise StoreUnavailable."""

    def write(self, query: EventFilter) -> Iterator[bytes]: ...

    def rewrite(self, path: Path, without: EventFilter) -> Iterator[bytes]: ...

    def facts(self, path: Path, query: EventFilter | None = None) -> Facts: ...

    def ids(self, path: Path, query: EventFilter) -> Iterator[list[int]]: ...

    def count(self, query: EventFilter) -> int: ...

    def first_id(self, account: int) -> int | None: ...


class Archives:
    """Used by one thread at a time. Every method blocks; OSError when the disk is full."""

    def __init__(
        self, directory: Path, store: MonthStore, clock: Clock, *, spare_bytes: int = SPARE_BYTES
    ) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock
        self._spare_bytes = spare_bytes

    def manifest(self, account: int) -> Manifest:
        return read_manifest(self._directory, account)

    def gone(self, account: int, since: int) -> tuple[ArchivedMonth, ...]:
        """The months since then whose raw rows are gone: their files are all there is of them."""
        found = []
        for one in self.manifest(account).files:
            month = Month.read(one.month)
            if one.raw_removed and month.until > since:
                path = str(self._path(account, one.file))
                found.append(ArchivedMonth(path, month.since, month.until))
        return tuple(found)

    def months(self, account: int, before: Month, whole_until: int) -> list[Month]:
        """Those that have raw events and are earlier than this one, and over: whatever was
        received until `whole_until` (milliseconds since 1970) is in the event store."""
        first = self._store.first_id(account)
        if first is None:
            return []
        end = min(before, Month.of(min(whole_until, self._clock())))
        month, found = Month.of(received_at(first)), []
        while month < end:
            if self._store.count(_of(account, month)):
                found.append(month)
            month = month.next()
        return found

    def write(self, account: int, month: Month) -> ArchivedFile:
        """The month's file, written unless it is there and has every event. Raises Unavailable
        when the file has not what the store has."""
        self._sweep(account)
        query = _of(account, month)
        known = self.manifest(account).file(month)
        held = self._store.count(query)
        if known is not None and (known.raw_removed or known.rows == held):
            return known
        made = self._make(account, month, self._store.write(query))
        if made.rows != held or self._store.count(query) != held:
            self._path(account, made.file).unlink(missing_ok=True)
            raise Unavailable(f"Events of {month} went while its archive was written.")
        self._replace(account, month, made)
        return made

    def check(self, account: int, month: Month) -> bool:
        """Whether the file is what the manifest says."""
        known = self.manifest(account).file(month)
        return known is not None and not problem_of(self._directory, account, known)

    def mark_removed(self, account: int, until: int) -> None:
        """The raw rows until this time are about to go: from now on files stand for them."""
        manifest = self.manifest(account)
        files = tuple(
            msgspec.structs.replace(one, raw_removed=True)
            if Month.read(one.month).since < until
            else one
            for one in manifest.files
        )
        if files != manifest.files:
            self._save(msgspec.structs.replace(manifest, files=files))

    def mark_month(self, account: int, month: Month) -> None:
        """As `mark_removed`, of one month."""
        known = self.manifest(account).file(month)
        assert known is not None
        if not known.raw_removed:
            self._replace(account, month, msgspec.structs.replace(known, raw_removed=True))

    def count(self, query: EventFilter) -> int:
        """How many such events are in the files of an account."""
        query = _in_files(query)
        return sum(
            self._store.facts(self._path(query.account, one.file), query).rows
            for one in self.manifest(query.account).files
        )

    def ids(self, query: EventFilter) -> Iterator[list[int]]:
        """Of such events in the files of an account, some at a time."""
        query = _in_files(query)
        for one in self.manifest(query.account).files:
            if Month.read(one.month).until > (query.since or 0):
                yield from self._store.ids(self._path(query.account, one.file), query)

    def erase(self, query: EventFilter) -> dict[str, int]:
        """Rewrite the files that have such events, without them: how many, by month."""
        query = _in_files(query)
        account, erased = query.account, {}
        self._sweep(account)
        for known in self.manifest(account).files:
            path, month = self._path(account, known.file), Month.read(known.month)
            going = self._store.facts(path, query).rows
            if not going:
                continue
            made: ArchivedFile | None = None
            if going < known.rows:
                made = self._make(account, month, self._store.rewrite(path, query))
                assert made.rows == known.rows - going
                made = msgspec.structs.replace(made, raw_removed=known.raw_removed)
            self._replace(account, month, made)
            erased[known.month] = going
        return erased

    # ── files ─────────────────────────────────────────────────────────────────────────────────

    def _path(self, account: int, name: str) -> Path:
        return self._directory / str(account) / name

    def _make(self, account: int, month: Month, pieces: Iterator[bytes]) -> ArchivedFile:
        """A file that is on disk under a name of its own, and nowhere named yet."""
        folder = self._directory / str(account)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = folder / f"{month}.part"
        with os.fdopen(
            os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as file:
            for piece in pieces:
                if shutil.disk_usage(folder).free < self._spare_bytes + len(piece):
                    raise OSError(errno.ENOSPC, "too little is free")
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        known = self.manifest(account).file(month)
        name = f"{month}.parquet" if known is None else _next_name(month, known.file)
        path = folder / name
        temporary.replace(path)
        _sync(folder)
        facts = self._store.facts(path)
        return ArchivedFile(
            month=str(month),
            file=name,
            rows=facts.rows,
            bytes=path.stat().st_size,
            sha256=hash_of(path),
            first_id=facts.first_id,
            last_id=facts.last_id,
            made_at=self._clock(),
        )

    def _replace(self, account: int, month: Month, made: ArchivedFile | None) -> None:
        manifest = self.manifest(account)
        files = [one for one in manifest.files if one.month != str(month)]
        if made is not None:
            files.append(made)
        files.sort(key=lambda one: one.month)
        self._save(msgspec.structs.replace(manifest, files=tuple(files)))
        self._sweep(account)

    def _save(self, manifest: Manifest) -> None:
        folder = self._directory / str(manifest.account)
        temporary = folder / f"{MANIFEST}.part"
        with temporary.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / MANIFEST)
        _sync(folder)

    def _sweep(self, account: int) -> None:
        """Remove what the manifest does not name: a crash left it, or it was written anew."""
        folder = self._directory / str(account)
        if not folder.exists():
            return
        named = {MANIFEST, *(one.file for one in self.manifest(account).files)}
        for path in folder.iterdir():
            if path.name not in named and path.suffix in (".part", ".parquet"):
                path.unlink(missing_ok=True)


def read_manifest(directory: Path, account: int) -> Manifest:
    path = directory / str(account) / MANIFEST
    if not path.exists():
        return Manifest(account=account)
    return msgspec.json.decode(path.read_bytes(), type=Manifest)


def problem_of(directory: Path, account: int, known: ArchivedFile) -> str:
    """What is wrong with a file, "" when nothing is."""
    path = directory / str(account) / known.file
    if not path.exists():
        return "it is gone"
    if path.stat().st_size != known.bytes:
        return f"it has {path.stat().st_size} bytes and should have {known.bytes}"
    return "" if hash_of(path) == known.sha256 else "its content has changed"


def hash_of(path: Path) -> str:
    """SHA-256 in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _in_files(query: EventFilter) -> EventFilter:
    """Without the bound that the newest raw event sets: a file may hold later ones than the event
    store does, and all of them were received before this."""
    return msgspec.structs.replace(query, below=None)


def _of(account: int, month: Month) -> EventFilter:
    return EventFilter(account=account, since=month.since, until=month.until)


def _next_name(month: Month, name: str) -> str:
    number = name.removeprefix(str(month)).removesuffix(".parquet").lstrip("-")
    return f"{month}-{int(number or 1) + 1}.parquet"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
