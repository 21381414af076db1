"""Scans that readers made offline and uploaded later, and what they tell together.

An upload is safe to repeat: a scan is known by its reader's nonce. The device's verdict is a fact
and stays; the server's own, whether an admission was a double entry, follows from all admissions
of a pass (`scans.resolve`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from footfall.catalog.catalog import add_pending_events
from footfall.core.errors import NotFound
from footfall.core.events import Event
from footfall.core.ids import received_at
from footfall.dialects.passentry.records import scans
from footfall.dialects.passentry.records.tables import (
    AdmissionRow,
    OfflineReaderRow,
    OfflineScanRow,
    PassRow,
)

RANGES_MAX: Final = 1000
"""How many ranges of missing sequence numbers are listed."""


class OfflineScan(msgspec.Struct, frozen=True, kw_only=True):
    """As the device tells it; `device_at` by its own clock, milliseconds since 1970."""

    sequence: int
    nonce: str
    device_at: int
    medium: str
    value: str
    wallet_pass: str
    successful: bool
    detail: str

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(msgspec.json.encode(self)).digest()


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """`sent_at` by the device's clock, `received_at` by ours."""

    account: int
    reader: str
    sent_at: int
    received_at: int

    @property
    def skew(self) -> int:
        """What is added to the device's times to make them ours, in milliseconds."""
        return self.received_at - self.sent_at


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one scan of an upload: `recorded`, `duplicate` or `refused`, and why.
    `event` 0: there is none. `server_detail`: why this server would not have let the pass in, of
    one that is recorded."""

    nonce: str
    result: str
    event: int = 0
    reason: str = ""
    server_detail: str = ""


def take(
    session: Session,
    upload: Upload,
    some: Sequence[OfflineScan | Taken],
    ids: Sequence[int],
    *,
    begins: bool = True,
) -> tuple[list[Taken], list[Event]]:
    """Record the scans that are new, with ids in their order, and promise their events. One that
    is refused already is only counted. An upload is taken in pieces: `begins` is the first."""
    door = scans.find_door(session, upload.account, upload.reader)
    scanned = [scan for scan in some if isinstance(scan, OfflineScan)]
    names = {scan.wallet_pass or scan.value for scan in scanned}
    cards = scans.find_cards(session, upload.account, names)
    known = _known(session, upload, {scan.nonce for scan in scanned})
    taken: list[Taken] = []
    events: list[Event] = []
    earliest: dict[int, int] = {}
    fresh = iter(ids)
    for scan in some:
        if isinstance(scan, Taken):
            taken.append(scan)
            continue
        if scan.nonce in known:
            taken.append(_repeated(scan, *known[scan.nonce]))
            continue
        event_id = next(fresh)
        known[scan.nonce] = event_id, scan.digest
        card = cards.get(scan.wallet_pass or scan.value)
        at = min(scan.device_at + upload.skew, upload.received_at)
        detail = scans.pass_refusal(door, card, at)
        taken.append(
            Taken(nonce=scan.nonce, result="recorded", event=event_id, server_detail=detail)
        )
        _record(session, upload, scan, event_id, door, card, events, at, detail)
        if scan.successful and card is not None:
            earliest[card.tracker] = min(at, earliest.get(card.tracker, at))
    add_pending_events(session, events)
    for tracker, since in earliest.items():
        scans.resolve(session, tracker, since)
    _count(session, upload, taken, begins=begins)
    scans.note_seen(session, upload.account, door, upload.received_at)
    session.flush()
    return taken, events


def _known(session: Session, upload: Upload, nonces: set[str]) -> dict[str, tuple[int, bytes]]:
    query = select(OfflineScanRow.nonce, OfflineScanRow.event_id, OfflineScanRow.digest).where(
        OfflineScanRow.account_id == upload.account,
        OfflineScanRow.reader_id == upload.reader,
        OfflineScanRow.nonce.in_(nonces),
    )
    return {row.nonce: (row.event_id, row.digest) for row in session.execute(query)}


def _repeated(scan: OfflineScan, event_id: int, digest: bytes) -> Taken:
    if scan.digest == digest:
        return Taken(nonce=scan.nonce, result="duplicate", event=event_id)
    reason = "This nonce was used for another scan of this reader."
    return Taken(nonce=scan.nonce, result="refused", reason=reason)


def _record(
    session: Session,
    upload: Upload,
    scan: OfflineScan,
    event_id: int,
    door: scans.Door | None,
    card: scans.Card | None,
    events: list[Event],
    at: int,
    detail: str,
) -> None:
    """`at` is when it was by our clock, `detail` the server's own verdict."""
    facts = {
        "deviceTime": scan.device_at,
        "sequence": scan.sequence,
        "nonce": scan.nonce,
        "skew": upload.skew,
        "serverStatus": scans.FAILED if detail else scans.SUCCESSFUL,
        "serverStatusDetail": detail,
    }
    event = scans.scan_event(
        event_id,
        upload.account,
        scans.Scan(reader=upload.reader, medium=scan.medium, value=scan.value),
        door,
        card,
        validation=scans.INTERNAL,
        detail=scan.detail,
        successful=scan.successful,
        delay=received_at(event_id) - at,
        metadata=msgspec.json.encode(facts).decode(),
    )
    events.append(event)
    session.add(
        OfflineScanRow(
            event_id=event_id,
            account_id=upload.account,
            reader_id=upload.reader,
            nonce=scan.nonce,
            sequence=scan.sequence,
            digest=scan.digest,
        )
    )
    if scan.successful and card is not None:
        session.add(
            AdmissionRow(
                event_id=event_id,
                account_id=upload.account,
                tracker_id=card.tracker,
                at=at,
                reader_id=upload.reader,
                sequence=scan.sequence,
                nonce=scan.nonce,
                window_ms=0 if door is None else door.validity_seconds * 1000,
                offline=True,
                device_at=scan.device_at,
            )
        )


