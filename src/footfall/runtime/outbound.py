"""Requests from this server to addresses that its users name: webhooks and external validation.

They never reach a private address unless that is allowed: what is checked is the address that is
connected to, after every look-up, so a name that changes its mind meets the same check.
"""

import asyncio
import errno
import os
import socket
import zlib
from collections.abc import Callable, Mapping
from typing import IO, Any, Final

import msgspec

from footfall.core.destinations import is_public
from footfall.core.errors import TooLarge

ANSWER_BYTES_MAX: Final = 65_536

PRIVATE: Final = (
    "the name leads to a private address: FOOTFALL_ALLOW_PRIVATE_DESTINATIONS=1 allows it"
)


COMPRESSED: Final = ("gzip", "x-gzip", "deflate")
"""Encodings that a server may use though it was requested to use none."""


class Reply(msgspec.Struct, frozen=True):
    """What came back: at most `ANSWER_BYTES_MAX` of the body. `problem` says why the rest of the
    body could not be read, "" when nothing was wrong with it."""

    status: int
    body: bytes
    problem: str = ""


class Unreachable(Exception):
    """No status came back. The text says why in words of ours: it names no address, because the
    caller may not know what a name resolves to inside this network."""


class Outbound:
    """One pool of connections, opened on first use. A POST follows no redirect. What waits for a
    connection waits within its timeout, so `at_once_per_host` is what one host may need."""

    def __init__(self, *, allow_private: bool, at_once_per_host: int) -> None:
        self._allow_private = allow_private
        self._at_once_per_host = at_once_per_host
        self._session: Any = None

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float
    ) -> Reply:
        """Raises Unreachable when no status comes within the timeout. A body that breaks off or
        cannot be decoded takes nothing from a status that is there."""
        session = self._opened()
        reply: Reply | None = None
        content = bytearray()
        try:
            async with asyncio.timeout(timeout_seconds):
                request = session.post(url, data=body, headers=headers, allow_redirects=False)
                async with request as answer:
                    reply = Reply(answer.status, b"")
                    while len(content) < ANSWER_BYTES_MAX and (
                        some := await answer.content.read(ANSWER_BYTES_MAX - len(content))
                    ):
                        content += some
                    if answer.headers.get("Content-Encoding", "").lower() in COMPRESSED:
                        content = bytearray(_decompress(bytes(content)))
                    return Reply(answer.status, bytes(content))
        except zlib.error:
            problem = "the body cannot be decompressed"
        except TimeoutError:
            problem = f"no answer in {timeout_seconds:g} s"
        except Exception as error:  # whatever it is, no whole answer came
            problem = _problem_of(error)
        if reply is None:
            raise Unreachable(problem)
        return Reply(reply.status, bytes(content), problem)

    async def download(
        self, url: str, file: IO[bytes], bytes_max: int, on_bytes: Callable[[int, int], None]
    ) -> None:
        """Write what the URL has to the file. Redirects are followed, each to an address that is
        checked like the first. `on_bytes` is given how much is there, and of how much (0: unknown).

        Raises Unreachable, also for a status other than 200, and TooLarge.
        """
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=30)
        try:
            async with self._opened().get(url, timeout=timeout, max_redirects=5) as answer:
                if answer.status != 200:
                    raise Unreachable(f"the server answers with the status {answer.status}")
                done, total = 0, answer.content_length or 0
                async for chunk in answer.content.iter_chunked(1 << 18):
                    done += len(chunk)
                    if max(done, total) > bytes_max:
                        raise TooLarge(f"The download is larger than {bytes_max:,} bytes.")
                    file.write(chunk)
                    on_bytes(done, total)
                if total and done < total:
                    raise Unreachable("the body breaks off")
        except (Unreachable, TooLarge):
            raise
        except TimeoutError:
            raise Unreachable("nothing came for 30 s") from None
        except aiohttp.TooManyRedirects:
            raise Unreachable("it redirects more than 5 times") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(_problem_of(error)) from None

    def _opened(self) -> Any:
        import aiohttp  # ten megabytes that a server without webhooks does not need

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    limit_per_host=self._at_once_per_host,
                    socket_factory=self._connectable,
                ),
                headers={"User-Agent": "Footfall", "Accept-Encoding": "identity"},
                # A body that cannot be decompressed would take the status with it.
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _connectable(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if not self._allow_private and not is_public(address[0]):
            raise OSError(errno.EACCES, PRIVATE)
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _decompress(content: bytes) -> bytes:
    """At most `ANSWER_BYTES_MAX`. Raises zlib.error."""
    either = zlib.MAX_WBITS | 32  # gzip or zlib, as the content says
    return zlib.decompressobj(either).decompress(content, ANSWER_BYTES_MAX)


def _problem_of(error: Exception) -> str:
    """Why no answer came. The library's own texts have addresses, and of certificates names."""
    import aiohttp

    match error:
        case aiohttp.InvalidURL():
            return "the URL is not valid"
        case aiohttp.ClientConnectorDNSError():
            return "the name is not found"
        case aiohttp.ClientConnectorCertificateError():
            return "the certificate is not valid for this name"
        case aiohttp.ClientSSLError():
            return "the server does not speak TLS as it should"
        case aiohttp.ClientConnectorError(os_error=OSError(errno=errno.EACCES)):
            return PRIVATE
        case aiohttp.ClientConnectorError(os_error=OSError(errno=int(number))):
            return f"no connection: {os.strerror(number)}"
        case aiohttp.ClientPayloadError():
            return "the body breaks off or cannot be decoded"
        case aiohttp.ClientResponseError():
            return "the answer is not HTTP"
        case aiohttp.ClientConnectionError():
            return "the connection was closed before an answer"
    return type(error).__name__
