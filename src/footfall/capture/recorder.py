"""The hot path: what becomes of a request for a tracker, and its durable record.

look up → decide → enrich → journal → Receipt
"""

import logging
import time
from asyncio import Future
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Final

import msgspec

from footfall.capture.enrichment import (
    NOTHING,
    EnrichmentContext,
    RequestContext,
    RulesInEffect,
    classified,
    classify,
    find,
    keep,
    keep_members,
)
from footfall.capture.event_counts import EventCounts, counts_of
from footfall.capture.id_generator import IdGenerator
from footfall.capture.ports import IngestJournal, JournalStalled
from footfall.core.accounts import Privacy
from footfall.core.classification import OF_MACHINES, Fields
from footfall.core.errors import JournalUnavailable
from footfall.core.events import EventKind, Verdict, members_of
from footfall.core.ids import received_at
from footfall.core.ingested import IngestedEvent, without
from footfall.core.trackers import Tracker
from footfall.parsing.user_agents import operating_system

FAILURE_COUNTS_SECONDS: Final = 30.0
STEP_MS: Final = 1_000
"""A clock that steps back by more than this leaves ids ahead of the time."""

_KINDS: Final = {kind: kind.value.encode() for kind in EventKind}

log = logging.getLogger(__name__)


class Action(StrEnum):
    """What the person is answered with."""

    REDIRECT = "redirect"
    UNLOCK = "unlock"
    INACTIVE = "inactive"


class Decision(msgspec.Struct, frozen=True):
    """`verdict` None leaves the classification to the enrichment steps."""

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
    """Records requests as events. Its methods run on the event loop and never wait for the
    event store."""

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
        found = find(request, tracker.privacy, self._context)
        classification = classify(request, kind, self.rules.of(tracker.account))
        found.append(classification)
        effective: Verdict = classification.fields["verdict"]
        if verdict is not None and effective is Verdict.COUNTED:
            effective = verdict
            fields = keep(found, tracker.privacy) | {"verdict": verdict, "reason": reason}
            members = members_of({**fields, **tracker.fields, **also})
        elif also:
            members = members_of({**keep(found, tracker.privacy), **tracker.fields, **also})
        else:
            members = b"".join([tracker.members, *keep_members(found, tracker.privacy)])
        return await self._append(
            tracker.account, tracker.source, kind, effective, request.at, members
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
        found = find(request, Privacy.COARSE, self._context)
        found.append(classify(request, kind, self.rules.of(account)))
        fields = keep(found, Privacy.COARSE)
        fields |= {"verdict": Verdict.ORPHAN, "reason": reason, "url": path}
        members = members_of({"account": account, "source": source, **fields})
        return await self._append(account, source, kind, Verdict.ORPHAN, request.at, members)

    def read(
        self, account: int, request: RequestContext, kind: EventKind, privacy: Privacy
    ) -> list[bytes]:
        """What the privacy mode lets through of a request that somebody else reports, as
        members of its event's JSON line. Any thread may ask."""
        found = find(request, privacy, self._context)
        if kind in OF_MACHINES:
            found.append(classified(Verdict.COUNTED))
        else:
            found.append(classify(request, kind, self.rules.of(account)))
        return keep_members(found, privacy)

    async def ingest(
        self, ingested: Sequence[IngestedEvent]
    ) -> tuple[list[int], Mapping[int, int]]:
        """All of them or none, in one commit of the journal. Their ids, and for those that were
        duplicates the id of the first. Raises JournalUnavailable."""
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

    async def _append(
        self,
        account: int,
        source: str,
        kind: EventKind,
        verdict: Verdict,
        at: int,
        members: bytes,
    ) -> Receipt:
        """`members` are all but `id`, `delay` and `kind`."""
        id = self._ids.next()
        # What is seen is received in the same moment, so that one time orders and shows it.
        delay = received_at(id) - at
        late = b',"delay":%d' % delay if delay > STEP_MS else b""
        line = b'{"id":%d,"kind":"%b"%b%b}' % (id, _KINDS[kind], late, members)
        try:
            await self._journal.append_line(id, account, source, line)
        except JournalStalled as stalled:
            self.pending += 1
            self.answered_pending += 1
            stalled.outcome.add_done_callback(partial(self._settle, id, account, source))
            return Receipt(id, verdict, recorded=False, pending=True)
        except JournalUnavailable as error:
            self._count_lost(id, account, source, error.message)
            return Receipt(id, verdict, recorded=False)
        self._count(id, account, source)
        return Receipt(id, verdict, recorded=True)

    def _settle(self, id: int, account: int, source: str, outcome: Future[None]) -> None:
        self.pending -= 1
        if error := outcome.exception():
            self._count_lost(id, account, source, str(error))
        else:
            self._count(id, account, source)

    def _count(self, id: int, account: int, source: str) -> None:
        self.recorded += 1
        self.answered.add(account, source, id)
        self.problem = ""

    def _count_lost(self, id: int, account: int, source: str, why: str) -> None:
        self.unrecorded += 1
        self.lost.add(account, source, id)
        if not self.problem:
            log.error("Events go unrecorded: %s", why)
        self.problem = why
        self._failed_at = time.monotonic()
