"""The application in this process: the real catalog, journal and engine, without a socket."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
from litestar import Router

from footfall import bootstrap
from footfall.api.parts import Parts
from footfall.app import Footfall
from footfall.config import Settings
from footfall.dialects.everflow.index import Index
from footfall.runtime.background import Background
from footfall.runtime.shutdown import Stopping

BASE = "http://testserver"


class InProcess:
    """`key` is the admin key of account 1."""

    def __init__(self, footfall: Footfall, application: Any, key: str) -> None:
        self.footfall = footfall
        self.key = key
        self._application = application

    def client(self, key: str = "") -> httpx.AsyncClient:
        """Of who has this key."""
        transport = httpx.ASGITransport(self._application)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers, timeout=60)


@contextlib.asynccontextmanager
async def running(
    data: Path, *routers: Callable[[Parts], Router], **settings: object
) -> AsyncIterator[InProcess]:
    """Everything that `footfall serve` runs, on a data directory and with these routers more."""
    chosen = Settings(data=str(data), **settings)  # type: ignore[arg-type]
    catalog, background = bootstrap.open_catalog(chosen), Background(2)
    first = bootstrap.bootstrap(catalog, chosen)
    store = bootstrap.open_store(chosen)
    await background.run(store.open)
    footfall = Footfall(chosen, catalog, store, background, bootstrap.now)
    parts = footfall.parts()
    framework = footfall.framework(parts, Index(catalog))
    made = [router(parts) for router in routers]
    for router in made:
        framework.register(router)
    whole = footfall.application()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        ours = any(scope["path"].startswith(router.path) for router in made)
        await (framework if ours else whole)(scope, receive, send)

    footfall.start()
    assert first is not None, "a new data directory"
    try:
        yield InProcess(footfall, application, first.secret)
    finally:
        await footfall.stop(Stopping(1.0))
