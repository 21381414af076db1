"""Writes of the embedded engine that fail without a word, above all on a disk that is full.

When the last write of a file fails, the engine (chDB 26.9) counts that and says that all is well:
the file is cut. Of a part it is the end, so its rows cannot be read; of a definition or a mutation
it is all, and the engine does not start with it again. So nothing is begun while less than
`Room.least` is left (the engine's configuration says so of inserts and merges), and what was done
while a write failed is looked at, and done again. Decision record 0035.
"""

import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from clickhouse_connect.driver.client import Client

from footfall.core.errors import StoreUnavailable

CONFIGURATION: Final = Path(__file__).with_name("engine.xml")

ROOM_BYTES: Final = int(
    ElementTree.parse(CONFIGURATION).findtext(".//keep_free_space_bytes", "0")  # noqa: S314 (ours)
)
"""To be left of a disk, or a tenth of a small one. With a second between two looks, a disk fills up
unseen only when it takes more than that in a second."""

_KEPT: Final = "definitions-before"
"""A directory beside the engine's own: links to all definitions, while a migration changes them."""

_FAILED: Final = (
    "SELECT sum(value) FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'"
)
_DEFINITIONS: Final = ("metadata/*.sql", "store/*/*/*.sql")
_MUTATIONS: Final = "store/*/*/mutation_*.txt"
_TABLE: Final = re.compile(r"UUID '((...)[0-9a-f-]+)'")

log = logging.getLogger(__name__)


