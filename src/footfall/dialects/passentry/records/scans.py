"""A scan at a door: who may pass, and what one transaction writes of it.

find the door and the pass → decide → admission, points, the reader's last sign of life, promise
"""

from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import received_at
from footfall.dialects.passentry.records.passes import POINTS_MAX, SOURCE, PassStatus
from footfall.dialects.passentry.records.tables import (
    AdmissionRow,
    PassRow,
    ReaderConfigurationRow,
    ReaderRow,
)
from footfall.dialects.passentry.texts import trimmed

SEEN_EVERY_MS: Final = 10_000
"""A reader's `last_seen_at` is written at most this often."""

INTERNAL: Final = "internalValidation"
EXTERNAL: Final = "externalValidation"
SUCCESSFUL: Final = "successful"
FAILED: Final = "failed"

VALUE_LENGTH_MAX: Final = 2000
"""A scan keeps so many characters of what was read. No pass has a longer id: such a scan fails."""

READER_UNKNOWN: Final = "Reader not found"
CARD_UNKNOWN: Final = "Pass not found"
VALUE_TOO_LONG: Final = f"Scanned value has more than {VALUE_LENGTH_MAX} characters"
CARD_INACTIVE: Final = "Pass is not active"
TOO_EARLY: Final = "Pass is not valid yet"
TOO_LATE: Final = "Pass has expired"
USED_ALREADY: Final = "Pass was scanned already"
POINTS_SHORT: Final = "Not enough points"


class Door(msgspec.Struct, frozen=True):
    """A reader and what its entity's configuration says."""

    reader: str
    entity: str
    seen_at: int | None
    external: bool
    validity_seconds: int
    installed_only: bool
    external_url: str | None
    external_timeout_ms: int
    external_secret: str


class Card(msgspec.Struct, frozen=True):
    """What a door has to know of a pass."""

    tracker: int
    id: str
    ext_id: str
    template: str
    venue_event: str | None
    status: str
    valid_from: int | None
    expires_at: int | None
    group_tag: str | None
    balance: int


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader read. `points` to add, in hundredths, negative to redeem, None for none."""

    reader: str
    medium: str
    value: str
    points: int | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`detail` "" when there is nothing to say; `balance` the new one, in hundredths."""

    event: Event
    card: Card | None
    door: Door | None
    balance: int | None = None


_DOOR: Final = (
    ReaderRow.id,
    ReaderRow.entity_id,
    ReaderRow.last_seen_at,
    ReaderConfigurationRow.validation_type == "external",
    ReaderConfigurationRow.validity_seconds,
    ReaderConfigurationRow.installed_only,
    ReaderConfigurationRow.external_url,
    ReaderConfigurationRow.external_timeout_ms,
    ReaderConfigurationRow.external_secret,
)
_CARD: Final = (
    PassRow.tracker_id,
    PassRow.id,
    PassRow.ext_id,
    PassRow.template_id,
    PassRow.venue_event_id,
    PassRow.status,
    PassRow.valid_from,
    PassRow.expires_at,
    PassRow.group_tag,
    PassRow.balance,
)


# Statements of every scan, made once: to make them takes as long as to run them.
_FIND_DOOR: Final = (
    select(*_DOOR)
    .join(ReaderConfigurationRow, ReaderConfigurationRow.entity_id == ReaderRow.entity_id)
    .where(ReaderRow.account_id == bindparam("account"), ReaderRow.id == bindparam("reader"))
)
_FIND_CARD: Final = select(*_CARD).where(
    PassRow.account_id == bindparam("account"),
    or_(PassRow.id == bindparam("id"), PassRow.ext_id == bindparam("name")),
)
_FIND_ADMISSION: Final = (
    select(AdmissionRow.event_id)
    .where(
        AdmissionRow.tracker_id == bindparam("tracker"),
        AdmissionRow.at > bindparam("since"),
        AdmissionRow.double_of.is_(None),
    )
    .limit(1)
)
_ADMIT: Final = insert(AdmissionRow)


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(row)


def find_door(session: Session, account: int, reader: str) -> Door | None:
    row = session.execute(_FIND_DOOR, {"account": account, "reader": reader}).first()
    return None if row is None else Door(*_plain(row))


def find_card(session: Session, account: int, name: str) -> Card | None:
    """By UUID or extId, the UUID first. The name is trimmed as an extId is at creation: scanners
    send line ends, tabs and separators with what they read."""
    name = trimmed(name)
    given = {"account": account, "name": name, "id": name.lower()}
    cards = [Card(*_plain(row)) for row in session.execute(_FIND_CARD, given)]
    return next((card for card in cards if card.id == name.lower()), cards[0] if cards else None)


def find_cards(session: Session, account: int, names: set[str]) -> dict[str, Card]:
    """By each of these names, as they were given, that a pass has, the UUID first. They are
    trimmed as by `find_card`."""
    plain = {name: trimmed(name) for name in names}
    lower = {name.lower() for name in plain.values()}
    query = select(*_CARD).where(PassRow.account_id == account)
    by_ext_id = {
        row.ext_id: Card(*_plain(row))
        for row in session.execute(query.where(PassRow.ext_id.in_(plain.values())))
    }
    by_id = {
        row.id: Card(*_plain(row)) for row in session.execute(query.where(PassRow.id.in_(lower)))
    }
    found = {name: by_id.get(text.lower()) or by_ext_id.get(text) for name, text in plain.items()}
    return {name: card for name, card in found.items() if card is not None}


