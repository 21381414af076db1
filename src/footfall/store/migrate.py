"""Brings the event store to the newest schema.

Files `migrations/NNNN_name.sql` run in the order of their numbers, statement by statement. The
engine has no transactions over schema changes, so every statement is written to be repeatable
(IF NOT EXISTS): interrupted, a file is run again from its start, and nothing happens twice.
"""

import re
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def migrate(client: Client) -> None:
    client.command(
        "CREATE TABLE IF NOT EXISTS migrations (version UInt32, name String,"
        " applied_at DateTime64(3, 'UTC') DEFAULT now64(3))"
        " ENGINE = MergeTree ORDER BY version"
        " SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,"
        " min_rows_to_fsync_after_merge = 1"
    )
    ((newest,),) = client.query("SELECT max(version) FROM migrations").result_rows
    for path in sorted(MIGRATIONS.glob("*.sql")):
        version, _, name = path.stem.partition("_")
        # A power cut may have taken the note of an earlier one, whose statements are not to be
        # repeated after later ones.
        if int(version) <= newest:
            continue
        for statement in statements(path.read_text()):
            client.command(statement)
        client.command(f"INSERT INTO migrations (version, name) VALUES ({int(version)}, '{name}')")


def statements(text: str) -> list[str]:
    """A file's statements: each ends with a semicolon at the end of a line."""
    without_comments = re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE)
    return [
        part.strip() for part in re.split(r";\s*$", without_comments, flags=re.M) if part.strip()
    ]