class Room:
    """`directory` is that of the embedded engine; None for an engine whose disk is its own affair.
    Any thread may call."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._sound_at = time.time()
        """Until then every write succeeded, or was looked at."""
        self._failed = 0
        self._doubtful = False
        self._merging = True

    def least(self) -> int:
        """Bytes that must be left."""
        return self._look()[1]

    def configuration(self) -> str:
        """`engine.xml`, for this disk."""
        return CONFIGURATION.read_text().replace(str(ROOM_BYTES), str(self.least()))

    def short(self) -> bool:
        free, least = self._look()
        return free < least

    def require(self) -> None:
        """Raises StoreUnavailable while too little is left to write anything."""
        free, least = self._look()
        if free < least:
            raise StoreUnavailable(
                f"The disk has less than {max(least >> 20, 1)} MB left: events wait in the journal,"
                " and nothing is removed. Make room."
            )

    def _look(self) -> tuple[int, int]:
        """Bytes that are left, and that must be."""
        if self._directory is None:
            return 0, 0
        there = next(one for one in (self._directory, *self._directory.parents) if one.exists())
        usage = shutil.disk_usage(there)
        return usage.free, min(ROOM_BYTES, usage.total // 10)

    def begin(self, client: Client) -> None:
        """Before anything is written: raises StoreUnavailable while there is too little room. What
        was written when a write failed is looked at first."""
        self.require()
        with self._lock:
            if self._doubtful:
                self._drop_broken(client)
                self._doubtful = False
                self._sound_at = time.time()
            if not self._merging:
                client.command("SYSTEM START MERGES")
                self._merging = True

    def finish_insert(self, client: Client) -> None:
        """After one, before anybody relies on it: raises StoreUnavailable when it may be broken.
        Then it is to be done again, as after a crash."""
        if not self._is_sound(client):
            raise StoreUnavailable(
                "A write of the event store failed meanwhile: the disk is full, or fails. This is "
                "tried again."
            )

    def finish_alteration(self, client: Client) -> None:
        """As `finish_insert`, after anything else."""
        self._doubtful |= self._sweep()
        self.finish_insert(client)

    def _is_sound(self, client: Client) -> bool:
        if self._directory is None:
            return True
        now = time.time()
        failed = int(client.command(_FAILED))  # type: ignore[arg-type]
        with self._lock:
            self._doubtful |= failed != self._failed or self.short()
            self._failed = failed
            if not self._doubtful:
                self._sound_at = now
            return not self._doubtful

    def watch(self, client: Client) -> None:
        """Every second. Merges that run out of room would take whole parts with them, so they
        end."""
        if not self.short():
            if not self._is_sound(client) or not self._merging:
                self.begin(client)
            return
        with self._lock:
            self._doubtful = True
            if self._merging:
                client.command("SYSTEM STOP MERGES")
                self._merging = False

    def _drop_broken(self, client: Client) -> None:
        """Parts of inserts that were cut: these inserts come again. A part of a merge is left:
        the parts that it was made of are read again when the engine starts."""
        rows = client.query(
            "SELECT table, name, min_block_number = max_block_number"
            " AND data_version = min_block_number FROM system.parts WHERE active"
            " AND database = currentDatabase() AND modification_time >= {since:DateTime}",
            parameters={"since": int(self._sound_at) - 2},
        ).result_rows
        for table, part, inserted in rows:
            whole = client.command(
                f"CHECK TABLE {table} PART '{part}' SETTINGS check_query_single_value_result = 1"
            )
            if int(str(whole)):
                continue
            if not inserted:
                log.error("A write failed, and cut %s/%s. Restart the server now.", table, part)
                continue
            log.warning("A write failed, and cut %s/%s: it is inserted again.", table, part)
            client.command(f"ALTER TABLE {table} DROP PART '{part}'")

    def _sweep(self) -> bool:
        """Remove mutations of which nothing was written, and definitions of tables that hold rows
        for a moment. Whether there were any."""
        if self._directory is None:
            return False
        empty = [
            path
            for pattern in (_MUTATIONS, "store/*/*/staged_*.sql")
            for path in self._directory.glob(pattern)
            if _is_empty(path)
        ]
        for path in empty:
            path.unlink(missing_ok=True)
        return bool(empty)

    # ── definitions, while a migration changes them ───────────────────────────────────────────

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Around the statements of one migration, which can be repeated. Raises StoreUnavailable
        when a definition was not written: then the engine is to be closed, and `mend` called."""
        self.require()
        if self._directory is None:
            yield
            return
        kept = self._directory / _KEPT
        shutil.rmtree(kept, ignore_errors=True)
        new = kept.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        for path in self._definitions():
            _keep(path, new / path.name)
        new.rename(kept)
        yield
        if any(_is_empty(path) or self._is_unfinished(path) for path in self._definitions()):
            raise StoreUnavailable("The disk filled up while the store was brought up to date.")
        shutil.rmtree(kept)

    def mend(self) -> None:
        """Before the engine starts: put back what a migration, or anything else, could not write
        for want of room. Raises StoreUnavailable when a new store has too little."""
        if self._directory is None:
            return
        if not (self._directory / "metadata").exists():
            self.require()
        self._sweep()
        kept = self._directory / _KEPT
        if not kept.exists():
            return
        for path in self._definitions():
            before = kept / path.name
            if before.exists() and _is_empty(path):
                log.warning("%s was cut by a full disk, and is as before.", path.name)
                before.replace(path)
            elif not before.exists() and (_is_empty(path) or self._is_unfinished(path)):
                log.warning("%s was cut by a full disk, and is made again.", path.name)
                path.unlink()
        shutil.rmtree(kept)

    def _definitions(self) -> list[Path]:
        assert self._directory is not None
        return [path for pattern in _DEFINITIONS for path in self._directory.glob(pattern)]

    def _is_unfinished(self, definition: Path) -> bool:
        """Of a table whose directory says nothing of its format."""
        assert self._directory is not None
        table = _TABLE.search(definition.read_text(errors="replace"))
        if table is None:
            return False
        return _is_empty(self._directory / "store" / table[2] / table[1] / "format_version.txt")


def _keep(path: Path, kept: Path) -> None:
    """The engine writes a definition under another name and puts it in the place of the old one."""
    try:
        os.link(path, kept)
    except OSError:  # a file system without links
        shutil.copy2(path, kept)


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return False
