"""The same server with nothing behind it: `python -m bench.empty PORT` answers an empty 302."""

import asyncio
import signal
import sys
from typing import Any

import uvloop

from footfall.config import Settings
from footfall.web.serving import make_server

START = {
    "type": "http.response.start",
    "status": 302,
    "headers": [(b"location", b"https://example.org/"), (b"cache-control", b"no-store")],
}
BODY = {"type": "http.response.body", "body": b""}


async def application(_scope: Any, _receive: Any, send: Any) -> None:
    await send(START)
    await send(BODY)


async def main() -> None:
    server = make_server(application, Settings(port=int(sys.argv[1])), 16_384)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


if __name__ == "__main__":
    uvloop.run(main())
