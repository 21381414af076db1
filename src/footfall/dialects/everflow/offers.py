"""Operations of resources that are more than a row: an offer stands on a tracker, a coupon has one
code on the whole server, a label one name in its account."""

import secrets
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from footfall.catalog.records import new_tracker
from footfall.catalog.searching import is_same
from footfall.catalog.tables import AccountRow, TrackerRow
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import Conflict, InvalidRequest
from footfall.core.events import EventKind
from footfall.core.trackers import TrackerStatus
from footfall.dialects.everflow.records import (
    ACTIVE,
    SOURCE,
    AdvertiserRow,
    CouponRow,
    EmployeeRow,
    LabelRow,
    OfferRow,
    Record,
    change,
    check_references,
)
from footfall.parsing.folding import fold, normalize

Columns = dict[str, Any]


def create(
    session: Session,
    rows: type[Record],
    account: int,
    now: int,
    fields: Columns,
    rules: DestinationRules,
) -> Record:
    """Raises InvalidRequest, UnsafeDestination, Conflict."""
    _check(session, account, fields, rules)
    if rows is OfferRow and fields.get("advertiser_id") is None:
        fields["advertiser_id"] = _first_advertiser(session, account, now).id
    row = rows(account_id=account, created_at=now, updated_at=now, **fields)
    if isinstance(row, OfferRow):
        row.tracker = _new_tracker(account, now)
    return _save(session, row, now)


def change_resource(
    session: Session, row: Record, now: int, fields: Columns, rules: DestinationRules
) -> Record:
    """What is not named stays. Raises as `create`."""
    _check(session, row.account_id, fields, rules)
    if isinstance(row, OfferRow) and fields.get("advertiser_id", row) is None:
        raise InvalidRequest("network_advertiser_id: an offer has an advertiser.")
    change(row, now, fields)
    return _save(session, row, now)


def _check(session: Session, account: int, fields: Columns, rules: DestinationRules) -> None:
    check_references(session, account, fields)
    if "destination_url" in fields:
        fields["destination_url"] = read_destination(
            fields["destination_url"], rules, "destination_url"
        )


def _save(session: Session, row: Record, now: int) -> Record:
    with session.no_autoflush:
        match row:
            case OfferRow():
                _finish_offer(session, row, now)
            case LabelRow():
                _finish_label(session, row)
            case CouponRow():
                _finish_coupon(session, row)
            case EmployeeRow():
                row.name = f"{row.first_name} {row.last_name}".strip()
    session.add(row)
    session.flush()
    return row


# ── offers ────────────────────────────────────────────────────────────────────────────────────


def _first_advertiser(session: Session, account: int, now: int) -> AdvertiserRow:
    """A first offer needs no preparation: its advertiser is the account itself."""
    own = select(AdvertiserRow).where(AdvertiserRow.account_id == account)
    row = session.scalar(own.order_by(AdvertiserRow.id).limit(1))
    if row is None:
        named = session.get_one(AccountRow, account).name
        row = AdvertiserRow(
            account_id=account, name=named, internal_notes="", created_at=now, updated_at=now
        )
        session.add(row)
        session.flush()
    return row


def _new_tracker(account: int, now: int) -> TrackerRow:
    """The slug only keeps the tracker in memory: nobody types it."""
    slug = f"offer-{secrets.token_hex(12)}"
    return new_tracker(account, SOURCE, now, slug, kind=EventKind.IMPRESSION)


def _finish_offer(session: Session, row: OfferRow, now: int) -> None:
    """The tracker knows what the hot path needs of an offer."""
    tracker = row.tracker
    tracker.status = (
        TrackerStatus.ACTIVE.value if row.status == ACTIVE else TrackerStatus.PAUSED.value
    )
    tracker.updated_at = now
    if row.id is None:
        session.add(tracker)
        session.flush([tracker])
        row.id = tracker.id
    tracker.destination = row.destination_url
    references = {
        "offer": str(row.id),
        "advertiser": str(row.advertiser_id),
        "project": row.project_id,
    }
    tracker.references = {column: text for column, text in references.items() if text}
    labels = []
    for name in map(normalize, row.labels):
        known = select(LabelRow).where(LabelRow.account_id == row.account_id)
        label = session.scalar(known.where(is_same(LabelRow.name, name)))
        if label is None:
            label = LabelRow(account_id=row.account_id, name=name, created_at=now, updated_at=now)
            session.add(label)
            session.flush([label])
        labels.append(label.name)
    row.labels = list(dict.fromkeys(labels))


# ── what is there once ────────────────────────────────────────────────────────────────────────


def _finish_label(session: Session, row: LabelRow) -> None:
    """Offers have labels by their names: another name goes with them."""
    before = inspect(row).attrs.name.history.deleted
    same = select(LabelRow).where(
        LabelRow.account_id == row.account_id, is_same(LabelRow.name, row.name)
    )
    if any(one is not row for one in session.scalars(same)):
        raise Conflict(f"There is a label '{row.name}' already.")
    if not before:
        return
    for offer in session.scalars(select(OfferRow).where(OfferRow.account_id == row.account_id)):
        if before[0] in offer.labels:
            offer.labels = [row.name if one == before[0] else one for one in offer.labels]


def _finish_coupon(session: Session, row: CouponRow) -> None:
    row.folded = fold_code(row.name)
    found = session.scalar(select(CouponRow).where(CouponRow.folded == row.folded))
    if found not in (None, row):
        raise Conflict(
            f"The code '{row.name}' is taken on this server: a page may send a code and nothing "
            "else, so each is there once. Choose another."
        )


def fold_code(code: str) -> str:
    """A coupon's code without regard to case."""
    return fold(code.strip())
