"""The HTTP server: HTTP/1.1 alone, with bounds of connections and headers.

A proxy in front speaks HTTP/1.1 as well. HTTP/2 in clear text would let anybody send 16 MB of
headers a stream.
"""

import asyncio
import contextlib
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

LISTENING_SECONDS_MAX: Final = 5.0
"""What cannot be connected to by then is announced all the same."""

HEADER_BYTES_MAX: Final = 16 << 10
"""Of a request, with its first line; past it 431. Each connection may fill so much."""

BACKLOG: Final = 4_096
"""Connections that wait to be accepted; Linux cuts it to `net.core.somaxconn`."""


def make_server(
    application: Any, host: str, port: int, connections_max: int, idle_seconds: float
) -> Server:
    """`idle_seconds`: how long a connection may be without a request whose header is whole."""
    return Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=BACKLOG,
        backpressure=connections_max,
        http1_settings=HTTP1Settings(
            header_read_timeout=round(idle_seconds * 1000), max_buffer_size=HEADER_BYTES_MAX
        ),
    )


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
