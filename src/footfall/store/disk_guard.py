"""Protects the embedded engine's files against writes that fail without an error.

When the last write of a file fails, the engine (chDB 26.9) increments a counter and reports
success, although the file is truncated. A truncated part cannot be read. With a truncated table
definition or mutation the engine does not start again. The usual cause is a full disk. So no write
starts below a minimum of free space (`engine.xml` applies it to inserts and merges), and after a
failed write the new parts are checked and the write is repeated. Decision record 0035.
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

FREE_BYTES_MIN: Final = int(
    ElementTree.parse(CONFIGURATION).findtext(".//keep_free_space_bytes", "0")  # noqa: S314 (ours)
)
"""Minimum of free space; a tenth of a small disk. It is checked every second, so a disk must lose
this much within a second to fill up unnoticed."""

_BACKUP: Final = "definitions-before"
"""Directory in the engine's own: hard links to all definitions while a migration changes them."""

_FAILED_WRITES: Final = (
    "SELECT sum(value) FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'"
)
_DEFINITIONS: Final = ("metadata/*.sql", "store/*/*/*.sql")
_MUTATIONS: Final = "store/*/*/mutation_*.txt"
_TABLE_ID: Final = re.compile(r"UUID '((...)[0-9a-f-]+)'")

log = logging.getLogger(__name__)


