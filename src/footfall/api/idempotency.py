"""`Idempotency-Key`: every POST of every API does what it asks once, however often it is sent.
https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07

    whose key → the first answer, or a claim → operation, with the claim in its transaction → answer

A repetition within 24 hours gets the first answer with `Idempotent-Replay: true`; while the first
request is under way, it waits. No answer is kept that shows a secret: its repetition gets 409.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.idempotency import Answer, Claim, current_claim
from footfall.core.accounts import Caller
from footfall.core.errors import Unavailable

HEADER: Final = "idempotency-key"
KEPT_HEADERS: Final = frozenset({b"content-type", b"cache-control", b"location", b"x-created"})
"""Of an answer that is given again: those that are about it, and not about this request."""

OWN: Final[dict[str, Any]] = {"own_idempotency": True}
"""`opt` of a route that keeps its answers itself."""

SHOWS_SECRET: Final[dict[str, Any]] = {"shows_secret": True}
"""`opt` of a route whose answer shows a secret: it is not kept beside the secret's own place, and a
repetition never shows one that was replaced meanwhile."""

STATE: Final = "once"


class Kept(msgspec.Struct, frozen=True):
    """An answer as it is stored; the body in base64."""

    headers: dict[str, str]
    body: str


class Run(msgspec.Struct):
    """One request under a key."""

    claim: Claim | None = None
    under_way: "asyncio.Future[None] | None" = None
    shows_secret: bool = False
    status: int = 0
    start: HTTPResponseStartEvent | None = None
    body: bytearray = msgspec.field(default_factory=bytearray)


class Once:
    """The hook and the middleware of the whole application."""

    def __init__(self, catalog: SqlCatalog) -> None:
        self._catalog = catalog
        self._under_way: dict[tuple[int, str], asyncio.Future[None]] = {}

    async def before_request(self, request: Request[Any, Caller, Any]) -> Response[bytes] | None:
        """After the guard: the answer that was kept, or None for an operation that is to run.
        Raises Conflict, InvalidRequest."""
        run: Run | None = request.scope["state"].get(STATE)
        caller: Caller | None = request.scope.get("auth")
        opt = request.route_handler.opt
        if run is None or caller is None or opt.get("own_idempotency"):
            return None
        content = await request.body()
        what = (
            request.method,
            request.scope["path"],
            request.scope["query_string"].decode("latin-1"),
        )
        claim = Claim(
            caller.account.id, request.headers[HEADER], "\n".join(what).encode() + b"\n" + content
        )
        place = (claim.account, claim.row_key)
        while (earlier := self._under_way.get(place)) is not None:
            await asyncio.wait([earlier])
        run.under_way = self._under_way[place] = asyncio.get_running_loop().create_future()
        run.claim = claim
        run.shows_secret = bool(opt.get("shows_secret"))
        kept = await asyncio.to_thread(self._find, claim)
        if kept is None:
            current_claim.set(claim)
            return None
        claim.closed = True
        answer = msgspec.json.decode(kept.body, type=Kept)
        return Response(
            base64.b64decode(answer.body),
            status_code=kept.status,
            headers={**answer.headers, "Idempotent-Replay": "true"},
            media_type=answer.headers.get("content-type"),
        )

    def _find(self, claim: Claim) -> Answer | None:
        with self._catalog.reading() as session:
            return claim.find_answer(session, self._catalog.clock())

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """The answer to a request under a key is kept before it is sent."""

        async def kept_first(scope: Scope, receive: Receive, send: Send) -> None:
            if not _has_key(scope):
                await app(scope, receive, send)
                return
            run = Run()
            scope["state"][STATE] = run
            try:
                await app(scope, receive, self._keeping(run, send))
            finally:
                self._end(run)

        return kept_first

    def _keeping(self, run: Run, send: Send) -> Callable[[Message], Awaitable[None]]:
        async def send_kept(message: Message) -> None:
            claim = run.claim
            if claim is None or claim.closed or not claim.stored:
                await send(message)
                return
            if message["type"] == "http.response.start":
                run.start, run.status = message, message["status"]
                return
            if message["type"] == "http.response.body":
                run.body += message.get("body", b"")
                if message.get("more_body"):
                    return
                await self._keep(run, claim)
                assert run.start is not None
                await send(run.start)
                await send(
                    {"type": "http.response.body", "body": bytes(run.body), "more_body": False}
                )
                return
            await send(message)

        return send_kept

    async def _keep(self, run: Run, claim: Claim) -> None:
        """Of an error on our side nobody knows what it did: the claim stays without an answer."""
        claim.closed = True
        if run.status >= 500 or run.shows_secret or claim.answered:
            return
        assert run.start is not None
        answer = _kept(run.status, run.start["headers"], run.body)
        try:
            await asyncio.to_thread(self._store, claim, answer)
        except Unavailable:
            return  # It was done, and the caller learns so. A repetition is answered 409.

    def _store(self, claim: Claim, answer: Answer) -> None:
        with self._catalog.writing() as session:
            claim.keep_answer(session, answer, self._catalog.clock())

    def _end(self, run: Run) -> None:
        current_claim.set(None)
        if run.claim is not None and run.under_way is not None:
            run.claim.closed = True
            del self._under_way[(run.claim.account, run.claim.row_key)]
            run.under_way.set_result(None)


def kept_response(response: Response[bytes]) -> Answer:
    """The answer of an operation that knows it within its transaction, where `Claim.enter` keeps
    it: whatever becomes of the server afterwards, a repetition gets it."""
    asgi = response.to_asgi_response(None, None)  # type: ignore[arg-type]
    return _kept(asgi.status_code, asgi.encoded_headers, asgi.body)


def _kept(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes | bytearray) -> Answer:
    named = {
        name.decode(): value.decode("latin-1")
        for name, value in headers
        if name.lower() in KEPT_HEADERS
    }
    kept = Kept(named, base64.b64encode(body).decode())
    return Answer(status, msgspec.json.encode(kept).decode())


def _has_key(scope: Scope) -> bool:
    return (
        scope["type"] == ScopeType.HTTP
        and scope["method"] == "POST"
        and any(name == HEADER.encode() for name, _ in scope["headers"])
    )
