"""The hot path: what becomes of a request for a tracker, and its durable record.

look up → decide → enrich → journal → Receipt
"""

import logging
import time
from asyncio import Future
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, Final

import msgspec

from footfall.capture.enrichment import (
    NOTHING,
    EnrichmentContext,
    RequestContext,
    enrich,
    find,
    judge,
    judged,
    keep_members,
)
from footfall.core.accounts import Privacy
from footfall.core.classification import OF_MACHINES, Fields, RulesInEffect
from footfall.core.errors import JournalUnavailable
from footfall.core.event_counts import EventCounts
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import IdGenerator, received_at
from footfall.core.ingested import IngestedEvent, counts_of, without
from footfall.core.ports import IngestJournal, JournalStalled
from footfall.core.trackers import Tracker
from footfall.parsing.user_agents import operating_system

FAILURE_COUNTS_SECONDS: Final = 30.0
STEP_MS: Final = 1_000
"""A clock that steps back by more than this leaves ids ahead of the time."""

log = logging.getLogger(__name__)


class Action(StrEnum):
    """What the person is answered with."""

    REDIRECT = "redirect"
    UNLOCK = "unlock"
    INACTIVE = "inactive"


class Decision(msgspec.Struct, frozen=True):
    """`verdict` None leaves the judgement to the enrichment steps."""

    action: Action
    landing: str = ""
    verdict: Verdict | None = None
    reason: str = ""


_INACTIVE = Decision(Action.INACTIVE, verdict=Verdict.REFUSED, reason="paused")
_LOCKED = Decision(Action.UNLOCK, verdict=Verdict.REFUSED, reason="locked")


def decide(tracker: Tracker, request: RequestContext, *, unlocked: bool = False) -> Decision:
    """What a request for this tracker gets. A locked tracker counts once: when it is unlocked."""
    if tracker.paused_at(request.at):
        return _INACTIVE
    if tracker.lock is not None and not unlocked:
        return _LOCKED
    system = operating_system(request.user_agent) if tracker.destinations else ""
    return Decision(Action.REDIRECT, tracker.landing(system))


class Receipt(msgspec.Struct, frozen=True):
    """`recorded` False: the journal could not take the event, and it is counted as unrecorded; or
    it is `pending`: the disk takes long, and what became of the event is counted when it is known.
    """

    event: int
    verdict: Verdict
    recorded: bool
    pending: bool = False


