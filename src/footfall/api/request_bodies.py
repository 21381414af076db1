"""The bodies of requests under way: a budget of bytes for all, and a deadline for each.

    bytes under way = received + inflated, each held until its request is answered

A body that finds no room is refused (`Overloaded`), never kept waiting: what waits holds memory.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from footfall.core.errors import InvalidRequest, Overloaded, RequestTimeout, TooLarge

FIRST_SECONDS: Final = 10.0
BYTES_PER_SECOND_MIN: Final = 256 << 10
"""A body may take FIRST_SECONDS, and a second more for each so many bytes of it that are here."""

SMALL_BYTES: Final = 64 << 10
RESERVED_SHARE: Final = 1 / 8
"""Of the budget, for bodies that hold at most SMALL_BYTES: views of pages and words of locked codes
are taken while imports are refused."""

ADDRESS_SHARE: Final = 1 / 2
"""Of the budget, for the bodies of one client's address: others find room beside it."""

DISCARD_SECONDS_MAX: Final = 1.0
DISCARD_BYTES_MAX: Final = 1 << 20
"""The rest of a refused body is read and thrown away within these bounds: a caller that sends
before it reads would else find its connection reset, and no answer. To read on is work as well."""

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Scope = Mapping[str, Any]


class BodyBudget:
    """Bytes of bodies under way. Safe to use from any thread.

    `refused` counts by reason: `body_bytes` (no room) and `body_time` (deadline missed).
    """

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.bytes = 0
        self.refused: Counter[str] = Counter({"body_bytes": 0, "body_time": 0})
        self._by_address: Counter[str] = Counter()
        self._lock = threading.Lock()

    def hold(self, address: str = "") -> "Holding":
        """A share of the budget that begins with nothing. Close it, or use it in a `with`. All of
        an `address` have at most ADDRESS_SHARE."""
        return Holding(self, address)

    def take(self, bytes: int, held: int, address: str) -> None:
        """More bytes for somebody who holds so many. Who is alone always gets them: a budget below
        the largest body would else refuse that for ever. Raises Overloaded."""
        small = held + bytes <= SMALL_BYTES
        limit = self.bytes_max if small else int(self.bytes_max * (1 - RESERVED_SHARE))
        with self._lock:
            of_address = self._by_address[address] if address else held
            full = self.bytes > held and self.bytes + bytes > limit
            if full or (
                of_address > held and of_address + bytes > int(self.bytes_max * ADDRESS_SHARE)
            ):
                self.refused["body_bytes"] += 1
                raise Overloaded(
                    "The server holds as many bytes of requests as it can for the moment. "
                    "Nothing of this one was stored: send it again."
                )
            self.bytes += bytes
            if address:
                self._by_address[address] += bytes

    def give_back(self, bytes: int, address: str) -> None:
        with self._lock:
            self.bytes -= bytes
            if address:
                self._by_address[address] -= bytes
                if not self._by_address[address]:
                    del self._by_address[address]


class Holding:
    """What one request holds of the budget."""

    __slots__ = ("_address", "_budget", "bytes")

    def __init__(self, budget: BodyBudget, address: str) -> None:
        self._budget = budget
        self._address = address
        self.bytes = 0

    def add(self, bytes: int) -> None:
        """Raises Overloaded."""
        self._budget.take(bytes, self.bytes, self._address)
        self.bytes += bytes

    def __enter__(self) -> "Holding":
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.give_back(self.bytes, self._address)
        self.bytes = 0


class Body:
    """The `receive` of a request with a body, ASGI's to whoever calls it.

    It raises RequestTimeout past the deadline, Overloaded when the budget is used up, and
    InvalidRequest when the client leaves before the end: each is answered by the API that reads.
    """

    __slots__ = (
        *("_began", "_budget", "_declared", "_held", "_receive"),
        *("complete", "gone", "late", "size"),
    )

    def __init__(
        self, budget: BodyBudget, held: Holding, receive: Receive, declared: int | None
    ) -> None:
        """`declared` is the Content-Length, None when there is none."""
        self._budget = budget
        self._held = held
        self._receive = receive
        self._declared = declared
        self._began: float | None = None
        self.size = 0
        self.complete = False  # all of it is here,
        self.gone = False  # or the client left before,
        self.late = False  # or the deadline or the bounds of `discard` were reached

    async def __call__(self) -> Message:
        if self.gone or self.late:  # nobody is to wait for what does not come
            return {"type": "http.disconnect"}
        if self.complete:
            return await self._receive()
        message = await self._next()
        if message["type"] != "http.request":
            self.gone = True
            raise InvalidRequest(f"The body is cut off: {self.size} bytes came{self._of()}.")
        piece = len(message.get("body", b""))
        self._held.add(piece)
        self.size += piece
        self.complete = not message.get("more_body")
        if self.complete and self._declared not in (None, self.size):
            raise InvalidRequest(f"The body is cut off: {self.size} bytes came{self._of()}.")
        return message

    async def _next(self) -> Message:
        if self._began is None:  # the client is not to blame for what the server did before
            self._began = asyncio.get_running_loop().time()
        deadline = self._began + FIRST_SECONDS + self.size / BYTES_PER_SECOND_MIN
        try:
            async with asyncio.timeout_at(deadline):
                return await self._receive()
        except TimeoutError:
            self.late = True
            self._budget.refused["body_time"] += 1
            raise RequestTimeout(
                f"The body did not come in time: {self.size} bytes came{self._of()}. "
                f"It may take {FIRST_SECONDS:.0f} seconds, and one more for each "
                f"{BYTES_PER_SECOND_MIN >> 10} KB. Nothing of it was stored."
            ) from None

    def _of(self) -> str:
        return "" if self._declared is None else f" of {self._declared}"

    async def discard(self) -> None:
        """Read what nobody read, and keep nothing of it."""
        left = DISCARD_BYTES_MAX
        try:
            async with asyncio.timeout(DISCARD_SECONDS_MAX):
                while left > 0 and not (self.complete or self.gone or self.late):
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    self.gone = message["type"] != "http.request"
                    self.complete = not self.gone and not message.get("more_body")
        except TimeoutError:
            pass
        self.late = not (self.complete or self.gone)


async def read_body(receive: Receive, bytes_max: int, too_large: str = "") -> bytes:
    """All of a body. Raises TooLarge, with the text `too_large`, and what Body raises."""
    size, pieces = 0, []
    while True:
        message = await receive()
        piece = message.get("body", b"")
        size += len(piece)
        if size > bytes_max:
            raise TooLarge(too_large or f"The body is larger than {bytes_max} bytes. Send less.")
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


# ── forms, on hot paths ───────────────────────────────────────────────────────────────────────


def has_form(scope: Scope) -> bool:
    """Whether the request is a POST of fields, as `<form>` sends it."""
    type = _header(scope, b"content-type").partition(b";")[0].strip().lower()
    return scope["method"] == "POST" and type == b"application/x-www-form-urlencoded"


def declared_length(scope: Scope) -> int:
    """Of the body, as the request says it; 0 where it does not."""
    text = _header(scope, b"content-length")
    return int(text) if text.isdigit() else 0


def _header(scope: Scope, name: bytes) -> bytes:
    found: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return found


def received_again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body which was read already."""
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_read() -> Message:
        return unread.pop() if unread else await receive()

    return receive_read