class DiskGuard:
    """`directory` is the embedded engine's; None for an engine without a disk here, and then every
    check passes. Thread-safe."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._verified_at = time.time()
        """All parts written before this time are known to be whole."""
        self._failed_writes = 0
        self._suspect = False
        self._merging = True

    def free_bytes_min(self) -> int:
        """Minimum of free space on this disk."""
        return self._space()[1]

    def configuration(self) -> str:
        """`engine.xml` with the minimum of this disk."""
        return CONFIGURATION.read_text().replace(str(FREE_BYTES_MIN), str(self.free_bytes_min()))

    def is_low(self) -> bool:
        free, minimum = self._space()
        return free < minimum

    def require_space(self) -> None:
        """Raises StoreUnavailable while the disk is low."""
        free, minimum = self._space()
        if free < minimum:
            raise StoreUnavailable(
                f"The disk has less than {max(minimum >> 20, 1)} MB of free space: events wait in "
                "the journal, and nothing is deleted. Free some space."
            )

    def _space(self) -> tuple[int, int]:
        """Free bytes, and their minimum."""
        if self._directory is None:
            return 0, 0
        existing = next(one for one in (self._directory, *self._directory.parents) if one.exists())
        usage = shutil.disk_usage(existing)
        return usage.free, min(FREE_BYTES_MIN, usage.total // 10)

    def before_write(self, client: Client) -> None:
        """Raises StoreUnavailable while the disk is low. After a failed write, drops the broken
        parts first."""
        self.require_space()
        with self._lock:
            if self._suspect:
                self._drop_broken_parts(client)
                self._suspect = False
                self._verified_at = time.time()
            if not self._merging:
                client.command("SYSTEM START MERGES")
                self._merging = True

    def after_insert(self, client: Client) -> None:
        """Raises StoreUnavailable if a write failed meanwhile: the insert must be repeated, as
        after a crash."""
        if not self._all_written(client):
            raise StoreUnavailable(
                "A write of the event store failed: the disk is full or faulty. The operation is "
                "repeated."
            )

    def after_mutation(self, client: Client) -> None:
        """Same as `after_insert`; deletes empty mutation files first."""
        self._suspect |= self._delete_empty_files()
        self.after_insert(client)

    def _all_written(self, client: Client) -> bool:
        """False if a write failed since the last call, or the disk is low."""
        if self._directory is None:
            return True
        now = time.time()
        ((failed,),) = client.query(_FAILED_WRITES).result_rows
        with self._lock:
            self._suspect |= failed != self._failed_writes or self.is_low()
            self._failed_writes = failed
            if not self._suspect:
                self._verified_at = now
            return not self._suspect

    def watch(self, client: Client) -> None:
        """Periodic check. Stops merges while the disk is low: a truncated merge would lose all
        parts that it replaces."""
        if not self.is_low():
            if not self._all_written(client) or not self._merging:
                self.before_write(client)
            return
        with self._lock:
            self._suspect = True
            if self._merging:
                client.command("SYSTEM STOP MERGES")
                self._merging = False

    def _drop_broken_parts(self, client: Client) -> None:
        """Drops broken parts of inserts, which are repeated. A broken merged part stays: the engine
        restores the parts it was merged from when it starts."""
        rows = client.query(
            "SELECT table, name, min_block_number = max_block_number"
            " AND data_version = min_block_number FROM system.parts WHERE active"
            " AND database = currentDatabase() AND modification_time >= {since:DateTime}",
            parameters={"since": int(self._verified_at) - 2},
        ).result_rows
        for table, part, is_insert in rows:
            whole = client.command(
                f"CHECK TABLE {table} PART '{part}' SETTINGS check_query_single_value_result = 1"
            )
            if int(str(whole)):
                continue
            if not is_insert:
                log.error(
                    "A write failed and truncated the merged part %s/%s. Restart the server within "
                    "8 minutes: the engine then restores the parts it was merged from.",
                    *(table, part),
                )
                continue
            log.warning("A write failed and truncated %s/%s: inserting it again.", table, part)
            client.command(f"ALTER TABLE {table} DROP PART '{part}'")

    def _delete_empty_files(self) -> bool:
        """Deletes empty mutation files, and empty definitions of temporary tables. True if there
        were any."""
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

    # ── table definitions, during a migration ─────────────────────────────────────────────────

    @contextmanager
    def migration(self) -> Iterator[None]:
        """Context of the statements of one migration, which must be repeatable. Raises
        StoreUnavailable if a definition was not written. The caller must then close the engine and
        call `repair_definitions`."""
        self.require_space()
        if self._directory is None:
            yield
            return
        backup = self._directory / _BACKUP
        shutil.rmtree(backup, ignore_errors=True)
        new = backup.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        for path in self._definitions():
            _link_or_copy(path, new / path.name)
        new.rename(backup)
        yield
        if any(_is_empty(path) or self._is_incomplete(path) for path in self._definitions()):
            raise StoreUnavailable("The disk is full: the schema migration is repeated.")
        shutil.rmtree(backup)

    def repair_definitions(self) -> None:
        """Restores definitions that an interrupted migration truncated. Call it before the engine
        starts. Raises StoreUnavailable if the store is new and the disk is low."""
        if self._directory is None:
            return
        if not (self._directory / "metadata").exists():
            self.require_space()
        self._delete_empty_files()
        backup = self._directory / _BACKUP
        if not backup.exists():
            return
        for path in self._definitions():
            before = backup / path.name
            if before.exists() and _is_empty(path):
                log.warning("Restoring %s, which a full disk truncated.", path.name)
                before.replace(path)
            elif not before.exists() and (_is_empty(path) or self._is_incomplete(path)):
                log.warning("Deleting %s, which a full disk truncated.", path.name)
                path.unlink()
        shutil.rmtree(backup)

    def _definitions(self) -> list[Path]:
        assert self._directory is not None
        return [path for pattern in _DEFINITIONS for path in self._directory.glob(pattern)]

    def _is_incomplete(self, definition: Path) -> bool:
        """True if the table's directory has an empty format version."""
        assert self._directory is not None
        table = _TABLE_ID.search(definition.read_text(errors="replace"))
        if table is None:
            return False
        return _is_empty(self._directory / "store" / table[2] / table[1] / "format_version.txt")


def _link_or_copy(path: Path, target: Path) -> None:
    """A hard link keeps the old content: the engine replaces a definition by a rename."""
    try:
        os.link(path, target)
    except OSError:  # a file system without hard links
        shutil.copy2(path, target)


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return False
