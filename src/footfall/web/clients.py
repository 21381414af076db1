"""The connection of a request: whether its caller is still there."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from footfall.capture.request_context import Receive, Scope, Send
from footfall.runtime.read_queue import CLIENT
from footfall.web.connections import Peer, peer_of

Application = Callable[[Any, Any, Any], Awaitable[None]]
Message = dict[str, Any]

DISCONNECT: Final = "http.disconnect"
HELD_MAX: Final = 2
"""The last message of a body, and that the connection is closed."""


class Client:
    """Stands between the server and the application. `receive` is the application's; `left` may
    be awaited beside it, and takes no part of the body away."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._fetching: asyncio.Future[None] | None = None
        self._held: deque[Message] = deque()

    async def receive(self) -> Message:
        while not self._held:
            await self._fetch()
        if self._held[0]["type"] == DISCONNECT:
            return self._held[0]
        return self._held.popleft()

    async def left(self) -> None:
        """Return when the caller has closed the connection. While the application has not read a
        body to its end that is not known, and this does not return: a body is held by nobody."""
        while not self._held or self._held[-1]["type"] != DISCONNECT:
            if self._held and (self._held[-1].get("more_body") or len(self._held) >= HELD_MAX):
                await asyncio.Event().wait()
            try:
                await self._fetch()
            except Exception:  # a body that is too late, or cut off: the application gets the error
                await asyncio.Event().wait()

    async def _fetch(self) -> None:
        """The next message: it is kept also when who waits for it is cancelled."""
        if self._fetching is None:
            self._fetching = asyncio.ensure_future(self._take())
        await asyncio.shield(self._fetching)

    async def _take(self) -> None:
        try:
            self._held.append(await self._receive())
        finally:
            self._fetching = None


def watched(
    application: Application, send_timeout_seconds: float, close: Callable[[Peer], None]
) -> Application:
    """The application, whose reads of the event store end when their caller leaves. A caller who
    takes nothing of an answer in pieces for `send_timeout_seconds` has left too: `close` ends the
    connection."""

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        client = Client(receive)
        CLIENT.set(client)

        async def send_watched(message: Message) -> None:
            # The HTTP server takes a few pieces, and the next once the caller has taken one.
            if not message.get("more_body") or not scope.get("client"):
                await send(message)
                return
            loop = asyncio.get_running_loop()
            timer = loop.call_later(send_timeout_seconds, close, peer_of(scope))
            try:
                await send(message)
            finally:
                timer.cancel()

        await application(scope, client.receive, send_watched)

    return watching
