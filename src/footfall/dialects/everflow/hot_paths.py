"""The hot paths of ads, as Everflow's links, pixels and script call them.

    GET  /sdk/impression               JSON, for the vendor's script in a page
    GET  /sdk/click                    JSON with `async=json`, else goes on to the offer's page
    GET  /sdk/conversion               JSON; also as a server's postback: /?nid=…&transaction_id=…,
                                       with POST and a form at / too
    GET  /imp/{affiliate}/{offer}/     a GIF of one pixel, whatever happens
    GET  /clk/{affiliate}/{offer}/     goes on to the offer's page
    GET  /s2s/{text}                   JSON; a server tells what somebody saw elsewhere

An answer comes when the event is in the journal; none but a conversion's waits for a database.
`X-Footfall` says what became of it. No cookie is set: the vendor's script keeps the ids itself, in
its own page.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from footfall.api import pages
from footfall.api.asgi import (
    PAGE_HEADERS,
    REFUSED,
    HotPath,
    location_of,
    outcome_of,
    redirect_to,
    send_pixel,
    send_whole,
)
from footfall.api.errors import error_answer
from footfall.api.parts import Parts
from footfall.api.request_bodies import (
    declared_length,
    has_form,
    read_body,
    received_again,
)
from footfall.capture.request_context import Receive, RequestReader, Scope, Send
from footfall.core.errors import FootfallError
from footfall.core.events import EventKind, Verdict
from footfall.dialects.everflow.calls import read_parameters
from footfall.dialects.everflow.conversions import Conversions, Converted
from footfall.dialects.everflow.dialect import EVERFLOW, ErrorBody
from footfall.dialects.everflow.index import Index
from footfall.dialects.everflow.tracking import Tracked, Tracking

SESSION_HOURS: Final = 720
"""How long the vendor's script keeps a click: the thirty days that it keeps an impression."""

_SDK: Final = {"impression": EventKind.IMPRESSION, "click": EventKind.CLICK}


FORM_BYTES_MAX: Final = 16_384
"""Of a postback's body."""


class AdPaths:
    def __init__(self, parts: Parts, index: Index, read_request: RequestReader) -> None:
        self._tracking = Tracking(parts.capture, parts.catalog, parts.signer, index)
        self._conversions = Conversions(parts, index)
        self._read_request = read_request

    def by_first_part(self) -> Mapping[str, HotPath]:
        return {
            "/sdk/": self.sdk,
            "/imp/": self.pixel,
            "/clk/": self.link,
            "/s2s/": self.server,
            "/?nid": self.postback,
        }

    async def sdk(self, scope: Scope, receive: Receive, send: Send, text: str) -> None:
        path = text.rstrip("/")
        if path == "conversion" and scope["method"] != "OPTIONS":
            await self.postback(scope, receive, send, text)
            return
        kind = EventKind.CONVERSION if path == "conversion" else _SDK.get(path)
        if kind is None:
            await send_json(scope, send, 404, ErrorBody.of("There is nothing at this path."))
            return
        if scope["method"] == "OPTIONS":
            await send_whole(send, 204, [*_allowed(scope), *_PREFLIGHT], b"")
            return
        parameters = read_parameters(scope["query_string"])
        tracked = await self._track(scope, kind, parameters)
        if kind is EventKind.CLICK and parameters.get("async") != "json":
            await self._go_on(send, tracked)
            return
        body = _body(tracked)
        if kind is EventKind.CLICK:
            body["session_duration"] = SESSION_HOURS
        await send_json(scope, send, 200, body, _outcome(tracked))

    async def postback(self, scope: Scope, receive: Receive, send: Send, _: str) -> None:
        """A conversion, from a page or from a server."""
        if await _refused(scope, send):
            return
        try:
            parameters = await _with_form(scope, receive)
            found = Converted("", "", "not counted")
            if scope["method"] != "HEAD":
                found = await self._conversions.record(parameters, self._read_request(scope))
        except FootfallError as error:
            await _send_error(scope, send, error)
            return
        answer = {
            "conversion_id": found.conversion,
            "transaction_id": found.transaction,
            "html_pixel": "",
        }
        await send_json(scope, send, 200, answer, found.outcome.encode())

    def or_postback(self, other: HotPath) -> HotPath:
        """What a POST to the root is: a postback when its form names a network, else `other`."""

        async def at_root(scope: Scope, receive: Receive, send: Send, text: str) -> None:
            if not has_form(scope) or declared_length(scope) > FORM_BYTES_MAX:
                await other(scope, receive, send, text)
                return
            try:
                form = await read_body(receive, FORM_BYTES_MAX)
            except FootfallError as error:
                await _send_error(scope, send, error)
                return
            path = self.postback if "nid" in read_parameters(form) else other
            await path(scope, received_again(form, receive), send, text)

        return at_root

    async def pixel(self, scope: Scope, _: Receive, send: Send, text: str) -> None:
        tracked = await self._track(scope, EventKind.IMPRESSION, _with_path(scope, text))
        await send_pixel(send, _outcome(tracked))

    async def link(self, scope: Scope, _: Receive, send: Send, text: str) -> None:
        await self._go_on(send, await self._track(scope, EventKind.CLICK, _with_path(scope, text)))

    async def server(self, scope: Scope, _: Receive, send: Send, text: str) -> None:
        if await _refused(scope, send):
            return
        parameters = read_parameters(scope["query_string"])
        tracked = await self._tracking.track_for_server(
            text, parameters, self._read_request(scope), counts=scope["method"] != "HEAD"
        )
        if tracked is None:
            error = ErrorBody.of("This link was not made here: ask for one with your API key.")
            await send_json(scope, send, 404, error, b"invalid")
            return
        body = _body(tracked)
        await send_json(scope, send, 200, body, _outcome(tracked))

    async def _track(self, scope: Scope, kind: EventKind, parameters: Mapping[str, str]) -> Tracked:
        return await self._tracking.track(
            kind,
            scope["path"][:200],
            parameters,
            self._read_request(scope),
            counts=scope["method"] in ("GET", "POST"),
        )

    async def _go_on(self, send: Send, tracked: Tracked) -> None:
        headers = [*PAGE_HEADERS, (b"x-footfall", _outcome(tracked))]
        if not tracked.landing:
            await send_whole(send, 404, headers, pages.UNKNOWN)
        elif tracked.paused:
            await send_whole(send, 404, headers, pages.INACTIVE)
        else:
            await redirect_to(send, 302, location_of(tracked.landing), _outcome(tracked))