class Capture:
    """Records sightings. Its methods run on the event loop and never wait for the store."""

    def __init__(
        self,
        journal: IngestJournal,
        ids: IdGenerator,
        context: EnrichmentContext,
        rules: RulesInEffect,
    ) -> None:
        self._journal = journal
        self._ids = ids
        self._context = context
        self.rules = rules
        self.recorded = 0
        self.unrecorded = 0
        self.pending = 0
        """Answered, and not known yet whether they are recorded."""
        self.answered_pending = 0
        self.answered = EventCounts()
        """What was recorded; `lost` is what was not."""
        self.lost = EventCounts()
        self.problem = ""
        """Why the journal took nothing, "" when it takes events."""
        self._failed_at = 0.0

    def forget_problem(self) -> None:
        """The journal takes events again."""
        self.problem = ""

    @property
    def recording(self) -> bool:
        """Whether events are recorded, as far as is known: a failure counts for a while, or a
        probe that keeps scans away because of it would keep it alive."""
        return not self.problem or time.monotonic() - self._failed_at > FAILURE_COUNTS_SECONDS

    async def record(
        self,
        tracker: Tracker,
        request: RequestContext,
        verdict: Verdict | None = None,
        reason: str = "",
        *,
        kind: EventKind | None = None,
        also: Fields = NOTHING,
    ) -> Receipt:
        """Enrich, classify and journal one request for a tracker.

        `kind` is another than the tracker's own. `also` are fields that the caller knows of this
        event: references beside the tracker's, a visitor, metadata; none that says who or where
        the person is, because no privacy mode looks at them.
        """
        kind = kind or tracker.kind
        rules = self.rules.of(tracker.account)
        fields = enrich(request, kind, tracker.privacy, self._context, rules)
        if verdict is not None and fields["verdict"] is Verdict.COUNTED:
            fields["verdict"], fields["reason"] = verdict, reason
        fields.update(tracker.references)
        if tracker.metadata:
            fields["metadata"] = tracker.metadata
        fields.update(also)
        return await self._append(
            fields,
            account=tracker.account,
            tracker=tracker.id,
            kind=kind,
            source=tracker.source,
            at=request.at,
        )

    async def record_orphan(
        self,
        account: int,
        path: str,
        request: RequestContext,
        kind: EventKind = EventKind.SCAN,
        source: str = "redirect",
        reason: str = "unknown tracker",
    ) -> Receipt:
        """A request for a tracker that does not exist. It is coarse: it may have been a coarse
        tracker until it was deleted. The path is kept: it is not the person's, and a misprinted
        poster is found by it."""
        rules = self.rules.of(account)
        fields = enrich(request, kind, Privacy.COARSE, self._context, rules)
        fields.update(verdict=Verdict.ORPHAN, reason=reason, url=path)
        return await self._append(
            fields,
            account=account,
            kind=kind,
            source=source,
            at=request.at,
        )

    def read(
        self, account: int, request: RequestContext, kind: EventKind, privacy: Privacy
    ) -> list[bytes]:
        """What the privacy mode lets through of a request that somebody else reports, as
        members of its event's JSON line. Any thread may ask."""
        found = find(request, privacy, self._context)
        if kind in OF_MACHINES:
            found.append(judged(Verdict.COUNTED))
        else:
            found.append(judge(request, kind, self.rules.of(account)))
        return keep_members(found, privacy)

    async def ingest(
        self, ingested: Sequence[IngestedEvent]
    ) -> tuple[list[int], Mapping[int, int]]:
        """All of them or none, in one commit of the journal. Their ids, and for those that were
        told before the id of the first. Raises JournalUnavailable."""
        ids = self._ids.take(len(ingested))
        try:
            firsts = await self._journal.append_ingested(ids, ingested)
        except (
            JournalStalled
        ) as stalled:  # repeated, they are known by their keys if they are there
            stalled.outcome.add_done_callback(
                partial(self._settle_ingested, ids, ingested, stalled)
            )
            raise
        self._count_ingested(ids, ingested, firsts)
        return ids, firsts

    def _settle_ingested(
        self,
        ids: Sequence[int],
        ingested: Sequence[IngestedEvent],
        stalled: JournalStalled,
        outcome: Future[None],
    ) -> None:
        if outcome.exception() is None:
            self._count_ingested(ids, ingested, stalled.result)

    def _count_ingested(
        self, ids: Sequence[int], ingested: Sequence[IngestedEvent], firsts: Mapping[int, int]
    ) -> None:
        self.recorded += len(ids) - len(firsts)
        self.answered.add_all(counts_of(*without(firsts, ids, ingested)))

    async def _append(self, fields: dict[str, Any], at: int, **facts: Any) -> Receipt:
        event_id = self._ids.next()
        # What is seen is received in the same moment, so that one time orders and shows it.
        delay = received_at(event_id) - at
        event = Event(id=event_id, delay=delay if delay > STEP_MS else 0, **facts, **fields)
        try:
            await self._journal.append(event)
        except JournalStalled as stalled:
            self.pending += 1
            self.answered_pending += 1
            stalled.outcome.add_done_callback(lambda outcome: self._settle(event, outcome))
            return Receipt(event.id, event.verdict, recorded=False, pending=True)
        except JournalUnavailable as error:
            self._count_lost(event, error.message)
            return Receipt(event.id, event.verdict, recorded=False)
        self._count(event)
        return Receipt(event.id, event.verdict, recorded=True)

    def _settle(self, event: Event, outcome: Future[None]) -> None:
        self.pending -= 1
        if error := outcome.exception():
            self._count_lost(event, str(error))
        else:
            self._count(event)

    def _count(self, event: Event) -> None:
        self.recorded += 1
        self.answered.add(event.account, event.source, event.id)
        self.problem = ""

    def _count_lost(self, event: Event, why: str) -> None:
        self.unrecorded += 1
        self.lost.add(event.account, event.source, event.id)
        if not self.problem:
            log.error("Events go unrecorded: %s", why)
        self.problem = why
        self._failed_at = time.monotonic()
