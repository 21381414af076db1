"""Scans by many connections at once, each with a number of its own, and what was answered.

The number travels as the path of the referrer, so that every stored event tells which scan it was.
"""

import asyncio
from collections.abc import Callable

import msgspec

SLUG = "torture"
REFERRER = "https://torture.example/"
CONNECTIONS = 32


class Ledger(msgspec.Struct):
    """Numbers of scans. A scan is answered when a redirect said `X-Footfall: recorded`."""

    answered: set[int] = msgspec.field(default_factory=set)
    unrecorded: set[int] = msgspec.field(default_factory=set)
    """Redirected, and said to be unrecorded."""
    sent: int = 0


class Scanning:
    """Scans until told to stop. A connection that breaks ends its scanning until the next run."""

    def __init__(self, port: int, ledger: Ledger, on_answer: Callable[[], None]) -> None:
        self._port = port
        self._ledger = ledger
        self._on_answer = on_answer
        self._stopping = False

    def stop(self) -> None:
        self._stopping = True

    async def run(self, scans: int) -> None:
        """At most this many scans; returns early when every connection broke."""
        share = -(-scans // CONNECTIONS)
        await asyncio.gather(*(self._connection(share) for _ in range(CONNECTIONS)))

    async def _connection(self, scans: int) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return
        try:
            for _ in range(scans):
                if self._stopping:
                    return
                await self._scan(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            return  # the server was killed: what was not answered is not owed
        finally:
            writer.close()

    async def _scan(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ledger.sent += 1
        number = self._ledger.sent
        writer.write(
            f"GET /s/{SLUG} HTTP/1.1\r\nHost: torture\r\nUser-Agent: Mozilla/5.0 (iPhone)\r\n"
            f"Referer: {REFERRER}{number}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 302"):
            raise ConnectionError(f"unexpected answer: {head[:200]!r}")
        if b"x-footfall: recorded" in head.lower():
            self._ledger.answered.add(number)
        else:
            self._ledger.unrecorded.add(number)
        self._on_answer()
