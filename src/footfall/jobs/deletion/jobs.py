"""Deletions in the catalog: what is to go, how far that is, and the receipt."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from footfall.capture.event_counts import CountKey
from footfall.core.accounts import AgeBy
from footfall.core.calendar import DAY_HOURS
from footfall.core.errors import Conflict
from footfall.core.queries import EventFilter
from footfall.jobs.runner import Job, Jobs, NotItsTurn, Step
from footfall.jobs.tables import RemovedEventsRow

UNFINISHED_MAX: Final = 100
"""Of an account."""

NOTE: Final = "note"
"""In a receipt: what is to be said of it in words."""


class Kind(StrEnum):
    ERASURE = "erasure"
    TRACKERS = "trackers"
    """Of trackers that were deleted."""
    RETENTION = "retention"
    ARCHIVE = "archive"


class DeletionCount(Protocol):
    """So many events of a source that were received in an hour (since 1970, UTC)."""

    @property
    def source(self) -> str: ...

    @property
    def hour(self) -> int: ...

    @property
    def events(self) -> int: ...


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a deletion deletes. `queries` choose its events. `counts_until`: counts of what happened
    before are deleted too. `before` is the first month that is not archived, `age_by` the time that
    its months are months of, `remove` whether raw rows are deleted after that."""

    queries: tuple[EventFilter, ...] = ()
    counts_until: int | None = None
    before: str = ""
    age_by: AgeBy = AgeBy.RECEIVED
    remove: bool = False

    def is_about(self, other: "Plan") -> bool:
        """Whether both are about the same events, but for the ids that bound what is surveyed."""
        return _unbounded(self) == _unbounded(other)


class Day(msgspec.Struct, frozen=True):
    """`day` as 2026-07-03, UTC."""

    source: str
    day: str
    events: int


class Deletion(Job, frozen=True, kw_only=True):
    """`work` goes when its events have gone. `proof` is a hash of what was requested, with a salt
    that only who requested it has. `receipt` holds what became of it, `bytes_freed` what its rows
    took of the disk, by their share of the engine's parts; None when that was not looked at."""

    kind: Kind
    work: Plan | None
    about: str
    proof: str = ""
    events: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    bytes_freed: int | None = None
    receipt: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        assert self.work is not None, "it has ended"
        return self.work


DELETIONS: Final = Jobs(Deletion, tuple(Kind), "del", "There is no such deletion.")


def add(
    session: Session,
    account: int,
    kind: Kind,
    plan: Plan,
    now: int,
    *,
    going: Sequence[DeletionCount] | None = None,
    **values: Any,
) -> Deletion:
    """With `going` it is surveyed already. Raises Conflict when too many are not done."""
    if len(DELETIONS.unfinished(session, account)) >= UNFINISHED_MAX:
        raise Conflict(f"There are {UNFINISHED_MAX} deletions that are not done: wait for one.")
    deletion = DELETIONS.add(session, account, kind, plan, now, **values)
    if going is None:
        return deletion
    events = note_going(session, deletion, going)
    return DELETIONS.note(session, deletion, step=Step.SURVEYED, events=events)


def note_going(
    session: Session, deletion: Deletion, going: Sequence[DeletionCount], *, once: bool = True
) -> int:
    """Write down how many events go, before the first does; how many that adds. Hours that are
    written down stay as they are (their events may have begun to go), or get more, if not `once`:
    then the caller knows that these are others."""
    rows = session.scalars(
        select(RemovedEventsRow).where(RemovedEventsRow.job_number == deletion.number)
    )
    noted = {(row.source, row.hour): row for row in rows}
    fresh = [one for one in going if (one.source, one.hour) not in noted]
    added = sum(one.events for one in going)
    if once:
        added = sum(one.events for one in fresh)
    else:
        for one in going:
            if (row := noted.get((one.source, one.hour))) is not None:
                row.events += one.events
    session.add_all(
        RemovedEventsRow(
            job_number=deletion.number,
            account_id=deletion.account,
            source=one.source,
            hour=one.hour,
            events=one.events,
        )
        for one in fresh
    )
    return added


def days(session: Session, number: int) -> list[Day]:
    """How many events of which source went of each day."""
    day = RemovedEventsRow.hour // DAY_HOURS
    rows = session.execute(
        select(RemovedEventsRow.source, day, func.sum(RemovedEventsRow.events))
        .where(RemovedEventsRow.job_number == number)
        .group_by(RemovedEventsRow.source, day)
        .order_by(day, RemovedEventsRow.source)
    )
    return [Day(source, _day(day), events) for source, day, events in rows]


def taking(session: Session, account: int | None = None) -> list[Deletion]:
    """Deletions that wrote down some events and have not taken them."""
    return [one for one in DELETIONS.unfinished(session, account) if one.step is Step.SURVEYED]


def check_turn(session: Session, account: int, number: int | None = None) -> None:
    """Nothing may be written down while another deletion of the account is taking what it wrote
    down: it would be in both. Raises NotItsTurn."""
    for other in taking(session, account):
        if other.number != number:
            raise NotItsTurn(f"The deletion {other.id} is first.")


def removed_counts(session: Session, account: int, since: int, until: int) -> dict[CountKey, int]:
    """What deletions took, or are about to, of what was received in the hours [since, until)."""
    rows = session.execute(
        select(RemovedEventsRow.source, RemovedEventsRow.hour, func.sum(RemovedEventsRow.events))
        .where(
            RemovedEventsRow.account_id == account,
            RemovedEventsRow.hour >= since,
            RemovedEventsRow.hour < until,
        )
        .group_by(RemovedEventsRow.source, RemovedEventsRow.hour)
    )
    return {(account, source, hour): events for source, hour, events in rows}


def proof_of(salt: str, text: str) -> str:
    """SHA-256 in hex: who has the salt can show what was requested, nobody else can find out."""
    return hashlib.sha256(f"{salt} {text}".encode()).hexdigest()


def _unbounded(plan: Plan) -> Plan:
    queries = (msgspec.structs.replace(one, above=None, below=None) for one in plan.queries)
    return msgspec.structs.replace(plan, queries=tuple(queries))


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")
