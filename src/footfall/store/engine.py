"""Connections to the engine: chDB in the data directory, or a ClickHouse server by URL.

Both are one client and one SQL (clickhouse-connect). A client runs one query at a time, so reads
borrow from a small pool, and inserts and alterations have a client each.
"""

import importlib
import os
import queue
import sys
import threading
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import IOBase
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, TypeVar, cast

import clickhouse_connect
import urllib3
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as EngineError

from footfall.core.errors import FootfallError, InvalidRequest, StoreUnavailable
from footfall.runtime.read_queue import THREADS, UNDER_WAY
from footfall.store.disk_guard import DiskGuard
from footfall.store.failures import translated
from footfall.store.limited_client import CANCEL, Bounded
from footfall.store.paths import EMBEDDED, engine_path, leave_special_directory
from footfall.store.swaps import Swaps

T = TypeVar("T")

JOBS: Final = 4
"""Threads for what goes on in the background."""

READERS: Final = THREADS + JOBS
"""Each is opened when the others are at work."""

CLOSE_SECONDS_MAX: Final = 5.0
STREAMED_BYTES: Final = 1 << 18

AT_ONCE: Final = "apply_mutations_on_fly"
"""Rows whose deletion is registered are gone for every reader, while the engine still rewrites."""


class _DedicatedClient:
    """A client for one purpose, opened on first use."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.client: Client | None = None


class Engine:
    """Opens on first use, and again after a failure to open. Its failures are those that
    `failures.translated` makes of the engine's."""

    def __init__(
        self,
        url: str,
        options: dict[str, Any],
        finish: Callable[[Client], None] = lambda _: None,
    ) -> None:
        """`url` is `chdb://` and the path of a directory, as it is, or `clickhouse://…`. `options`
        are the embedded engine's; a server by URL has its own configuration. `finish` does the rest
        of a swap that failed."""
        self._url = url
        self.embedded = url.startswith(EMBEDDED)
        self._options = options
        self._finish = finish
        path = url.removeprefix(EMBEDDED) if self.embedded else ""
        self.disk = DiskGuard(Path(path) if path.startswith("/") else None)
        self._inserting = _DedicatedClient()
        self._mutations = _DedicatedClient()
        self._cancelling = _DedicatedClient()
        self._watching = _DedicatedClient()
        self.insert_incomplete = False
        """An insert is under way, failed half-way, or is still in the journal: it may come again,
        and then the tables are queried whether they hold it."""
        self.swaps = Swaps()
        self._idle: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(READERS):
            self._idle.put(None)

    @contextmanager
    def inserting(self) -> Iterator[Client]:
        """The one client that inserts. Raises StoreUnavailable while the disk is nearly full."""
        with self._reserve(self._inserting) as client:
            self.disk.before_write(client)
            if self.swaps.unfinished:
                with self.swaps.swap():
                    self._finish(client)
            yield client

    @contextmanager
    def between_inserts(self) -> Iterator[Client]:
        """The client that inserts, while no insert may come again: what is removed or recomputed
        now is requested by none. Raises StoreUnavailable."""
        with self.inserting() as client:
            if self.insert_incomplete:
                raise StoreUnavailable(
                    "A batch is stored and not settled: first the loader must finish it."
                )
            yield client
            self.disk.after_mutation(client)

    @contextmanager
    def mutations(self) -> Iterator[Client]:
        """The one client that erases: inserts go on while it works. Raises StoreUnavailable while
        the disk is nearly full, also when it has become so: then the same is to be done again."""
        with self._reserve(self._mutations) as client:
            self.disk.before_write(client)
            yield client
            self.disk.after_mutation(client)

    @contextmanager
    def migrating(self) -> Iterator[Client]:
        """The client that makes tables, before any other is opened. An engine that could not write
        a definition knows it all the same, so after a failure it is closed."""
        self.disk.repair_definitions()
        with self._reserve(self._mutations) as client:
            try:
                yield client
                self.disk.watch(client)
            except BaseException:
                client.close()
                raise

    def watch_disk(self) -> None:
        """Every second. Raises StoreUnavailable."""
        if self.embedded:
            with self._reserve(self._watching) as client:
                self.disk.watch(client)

    @contextmanager
    def _reserve(self, reserved: "_DedicatedClient") -> Iterator[Client]:
        with reserved.lock, _translated():
            if reserved.client is None:
                reserved.client = self._connect()
            try:
                yield reserved.client
            except BaseException as error:
                reserved.client = self._kept(reserved.client, error)
                raise

    @contextmanager
    def reading(self) -> Iterator[Client]:
        """A client that goes back to the others. Its queries keep to the limits of the read that
        this thread works for, if it does for one."""
        client = self._idle.get()
        try:
            with _translated():
                if client is None:
                    client = self._connect()
                read = UNDER_WAY.get()
                yield client if read is None else cast(Client, Bounded(client, read))
        except BaseException as error:
            client = self._kept(client, error)
            raise
        finally:
            self._idle.put(client)

    def read_counts(self, ask: Callable[[Client], T]) -> T:
        """What `ask` reads, from tables of counts too: see `Swaps`. It may be called several
        times."""

        def read() -> T:
            with self.reading() as client:
                return ask(client)

        return self.swaps.read(read)

    def _kept(self, client: Client | None, error: BaseException) -> Client | None:
        """The client after an error, None when it is of no use any more. What an embedded engine
        had written of an answer by then stands before its next one: whether it did is tried. A
        server's session may be locked by a query whose answer did not come."""
        if client is None or not isinstance(error, FootfallError | GeneratorExit):
            clean = False
        elif self.embedded:
            clean = _answers(client)
        else:
            clean = not isinstance(error, StoreUnavailable)
        if client is not None and not clean:
            client.close()
        return client if clean else None

    def cancel(self, read: str) -> None:
        """End the query of the read with this id, if it has one under way. Blocks for
        milliseconds."""
        with self._reserve(self._cancelling) as client:
            client.query(CANCEL, parameters={"read": read})

    def stream(
        self, sql: str, parameters: dict[str, Any], format: str, *, local: bool = False
    ) -> Iterator[bytes]:
        """The answer as bytes of a format, piece by piece. A `local` question is about files of
        this machine: a server elsewhere cannot see them, so an embedded engine answers it."""
        # Else a server that fails half-way would write its error into the rows.
        settings = {} if self.embedded or local else {"wait_end_of_query": 1}
        with self._local() if local else self.reading() as client:
            answer = client.raw_stream(sql, parameters=parameters, fmt=format, settings=settings)
            assert isinstance(answer, IOBase)
            with answer:
                while piece := answer.read(STREAMED_BYTES):
                    yield piece

    @contextmanager
    def _local(self) -> Iterator[Client]:
        """The embedded engine: this one, or one that has no data."""
        if self.embedded:
            with self.reading() as client:
                yield client
            return
        with _translated():
            _import_chdb()
            client = clickhouse_connect.get_client(dsn="chdb://")
            try:
                yield client
            finally:
                client.close()

    def _connect(self) -> Client:
        if self.embedded:
            _import_chdb()
            path = self._url.removeprefix(EMBEDDED) or ":memory:"
            if path != ":memory:":
                leave_special_directory()
                # Not as a URL, of which "#" would be the end. As "file:", or the client would
                # follow a descriptor to the directory's own name.
                path = f"file:{engine_path(Path(path))}"
            with _in_memory(self.disk.configuration()) as file:
                options = {"config-file": f"/dev/fd/{file}", **self._options}
                client = clickhouse_connect.get_client(
                    interface="chdb", path=path, chdb_options=options
                )
            client.command(f"SET {AT_ONCE} = 1")
            return client
        # Parameters in the body: a list of ids is too long for a URL.
        return clickhouse_connect.get_client(
            dsn=self._url, form_encode_query_params=True, settings={AT_ONCE: 1}
        )

    def close(self) -> None:
        """Close what is idle. What is at work ends with the process, as after a crash."""
        for reserved in (self._inserting, self._mutations, self._cancelling, self._watching):
            if reserved.lock.acquire(timeout=CLOSE_SECONDS_MAX):
                if reserved.client is not None:
                    reserved.client.close()
                reserved.lock.release()
        while not self._idle.empty():
            client = self._idle.get()
            if client is not None:
                client.close()


