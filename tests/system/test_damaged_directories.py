"""What is damaged or of another kind than it should be: one sentence that says what to do, and the
exit code 1. Never a traceback."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from footfall.bootstrap import bootstrap, open_catalog
from footfall.cli.torture.server import free_port
from footfall.config import Settings
from footfall.journal.journal import SqliteJournal
from tests.support import running
from tests.support.running import footfall, inherited

Damage = Callable[[Path], object]
RANDOM = bytes(range(7, 256)) * 100


def sql(name: str, *statements: str) -> Damage:
    def run(data: Path) -> None:
        connection = sqlite3.connect(data / name)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return run


def write(name: str, content: bytes) -> Damage:
    def run(data: Path) -> None:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(content)

    return run


def make_directory(name: str) -> Damage:
    def run(data: Path) -> None:
        (data / name).unlink(missing_ok=True)
        (data / name).mkdir()

    return run


def truncate(name: str) -> Damage:
    return lambda data: os.truncate(data / name, (data / name).stat().st_size // 2)


def replace_by_file(data: Path) -> None:
    shutil.rmtree(data)
    data.write_text("")


def replace_catalog(data: Path) -> None:
    (data / "catalog.db").unlink()
    sql("catalog.db", "CREATE TABLE accounts (x)")(data)


def empty_catalog(data: Path) -> None:
    asyncio.run(close(SqliteJournal(data / "journal.db", 1 << 20)))
    (data / "catalog.db").write_bytes(b"")


async def close(journal: SqliteJournal) -> None:
    await asyncio.to_thread(journal.close)


CASES: dict[str, tuple[Damage, tuple[str, ...], str]] = {
    "a catalog of random bytes": (
        write("catalog.db", RANDOM),
        ("serve", "doctor", "keys list"),
        "catalog.db cannot be used: file is not a database. If it is damaged",
    ),
    "half a catalog": (truncate("catalog.db"), ("serve", "doctor"), "put it back from a backup"),
    "a catalog of zero bytes beside a journal": (
        empty_catalog,
        ("serve", "doctor"),
        "has no account, though this directory was in use before",
    ),
    "a catalog of a later version": (
        sql("catalog.db", "UPDATE alembic_version SET version_num = '9999'"),
        ("serve", "doctor"),
        "its schema '9999' is not known to this version",
    ),
    "a catalog of another program": (
        replace_catalog,
        ("serve",),
        "table accounts already exists",
    ),
    "a value that nobody knows": (
        sql("catalog.db", "UPDATE accounts SET privacy = 'odd'"),
        ("serve", "doctor"),
        "Invalid enum value 'odd' - at `$.privacy`",
    ),
    "a directory for a catalog": (
        make_directory("catalog.db"),
        ("serve", "members list"),
        "catalog.db cannot be used: unable to open database file",
    ),
    "a journal of random bytes": (
        write("journal.db", RANDOM),
        ("serve", "doctor"),
        "file is not a database",
    ),
    "a journal of another program": (
        sql("journal.db", "CREATE TABLE groups (x)"),
        ("serve",),
        "Its events may not be in the event store yet",
    ),
    "a directory for a lock": (
        make_directory("lock"),
        ("serve", "doctor", "verify"),
        "lock: Is a directory. A directory has the name of this file: move it away.",
    ),
    "a key of random bytes": (write("link-key", RANDOM), ("serve",), "does not hold a key"),
    "a manifest cut short": (
        write("archive/1/manifest.json", b"{"),
        ("archive verify",),
        "The details are in",
    ),
    "a file for a data directory": (
        replace_by_file,
        ("serve", "doctor", "demo"),
        "cannot be",
    ),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    running.make_data(directory)
    directory.mkdir(exist_ok=True)
    settings = Settings(data=str(directory), bootstrap_key=running.ADMIN_KEY)
    catalog = open_catalog(settings)
    bootstrap(catalog, settings)
    catalog.close()
    return directory


def environment(data: Path, **more: str) -> dict[str, str]:
    named = {"FOOTFALL_DATA": str(data), "FOOTFALL_PORT": str(free_port())}
    return {**inherited(), **named, **more}


@pytest.mark.parametrize("case", CASES)
def test_what_is_damaged_is_told_in_a_sentence(data: Path, case: str) -> None:
    damage, commands, said = CASES[case]
    damage(data)
    for command in commands:
        done = footfall(*command.split(), env=environment(data))
        text = " ".join(done.stdout.split())
        assert done.returncode == 1, (command, text)
        assert said in text, (command, text)
        assert "Traceback" not in text, (command, text)


def test_a_zone_that_nobody_knows_is_told_in_a_sentence(data: Path) -> None:
    for command in ("serve", "doctor"):
        done = footfall(command, env=environment(data, TZ="No/Such"))
        assert done.returncode == 1
        assert "'No/Such' is no time zone" in " ".join(done.stdout.split())
        assert "Traceback" not in done.stdout


def test_what_can_be_made_anew_keeps_no_server_from_starting(
    start_server: Callable[..., running.RunningServer], data: Path
) -> None:
    for damage in (
        *(make_directory("visitor-salt.json"), write("integrity.json", RANDOM)),
        *(write("temporary", b""), write("archive/other", b"")),
    ):
        damage(data)
    server = start_server(data)
    code = server.create_code()
    assert server.scan(code["slug"]).headers["x-footfall"] == "recorded"
    assert server.analytics(code["id"])["scans"]["total"] == 1
