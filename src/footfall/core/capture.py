"""The hot path: what becomes of a request for a tracker, and its durable record.

look up → decide → enrich → journal → Receipt
"""

import logging
import time
from enum import StrEnum
from typing import Any, Final

import msgspec

from footfall.core.accounts import Privacy
from footfall.core.enrichment import Sighting, Surroundings, enrich, operating_system
from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import IdGenerator, received_at
from footfall.core.ports import Journal
from footfall.core.trackers import Tracker

FAILURE_COUNTS_SECONDS: Final = 30.0

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


def decide(tracker: Tracker, sighting: Sighting, *, unlocked: bool = False) -> Decision:
    """What a request for this tracker gets. A locked tracker counts once: when it is unlocked."""
    if tracker.paused_at(sighting.at):
        return _INACTIVE
    if tracker.lock is not None and not unlocked:
        return _LOCKED
    system = operating_system(sighting.user_agent) if tracker.destinations else ""
    return Decision(Action.REDIRECT, tracker.landing(system))


class Receipt(msgspec.Struct, frozen=True):
    """`recorded` False: the journal could not take the event; it is counted as unrecorded."""

    event: int
    verdict: Verdict
    recorded: bool


class Capture:
    """Records sightings. Its methods run on the event loop and never wait for the store."""

    def __init__(self, journal: Journal, ids: IdGenerator, around: Surroundings) -> None:
        self._journal = journal
        self._ids = ids
        self._around = around
        self.recorded = 0
        self.unrecorded = 0
        self.problem = ""
        """Why the journal took nothing, "" when it takes events."""
        self._failed_at = 0.0

    @property
    def recording(self) -> bool:
        """Whether events are recorded, as far as is known: a failure counts for a while, or a
        probe that keeps scans away because of it would keep it alive."""
        return not self.problem or time.monotonic() - self._failed_at > FAILURE_COUNTS_SECONDS

    async def record(
        self,
        tracker: Tracker,
        sighting: Sighting,
        verdict: Verdict | None = None,
        reason: str = "",
    ) -> Receipt:
        """Enrich, judge and journal one sighting of a tracker."""
        fields = enrich(sighting, tracker.privacy, self._around)
        if verdict is not None and fields["verdict"] is Verdict.COUNTED:
            fields["verdict"], fields["reason"] = verdict, reason
        fields.update(tracker.references)
        if tracker.metadata:
            fields["metadata"] = tracker.metadata
        return await self._append(
            fields,
            account=tracker.account,
            tracker=tracker.id,
            kind=tracker.kind,
            source=tracker.source,
            at=sighting.at,
        )

    async def record_orphan(self, account: int, path: str, sighting: Sighting) -> Receipt:
        """A sighting of a tracker that does not exist. It is coarse: it may have been a coarse
        tracker until it was deleted. The path is kept: it is not the person's, and a misprinted
        poster is found by it."""
        fields = enrich(sighting, Privacy.COARSE, self._around)
        fields.update(verdict=Verdict.ORPHAN, reason="unknown tracker", url=path)
        return await self._append(
            fields,
            account=account,
            kind=EventKind.SCAN,
            source="redirect",
            at=sighting.at,
        )

    async def _append(self, fields: dict[str, Any], at: int, **facts: Any) -> Receipt:
        event_id = self._ids.next()
        event = Event(id=event_id, delay=received_at(event_id) - at, **facts, **fields)
        try:
            await self._journal.append(event)
        except JournalUnavailable as error:
            self.unrecorded += 1
            if not self.problem:
                log.error("Events go unrecorded: %s", error.message)
            self.problem = error.message
            self._failed_at = time.monotonic()
            return Receipt(event.id, event.verdict, recorded=False)
        self.recorded += 1
        self.problem = ""
        return Receipt(event.id, event.verdict, recorded=True)
