"""`HEAD` wherever `GET` is: the same status and headers, and no content (RFC 9110, 9.3.2)."""

import asyncio
from typing import Any

from footfall.api.asgi import ASGIApplication


def with_heads(application: ASGIApplication) -> ASGIApplication:
    """The application, which need not know of HEAD. It is called as by GET, once, and let go when
    its headers are there: a stream that would never end is answered at once."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await application(scope, receive, send)
            return
        begun = asyncio.Event()

        async def send_head(message: Any) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                begun.set()

        answering = asyncio.ensure_future(
            application({**scope, "method": "GET"}, receive, send_head)
        )
        waiting = asyncio.create_task(begun.wait())
        try:
            await asyncio.wait((answering, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            if begun.is_set() or not answering.done():
                answering.cancel()
        if not begun.is_set():
            await answering  # it failed: whoever serves it reports that

    return answer
