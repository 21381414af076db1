"""Signed pixels and links: hot paths that look nothing up. See `capture.signed_links`.

    GET|HEAD /p/{text}.gif     an image, whatever happens
    GET|HEAD /l/{text}         goes on to where the link says

What became of it stands in the header `X-Footfall`: recorded, pending, unrecorded, a verdict,
`refused` with the reason, or `invalid` for a text that this server did not sign.
"""

from typing import Any

from footfall.api import pages
from footfall.api.asgi import (
    PAGE_HEADERS,
    REFUSED,
    location_of,
    outcome_of,
    redirect_to,
    send_pixel,
    send_whole,
)
from footfall.capture.recorder import Capture
from footfall.capture.request_context import Receive, RequestReader, Scope, Send
from footfall.capture.signed_links import SignedLink, Signer
from footfall.core.events import Verdict
from footfall.core.ports import Trackers
from footfall.web.misprints import PART_OF_TOKEN, trimmed


class SignedPaths:
    def __init__(
        self, capture: Capture, trackers: Trackers, signer: Signer, read_request: RequestReader
    ) -> None:
        self._capture = capture
        self._trackers = trackers
        self._signer = signer
        self._read_request = read_request

    async def pixel(self, scope: Scope, _: Receive, send: Send, text: str) -> None:
        link = self._read(text.removesuffix(".gif"))
        outcome = b"invalid" if link is None or link.landing else await self._record(scope, link)
        await send_pixel(send, outcome)

    async def link(self, scope: Scope, _: Receive, send: Send, text: str) -> None:
        link = self._read(text)
        if link is None or not link.landing:
            await send_whole(send, 404, [*PAGE_HEADERS, (b"x-footfall", b"invalid")], pages.UNKNOWN)
        else:
            outcome = await self._record(scope, link)
            await redirect_to(send, 302, location_of(link.landing), outcome)

    def _read(self, text: str) -> SignedLink | None:
        if link := self._signer.read(text):
            return link
        return self._signer.read(trimmed(text, PART_OF_TOKEN).removesuffix(".gif"))

    async def _record(self, scope: Scope, link: SignedLink) -> bytes:
        if scope["method"] != "GET":
            return b"not counted"
        request = self._read_request(scope)
        tracker = self._trackers.tracker_with_id(link.tracker)
        if tracker is None:
            owner = self._trackers.owner()
            if owner is None:
                return b"not counted"
            path = scope["path"][:3]
            return outcome_of(
                await self._capture.record_orphan(owner.id, path, request, link.kind, "signed")
            )
        also: dict[str, Any] = dict(link.references)
        if link.landing:
            also["url"] = link.landing
        if link.unique:
            also["visitor"] = link.visitor
        refused = Verdict.REFUSED if tracker.paused_at(request.at) else None
        receipt = await self._capture.record(
            tracker, request, refused, "paused", kind=link.kind, also=also
        )
        return REFUSED if receipt.verdict is Verdict.REFUSED else outcome_of(receipt)
