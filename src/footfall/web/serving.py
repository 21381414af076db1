"""The HTTP server: HTTP/1.1 alone, with bounds of connections and headers.

A proxy in front speaks HTTP/1.1 as well. HTTP/2 in clear text would let anybody send 16 MB of
headers a stream.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from footfall.config import Settings
from footfall.runtime.shutdown import Stopping
from footfall.web.connections import Connections

LISTENING_SECONDS_MAX: Final = 5.0
"""What cannot be connected to by then is announced all the same."""

HEADER_BYTES_MAX: Final = 16 << 10
"""Of a request, with its first line; past it 431. Each connection may fill so much."""

BACKLOG: Final = 4_096
"""Connections that wait to be accepted; Linux cuts it to `net.core.somaxconn`."""


def make_server(application: Any, settings: Settings, connections_max: int) -> Server:
    return Server(
        application,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=BACKLOG,
        backpressure=connections_max,
        http1_settings=HTTP1Settings(
            header_read_timeout=round(settings.idle_seconds * 1000),
            max_buffer_size=HEADER_BYTES_MAX,
        ),
    )


async def serve_until_stopped(
    server: Server,
    stopping: Stopping,
    connections: Connections,
    grace_seconds: float,
    on_stop: Callable[[], None],
) -> None:
    """Serve until a signal, then give what is under way its time, and cut off what is left.
    `on_stop` is called between the signal and the grace."""
    stopping.listen()
    serving = asyncio.create_task(server.serve())
    requested = asyncio.create_task(stopping.requested.wait())
    try:
        await asyncio.wait({serving, requested}, return_when=asyncio.FIRST_COMPLETED)
        on_stop()
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait({serving}, timeout=grace_seconds)
        if not serving.done():
            connections.close_all()
            await stopping.within(0.5, "the HTTP server", asyncio.shield(serving))
    finally:
        requested.cancel()
    if serving.done():
        serving.result()


async def until_listening(host: str, port: int) -> None:
    """Until this address takes connections, or a few seconds have passed."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LISTENING_SECONDS_MAX):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(host, port)
                    writer.close()
                    return
                await asyncio.sleep(0.005)
