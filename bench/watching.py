"""What happens beside the load: somebody watches a dashboard, and we watch the loader."""

import threading
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final, Self

import httpx

from footfall.cli.torture.books import Broken
from tests.support.running import RunningServer

DASHBOARD_SECONDS: Final = 0.2
WATCH_SECONDS: Final = 0.1
SETTLE_SECONDS_MAX: Final = 120.0


class _Repeated(ABC):
    """Asks again and again on a thread of its own, over a connection of its own. What fails there
    is raised at the end: a load without its dashboard is not what was to be measured."""

    def __init__(self, server: RunningServer, every_seconds: float) -> None:
        self._every_seconds = every_seconds
        self._stopping = threading.Event()
        self._client = httpx.Client(base_url=server.url, headers=server.client.headers, timeout=30)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._problem: httpx.HTTPError | None = None

    @abstractmethod
    def ask(self, client: httpx.Client) -> None:
        """One question."""

    def _run(self) -> None:
        while self._problem is None and not self._stopping.wait(self._every_seconds):
            try:
                self.ask(self._client)
            except httpx.HTTPError as error:
                self._problem = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._client.close()
        if error is None and self._problem is not None:
            raise self._problem


class Dashboard(_Repeated):
    """Somebody looks at the last 90 days of a code, again and again."""

    def __init__(self, server: RunningServer, code: str) -> None:
        super().__init__(server, DASHBOARD_SECONDS)
        self._path = f"/v1/dynamic/{code}/scans?days=90"

    def ask(self, client: httpx.Client) -> None:
        client.get(self._path).raise_for_status()


class LagWatch(_Repeated):
    """How old the oldest event is that is recorded and not yet in the store."""

    def __init__(self, server: RunningServer) -> None:
        super().__init__(server, WATCH_SECONDS)
        self._seen: list[tuple[float, int]] = []
        self.seconds_max = 0.0

    def ask(self, client: httpx.Client) -> None:
        health = client.get("/health").json()
        now, recorded = time.monotonic(), health["recorded"]
        stored = recorded - health["backlog"]["events"]
        self._seen.append((now, recorded))
        # The oldest one waiting was recorded after the last look that had no more than is stored.
        since = max((at for at, count in self._seen if count <= stored), default=self._seen[0][0])
        self.seconds_max = max(self.seconds_max, now - since)


def settle(server: RunningServer) -> int:
    """Wait until everything recorded is stored; returns how many were recorded since the start.

    Raises Broken when the backlog does not empty, or when something was not recorded.
    """
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while True:
        health = server.client.get("/health").json()
        if health["unrecorded"]:
            raise Broken(f"Scans were not recorded: {health}")
        if not health["backlog"]["events"]:
            return int(health["recorded"])
        if time.monotonic() > deadline:
            raise Broken(f"The backlog does not empty: {health}")
        time.sleep(0.1)
