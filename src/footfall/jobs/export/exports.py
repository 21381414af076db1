"""Makes the files of exports: slice by slice, accounts in turn, behind everything else.

    find a slice → the engine writes it → on disk → noted in the catalog → the next one

After a crash the file is cut to the noted size and goes on from the noted event, so every event is
in it once. Which events are in it is fixed when it is requested: what comes later has a greater id.
"""

import asyncio
import errno
import gzip
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final, Protocol

import msgspec

from footfall.catalog.catalog import SqlCatalog
from footfall.core.calendar import HOUR_MS
from footfall.core.errors import Conflict, NotFound, Unavailable
from footfall.core.ids import Clock
from footfall.core.queries import EventQuery
from footfall.core.reports import Report, ReportQuery, counting
from footfall.core.trackers import DeletedTracker
from footfall.jobs.export import jobs
from footfall.jobs.export.jobs import EXPORTS, Export
from footfall.jobs.runner import Changed, Step
from footfall.jobs.tables import JobRow
from footfall.runtime.background import SPARE_BYTES, Background
from footfall.runtime.data_directory import sync
from footfall.runtime.extracts import Extract, Format, Slice
from footfall.runtime.periodic import PeriodicTask
from footfall.runtime.reader import Reader

SLICE_ROWS: Final = 100_000
POLL_SECONDS: Final = 30.0
RETRY_MS: Final = 10_000

FULL: Final = "The disk is too full for this export. Free some space, or ask for less at once."
_FULL_ERRORS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

log = logging.getLogger(__name__)


class Extractor(Protocol):
    """The event store, as exports see it. Every method blocks; any may raise StoreUnavailable."""

    def report(self, query: ReportQuery) -> Report: ...

    def find_slice(self, extract: Extract, rows: int) -> Slice | None: ...

    def read_slice(self, extract: Extract, *, first: bool) -> Iterator[bytes]: ...

    def merge_slices(self, extract: Extract, path: Path) -> Iterator[bytes]: ...


class Stopped(Exception):
    """The server stops: what is not noted is written again after its next start."""


class FileTooShort(Exception):
    """A file has lost what was noted as written, or is gone."""


