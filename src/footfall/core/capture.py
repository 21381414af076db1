"""The hot path: what becomes of a request for a tracker, and its durable record.

look up → decide → enrich → journal → Receipt
"""

from enum import StrEnum
from typing import Any

import msgspec

from footfall.core.accounts import Privacy
from footfall.core.enrichment import Sighting, Surroundings, enrich, operating_system
from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import IdGenerator
from footfall.core.ports import Journal
from footfall.core.trackers import Tracker


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
        self.recording = True
        """False while the journal takes nothing."""

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
        return await self._append(
            fields,
            account=tracker.account,
            tracker=tracker.id,
            kind=tracker.kind,
            source=tracker.source,
            occurred_at=sighting.at,
        )

    async def record_orphan(self, account: int, privacy: Privacy, sighting: Sighting) -> Receipt:
        """A sighting of a tracker that does not exist. Its path is kept in every privacy mode:
        it is not the person's, and a misprinted poster is found by it."""
        fields = enrich(sighting, privacy, self._around)
        fields.update(verdict=Verdict.ORPHAN, reason="unknown tracker", url=sighting.url)
        return await self._append(
            fields,
            account=account,
            kind=EventKind.SCAN,
            source="redirect",
            occurred_at=sighting.at,
        )

    async def _append(self, fields: dict[str, Any], **facts: Any) -> Receipt:
        event = Event(id=self._ids.next(), **facts, **fields)
        try:
            await self._journal.append(event)
        except JournalUnavailable:
            self.unrecorded += 1
            self.recording = False
            return Receipt(event.id, event.verdict, recorded=False)
        self.recorded += 1
        self.recording = True
        return Receipt(event.id, event.verdict, recorded=True)
