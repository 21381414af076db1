"""The two clients. Each drives the calls of `calls.py` in its own way, and has the same methods."""

import asyncio
import contextlib
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, Final, Generic, Self, TypeVar, Unpack

import httpx

from footfall.client import answers, calls
from footfall.client.arguments import Explained, Filters, Moment, Order, ReportArguments, Values
from footfall.client.errors import Unreachable
from footfall.client.resources import (
    AsyncExports,
    AsyncPolicies,
    AsyncTrackers,
    Exports,
    Policies,
    Trackers,
)
from footfall.client.steps import Answer, Call, Give, Line, Open, Piece, Send, Step, Wait, giving

TIMEOUT_SECONDS: Final = 60.0
"""Without a byte. A live stream says something every 15 seconds, so it is enough for that too."""

T = TypeVar("T")
EventsT = TypeVar("EventsT")
LiveT = TypeVar("LiveT")


class _Asking(Generic[EventsT, LiveT]):
    """How lists of events are requested: the same in both clients."""

    _list: Callable[[calls.Query], EventsT]
    _follow: Callable[[Call[None]], LiveT]

    def events(
        self,
        filters: Filters | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        zone: str | None = None,
        order: Order | None = None,
        fields: Sequence[str] = (),
        as_of: str | None = None,
        total: str | None = None,
        page_events: int = calls.PAGE_EVENTS,
        **columns: Values,
    ) -> EventsT:
        """Every event that matches, newest first unless `order` is oldest: iterate over it, or
        over its `pages()`. `fields` are the columns to send, all unless named; `total` is auto,
        exact or none and comes with the first page."""
        query = calls.selection(
            filters,
            columns,
            since=since,
            until=until,
            zone=zone,
            order=order,
            fields=",".join(dict.fromkeys(("id", *fields))) if fields else None,
            as_of=as_of,
            total=total or "none",
            limit=page_events,
        )
        return self._list(query)

    def live(
        self, filters: Filters | None = None, *, after: str | None = None, **columns: Values
    ) -> LiveT:
        """Events as they arrive, without an end: those after the event with the id `after`, else
        those from now on. A broken connection goes on where it broke, without a gap."""
        return self._follow(calls.live(calls.selection(filters, columns), after))


# ── the one that waits ────────────────────────────────────────────────────────────────────────


