"""Brings the event store to the newest schema.

Files `migrations/NNNN_name.sql` run in the order of their numbers, statement by statement. The
engine has no transactions over schema changes, so every statement is written to be repeatable
(IF NOT EXISTS): interrupted, a file is run again from its start, and nothing happens twice. Numbers
begin at 0101: lower ones were used before the first release, for other schemas.
"""

import re
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as EngineError

from footfall.core.errors import StoreDefect
from footfall.store.disk_guard import DiskGuard

MIGRATIONS: Final = Path(__file__).parent / "migrations"
UNGUARDED: Final = DiskGuard(None)


def migrate(client: Client, disk: DiskGuard = UNGUARDED) -> None:
    """Raises StoreUnavailable if a migration is due and the disk is low, StoreDefect for a schema
    of another version."""
    if not client.command("EXISTS TABLE migrations"):
        with disk.migration():
            client.command(
                "CREATE TABLE IF NOT EXISTS migrations (version UInt32, name String,"
                " applied_at DateTime64(3, 'UTC') DEFAULT now64(3))"
                " ENGINE = MergeTree ORDER BY version"
                " SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,"
                " min_rows_to_fsync_after_merge = 1"
            )
    newest = _newest(client)
    migrations = {int(path.stem.partition("_")[0]): path for path in MIGRATIONS.glob("*.sql")}
    if newest and newest not in migrations:
        raise StoreDefect(
            f"The event store's schema {newest} is not known to this version. Take the version of"
            " Footfall that made it, or a backup."
        )
    # A power cut may have taken the note of an earlier one, whose statements are not to be repeated
    # after later ones.
    for version in sorted(one for one in migrations if one > newest):
        path = migrations[version]
        with disk.migration():
            for statement in statements(path.read_text()):
                client.command(statement)
        newest = version
        name = path.stem.partition("_")[2]
        client.command(f"INSERT INTO migrations (version, name) VALUES ({version}, '{name}')")
    if newest != _commented(client):
        with disk.migration():
            client.command(f"ALTER TABLE migrations MODIFY COMMENT '{newest}'")


def _commented(client: Client) -> int:
    ((comment,),) = client.query(
        "SELECT comment FROM system.tables"
        " WHERE database = currentDatabase() AND name = 'migrations'"
    ).result_rows
    return int(comment or 0)


def _newest(client: Client) -> int:
    """The greatest version that was applied, 0 for none. It is in the table's comment too, which no
    damaged part takes away: the first versions would ruin the tables of today."""
    known = _commented(client)
    try:
        ((newest,),) = client.query("SELECT max(version) FROM migrations").result_rows
    except EngineError:
        if not known:
            raise
        return known
    return max(known, int(newest))


def statements(text: str) -> list[str]:
    """A file's statements: each ends with a semicolon at the end of a line."""
    without_comments = re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE)
    return [
        part.strip() for part in re.split(r";\s*$", without_comments, flags=re.M) if part.strip()
    ]
