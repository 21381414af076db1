"""`POST /events`, in front of the framework, which would take longer than the event.

    key → body → events, each taken or refused → one commit of the journal → answer

What is taken is on disk together before the answer leaves, or none of it is.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection

from footfall.api.auth import authenticate
from footfall.api.content_encoding import decompress
from footfall.api.errors import FAULT, error_answer, headers_of
from footfall.api.parts import Parts
from footfall.api.request_bodies import Holding, read_body
from footfall.core.accounts import Account, Scope
from footfall.core.errors import FootfallError, TooLarge
from footfall.core.ingested import IngestedEvent
from footfall.dialects.native.dialect import BODY_BYTES_MAX, NATIVE, TOO_LARGE, error_body
from footfall.dialects.native.ingest_body import read_events
from footfall.runtime.quotas import Quota

READ_HERE_BYTES_MAX: Final = 16_384
"""A small body is read on the event loop, in less time than it takes to hand it to a thread."""

LARGE_BYTES: Final = 1 << 20
"""Larger bodies are processed one at a time: each takes tens of milliseconds of interpreter and
disk time."""
PAUSE_FACTOR: Final = 2
"""If a scan arrived meanwhile, the next large body waits this many times as long as the last one
took, so that scans are served in between. Of 1 and 2, 2 kept p99 of scans below 100 ms."""

MISSING: Final = (
    "Missing API key: send it as 'Authorization: Bearer oqr_…'. "
    "Make one with: footfall keys create --scope capture"
)

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
ReadArguments = tuple[Parts, Account, bytes, dict[bytes, bytes], Holding]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class IngestEndpoint:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._requests = Quota(parts.settings.requests_per_minute, 60)
        # One: several would take the interpreter from each other, and read half as fast.
        self._reader = ThreadPoolExecutor(1, "bodies")
        self._turn = asyncio.Lock()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send, _: str) -> None:
        try:
            # What the body inflates to is in memory until its events are on disk.
            with self._parts.bodies.hold() as inflated:
                status, body = await self._ingest(scope, receive, inflated)
            headers: Mapping[str, str] = {}
        except FootfallError as error:
            status, failure = error_answer(NATIVE, error)
            headers, body = headers_of(NATIVE, error), msgspec.json.encode(failure)
        except Exception as error:  # our own mistake: logged in full, answered with one sentence
            log.error("POST /events failed", exc_info=error)
            status, headers, body = 500, {}, msgspec.json.encode(error_body(500, FAULT, ""))
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(body)),
                    (b"cache-control", b"no-store"),
                    *((name.lower().encode(), text.encode()) for name, text in headers.items()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _ingest(
        self, scope: dict[str, Any], receive: Receive, inflated: Holding
    ) -> tuple[int, bytes]:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        connection: Any = ASGIConnection(scope)  # type: ignore[arg-type]
        caller = await authenticate(connection, self._parts, _secret(headers), MISSING)
        self._requests.take(caller.id)
        caller.require(Scope.CAPTURE)
        body = await _read_body(headers, receive)
        arguments = self._parts, caller.account, body, headers, inflated
        if len(body) <= READ_HERE_BYTES_MAX and b"content-encoding" not in headers:
            return await self._record(_read(*arguments))
        await self._turn.acquire()
        pause = 0.0
        try:
            began, recorded = time.monotonic(), self._parts.capture.recorded
            outcomes = await self._read_behind(arguments)
            if max(len(body), inflated.bytes) > LARGE_BYTES:
                answer = await self._record(outcomes)
                if self._parts.capture.recorded > recorded + len(outcomes):
                    pause = PAUSE_FACTOR * (time.monotonic() - began)
                return answer
        finally:
            asyncio.get_running_loop().call_later(pause, self._turn.release)
        return await self._record(outcomes)

    async def _record(self, outcomes: Sequence[IngestedEvent | str]) -> tuple[int, bytes]:
        ingested = [one for one in outcomes if isinstance(one, IngestedEvent)]
        ids: Sequence[int] = ()
        firsts: Mapping[int, int] = {}
        if ingested:
            ids, firsts = await self._parts.capture.ingest(ingested)
        return (200 if ingested or not outcomes else 400), answer_of(outcomes, ids, firsts)

    async def _read_behind(self, arguments: ReadArguments) -> list[IngestedEvent | str]:
        """On a thread; once more when another policy took effect meanwhile: an event that gets its
        id after that is classified by it."""
        loop, (parts, account, *_) = asyncio.get_running_loop(), arguments
        while True:
            rules = parts.capture.rules.of(account.id)
            outcomes = await loop.run_in_executor(self._reader, _read, *arguments)
            if parts.capture.rules.of(account.id) is rules:
                return outcomes


def _read(
    parts: Parts, account: Account, body: bytes, headers: dict[bytes, bytes], inflated: Holding
) -> list[IngestedEvent | str]:
    encoding = headers.get(b"content-encoding", b"").decode("latin-1")
    whole = decompress(body, encoding, BODY_BYTES_MAX)
    if whole is not body:  # counted afterwards: one body inflates at a time, within its own limit
        inflated.add(len(whole))
    content_type = headers.get(b"content-type", b"").decode("latin-1")
    return read_events(parts, account, whole, content_type)


def _secret(headers: dict[bytes, bytes]) -> str:
    """The key, "" for none."""
    scheme, _, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


async def _read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
        raise TooLarge(TOO_LARGE)
    return await read_body(receive, BODY_BYTES_MAX, TOO_LARGE)


# ── the answer ────────────────────────────────────────────────────────────────────────────────


def answer_of(
    outcomes: Sequence[IngestedEvent | str], ids: Sequence[int], firsts: Mapping[int, int]
) -> bytes:
    """What became of each event, in the order of the request. Ids are text: most of them are no
    number that JavaScript has."""
    entries = [
        b'{"id":"%d","status":"stored"}' % id
        if id not in firsts
        else b'{"id":"%d","status":"duplicate"}' % firsts[id]
        for id in ids
    ]
    refused = [one for one in outcomes if isinstance(one, str)]
    if refused:
        given = iter(entries)
        entries = [
            b'{"status":"refused","error":%b}' % msgspec.json.encode(one)
            if isinstance(one, str)
            else next(given)
            for one in outcomes
        ]
    failure = b""
    if refused and not ids:
        error = refused[0]
        if len(refused) > 1:
            error = f"None of the {len(refused)} events can be stored. The first: {error}"
        failure = b'"error":%b,"code":"invalid_request",' % msgspec.json.encode(error)
    return b'{%b"stored":%d,"duplicates":%d,"refused":%d,"durable":true,"events":[%b]}' % (
        failure,
        len(ids) - len(firsts),
        len(firsts),
        len(refused),
        b",".join(entries),
    )