class Footfall(_Asking["Events", Iterator[answers.Event]]):
    """A server at `base_url`, with an API key."""

    def __init__(
        self, base_url: str, key: str, *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._http = httpx.Client(**_settings(base_url, key, timeout_seconds))
        self._list = lambda query: Events(self._each, query)
        self._follow = self._each
        self.exports = Exports(self._run)
        self.policies = Policies(self._run)
        self.trackers = Trackers(self._run, self._each)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def event(self, id: str) -> answers.Event:
        """One event, whole."""
        return self._run(calls.event(id))

    def report(self, **given: Unpack[ReportArguments]) -> answers.Report:
        return self._run(calls.report(given))

    def explain(self, **given: Unpack[Explained]) -> answers.Explanation:
        """From received to counted, verdict by verdict."""
        return self._run(calls.explain(given))

    def integrity(
        self, since: Moment | None = None, until: Moment | None = None
    ) -> answers.Integrity:
        """The account's books: whether every event that was answered is stored."""
        return self._run(calls.integrity(since, until))

    def ingest(self, events: Iterable[Mapping[str, Any]]) -> answers.IngestResult:
        """Store events that somebody else observed, in batches. What is sent again after a broken
        connection is stored once: by each event's `id`, which is made here where it is absent."""
        return self._run(calls.ingest(events))

    def _run(self, call: Call[T]) -> T:
        with contextlib.closing(self._each(giving(call))) as given:
            result: T = next(given)
        return result

    def _each(self, call: Call[Any]) -> Generator[Any, None, None]:
        came: Any = None
        with contextlib.closing(call), contextlib.ExitStack() as opened:
            opening = _Opening(self._http, opened)
            while True:
                try:
                    step = call.throw(came) if isinstance(came, Unreachable) else call.send(came)
                except StopIteration:
                    return
                came = None
                if isinstance(step, Give):
                    yield step.value
                elif isinstance(step, Wait):
                    time.sleep(step.seconds)
                else:
                    try:
                        came = opening.perform(step)
                    except httpx.HTTPError as error:
                        came = _unreachable(self._http.base_url, error)


class _Opening:
    """The requests of one call, and the answer that is being read."""

    def __init__(self, http: httpx.Client, opened: contextlib.ExitStack) -> None:
        self._http = http
        self._opened = opened
        self._lines: Iterator[str] = iter(())
        self._pieces: Iterator[bytes] = iter(())

    def perform(self, step: Step) -> Answer | str | bytes | None:
        if isinstance(step, Line):
            return next(self._lines, None)
        if isinstance(step, Piece):
            return next(self._pieces, None)
        assert isinstance(step, Send)
        if not isinstance(step, Open):
            response = self._http.request(**_request(step))
            return _answer(response, response.content)
        self._opened.close()
        response = self._opened.enter_context(self._http.stream(**_request(step)))
        if not response.is_success:
            return _answer(response, response.read())
        self._lines, self._pieces = response.iter_lines(), response.iter_bytes()
        return _answer(response)


class Events:
    """Events that match, requested a page at a time while they are iterated over."""

    def __init__(self, each: Callable[[Call[Any]], Iterator[Any]], query: calls.Query) -> None:
        self._each = each
        self._query = query

    def __iter__(self) -> Iterator[answers.Event]:
        return self._each(calls.pages(self._query, whole=False))

    def pages(self) -> Iterator[answers.EventPage]:
        return self._each(calls.pages(self._query, whole=True))


# ── the one that lets others go on ────────────────────────────────────────────────────────────


class AsyncFootfall(_Asking["AsyncEvents", AsyncIterator[answers.Event]]):
    """As `Footfall`, for an event loop."""

    def __init__(
        self, base_url: str, key: str, *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._http = httpx.AsyncClient(**_settings(base_url, key, timeout_seconds))
        self._list = lambda query: AsyncEvents(self._each, query)
        self._follow = self._each
        self.exports = AsyncExports(self._run)
        self.policies = AsyncPolicies(self._run)
        self.trackers = AsyncTrackers(self._run, self._each)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def event(self, id: str) -> answers.Event:
        return await self._run(calls.event(id))

    async def report(self, **given: Unpack[ReportArguments]) -> answers.Report:
        return await self._run(calls.report(given))

    async def explain(self, **given: Unpack[Explained]) -> answers.Explanation:
        return await self._run(calls.explain(given))

    async def integrity(
        self, since: Moment | None = None, until: Moment | None = None
    ) -> answers.Integrity:
        return await self._run(calls.integrity(since, until))

    async def ingest(self, events: Iterable[Mapping[str, Any]]) -> answers.IngestResult:
        return await self._run(calls.ingest(events))

    async def _run(self, call: Call[T]) -> T:
        async with contextlib.aclosing(self._each(giving(call))) as given:
            result: T = await anext(given)
        return result

    async def _each(self, call: Call[Any]) -> AsyncGenerator[Any, None]:
        came: Any = None
        with contextlib.closing(call):
            async with contextlib.AsyncExitStack() as opened:
                opening = _AsyncOpening(self._http, opened)
                while True:
                    try:
                        failed = isinstance(came, Unreachable)
                        step = call.throw(came) if failed else call.send(came)
                    except StopIteration:
                        return
                    came = None
                    if isinstance(step, Give):
                        yield step.value
                    elif isinstance(step, Wait):
                        await asyncio.sleep(step.seconds)
                    else:
                        try:
                            came = await opening.perform(step)
                        except httpx.HTTPError as error:
                            came = _unreachable(self._http.base_url, error)


class _AsyncOpening:
    def __init__(self, http: httpx.AsyncClient, opened: contextlib.AsyncExitStack) -> None:
        self._http = http
        self._opened = opened
        self._lines: AsyncIterator[str] | None = None
        self._pieces: AsyncIterator[bytes] | None = None

    async def perform(self, step: Step) -> Answer | str | bytes | None:
        if isinstance(step, Line):
            return await anext(self._lines, None) if self._lines else None
        if isinstance(step, Piece):
            return await anext(self._pieces, None) if self._pieces else None
        assert isinstance(step, Send)
        if not isinstance(step, Open):
            response = await self._http.request(**_request(step))
            return _answer(response, response.content)
        await self._opened.aclose()
        response = await self._opened.enter_async_context(self._http.stream(**_request(step)))
        if not response.is_success:
            return _answer(response, await response.aread())
        self._lines, self._pieces = response.aiter_lines(), response.aiter_bytes()
        return _answer(response)


class AsyncEvents:
    def __init__(self, each: Callable[[Call[Any]], AsyncIterator[Any]], query: calls.Query) -> None:
        self._each = each
        self._query = query

    def __aiter__(self) -> AsyncIterator[answers.Event]:
        return self._each(calls.pages(self._query, whole=False))

    def pages(self) -> AsyncIterator[answers.EventPage]:
        return self._each(calls.pages(self._query, whole=True))


# ── what both say over HTTP ───────────────────────────────────────────────────────────────────


def _settings(base_url: str, key: str, timeout_seconds: float) -> dict[str, Any]:
    return {
        "base_url": base_url.rstrip("/"),
        "headers": {"Authorization": f"Bearer {key}", "User-Agent": "footfall-client"},
        "timeout": timeout_seconds,
    }


def _request(send: Send) -> dict[str, Any]:
    return {
        "method": send.method,
        "url": send.path,
        "params": list(send.query),
        "content": send.body,
        "headers": dict(send.headers),
    }


def _answer(response: httpx.Response, body: bytes = b"") -> Answer:
    headers = {name.lower(): text for name, text in response.headers.items()}
    return Answer(status=response.status_code, headers=headers, body=body)


def _unreachable(base_url: httpx.URL, error: httpx.HTTPError) -> Unreachable:
    return Unreachable(f"No answer from {base_url}: {str(error) or type(error).__name__}")
