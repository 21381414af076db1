"""The demo as a server shows it, and its raw events in DuckDB: each number is there twice."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import httpx

from tests.support.running import RunningServer

BERLIN = ZoneInfo("Europe/Berlin")
TABLES = """
SET TimeZone = 'UTC';
CREATE TABLE e AS SELECT
    * REPLACE (timezone('UTC', received_at) AS received_at),
    timezone('UTC', occurred_at) AS t,
    id::UBIGINT AS number,
    verdict = 'counted' AS counted,
    verdict = 'counted' AND kind NOT IN ('delivery', 'bounce') AS person
FROM '{file}';
CREATE MACRO local(utc, zone) AS timezone(zone, timezone('UTC', utc));
CREATE MACRO new_event(metadata, name) AS json_extract_string(nullif(metadata, ''), '$.' || name);
"""
_DAY = re.compile(r"\{([dcm])([+-]\d+)\}")


class Row(NamedTuple):
    """A sentence, what the server answers as tuples, and the SQL that finds the same in the raw
    events."""

    sentence: str
    ask: Callable[["Demo"], Sequence[Any]]
    sql: str


class Demo:
    """`{d-3}` in a request or in SQL is the day three days before that of the newest event (UTC),
    `{c+1}` the day after the last change of Berlin's clocks, `{m-1}` the first of the month
    before."""

    def __init__(self, server: RunningServer, file: Path) -> None:
        self.client = httpx.Client(
            base_url=server.url,
            headers={"Authorization": f"Bearer {server.key}", "X-Eflow-API-Key": server.key},
            timeout=60,
        )
        file.write_bytes(self.get("/events", format="parquet").content)
        self.database = duckdb.connect()
        self.database.execute(TABLES.replace("{file}", str(file)))
        ((newest,),) = self.database.execute("SELECT max(t) FROM e").fetchall()
        self.newest: date = newest.date()
        self.changed = _last_change(newest)

    def close(self) -> None:
        self.client.close()
        self.database.close()

    def fill(self, value: Any) -> Any:
        """The same with the days in it."""
        if isinstance(value, str):
            return _DAY.sub(lambda found: self._day(*found.groups()), value)
        if isinstance(value, dict):
            return {name: self.fill(one) for name, one in value.items()}
        return [self.fill(one) for one in value] if isinstance(value, list) else value

    def _day(self, what: str, text: str) -> str:
        number = int(text)
        if what == "m":
            months = self.newest.year * 12 + self.newest.month - 1 + number
            return f"{months // 12}-{months % 12 + 1:02}-01"
        first = self.newest if what == "d" else self.changed
        return str(first + timedelta(days=number))

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        return self.database.execute(self.fill(text)).fetchall()

    def get(self, path: str, **query: Any) -> httpx.Response:
        return _checked(self.client.get(path, params=self.fill(query)))

    def json(self, path: str, **query: Any) -> Any:
        return self.get(path, **query).json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return _checked(self.client.post(path, json=self.fill(body))).json()

    def keep(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Rows of another list as a table, for SQL that needs more than events."""
        self.database.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
        marks = ", ".join("?" for _ in columns.split(","))
        self.database.executemany(f"INSERT INTO {table} VALUES ({marks})", [*rows])


def _checked(response: httpx.Response) -> httpx.Response:
    assert response.status_code == 200, response.text
    return response


def _last_change(moment: datetime) -> date:
    """The day on which Berlin's clocks changed last, ten days before this moment at least: what
    follows has days on both sides."""
    at = moment.replace(tzinfo=UTC) - timedelta(days=10)
    while _offset(at) == _offset(at - timedelta(days=1)):
        at -= timedelta(days=1)
    return at.astimezone(BERLIN).date()


def _offset(at: datetime) -> timedelta | None:
    return at.replace(hour=12).astimezone(BERLIN).utcoffset()
