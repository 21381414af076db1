"""Connections to the journal beside its writer: they hold up no commit, and one that fails is
made again."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from footfall.core.events import Event, EventKind, Verdict
from footfall.journal import keeper
from footfall.journal.file import connect
from footfall.journal.journal import SqliteJournal
from footfall.journal.keeper import Keeper
from footfall.journal.log import Log
from footfall.journal.scrubbing import INCREMENTAL
from footfall.journal.writer import Writer
from tests.support.running import wait_for

WIDE = 1 << 30


def event(number: int) -> Event:
    return Event(id=number, account=1, kind=EventKind.SCAN, source="t", verdict=Verdict.COUNTED)


async def test_a_connection_to_a_journal_writes_nothing_and_waits_for_no_writer(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE)
    await journal.append(event(1))
    log = path.with_name("journal.db-wal")
    with closing(sqlite3.connect(path, isolation_level=None)) as writing:
        before = writing.execute("PRAGMA data_version").fetchone(), log.read_bytes()
        connect(path).close()
        assert (writing.execute("PRAGMA data_version").fetchone(), log.read_bytes()) == before
        writing.execute("BEGIN IMMEDIATE")  # a disk that holds up a commit
        async with asyncio.timeout(5):  # the timeout of a connection is 10 s
            connection = await asyncio.to_thread(connect, path)
        connection.close()
        writing.execute("COMMIT")
    await asyncio.to_thread(journal.close)


def test_a_new_file_gives_back_its_free_pages_and_an_older_one_is_rewritten(
    tmp_path: Path,
) -> None:
    new, older = tmp_path / "new.db", tmp_path / "older.db"
    with closing(sqlite3.connect(older)) as made:
        made.execute("CREATE TABLE something (one INTEGER)")
    for path in (new, older):
        SqliteJournal(path, WIDE).close()
        with closing(connect(path)) as file:
            assert file.execute("PRAGMA auto_vacuum").fetchone() == (INCREMENTAL,)


def test_a_keeper_whose_first_connections_fail_copies_the_log_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the log grows: nothing else copies it."""
    monkeypatch.setattr(keeper, "INTERVAL_SECONDS", 0.01)
    monkeypatch.setattr(keeper, "CHECKPOINT_PAGES", 1)
    path, attempts = tmp_path / "journal.db", []

    def connect_at_the_third_attempt() -> sqlite3.Connection:
        attempts.append(1)
        if len(attempts) < 3:
            raise sqlite3.OperationalError("disk I/O error")
        return connect(path)

    writer = Writer(connect(path, create=True))
    writer.call(lambda file: file.execute("CREATE TABLE something (one BLOB)"))
    log = Log(path, connect_at_the_third_attempt)
    marks: list[int] = []
    kept = Keeper(writer, log, lambda: writer.commits, lambda: marks.append(len(attempts)))
    writer.call(lambda file: file.execute("INSERT INTO something VALUES (zeroblob(100000))"))
    wait_for(lambda: path.stat().st_size > 100_000 or None)
    assert 1 in marks  # the mark is kept meanwhile
    kept.stop(5)
    assert writer.close(5)
    log.close()
