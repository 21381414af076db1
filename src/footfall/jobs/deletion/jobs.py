"""Removals in the catalog: what is to go, how far that is, and the receipt."""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from footfall.capture.event_counts import CountKey
from footfall.catalog.tables import of_row
from footfall.core.accounts import AgeBy
from footfall.core.errors import Conflict, FootfallError, NotFound, Unavailable
from footfall.core.queries import EventFilter
from footfall.jobs.tables import RemovalRow, RemovedEventsRow

UNFINISHED_MAX: Final = 100
"""Of an account."""

DAY_HOURS: Final = 24
NOTE: Final = "note"
"""In a receipt: what is to be said of it in words."""
log = logging.getLogger(__name__)


class Kind(StrEnum):
    ERASURE = "erasure"
    TRACKERS = "trackers"
    """Of trackers that were deleted."""
    RETENTION = "retention"
    ARCHIVE = "archive"


class Step(StrEnum):
    """`surveyed`: what goes is known and written down, nothing is gone. `removed`: everything is
    out of reach, and the engine still rewrites files."""

    QUEUED = "queued"
    SURVEYED = "surveyed"
    REMOVED = "removed"
    DONE = "done"
    FAILED = "failed"


FINISHED: Final = (Step.DONE.value, Step.FAILED.value)


class NotItsTurn(Unavailable):
    """Another removal of the account has begun."""


class Going(Protocol):
    """So many events of a source that were received in an hour (since 1970, UTC)."""

    @property
    def source(self) -> str: ...

    @property
    def hour(self) -> int: ...

    @property
    def events(self) -> int: ...


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a removal is about. `queries` choose its events. `counts_until`: counts of what happened
    before go too. `before` is the first month that is not archived, `age_by` what its months are
    months of, `remove` whether its raw rows go then."""

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


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """As it may be shown: never what was erased. Times in milliseconds since 1970. `problem` says
    why it waits or failed. `bytes_freed` are what its rows took of the disk, by their share of the
    engine's parts; None when that was not looked at."""

    id: str
    kind: Kind
    step: Step
    about: str
    proof: str
    problem: str
    events: int
    bytes_before: int
    bytes_after: int
    bytes_freed: int | None
    receipt: dict[str, Any]
    created_at: int
    ended_at: int | None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A removal that is to be gone on with."""

    number: int
    id: str
    account: int
    kind: Kind
    step: Step
    plan: Plan
    below: int | None
    events: int
    receipt: dict[str, Any]


def add(
    session: Session,
    account: int,
    kind: Kind,
    plan: Plan,
    now: int,
    *,
    about: str,
    proof: str = "",
    going: Sequence[Going] | None = None,
    bytes_before: int = 0,
    bytes_freed: int | None = None,
) -> RemovalRow:
    """With `going` it is surveyed already. Raises Conflict when too many are not done."""
    unfinished = select(func.count()).where(
        RemovalRow.account_id == account, RemovalRow.step.not_in(FINISHED)
    )
    if (session.scalar(unfinished) or 0) >= UNFINISHED_MAX:
        raise Conflict(f"There are {UNFINISHED_MAX} removals that are not done: wait for one.")
    row = RemovalRow(
        id=f"rem_{secrets.token_hex(12)}",
        account_id=account,
        kind=kind.value,
        step=Step.QUEUED.value if going is None else Step.SURVEYED.value,
        query=msgspec.json.encode(plan),
        about=about,
        proof=proof,
        bytes_before=bytes_before,
        bytes_freed=bytes_freed,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if going is not None:
        row.events = note_going(session, row.number, account, going)
    return row


def note_going(
    session: Session, number: int, account: int, going: Sequence[Going], *, once: bool = True
) -> int:
    """Write down how many events go, before the first does; how many that adds. Hours that are
    written down stay as they are (their events may have begun to go), or get more, if not `once`:
    then the caller knows that these are others."""
    rows = session.scalars(
        select(RemovedEventsRow).where(RemovedEventsRow.removal_number == number)
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
            removal_number=number,
            account_id=account,
            source=one.source,
            hour=one.hour,
            events=one.events,
        )
        for one in fresh
    )
    return added


def find(session: Session, account: int, id: str) -> RemovalRow:
    """Raises NotFound, also for another account's."""
    row = session.scalar(select(RemovalRow).where(RemovalRow.id == id))
    if row is None or row.account_id != account:
        raise NotFound("There is no such removal.")
    return row


def page(
    session: Session, account: int, kinds: Sequence[Kind], below: int | None, limit: int
) -> Sequence[RemovalRow]:
    """The newest first. `below`: the number of the last one of the page before."""
    wanted = select(RemovalRow).where(
        RemovalRow.account_id == account, RemovalRow.kind.in_([kind.value for kind in kinds])
    )
    if below is not None:
        wanted = wanted.where(RemovalRow.number < below)
    return session.scalars(wanted.order_by(RemovalRow.number.desc()).limit(limit)).all()


def days(session: Session, number: int) -> list[Day]:
    """How many events of which source went of each day."""
    day = RemovedEventsRow.hour // DAY_HOURS
    rows = session.execute(
        select(RemovedEventsRow.source, day, func.sum(RemovedEventsRow.events))
        .where(RemovedEventsRow.removal_number == number)
        .group_by(RemovedEventsRow.source, day)
        .order_by(day, RemovedEventsRow.source)
    )
    return [Day(source, _day(day), events) for source, day, events in rows]


def unfinished(session: Session) -> list[Work]:
    """What is begun first, and the oldest first."""
    rows = session.scalars(
        select(RemovalRow)
        .where(RemovalRow.step.not_in(FINISHED))
        .order_by(RemovalRow.step == Step.QUEUED.value, RemovalRow.number)
    )
    return [to_work(row) for row in rows]


def check_turn(session: Session, account: int, number: int | None = None) -> None:
    """Nothing may be written down while another removal of the account, which wrote down some
    events, has not taken them: they would be in both. Raises NotItsTurn."""
    for work in unfinished(session):
        taking = work.step is Step.SURVEYED and work.number != number
        if work.account == account and taking:
            raise NotItsTurn(f"The removal {work.id} is first.")


def removed_counts(session: Session, account: int, since: int, until: int) -> dict[CountKey, int]:
    """What removals took, or are about to, of what was received in the hours [since, until)."""
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


def to_work(row: RemovalRow) -> Work:
    assert row.query is not None
    return of_row(Work, row, plan=msgspec.json.decode(row.query, type=Plan))


def to_removal(row: RemovalRow) -> Removal:
    return of_row(Removal, row)


def problem_of(error: Exception) -> str:
    """For who requested a removal. An error that nobody foresaw is in the log."""
    if isinstance(error, FootfallError):
        return error.message
    if isinstance(error, OSError):
        return f"A file cannot be written: {error.strerror}."
    log.error("A removal waits; it is tried again", exc_info=error)
    return "Something went wrong; the server's log has the details."


def proof_of(salt: str, text: str) -> str:
    """SHA-256 in hex: who has the salt can show what was requested, nobody else can find out."""
    return hashlib.sha256(f"{salt} {text}".encode()).hexdigest()


def _unbounded(plan: Plan) -> Plan:
    queries = (msgspec.structs.replace(one, above=None, below=None) for one in plan.queries)
    return msgspec.structs.replace(plan, queries=tuple(queries))


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")
