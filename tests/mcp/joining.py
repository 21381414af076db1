"""Talking to a real server with the SDK's own client, over both transports."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Scope
from tests.support.running import RunningServer

Transport = Literal["http", "stdio"]


@contextlib.asynccontextmanager
async def connected(
    server: RunningServer,
    key: str | None = None,
    transport: Transport = "http",
    path: str = "/mcp/all",
) -> AsyncIterator[Client]:
    """The SDK's client, at `path` over HTTP. On stdio it runs `footfall mcp` as a host does."""
    key = key or server.key
    if transport == "stdio":
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "footfall", "mcp", "--url", server.url],
            env={**os.environ, "FOOTFALL_KEY": key},
        )
        async with Client(parameters) as client:
            yield client
        return
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{server.url}{path}", http_client=http)) as client,
    ):
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured answer of a tool that succeeds."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return content(result)


async def refusal(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured answer of a tool that fails."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result
    return content(result)


def content(result: CallToolResult) -> dict[str, Any]:
    structured: dict[str, Any] = result.structured_content
    return structured


def key_with(server: RunningServer, *scopes: Scope, account: int = 1) -> str:
    with catalog_of(server) as catalog:
        secret: str = catalog.create_key(account, "test", frozenset(scopes))[0]
    return secret


def strangers_key(server: RunningServer) -> str:
    """An admin key of another account."""
    with catalog_of(server) as catalog:
        secret: str = catalog.create_account("Stranger", "stranger@example.org")[1]
    return secret


@contextlib.contextmanager
def catalog_of(server: RunningServer) -> Iterator[Any]:
    catalog = open_catalog(Settings(data=str(server.data)))
    try:
        yield catalog
    finally:
        catalog.close()
