"""The redirect: the hot path as a plain ASGI callable in front of the framework.

    GET|HEAD /s/{slug}     on the main host
    GET|HEAD /{slug}       on the dedicated short host, when one is configured
    POST                   the same paths: the word that unlocks a locked code

A slug that is not found is looked up once more without what stands around it (`misprints.py`).

A scan is answered when it is in the journal. When the journal cannot take it, or not in the time
for which a person may be held, the person is redirected all the same, and the answer, `/health` and
the metrics say so.
"""

from functools import lru_cache
from typing import Final
from urllib.parse import parse_qs, quote

from footfall.core.capture import Action, Capture, Receipt, decide
from footfall.core.enrichment import TEXT_LENGTH_MAX, Sighting
from footfall.core.errors import FootfallError, RequestTimeout, Unavailable
from footfall.core.events import Verdict
from footfall.core.ids import to_text
from footfall.core.ports import Trackers
from footfall.core.trackers import Lock, Tracker
from footfall.web import pages
from footfall.web.misprints import PART_OF_SLUG, trimmed
from footfall.web.seeing import Receive, Scope, See, Send
from footfall.web.unlocking import Locks

FORM_BYTES_MAX: Final = 4096
NOT_READ: Final = "The server could not read this. Try again."
ASKED_BY_BROWSERS: Final = ("/favicon.ico", "/robots.txt", "/apple-touch-icon", "/.well-known/")
"""What software asks of a short host by itself: nobody's misprinted code."""

_EMPTY_BODY: Final = {"type": "http.response.body", "body": b""}
PAGE_HEADERS: Final = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"referrer-policy", b"no-referrer"),
]


class Redirect:
    def __init__(self, capture: Capture, catalog: Trackers, see: See, locks: Locks):
        self._capture = capture
        self._catalog = catalog
        self._see = see
        self._locks = locks

    async def __call__(self, scope: Scope, receive: Receive, send: Send, slug: str) -> None:
        method = scope["method"]
        if method not in ("GET", "HEAD", "POST"):
            headers = [*PAGE_HEADERS, (b"allow", b"GET, HEAD, POST")]
            await send_whole(send, 405, headers, pages.UNKNOWN)
            return
        sighting = self._see(scope)
        tracker = self._catalog.tracker(slug)
        if tracker is None:
            tracker = self._catalog.tracker(trimmed(slug, PART_OF_SLUG))
        if tracker is None or not tracker.destination:
            await self._answer_unknown(scope, send, sighting)
        elif method == "POST" and tracker.lock is not None:
            word = await self._read_word(receive, send, tracker.lock)
            if word is not None:
                await self._answer_unlock(send, tracker, tracker.lock, sighting, word)
        else:
            await self._answer(send, tracker, sighting, counts=method == "GET")

    async def _answer(
        self, send: Send, tracker: Tracker, sighting: Sighting, *, counts: bool
    ) -> None:
        decision = decide(tracker, sighting)
        outcome = b"not counted"
        if counts:
            receipt = await self._capture.record(
                tracker, sighting, decision.verdict, decision.reason
            )
            outcome = outcome_of(receipt)
        if decision.action is Action.REDIRECT:
            handed = _handed_over(tracker, receipt) if counts else ""
            await redirect_to(send, 302, known_location(decision.landing), outcome, handed)
        elif decision.action is Action.UNLOCK:
            assert tracker.lock is not None
            page = pages.unlock(tracker.lock.hint, pin=tracker.lock.password_hash is None)
            await send_whole(send, 200, [*PAGE_HEADERS, (b"x-footfall", outcome)], page)
        else:
            await send_whole(send, 404, [*PAGE_HEADERS, (b"x-footfall", outcome)], pages.INACTIVE)

    async def _answer_unknown(self, scope: Scope, send: Send, sighting: Sighting) -> None:
        owner = self._catalog.owner()
        headers = PAGE_HEADERS
        by_itself = scope["path"].startswith(ASKED_BY_BROWSERS)
        if scope["method"] == "GET" and owner is not None and not by_itself:
            path = scope["path"][:TEXT_LENGTH_MAX]
            receipt = await self._capture.record_orphan(owner.id, path, sighting)
            headers = [*PAGE_HEADERS, (b"x-footfall", outcome_of(receipt))]
        await send_whole(send, 404, headers, pages.UNKNOWN)

    async def _read_word(self, receive: Receive, send: Send, lock: Lock) -> str | None:
        """The form's word. None when the form did not come, which is answered here."""
        try:
            return await _form(receive)
        except FootfallError as error:
            status, headers = status_and_retry(error)
            page = pages.unlock(lock.hint, pin=lock.password_hash is None, problem=NOT_READ)
            await send_whole(send, status, [*PAGE_HEADERS, *headers], page)
            return None

    async def _answer_unlock(
        self, send: Send, tracker: Tracker, lock: Lock, sighting: Sighting, word: str
    ) -> None:
        decision = decide(tracker, sighting, unlocked=True)
        if decision.action is not Action.REDIRECT:
            await self._answer(send, tracker, sighting, counts=True)
            return
        unopened = await self._locks.open(tracker, lock, word, sighting.ip)
        if unopened is None:
            receipt = await self._capture.record(tracker, sighting)
            handed = _handed_over(tracker, receipt)
            location = known_location(decision.landing)
            await redirect_to(send, 303, location, outcome_of(receipt), handed)
            return
        reason = unopened.reason
        receipt = await self._capture.record(tracker, sighting, Verdict.REFUSED, reason)
        headers = [*PAGE_HEADERS, (b"x-footfall", outcome_of(receipt))]
        if unopened.retry_seconds:
            headers.append((b"retry-after", str(unopened.retry_seconds).encode()))
        page = pages.unlock(lock.hint, pin=lock.password_hash is None, problem=unopened.problem)
        await send_whole(send, unopened.status, headers, page)


def outcome_of(receipt: Receipt) -> bytes:
    """What the `X-Footfall` header says: recorded, pending, unrecorded, or the verdict."""
    if not receipt.recorded:
        return b"pending" if receipt.pending else b"unrecorded"
    return b"recorded" if receipt.verdict is Verdict.COUNTED else receipt.verdict.encode()


def _handed_over(tracker: Tracker, receipt: Receipt) -> str:
    """The parameter that tells the landing page which event this was; an event that was not
    recorded is none."""
    return (
        tracker.handover + to_text(receipt.event) if tracker.handover and receipt.recorded else ""
    )


async def _form(receive: Receive) -> str:
    """The field `word` of a small urlencoded form; "" for anything else."""
    body = await read_start(receive, FORM_BYTES_MAX)
    fields = parse_qs(body[:FORM_BYTES_MAX].decode("utf-8", "replace"))
    return fields.get("word", [""])[0]


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
