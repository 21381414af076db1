"""Scans by many connections at once, each with a number of its own, and what was answered.

The number travels as the path of the referrer, so that every stored event tells which scan it was.
"""

import asyncio
import time
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
    pending: set[int] = msgspec.field(default_factory=set)
    """Redirected before the journal had them: recorded later, or counted as unrecorded."""
    sent: int = 0
    first: int = 0
    """The number after which this ledger begins."""
    longest_seconds: float = 0

    @property
    def missing(self) -> int:
        """Scans that nobody was redirected for."""
        redirected = len(self.answered) + len(self.unrecorded) + len(self.pending)
        return self.sent - self.first - redirected

    def next(self) -> "Ledger":
        """An empty one that goes on with the numbers."""
        return Ledger(sent=self.sent, first=self.sent)

    def add(self, other: "Ledger") -> None:
        """Take over a ledger that began where this one ends."""
        self.answered |= other.answered
        self.unrecorded |= other.unrecorded
        self.pending |= other.pending
        self.sent = other.sent
        self.longest_seconds = max(self.longest_seconds, other.longest_seconds)


class Scanning:
    """Scans until it is stopped. A connection that breaks ends its scanning until the next run."""

    def __init__(
        self,
        port: int,
        ledger: Ledger,
        on_answer: Callable[[], None],
        connections: int = CONNECTIONS,
    ) -> None:
        self._port = port
        self._ledger = ledger
        self._on_answer = on_answer
        self._connections = connections
        self._stopping = False

    def stop(self) -> None:
        self._stopping = True

    async def run(self, scans: int) -> None:
        """At most this many scans; returns early when every connection broke."""
        share = -(-scans // self._connections)
        await asyncio.gather(*(self._connection(share) for _ in range(self._connections)))

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
        began = time.monotonic()
        writer.write(
            f"GET /s/{SLUG} HTTP/1.1\r\nHost: torture\r\nUser-Agent: Mozilla/5.0 (iPhone)\r\n"
            f"Referer: {REFERRER}{number}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 302"):
            raise ConnectionError(f"unexpected answer: {head[:200]!r}")
        self._note(number, head.lower(), time.monotonic() - began)
        self._on_answer()

    def _note(self, number: int, head: bytes, seconds: float) -> None:
        ledger = self._ledger
        ledger.longest_seconds = max(ledger.longest_seconds, seconds)
        if b"x-footfall: recorded" in head:
            ledger.answered.add(number)
        elif b"x-footfall: pending" in head:
            ledger.pending.add(number)
        else:
            ledger.unrecorded.add(number)
