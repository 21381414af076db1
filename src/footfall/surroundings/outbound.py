"""Requests from this server to addresses that its users name: webhooks and external validation.

They never reach a private address unless that is allowed: what is checked is the address that is
connected to, after every look-up, so a name that changes its mind meets the same check.
"""

import asyncio
import errno
import socket
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from footfall.core.destinations import is_public

ANSWER_BYTES_MAX: Final = 65_536


class Reply(msgspec.Struct, frozen=True):
    """What came back: at most `ANSWER_BYTES_MAX` of the body."""

    status: int
    body: bytes


class Unreachable(Exception):
    """No answer came; the text says why."""


class Outbound:
    """One pool of connections, opened on first use. Redirects are not followed. What waits for a
    connection waits within its timeout, so `at_once_per_host` is what one host may need."""

    def __init__(self, *, allow_private: bool, at_once_per_host: int) -> None:
        self._allow_private = allow_private
        self._at_once_per_host = at_once_per_host
        self._session: Any = None

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float
    ) -> Reply:
        """Raises Unreachable, also when the whole takes longer than the timeout."""
        import aiohttp  # ten megabytes that a server without webhooks does not need

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    limit_per_host=self._at_once_per_host,
                    socket_factory=self._connectable,
                ),
                headers={"User-Agent": "Footfall"},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            async with asyncio.timeout(timeout_seconds):
                request = self._session.post(url, data=body, headers=headers, allow_redirects=False)
                async with request as answer:
                    content = bytearray()
                    while len(content) < ANSWER_BYTES_MAX and (
                        some := await answer.content.read(ANSWER_BYTES_MAX - len(content))
                    ):
                        content += some
                    return Reply(answer.status, bytes(content))
        except TimeoutError:
            raise Unreachable(f"no answer in {timeout_seconds:g} s") from None
        except Exception as error:  # whatever it is, no answer came
            raise Unreachable(str(error)[:200] or type(error).__name__) from None

    def _connectable(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if not self._allow_private and not is_public(address[0]):
            raise OSError(
                errno.EACCES,
                f"{address[0]} is private: FOOTFALL_ALLOW_PRIVATE_DESTINATIONS=1 allows it",
            )
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
