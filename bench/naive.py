"""What a user would write alone: `python -m bench.naive PORT FILE [DSN]`.

One durable INSERT a redirect, no look-up and no enrichment. Into SQLite at FILE with
`synchronous=FULL`, or into PostgreSQL when there is a DSN.
"""

import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

TABLE = "CREATE TABLE IF NOT EXISTS scans (at BIGINT, path TEXT, user_agent TEXT, referrer TEXT)"
Insert = Callable[[int, str, str, str], Awaitable[None]]


async def into_sqlite(file: str) -> Insert:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE)

    async def insert(*row: Any) -> None:
        connection.execute("INSERT INTO scans VALUES (?, ?, ?, ?)", row)

    return insert


async def into_postgres(dsn: str) -> Insert:
    import asyncpg

    pool = await asyncpg.create_pool(dsn, min_size=8, max_size=8)
    await pool.execute(TABLE)

    async def insert(*row: Any) -> None:
        await pool.execute("INSERT INTO scans VALUES ($1, $2, $3, $4)", *row)

    return insert


class Application:
    def __init__(self, file: str, dsn: str) -> None:
        self._file, self._dsn = file, dsn
        self._insert: Insert | None = None

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        if self._insert is None:
            made = into_postgres(self._dsn) if self._dsn else into_sqlite(self._file)
            self._insert = await made
        headers = dict(scope["headers"])
        agent = headers.get(b"user-agent", b"").decode("latin-1")
        referrer = headers.get(b"referer", b"").decode("latin-1")
        await self._insert(time.time_ns() // 1_000_000, scope["path"], agent, referrer)
        location = [(b"location", b"https://example.org/")]
        await send({"type": "http.response.start", "status": 302, "headers": location})
        await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    port, file, dsn = int(sys.argv[1]), sys.argv[2], "".join(sys.argv[3:])
    uvicorn.run(
        Application(file, dsn), port=port, access_log=False, log_level="error", lifespan="off"
    )
