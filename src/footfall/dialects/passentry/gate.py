"""Where scans are decided: those that arrive together, in one transaction.

A transaction costs a begin, a commit, an fsync and two changes of threads. At a busy door scans
share them: while one transaction is under way the next ones gather, so nobody waits for company.

    waiting scans → ids → one transaction → the journal → each its answer
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import Context
from typing import Final

import msgspec
from litestar import Response
from sqlalchemy.orm import Session

from footfall.api.idempotency import kept_response
from footfall.capture.pending_events import PendingEvents
from footfall.catalog.catalog import add_pending_events
from footfall.catalog.idempotency import Claim, claim_of_request
from footfall.core.errors import Unavailable
from footfall.core.ids import received_at
from footfall.dialects.passentry import messages
from footfall.dialects.passentry.external import Decision
from footfall.dialects.passentry.records import scans as records
from footfall.dialects.passentry.records.readers import reader_with_id

TOGETHER_MAX: Final = 50


class Attempt(msgspec.Struct):
    """A scan, and what another system says of it, if it was called. `new_reader` is the id of a
    reader that is created with the scan when there is none, "" for no such reader. `claim` is the
    request's, when it has an idempotency key: the transaction that records the scan stores it."""

    account: int
    scan: records.Scan
    decision: Decision | None = None
    new_reader: str = ""
    claim: Claim | None = None
    respond: Callable[[records.Outcome], Response[bytes]] | None = None
    """The answer to an outcome. Kept in the same transaction under an idempotency key: a guest
    whose answer was lost is not scanned a second time, whatever happened to the server."""


class AskOutside(msgspec.Struct, frozen=True):
    """No scan is recorded yet: another system decides about the scans of this door."""

    door: records.Door


Decided = records.Outcome | AskOutside
Writing = Callable[[], AbstractContextManager[Session]]


class Gate:
    """Its methods run on the event loop. `base` is the server's public URL."""

    def __init__(
        self, writing: Writing, pending_events: PendingEvents, base: str, wake: Callable[[], None]
    ) -> None:
        self._writing = writing
        self._pending_events = pending_events
        self._base = base
        self._wake = wake
        self._waiting: list[tuple[Attempt, asyncio.Future[Decided]]] = []
        self._work: asyncio.Task[None] | None = None

    async def decide(self, attempt: Attempt) -> Decided:
        """The outcome, when it is on disk. Raises CatalogUnavailable."""
        answer: asyncio.Future[Decided] = asyncio.get_running_loop().create_future()
        attempt.claim = claim_of_request()
        self._waiting.append((attempt, answer))
        if self._work is None:
            # In a context of its own: the transactions of a group belong to no single request.
            self._work = asyncio.create_task(self._run(), context=Context())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                some = self._waiting[:TOGETHER_MAX]
                del self._waiting[:TOGETHER_MAX]
                await self._answer(some)
        finally:
            self._work = None

    async def _answer(self, some: Sequence[tuple[Attempt, asyncio.Future[Decided]]]) -> None:
        try:
            decided = await self._commit([attempt for attempt, _ in some])
        except Exception as error:
            if len(some) > 1 and not isinstance(error, Unavailable):
                for one in some:  # whatever is wrong with one of them is nothing to the others
                    await self._answer([one])
                return
            for _, answer in some:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), outcome in zip(some, decided, strict=True):
            if not answer.done():  # the client may have gone
                answer.set_result(outcome)

    async def _commit(self, some: Sequence[Attempt]) -> list[Decided]:
        async with self._pending_events.open(len(some)) as ids:
            decided = await asyncio.to_thread(self._transact, some, ids)
            kept = [one.event for one in decided if isinstance(one, records.Outcome)]
            if kept:
                await self._pending_events.keep(kept)
        return decided

    def _transact(self, some: Sequence[Attempt], ids: Sequence[int]) -> list[Decided]:
        """One after the other: each sees what those before it did."""
        waiting = False
        with self._writing() as session:
            decided = [
                decide(session, attempt, event_id)
                for attempt, event_id in zip(some, ids, strict=True)
            ]
            events = [one.event for one in decided if isinstance(one, records.Outcome)]
            add_pending_events(session, events)
            waiting = messages.queue_scans(session, self._base, events)
            claims = [
                (attempt.claim, attempt.respond, outcome)
                for attempt, outcome in zip(some, decided, strict=True)
                if attempt.claim is not None and isinstance(outcome, records.Outcome)
            ]
            for claim, respond, outcome in claims:
                kept = None if respond is None else kept_response(respond(outcome))
                claim.enter(session, received_at(ids[0]), kept)
        for claim, respond, _ in claims:
            claim.stored, claim.answered = True, respond is not None
        if waiting:
            self._wake()
        return decided


def decide(session: Session, attempt: Attempt, event_id: int) -> Decided:
    """What becomes of one scan. The caller promises its event."""
    account, scan, decision = attempt.account, attempt.scan, attempt.decision
    if attempt.new_reader:
        reader_with_id(session, account, attempt.new_reader, received_at(event_id))
    door = records.find_door(session, account, scan.reader)
    too_long = len(scan.value) > records.VALUE_LENGTH_MAX
    if decision is None and too_long:
        card, detail = None, records.VALUE_TOO_LONG
        successful, validation = False, records.INTERNAL
    elif decision is None:
        if door is not None and door.external:
            return AskOutside(door)
        card = records.find_card(session, account, scan.value)
        detail = records.refusal(session, door, card, received_at(event_id))
        successful, validation = not detail, records.INTERNAL
    else:
        name = decision.wallet_pass
        card = records.find_card(session, account, name) if name else None
        detail, successful = decision.detail, decision.successful
        if too_long and not detail:
            detail = records.VALUE_TOO_LONG  # the scan keeps its beginning, and says so
        validation = records.EXTERNAL
    return records.record(
        session,
        account,
        event_id,
        scan,
        door,
        card,
        validation=validation,
        detail=detail,
        successful=successful,
    )
