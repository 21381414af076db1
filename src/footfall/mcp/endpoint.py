"""`/mcp` and `/mcp/all`: Streamable HTTP, stateless, answered with JSON.

    Origin (403) → method (405) → key (401, 429) → the SDK

Nothing is remembered between two messages, so a restart or another process makes no difference.
"""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from footfall.api.request_bodies import read_body
from footfall.core.errors import FootfallError
from footfall.core.ids import Clock
from footfall.mcp.messages import InvalidMessage, read_message

if TYPE_CHECKING:
    import httpx
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from footfall.mcp.server import Api

OPENQR_PATH: Final = "/mcp"
ALL_PATH: Final = "/mcp/all"
PATHS: Final = (OPENQR_PATH, f"{OPENQR_PATH}/", ALL_PATH, f"{ALL_PATH}/")
"""OpenQR's bridge demands exactly the vendor's tools at the first, so the others are at a path of
their own, together with the vendor's."""
ACCEPT: Final = (b"accept", b"application/json, text/event-stream")
REPLACED: Final = (b"accept", b"content-length", b"transfer-encoding")
STATUS: Final = {"too_large": 413, "request_timeout": 408, "overloaded": 503}

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Endpoint:
    """The ASGI application at PATHS. `application` is our own HTTP API, called in this process."""

    def __init__(
        self, application: Application, public_base: str, clock: Clock, body_bytes_max: int
    ) -> None:
        self._application = application
        self._body_bytes_max = body_bytes_max
        self._public_base = public_base
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(public_base)).lower()
        self._clock = clock
        self._door: asyncio.Future[_Door] | None = None
        self._task: asyncio.Task[None] | None = None

    async def _open(self) -> "_Door":
        """The SDK is imported when it is first wanted, and runs as long as the server does."""
        if self._door is None:
            self._door = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(self._door))
        return await asyncio.shield(self._door)

    async def _run(self, opened: "asyncio.Future[_Door]") -> None:
        try:
            door = await asyncio.to_thread(self._make)
        except BaseException as error:
            self._door = None  # the next request tries again
            opened.set_exception(error)
            raise
        # What was imported stands for good, as what stood when the server started (see app.py).
        gc.freeze()
        async with contextlib.AsyncExitStack() as stack:
            for sessions in door.sessions.values():
                await stack.enter_async_context(sessions.run())
            opened.set_result(door)
            await asyncio.Event().wait()

    def _make(self) -> "_Door":
        import httpx
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from footfall.mcp.server import OPENQR, WHOLE, Api, make_server

        # From nowhere: what loopback may do without a key is not meant for this.
        transport = httpx.ASGITransport(self._application, client=("0.0.0.0", 0))  # noqa: S104
        client = httpx.AsyncClient(transport=transport, base_url=self._public_base)
        api = Api(client, self._public_base, self._clock)
        sessions = {
            path: StreamableHTTPSessionManager(
                make_server(api, tool_set), json_response=True, stateless=True
            )
            for path, tool_set in ((OPENQR_PATH, OPENQR), (ALL_PATH, WHOLE))
        }
        return _Door(api, sessions)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin", "")
        if origin and origin.lower() != self._origin:
            text = f"Pages of {origin[:200]} may not ask here: only those of {self._origin}."
            await _refuse(send, 403, text, "forbidden")
        elif scope["method"] != "POST":
            text = (
                "Send JSON-RPC messages with POST: nothing is streamed, and there are no sessions."
            )
            await _refuse(send, 405, text, "invalid_request", allow="POST")
        else:
            door = await self._open()
            if (refusal := await door.check(headers.get(b"authorization", ""))) is not None:
                await _pass_on(send, refusal)
            else:
                await self._handle(door, scope, receive, send)

    async def _handle(self, door: "_Door", scope: Any, receive: Any, send: Any) -> None:
        """With the body read: the SDK would make a fault of ours of a body that does not come. The
        answer is JSON whatever the client accepts, so the SDK need not refuse it (RFC 9110 §12.4.1
        leaves that to the server)."""
        try:
            body = read_message(await read_body(receive, self._body_bytes_max))
        except FootfallError as error:
            retry = getattr(error, "retry_after_seconds", None)
            wait = {} if retry is None else {"retry-after": str(retry)}
            await _refuse(send, STATUS.get(error.code, 400), error.message, error.code, **wait)
            return
        except InvalidMessage as error:
            await _answer(send, 400, error.body, {"content-type": "application/json"})
            return
        headers = [pair for pair in scope["headers"] if pair[0].lower() not in REPLACED]
        length = (b"content-length", str(len(body)).encode())
        scope = {**scope, "headers": [*headers, ACCEPT, length]}
        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_read() -> Any:
            return unread.pop() if unread else await receive()

        sessions = door.sessions[scope["path"].rstrip("/")]
        await sessions.handle_request(scope, receive_read, send)


class _Door(msgspec.Struct, frozen=True):
    """What is there once the SDK is imported. `sessions` are by path, without a slash at its
    end."""

    api: "Api"
    sessions: Mapping[str, "StreamableHTTPSessionManager"]

    async def check(self, authorization: str) -> "httpx.Response | None":
        """The API's refusal of this key, None when it is one."""
        from footfall.mcp.server import WHO

        response = await self.api.ask(WHO, {"Authorization": authorization})
        return None if response.is_success else response


async def _refuse(send: Any, status: int, text: str, code: str, **headers: str) -> None:
    body = msgspec.json.encode({"error": text, "code": code})
    await _answer(send, status, body, {"content-type": "application/json", **headers})


async def _pass_on(send: Any, response: "httpx.Response") -> None:
    kept = ("content-type", "www-authenticate", "retry-after", "cache-control")
    headers = {name: response.headers[name] for name in kept if name in response.headers}
    await _answer(send, response.status_code, response.content, headers)


async def _answer(send: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
    pairs = [(name.encode(), text.encode()) for name, text in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