def _count(session: Session, upload: Upload, taken: Sequence[Taken], *, begins: bool) -> None:
    row = session.get(OfflineReaderRow, (upload.account, upload.reader))
    if row is None:
        row = OfflineReaderRow(
            account_id=upload.account,
            reader_id=upload.reader,
            uploads=0,
            recorded=0,
            duplicates=0,
            refused=0,
            skew_least=upload.skew,
            skew_most=upload.skew,
            received_at=0,
            sent_at=0,
        )
        session.add(row)
    row.uploads += begins
    results = [one.result for one in taken]
    row.recorded += results.count("recorded")
    row.duplicates += results.count("duplicate")
    row.refused += results.count("refused")
    row.skew_last = upload.skew
    row.skew_least = min(row.skew_least, upload.skew)
    row.skew_most = max(row.skew_most, upload.skew)
    row.received_at, row.sent_at = upload.received_at, upload.sent_at


# ── reports ───────────────────────────────────────────────────────────────────────────────────


class Sequences(msgspec.Struct, frozen=True, kw_only=True):
    """Sequence numbers begin at 1. `missing` are ranges, both ends included, the lowest first;
    `more` when there are others beyond them."""

    greatest: int
    numbers: int
    repeated: int
    missing: list[tuple[int, int]]
    more: bool


def find_offline(session: Session, account: int, reader: str) -> OfflineReaderRow | None:
    return session.get(OfflineReaderRow, (account, reader))


def sequences(session: Session, account: int, reader: str) -> Sequences:
    """What is there of a reader's sequence numbers, and what is not."""
    of_reader = (OfflineScanRow.account_id == account, OfflineScanRow.reader_id == reader)
    greatest, numbers, count = session.execute(
        select(
            func.coalesce(func.max(OfflineScanRow.sequence), 0),
            func.count(OfflineScanRow.sequence.distinct()),
            func.count(),
        ).where(*of_reader)
    ).one()
    query = (
        select(OfflineScanRow.sequence)
        .where(*of_reader)
        .distinct()
        .order_by(OfflineScanRow.sequence)
    )
    ranges = list(islice(_gaps(session.scalars(query)), RANGES_MAX + 1))
    return Sequences(
        greatest=greatest,
        numbers=numbers,
        repeated=count - numbers,
        missing=ranges[:RANGES_MAX],
        more=len(ranges) > RANGES_MAX,
    )


def _gaps(numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
    expected = 1
    for number in numbers:
        if number > expected:
            yield expected, number - 1
        expected = number + 1


class Conflict(msgspec.Struct, frozen=True):
    """A double entry, the admission before it, and the pass."""

    second: AdmissionRow
    first: AdmissionRow
    pass_id: str
    ext_id: str


def conflicts(
    session: Session,
    account: int,
    *,
    page: int,
    size: int,
    wallet_pass: str = "",
    since: int | None = None,
    until: int | None = None,
) -> tuple[list[Conflict], int]:
    """Double entries, the last received first, and how many there are in all. `since` and `until`
    bound the second scan, [since, until) in milliseconds since 1970."""
    first = aliased(AdmissionRow)
    conditions = [AdmissionRow.account_id == account, AdmissionRow.double_of.is_not(None)]
    if wallet_pass:
        card = scans.find_card(session, account, wallet_pass)
        if card is None:
            raise NotFound("Pass not found. Give its id or its extId.")
        conditions.append(AdmissionRow.tracker_id == card.tracker)
    if since is not None:
        conditions.append(AdmissionRow.at >= since)
    if until is not None:
        conditions.append(AdmissionRow.at < until)
    rows = session.execute(
        select(AdmissionRow, first, PassRow.id, PassRow.ext_id)
        .join(first, first.event_id == AdmissionRow.double_of)
        .join(PassRow, PassRow.tracker_id == AdmissionRow.tracker_id)
        .where(*conditions)
        .order_by(AdmissionRow.event_id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    found = [Conflict(*row) for row in rows]
    total = session.scalar(select(func.count()).where(*conditions)) or 0
    return found, total
