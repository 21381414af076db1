"""The redirect: the hot path as a plain ASGI callable in front of the framework.

    GET|HEAD /s/{slug}     on the main host
    GET|HEAD /{slug}       on the dedicated short host, when one is configured
    POST                   the same paths: the word that unlocks a locked code

A slug that is not found is looked up once more without what stands around it (`misprints.py`).

A scan is answered when it is in the journal. When the journal cannot take it, or not in the time
for which a person may be held, the person is redirected all the same, and the answer, `/health` and
the metrics say so.
"""

from typing import Final
from urllib.parse import parse_qs

from footfall.api import pages
from footfall.api.asgi import (
    PAGE_HEADERS,
    known_location,
    outcome_of,
    read_start,
    redirect_to,
    send_whole,
    status_and_retry,
)
from footfall.capture.enrichment import TEXT_LENGTH_MAX, RequestContext
from footfall.capture.recorder import Action, Capture, Receipt, decide
from footfall.capture.request_context import Receive, RequestReader, Scope, Send
from footfall.core.errors import FootfallError
from footfall.core.events import Verdict
from footfall.core.ids import to_text
from footfall.core.ports import Trackers
from footfall.core.trackers import Lock, Tracker
from footfall.web.misprints import PART_OF_SLUG, trimmed
from footfall.web.unlocking import Locks

FORM_BYTES_MAX: Final = 4096
NOT_READ: Final = "The server could not read this. Try again."
REQUESTED_BY_BROWSERS: Final = ("/favicon.ico", "/robots.txt", "/apple-touch-icon", "/.well-known/")
"""What software asks of a short host by itself: nobody's misprinted code."""


class Redirect:
    def __init__(
        self, capture: Capture, catalog: Trackers, read_request: RequestReader, locks: Locks
    ):
        self._capture = capture
        self._catalog = catalog
        self._read_request = read_request
        self._locks = locks

    async def __call__(self, scope: Scope, receive: Receive, send: Send, slug: str) -> None:
        method = scope["method"]
        if method not in ("GET", "HEAD", "POST"):
            headers = [*PAGE_HEADERS, (b"allow", b"GET, HEAD, POST")]
            await send_whole(send, 405, headers, pages.UNKNOWN)
            return
        request = self._read_request(scope)
        tracker = self._catalog.tracker(slug)
        if tracker is None:
            tracker = self._catalog.tracker(trimmed(slug, PART_OF_SLUG))
        if tracker is None or not tracker.destination:
            await self._answer_unknown(scope, send, request)
        elif method == "POST" and tracker.lock is not None:
            word = await self._read_word(receive, send, tracker.lock)
            if word is not None:
                await self._answer_unlock(send, tracker, tracker.lock, request, word)
        else:
            await self._answer(send, tracker, request, counts=method == "GET")

    async def _answer(
        self, send: Send, tracker: Tracker, request: RequestContext, *, counts: bool
    ) -> None:
        decision = decide(tracker, request)
        outcome = b"not counted"
        if counts:
            receipt = await self._capture.record(
                tracker, request, decision.verdict, decision.reason
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

    async def _answer_unknown(self, scope: Scope, send: Send, request: RequestContext) -> None:
        owner = self._catalog.owner()
        headers = PAGE_HEADERS
        by_itself = scope["path"].startswith(REQUESTED_BY_BROWSERS)
        if scope["method"] == "GET" and owner is not None and not by_itself:
            path = scope["path"][:TEXT_LENGTH_MAX]
            receipt = await self._capture.record_orphan(owner.id, path, request)
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
        self, send: Send, tracker: Tracker, lock: Lock, request: RequestContext, word: str
    ) -> None:
        decision = decide(tracker, request, unlocked=True)
        if decision.action is not Action.REDIRECT:
            await self._answer(send, tracker, request, counts=True)
            return
        unopened = await self._locks.open(tracker, lock, word, request.ip)
        if unopened is None:
            receipt = await self._capture.record(tracker, request)
            handed = _handed_over(tracker, receipt)
            location = known_location(decision.landing)
            await redirect_to(send, 303, location, outcome_of(receipt), handed)
            return
        reason = unopened.reason
        receipt = await self._capture.record(tracker, request, Verdict.REFUSED, reason)
        headers = [*PAGE_HEADERS, (b"x-footfall", outcome_of(receipt))]
        if unopened.retry_seconds:
            headers.append((b"retry-after", str(unopened.retry_seconds).encode()))
        page = pages.unlock(lock.hint, pin=lock.password_hash is None, problem=unopened.problem)
        await send_whole(send, unopened.status, headers, page)


def _handed_over(tracker: Tracker, receipt: Receipt) -> str:
    """The parameter that tells the landing page which event this was; an event that was not
    recorded is none."""
    return (
        tracker.event_id_parameter + to_text(receipt.event)
        if tracker.event_id_parameter and receipt.recorded
        else ""
    )


async def _form(receive: Receive) -> str:
    """The field `word` of a small urlencoded form; "" for anything else."""
    body = await read_start(receive, FORM_BYTES_MAX)
    fields = parse_qs(body[:FORM_BYTES_MAX].decode("utf-8", "replace"))
    return fields.get("word", [""])[0]
