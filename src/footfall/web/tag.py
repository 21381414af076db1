"""Views of web pages, by a script or by an image. See tag.js.

    GET        /tag.js          the script: see scripts.py
    POST       /t/{slug}        what the script tells: 204, whatever happens
    GET|HEAD   /t/{slug}.gif    an image, whatever happens

What became of it stands in the header `X-Footfall`. No cookie is set.
"""

from typing import Any, Final

import msgspec

from footfall.api.asgi import (
    REFUSED,
    outcome_of,
    read_start,
    send_pixel,
    send_whole,
    status_and_retry,
)
from footfall.capture.enrichment import TEXT_LENGTH_MAX, RequestContext, external_referrer
from footfall.capture.recorder import Capture, Receipt
from footfall.capture.request_context import Receive, RequestReader, Scope, Send
from footfall.core.accounts import Privacy
from footfall.core.errors import InvalidRequest, Overloaded, RequestTimeout
from footfall.core.events import EventKind, Verdict
from footfall.core.ports import Trackers
from footfall.core.trackers import Tracker
from footfall.web.misprints import PART_OF_SLUG, trimmed

BODY_BYTES_MAX: Final = 8_192
METADATA_BYTES_MAX: Final = 2_048
SOURCE: Final = "web"

_HEADERS: Final = [
    (b"cache-control", b"no-store"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"content-type"),
]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of itself: its address, where the visitor came from, and what its own
    script gave to `footfall.track`."""

    url: str = ""
    referrer: str = ""
    metadata: dict[str, Any] | None = None


_read_said: Final = msgspec.json.Decoder(Said).decode


class TagPaths:
    def __init__(self, capture: Capture, trackers: Trackers, read_request: RequestReader) -> None:
        self._capture = capture
        self._trackers = trackers
        self._read_request = read_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send, text: str) -> None:
        if scope["method"] == "POST":
            try:
                said = await _listen(receive)
            except (RequestTimeout, Overloaded) as error:
                status, headers = status_and_retry(error)
                await send_whole(send, status, [*_HEADERS, *headers], b"")
                return
            outcome = await self._record(scope, text, said.url, said.referrer, said.metadata)
        elif scope["method"] == "GET":
            # An image's referrer is the page that it is on.
            page = self._read_request(scope).referrer
            outcome = await self._record(scope, text.removesuffix(".gif"), page, "", None)
        else:
            outcome = b"not counted"
        if scope["method"] in ("GET", "HEAD"):
            await send_pixel(send, outcome)
        else:
            await send_whole(send, 204, [*_HEADERS, (b"x-footfall", outcome)], b"")

    async def _record(
        self, scope: Scope, slug: str, url: str, referrer: str, metadata: dict[str, Any] | None
    ) -> bytes:
        request = self._read_request(scope)
        request.referrer = external_referrer(referrer[:TEXT_LENGTH_MAX], url[:TEXT_LENGTH_MAX])
        tracker = self._trackers.tracker(slug)
        if tracker is None:
            tracker = self._trackers.tracker(trimmed(slug, PART_OF_SLUG).removesuffix(".gif"))
        if tracker is None:
            return await self._record_orphan(scope, request)
        also: dict[str, Any] = {}
        if shown := _shown(url, tracker.privacy):
            also["url"] = shown
        if metadata and tracker.privacy is not Privacy.COARSE:
            also["metadata"] = _merged(metadata, tracker)
        refused = Verdict.REFUSED if tracker.paused_at(request.at) else None
        receipt = await self._capture.record(tracker, request, refused, "paused", also=also)
        return _outcome(receipt)

    async def _record_orphan(self, scope: Scope, request: RequestContext) -> bytes:
        owner = self._trackers.owner()
        if owner is None:
            return b"not counted"
        path = scope["path"][:TEXT_LENGTH_MAX]
        return _outcome(
            await self._capture.record_orphan(owner.id, path, request, EventKind.IMPRESSION, SOURCE)
        )


def _outcome(receipt: Receipt) -> bytes:
    return REFUSED if receipt.verdict is Verdict.REFUSED else outcome_of(receipt)


def _shown(url: str, privacy: Privacy) -> str:
    """Of a page's address what the privacy mode lets through: what comes after the path may say
    who the visitor is."""
    url = url[:TEXT_LENGTH_MAX]
    return url.partition("#")[0].partition("?")[0] if privacy is Privacy.COARSE else url


def _merged(metadata: dict[str, Any], tracker: Tracker) -> str:
    """The tracker's own metadata wins: a page is open to everybody."""
    own = msgspec.json.decode(tracker.metadata or "{}")
    text = msgspec.json.encode({**metadata, **own})
    return text.decode() if len(text) <= METADATA_BYTES_MAX + len(tracker.metadata) else ""


async def _listen(receive: Receive) -> Said:
    """Nothing when what is said cannot be read: the page was viewed all the same."""
    try:
        body = await read_start(receive, BODY_BYTES_MAX)
    except InvalidRequest:  # cut off
        return Said()
    if len(body) > BODY_BYTES_MAX:
        return Said()
    try:
        return _read_said(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Said()