class Exports:
    """One task on the event loop; the work itself runs on threads."""

    def __init__(
        self,
        catalog: SqlCatalog,
        store: Extractor,
        reader: Reader,
        background: Background,
        directory: Path,
        clock: Clock,
        *,
        slice_rows: int = SLICE_ROWS,
        spare_bytes: int = SPARE_BYTES,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._reader = reader
        self._background = background
        self._directory = directory
        self._clock = clock
        self._slice_rows = slice_rows
        self._spare_bytes = spare_bytes
        self._passes = PeriodicTask("Exports", log, RETRY_MS / 1000)
        self._later: dict[str, int] = {}
        """When to try again what the engine could not write."""
        self._turns: dict[int, int] = {}
        """The number of each account's last turn: one with many exports holds up no other's."""
        self._erased: dict[int, int] = {}
        """When the last erasure of each doomed tracker began. Forgotten by a restart: then exports
        are taken back once more than they need."""
        self._stopping = False

    # ── what APIs ask ────────────────────────────────────────────────────────────────────────

    async def create(self, source: str, extract: Extract) -> Export:
        """Every event that was answered before this call and no other. Raises Conflict when there
        are too many exports, Unavailable."""
        assert extract.format in jobs.FORMATS
        account = extract.query.account
        newest = EventQuery(account=account, fields=(), limit=1)
        page = await self._reader.events(newest)
        # Smaller ids than the newest one's may have been on their way: after this they are there.
        await self._reader.events(newest)
        below = page.events[0].id + 1 if page.events else 0
        given = extract.query.below
        query = msgspec.structs.replace(
            extract.query, below=below if given is None else min(given, below)
        )
        extract = msgspec.structs.replace(extract, query=query)
        export = await asyncio.to_thread(self._add, source, extract)
        self._passes.wake()
        return export

    def _add(self, source: str, extract: Extract) -> Export:
        with self._catalog.writing() as session:
            return jobs.add(session, source, extract, self._clock())

    def find(self, account: int, source: str, id: str) -> Export:
        """Raises NotFound, also for another account's. Blocks."""
        with self._catalog.reading() as session:
            return EXPORTS.find(session, account, id, source)

    def list(self, account: int, source: str) -> list[Export]:
        """The account's, newest first. Blocks."""
        with self._catalog.reading() as session:
            return EXPORTS.page(session, account, None, jobs.LISTED_MAX, source)

    def delete(self, account: int, source: str, id: str) -> None:
        """Raises NotFound. Blocks."""
        with self._catalog.writing() as session:
            export = EXPORTS.find(session, account, id, source)
            session.delete(session.get_one(JobRow, export.number))
        self._remove(id)

    def open(self, account: int, source: str, id: str) -> tuple[Export, IO[bytes]]:
        """A file that is done: it stays readable while it is open, also past its expiry.

        Raises NotFound, and Conflict when there is no file (yet). Blocks.
        """
        export = self.find(account, source, id)
        if not export.ended:
            raise Conflict("The export is not done yet. Ask for it again until its state is done.")
        if export.step is Step.FAILED:
            raise Conflict(f"The export failed: {export.problem}")
        gone = NotFound(f"The file has expired. {export.problem or 'Create the export again.'}")
        if export.step is Step.EXPIRED or export.expires_at <= self._clock():
            raise gone
        try:
            return export, self._file(export.id, export.format).open("rb")
        except FileNotFoundError:
            raise gone from None

    # ── what happens by itself ────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        await self._passes.run(self._pass)

    async def _pass(self) -> float:
        if await self._background.run(self.step):
            return 0
        return RETRY_MS / 1000 if self._later else POLL_SECONDS

    def stop(self) -> None:
        """Let go of a file that would take long."""
        self._stopping = True

    def step(self) -> bool:
        """One slice of one job, and what has expired goes. True when there may be more to do."""
        now = self._clock()
        with self._catalog.writing() as session:
            jobs.expire(session, now)
        self._sweep()
        self._later = {id: at for id, at in self._later.items() if at > now}
        with self._catalog.reading() as session:
            export = jobs.next_export(session, self._later, self._turns)
        if export is None:
            return False
        self._turns[export.account] = max(self._turns.values(), default=0) + 1
        try:
            return self._attempt(export, now)
        except Changed:
            self._sweep()  # it was deleted, or starts over
            return True

    def _attempt(self, export: Export, now: int) -> bool:
        """False when the server stops. Raises Changed."""
        try:
            self._go_on(export)
        except Changed:
            raise
        except Unavailable as error:
            log.warning("The export %s waits: %s", export.id, error.message)
            self._later[export.id] = now + RETRY_MS
        except Stopped:
            return False
        except FileTooShort:
            log.warning("The export %s starts over: its file was cut short", export.id)
            self._note(export, cursor=None, rows=0, size=0)
        except OSError as error:
            full = error.errno in _FULL_ERRORS
            self._fail(export, FULL if full else f"The file cannot be written: {error.strerror}.")
        except Exception:  # whatever it is, the other jobs must go on
            log.exception("The export %s waits; it is tried again", export.id)
            self._later[export.id] = now + RETRY_MS
        return True

    def erase(self, deleted_trackers: Sequence[DeletedTracker], began: int) -> None:
        """These trackers' events are gone from the store, by an erasure that began then: none may
        come back by a file. It is repeated until a tracker is forgotten. Blocks."""
        with self._catalog.writing() as session:
            jobs.take_back(session, deleted_trackers, self._erased, self._clock())
        self._erased = {one.tracker: began for one in deleted_trackers}
        self._sweep()

    def withdraw(self, account: int, tracker: int | None) -> int:
        """Events of an account, or of one of its trackers, are gone from the store: files that may
        have them go, and what is being written starts over. How many. Blocks."""
        with self._catalog.writing() as session:
            withdrawn = jobs.withdraw(session, account, tracker, self._clock())
        self._sweep()
        return withdrawn

    def _sweep(self) -> None:
        """Remove the files of jobs that are over, and what a crash left behind."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths = list(self._directory.iterdir())
        if paths:
            with self._catalog.reading() as session:
                needed = jobs.names_of_files(session)
            for path in paths:
                if path.name.partition(".")[0] not in needed:
                    path.unlink(missing_ok=True)

    def _remove(self, id: str) -> None:
        for path in self._directory.glob(f"{id}.*"):
            path.unlink(missing_ok=True)

    def _fail(self, export: Export, problem: str) -> None:
        log.warning("The export %s failed: %s", export.id, problem)
        with self._catalog.writing() as session:
            failed = {"step": Step.FAILED, "work": None, "ended_at": self._clock()}
            EXPORTS.note(session, export, problem=problem, **failed)
        self._remove(export.id)

    def _go_on(self, export: Export) -> None:
        if export.step is Step.QUEUED:
            expires_at = self._clock() + jobs.KEPT_HOURS * HOUR_MS
            export = self._note(export, step=Step.RUNNING, expires_at=expires_at)
        if export.rows_total is None:
            total = self._store.report(counting(export.extract.query)).totals.events
            self._note(export, rows_total=total)
            return
        rest = export.extract if export.cursor is None else export.extract.beyond(export.cursor)
        part = self._store.find_slice(rest, self._slice_rows)
        if part is None:
            self._finish(export)
            return
        rest = rest.up_to(part.last)
        size = self._append(export, self._store.read_slice(rest, first=export.cursor is None))
        if self._store.find_slice(rest, part.rows) != part:
            return  # something of it was erased meanwhile: it is written once more
        self._note(export, cursor=part.last, rows=export.rows + part.rows, size=size)

    def _note(self, export: Export, **values: object) -> Export:
        with self._catalog.writing() as session:
            return EXPORTS.note(session, export, **values)

    def _finish(self, export: Export) -> None:
        size = export.size
        if export.cursor is None:  # a file without rows has its head
            nothing = export.extract.nothing()
            size = self._append(export, self._store.read_slice(nothing, first=True))
        slices = self._slices(export)
        self._cut(slices, size).close()
        if export.extract.format is Format.PARQUET:
            merged = self._store.merge_slices(export.extract, slices)
            size = self._write(self._file(export.id, Format.PARQUET), 0, merged)
        now = self._clock()
        self._note(
            export,
            step=Step.DONE,
            rows_total=export.rows,  # what was erased or expired since it was counted is not in it
            size=size,
            ended_at=now,
            expires_at=now + jobs.KEPT_HOURS * HOUR_MS,
        )
        if export.extract.format is Format.PARQUET:
            slices.unlink(missing_ok=True)

    # ── files ─────────────────────────────────────────────────────────────────────────────────

    def _file(self, id: str, format: Format) -> Path:
        return self._directory / f"{id}.{format}"

    def _slices(self, export: Export) -> Path:
        """What slices are appended to: the file itself where its format can be appended to."""
        if export.extract.format is Format.PARQUET:
            return self._directory / f"{export.id}.slices.gz"
        return self._file(export.id, export.extract.format)

    def _append(self, export: Export, pieces: Iterator[bytes]) -> int:
        if export.extract.format is Format.PARQUET:
            pieces = _compressed(pieces)
        return self._write(self._slices(export), export.size, pieces)

    def _cut(self, path: Path, size: int) -> IO[bytes]:
        """The file at its end, cut to this size. Raises Torn when it is shorter: to cut it would
        fill it up with zeros."""
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        if os.fstat(file.fileno()).st_size < size:
            file.close()
            raise FileTooShort
        file.truncate(size)
        file.seek(size)
        return file

    def _write(self, path: Path, size: int, pieces: Iterator[bytes]) -> int:
        """Cut the file to this size and append to it; its new size, once all of it is on disk."""
        with self._cut(path, size) as file:
            for piece in pieces:
                if self._stopping:
                    raise Stopped
                if shutil.disk_usage(self._directory).free < self._spare_bytes + len(piece):
                    raise OSError(errno.ENOSPC, "too little is free")
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        sync(self._directory)
        return size


def _compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """As one gzip: they may follow each other in a file."""
    for piece in pieces:
        yield gzip.compress(piece, compresslevel=1)