async def _refused(scope: Scope, send: Send) -> bool:
    """Whether the method is another one than these paths take, and so answered already."""
    if scope["method"] in ("GET", "HEAD", "POST"):
        return False
    await send_json(scope, send, 405, ErrorBody.of("This path takes GET, HEAD and POST."))
    return True


async def _send_error(scope: Scope, send: Send, error: FootfallError) -> None:
    status, body = error_answer(EVERFLOW, error)
    retry = getattr(error, "retry_after_seconds", None)
    headers = [] if retry is None else [(b"retry-after", b"%d" % retry)]
    await send_json(scope, send, status, body, b"unrecorded", headers)


async def _with_form(scope: Scope, receive: Receive) -> Mapping[str, str]:
    """The parameters of the query, and of a form where there is one."""
    parameters = read_parameters(scope["query_string"])
    if has_form(scope):
        too_large = f"The form is larger than {FORM_BYTES_MAX >> 10} KB."
        form = await read_body(receive, FORM_BYTES_MAX, too_large)
        parameters = {**read_parameters(form), **parameters}
    return parameters


def _with_path(scope: Scope, text: str) -> dict[str, str]:
    """The parameters, with affiliate and offer as the path has them."""
    affiliate, _, offer = text.rstrip("/").removesuffix(".gif").partition("/")
    return {**read_parameters(scope["query_string"]), "affid": affiliate, "oid": offer}


def _body(tracked: Tracked) -> dict[str, Any]:
    return {
        "transaction_id": tracked.transaction,
        "oid": tracked.offer,
        "aid": tracked.advertiser,
    }


def _outcome(tracked: Tracked) -> bytes:
    if tracked.receipt is None:
        return b"not counted"
    return REFUSED if tracked.receipt.verdict is Verdict.REFUSED else outcome_of(tracked.receipt)


# ── what a page on another origin may read ────────────────────────────────────────────────────

_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"accept, content-type"),
    (b"access-control-max-age", b"86400"),
]


def _allowed(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The script asks with credentials, and then a browser wants the exact origin."""
    headers = [(b"vary", b"origin")]
    for name, value in scope["headers"]:
        if name == b"origin":
            headers.append((b"access-control-allow-origin", value))
            headers.append((b"access-control-allow-credentials", b"true"))
    return headers


async def send_json(
    scope: Scope,
    send: Send,
    status: int,
    body: ErrorBody | Mapping[str, object],
    outcome: bytes = b"not counted",
    also: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    headers = [
        *also,
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"x-footfall", outcome),
        *_allowed(scope),
    ]
    await send_whole(send, status, headers, msgspec.json.encode(body))
