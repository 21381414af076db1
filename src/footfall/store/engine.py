"""Connections to the engine: chDB in the data directory, or a ClickHouse server by URL.

Both are one client and one SQL (clickhouse-connect). A client runs one query at a time, so reads
borrow from a small pool and writes have a client of their own.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as EngineError

from footfall.core.errors import StoreUnavailable

READERS: Final = 4
"""More readers than cores: a slow export must not keep a small answer waiting."""

T = TypeVar("T")


class Engine:
    """Opens on first use, and again after a failure to open. Every failure of the engine is
    StoreUnavailable: the caller did nothing wrong, and nothing that was answered is lost."""

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        """`options` are the embedded engine's; a server by URL has its own configuration."""
        self._url = url
        self._options = options
        self._writer: Client | None = None
        self._write_lock = threading.Lock()
        self._idle: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(READERS):
            self._idle.put(None)

    @contextmanager
    def writing(self) -> Iterator[Client]:
        """The one client that inserts and alters."""
        with self._write_lock, _translated():
            if self._writer is None:
                self._writer = self._connect()
            yield self._writer

    @contextmanager
    def reading(self) -> Iterator[Client]:
        client = self._idle.get()
        try:
            with _translated():
                if client is None:
                    client = self._connect()
                yield client
        finally:
            self._idle.put(client)

    def _connect(self) -> Client:
        if self._url.startswith("chdb:"):
            return clickhouse_connect.get_client(dsn=self._url, chdb_options=self._options)
        return clickhouse_connect.get_client(dsn=self._url)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        while not self._idle.empty():
            client = self._idle.get()
            if client is not None:
                client.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (EngineError, OSError) as error:
        first_line = str(error).strip().split("\n", 1)[0][:500]
        raise StoreUnavailable(f"The event store does not answer: {first_line}") from error
