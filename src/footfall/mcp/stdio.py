"""`footfall mcp`: the same tools on standard input and output, from a server elsewhere."""

import asyncio
from importlib.metadata import version
from typing import Final

import httpx
from mcp.server.stdio import stdio_server

from footfall.core.errors import FootfallError, Unauthorized
from footfall.core.ids import Clock
from footfall.mcp.server import WHO, WHOLE, Api, make_server

SECONDS_MAX: Final = 60.0
"""For one request. A report that takes longer is better requested with its `request`."""


async def serve(url: str, key: str, clock: Clock) -> None:
    """Until standard input ends. Raises Unauthorized when the server does not take the key."""
    headers = {
        "Authorization": f"Bearer {key}",
        "User-Agent": f"footfall-mcp/{version('footfall')}",
    }
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=SECONDS_MAX) as client:
        api = Api(client, url, clock)
        await check_key(api)
        server = make_server(api, WHOLE)
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())


async def check_key(api: Api) -> None:
    """A wrong key is refused at once. A server that does not answer may start later."""
    try:
        response = await api.ask(WHO, {})
    except FootfallError:
        return
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise Unauthorized(response.json()["error"])


def run(url: str, key: str, clock: Clock) -> None:
    asyncio.run(serve(url, key, clock))