ALLOCATOR: Final = "narenas:1,dirty_decay_ms:300,muzzy_decay_ms:0"
"""How the engine gives freed memory back: soon. By default it keeps 40 MB more under load and
60 MB more after it, at the same speed."""


def _import_chdb() -> None:
    """Without pyarrow, which chDB imports when it finds it, for tables that nobody asks for here:
    40 MB of memory. Whoever imports it later gets it."""
    os.environ.setdefault("JE_MALLOC_CONF", ALLOCATOR)  # read once, when the library is loaded
    if "chdb" in sys.modules or "pyarrow" in sys.modules:
        return
    sys.modules["pyarrow"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("chdb")
    except ImportError as error:
        zone = os.environ.get("TZ")
        if zone and zone not in zoneinfo.available_timezones():
            raise InvalidRequest(
                f"TZ (environment): {zone!r} is no time zone that the event store knows. Set a name"
                " such as Europe/Amsterdam or UTC, or none."
            ) from error
        raise StoreUnavailable(f"The event store's engine cannot be loaded: {error}") from error
    finally:
        del sys.modules["pyarrow"]


@contextmanager
def _in_memory(text: str) -> Iterator[int]:
    """The descriptor of a file that needs no room on a disk. The engine opens it by that: a path
    would be cut at an "&"."""
    linux = hasattr(os, "memfd_create")
    with os.fdopen(os.memfd_create("footfall"), "w") if linux else TemporaryFile("w") as file:
        file.write(text)
        file.flush()
        yield file.fileno()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (EngineError, urllib3.exceptions.HTTPError, OSError) as error:
        raise translated(error) from error


def _answers(client: Client) -> bool:
    """Whether nothing of an earlier answer stands before the next one."""
    try:
        return client.raw_query("SELECT 1", fmt="TabSeparated") == b"1\n"
    except EngineError:
        return False
