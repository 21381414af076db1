"""ASGI applications and hot paths: their types, and the answers that they share.

A hot path answers in front of the framework (`application.py`). It is given the rest of its path,
and says in the header `X-Footfall` what became of the event.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from footfall.capture.recorder import Receipt
from footfall.capture.request_context import Receive, Scope, Send
from footfall.core.errors import FootfallError, RequestTimeout, Unavailable
from footfall.core.events import Verdict

ASGIApplication = Callable[[Any, Any, Any], Awaitable[None]]


HotPath = Callable[[Scope, Receive, Send, str], Awaitable[None]]


_EMPTY_BODY: Final = {"type": "http.response.body", "body": b""}


PAGE_HEADERS: Final = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"referrer-policy", b"no-referrer"),
]


def outcome_of(receipt: Receipt) -> bytes:
    """What the `X-Footfall` header says: recorded, pending, unrecorded, or the verdict."""
    if not receipt.recorded:
        return b"pending" if receipt.pending else b"unrecorded"
    return b"recorded" if receipt.verdict is Verdict.COUNTED else receipt.verdict.encode()


async def read_start(receive: Receive, bytes_max: int) -> bytes:
    """A body up to its end, or up to where it is longer than this. Raises what Body raises."""
    body = b""
    while len(body) <= bytes_max:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def status_and_retry(error: FootfallError) -> tuple[int, list[tuple[bytes, bytes]]]:
    """How a body that could not be read is answered outside of the APIs."""
    if isinstance(error, Unavailable):
        return 503, [(b"retry-after", str(error.retry_after_seconds).encode())]
    return (408 if isinstance(error, RequestTimeout) else 400), []


async def redirect_to(
    send: Send, status: int, location: bytes, outcome: bytes, handed: str = ""
) -> None:
    headers = [
        (b"location", _with_parameter(location, handed.encode()) if handed else location),
        (b"cache-control", b"no-store"),
        (b"x-footfall", outcome),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send(_EMPTY_BODY)


def _with_parameter(location: bytes, parameter: bytes) -> bytes:
    page, hash, fragment = location.partition(b"#")
    return page + (b"&" if b"?" in page else b"?") + parameter + hash + fragment


async def send_whole(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def location_of(landing: str) -> bytes:
    """Everything that may stand in a URL stays as it is; the rest (spaces, letters beyond ASCII,
    line ends that would split the header) is percent-encoded."""
    return quote(landing, safe="%:/?#[]@!$&'()*+,;=-._~").encode()


known_location = lru_cache(maxsize=16_384)(location_of)
"""Of trackers' own destinations: what visitors have a part in would fill the memory."""


PIXEL: Final = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent GIF of one pixel: 43 bytes."""


REFUSED: Final = b"refused: paused"
"""The one reason there is to refuse somebody who asks for no page."""


_PIXEL_HEADERS: Final = [
    (b"content-type", b"image/gif"),
    (b"content-length", str(len(PIXEL)).encode()),
    (b"cache-control", b"no-store"),
]


async def send_pixel(send: Send, outcome: bytes) -> None:
    await send_whole(send, 200, [*_PIXEL_HEADERS, (b"x-footfall", outcome)], PIXEL)