def refusal(session: Session, door: Door | None, card: Card | None, now: int) -> str:
    """Why this pass may not pass here now, "" when it may."""
    if detail := pass_refusal(door, card, now):
        return detail
    assert door is not None
    assert card is not None
    if door.validity_seconds and _admitted_since(
        session, card.tracker, now - door.validity_seconds * 1000
    ):
        return USED_ALREADY
    return ""


def pass_refusal(door: Door | None, card: Card | None, now: int) -> str:
    """As `refusal`, whoever was admitted before."""
    if door is None:
        return READER_UNKNOWN
    if card is None:
        return CARD_UNKNOWN
    admitted = (
        {PassStatus.ACTIVE} if door.installed_only else {PassStatus.ACTIVE, PassStatus.ISSUED}
    )
    if card.status not in admitted:
        return CARD_INACTIVE
    if card.valid_from is not None and now < card.valid_from:
        return TOO_EARLY
    if card.expires_at is not None and now >= card.expires_at:
        return TOO_LATE
    return ""


def _admitted_since(session: Session, tracker: int, since: int) -> bool:
    found = session.execute(_FIND_ADMISSION, {"tracker": tracker, "since": since})
    return found.first() is not None


def record(
    session: Session,
    account: int,
    event_id: int,
    scan: Scan,
    door: Door | None,
    card: Card | None,
    *,
    validation: str,
    detail: str,
    successful: bool,
) -> Outcome:
    """Write what came of a scan. The caller promises its event."""
    now = received_at(event_id)
    balance = None
    if successful and card is not None and scan.points is not None:
        balance = card.balance + scan.points
        if not 0 <= balance <= POINTS_MAX:
            balance, successful, detail = None, False, POINTS_SHORT
        else:
            session.execute(
                update(PassRow).where(PassRow.tracker_id == card.tracker).values(balance=balance)
            )
    event = scan_event(
        event_id,
        account,
        scan,
        door,
        card,
        validation=validation,
        detail=detail,
        successful=successful,
    )
    if successful and card is not None:
        admission = {
            "event_id": event_id,
            "account_id": account,
            "tracker_id": card.tracker,
            "at": now,
            "reader_id": scan.reader,
            "window_ms": 0 if door is None else door.validity_seconds * 1000,
            "offline": False,
        }
        session.execute(_ADMIT, admission)
        if validation == EXTERNAL:  # the rules of another system: it may be a double entry by ours
            resolve(session, card.tracker, now)
    note_seen(session, account, door, now)
    return Outcome(event=event, card=card, door=door, balance=balance)


def note_seen(session: Session, account: int, door: Door | None, now: int) -> None:
    if door is None or (door.seen_at is not None and now - door.seen_at < SEEN_EVERY_MS):
        return
    session.execute(
        update(ReaderRow)
        .where(ReaderRow.account_id == account, ReaderRow.id == door.reader)
        .values(last_seen_at=now)
    )


def scan_event(
    event_id: int,
    account: int,
    scan: Scan,
    door: Door | None,
    card: Card | None,
    *,
    validation: str,
    detail: str,
    successful: bool,
    delay: int = 0,
    metadata: str = "",
) -> Event:
    """The fact itself. What a door refuses is counted like what it lets in."""
    of_card: dict[str, Any] = {}
    if card is not None:
        of_card = {
            "tracker": card.tracker,
            "wallet_pass": card.id,
            "pass_template": card.template,
            "venue_event": card.venue_event or "",
            "group_tag": card.group_tag or "",
        }
    return Event(
        id=event_id,
        account=account,
        kind=EventKind.SCAN,
        source=SOURCE,
        verdict=Verdict.COUNTED,
        delay=delay,
        entity="" if door is None else door.entity,
        reader=scan.reader,
        scan_medium=scan.medium,
        scan_value=scan.value[:VALUE_LENGTH_MAX],
        scan_status=SUCCESSFUL if successful else FAILED,
        scan_status_detail=detail,
        validation=validation,
        metadata=metadata,
        **of_card,
    )


def resolve(session: Session, tracker: int, since: int) -> None:
    """Decide on the admissions of a pass again from this time on (milliseconds since 1970).

    In their order, one that is less than its window after the admitted one before it is a double
    entry. Only the admissions and their order decide, so the result is the same in whatever order
    they came to be known.
    """
    of_pass = select(AdmissionRow).where(AdmissionRow.tracker_id == tracker)
    order = (
        AdmissionRow.at,
        AdmissionRow.reader_id,
        AdmissionRow.sequence,
        AdmissionRow.nonce,
        AdmissionRow.event_id,
    )
    session.flush()
    before = session.scalar(
        of_pass.where(AdmissionRow.at < since, AdmissionRow.double_of.is_(None))
        .order_by(*(column.desc() for column in order))
        .limit(1)
    )
    for row in session.scalars(of_pass.where(AdmissionRow.at >= since).order_by(*order)):
        double = before is not None and row.at - before.at < row.window_ms
        double_of = before.event_id if double and before is not None else None
        if row.double_of != double_of:
            row.double_of = double_of
        if not double:
            before = row
    session.flush()
