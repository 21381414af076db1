"""The files of archives, in ACCOUNT/2026-05.parquet, and what is said of them in manifest.json.

    write under a temporary name → on disk → count and hash → rename → manifest → remove the old

The manifest is the truth: it is replaced as a whole, and a file that it does not name is a leftover
of a crash and goes. A month that is written again gets another name, 2026-05-2.parquet.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from footfall.core.accounts import AgeBy
from footfall.core.errors import Conflict, Unavailable
from footfall.core.ids import Clock, first_id_at
from footfall.core.queries import EventFilter
from footfall.core.reports import ArchivedMonth
from footfall.jobs.archive.manifests import (
    MANIFEST,
    ArchivedFile,
    Manifest,
    Month,
    archived_months,
    hash_of,
    problem_of,
    read_manifest,
)
from footfall.runtime.background import SPARE_BYTES
from footfall.runtime.data_directory import sync


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

    def merge(self, path: Path, later: Path) -> Iterator[bytes]: ...

    def facts(self, path: Path, query: EventFilter | None = None) -> Facts: ...

    def ids(self, path: Path, query: EventFilter) -> Iterator[list[int]]: ...

    def count(self, query: EventFilter) -> int: ...

    def months(self, query: EventFilter, age_by: AgeBy) -> list[int]: ...


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

    def archived(self, account: int) -> tuple[ArchivedMonth, ...]:
        """All of an account's months."""
        return tuple(archived_months(self._directory, self.manifest(account)))

    def gone(self, account: int, since: int) -> tuple[ArchivedMonth, ...]:
        """The months since then whose raw rows are gone: their files are all there is of them."""
        removed = [one.raw_removed for one in self.manifest(account).files]
        months = zip(self.archived(account), removed, strict=True)
        return tuple(one for one, is_removed in months if is_removed and one.until > since)

    def check_months(self, account: int, age_by: AgeBy) -> None:
        """Raises Conflict: an event would be in a month of receipt and in one of occurrence."""
        manifest = self.manifest(account)
        if manifest.files and manifest.age_by is not age_by:
            raise Conflict(
                f"This account's archives have months by {manifest.age_by}: an event would be in"
                f" two files. Archive by {manifest.age_by}."
            )

    def months(
        self, account: int, before: Month, whole_until: int, age_by: AgeBy = AgeBy.RECEIVED
    ) -> list[Month]:
        """Those that have raw events and are earlier than this one, and over: whatever was
        received until `whole_until` (milliseconds since 1970) is in the event store."""
        end = min(before, Month.of(min(whole_until, self._clock()))).since
        query = EventFilter(account=account, until=end)
        if age_by is AgeBy.OCCURRED:
            query = EventFilter(account=account, occurred_until=end)
        return [Month.of(since) for since in self._store.months(query, age_by)]

    def write(self, account: int, month: Month, rows: EventFilter) -> ArchivedFile:
        """The month's file of these rows, written unless it is there and has every event. Raises
        Unavailable when the file has not what the store has."""
        self._sweep(account)
        known = self.manifest(account).file(month)
        held = self._store.count(rows)
        if known is not None and known.raw_removed:
            # What was received in a month is whole when it is over; what happened in it is not.
            late = rows.occurred_until is not None and held
            return self._add(account, month, known, rows) if late else known
        if known is not None and known.rows == held:
            return known
        made = self._make(account, month, self._store.write(rows))
        if made.rows != held or self._store.count(rows) != held:
            self._path(account, made.file).unlink(missing_ok=True)
            raise Unavailable(f"Events of {month} went while its archive was written.")
        self._replace(account, month, made, _age_by(rows))
        return made

    def _add(
        self, account: int, month: Month, known: ArchivedFile, rows: EventFilter
    ) -> ArchivedFile:
        """The month's file with events that were received after it was written."""
        late = self._path(account, f"{month}-late.part")
        self._fill(late, self._store.write(rows))
        merged = self._store.merge(self._path(account, known.file), late)
        made = msgspec.structs.replace(self._make(account, month, merged), raw_removed=True)
        late.unlink()
        if made.rows == known.rows:  # a crash kept rows from going that the file has
            self._path(account, made.file).unlink(missing_ok=True)
            return known
        self._replace(account, month, made)
        return made

    def check(self, account: int, month: Month) -> bool:
        """Whether the file is what the manifest says."""
        known = self.manifest(account).file(month)
        return known is not None and not problem_of(self._directory, account, known)

    def mark_removed(self, query: EventFilter) -> None:
        """These raw rows are about to go: from now on the files that have some stand for them."""
        query = _in_files(query)
        manifest = self.manifest(query.account)
        files = tuple(
            msgspec.structs.replace(one, raw_removed=True) if self._has(one, query) else one
            for one in manifest.files
        )
        if files != manifest.files:
            self._save(msgspec.structs.replace(manifest, files=files))

    def _has(self, one: ArchivedFile, query: EventFilter) -> bool:
        """Whether a file has such events."""
        if query.until is not None and one.first_id >= first_id_at(query.until):
            return False
        return self._store.facts(self._path(query.account, one.file), query).rows > 0

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
            if one.last_id >= first_id_at(query.since or 0):
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
        temporary = folder / f"{month}.part"
        self._fill(temporary, pieces)
        known = self.manifest(account).file(month)
        name = f"{month}.parquet" if known is None else _next_name(month, known.file)
        path = folder / name
        temporary.replace(path)
        sync(folder)
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

    def _fill(self, path: Path, pieces: Iterator[bytes]) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for piece in pieces:
                if shutil.disk_usage(path.parent).free < self._spare_bytes + len(piece):
                    raise OSError(errno.ENOSPC, "too little is free")
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())

    def _replace(
        self, account: int, month: Month, made: ArchivedFile | None, age_by: AgeBy | None = None
    ) -> None:
        manifest = self.manifest(account)
        if age_by is not None:
            manifest = msgspec.structs.replace(manifest, age_by=age_by)
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
        sync(folder)

    def _sweep(self, account: int) -> None:
        """Remove what the manifest does not name: a crash left it, or it was rewritten."""
        folder = self._directory / str(account)
        if not folder.exists():
            return
        named = {MANIFEST, *(one.file for one in self.manifest(account).files)}
        for path in folder.iterdir():
            if path.name not in named and path.suffix in (".part", ".parquet"):
                path.unlink(missing_ok=True)


def rows_of(account: int, month: Month, age_by: AgeBy, below: int) -> EventFilter:
    """The raw rows of a month: with ids below this one where more may have happened in it."""
    if age_by is AgeBy.OCCURRED:
        return EventFilter(
            account=account, occurred_since=month.since, occurred_until=month.until, below=below
        )
    return EventFilter(account=account, since=month.since, until=month.until)


def _in_files(query: EventFilter) -> EventFilter:
    """Without the bounds of ids that a survey of raw rows sets: a file may hold later ones than the
    event store does, and all of them were received before this."""
    return msgspec.structs.replace(query, above=None, below=None)


def _age_by(rows: EventFilter) -> AgeBy:
    return AgeBy.RECEIVED if rows.occurred_until is None else AgeBy.OCCURRED


def _next_name(month: Month, name: str) -> str:
    number = name.removeprefix(str(month)).removesuffix(".parquet").lstrip("-")
    return f"{month}-{int(number or 1) + 1}.parquet"
