"""Templates and passes, and what happens to a pass between its making and its end.

issued ──installed──► active ──removed──► removed        any ──deactivate──► deactivated
"""

import secrets
import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from footfall.catalog.records import check_count, find_row, forget_tracker, new_tracker
from footfall.catalog.searching import is_same
from footfall.core.errors import Conflict, InvalidRequest, NotFound
from footfall.dialects.passentry.records.entities import find_event
from footfall.dialects.passentry.records.tables import AdmissionRow, PassRow, TemplateRow
from footfall.dialects.passentry.texts import trimmed

SOURCE: Final = "passentry"
TEMPLATES_MAX: Final = 10_000
DEFAULT_TEMPLATE: Final = "Default"

PASS_TYPES: Final = {
    "generic": "generic",
    "loyalty": "storeCard",
    "eventTicket": "eventTicket",
    "transit": "transit",
}
"""The type of a template → the type of its passes."""

POINTS_MAX: Final = 100_000_000_000
"""The largest balance, in hundredths of a point."""


class PassStatus(StrEnum):
    ISSUED = "issued"
    ACTIVE = "active"
    REMOVED = "removed"
    DEACTIVATED = "deactivated"


Changes = Mapping[str, Any]
"""What to change of a pass, checked, by column. `content` and `details` are merged into what there
is."""


# ── templates ─────────────────────────────────────────────────────────────────────────────────


def create_template(
    session: Session,
    account: int,
    name: str,
    type: str,
    definition: dict[str, Any],
    now: int,
    *,
    id: str = "",
) -> TemplateRow:
    """`id` "" draws one. Raises InvalidRequest when there are too many, Conflict for an id that a
    template of this server has already."""
    if id and session.scalar(select(TemplateRow.number).where(TemplateRow.id == id)):
        raise Conflict(f"The id {id} is taken by another pass template: choose another one.")
    too_many = f"There are {TEMPLATES_MAX} templates, the most there may be."
    check_count(session, TemplateRow, account, TEMPLATES_MAX, too_many)
    template = TemplateRow(
        id=id or secrets.token_hex(12),
        account_id=account,
        name=name,
        type=type,
        definition=definition,
        created_at=now,
    )
    session.add(template)
    session.flush()
    return template


def find_template(session: Session, account: int, template_id: str) -> TemplateRow:
    """Raises NotFound, also for another account's."""
    missing = "Pass template not found. GET /api/v1/pass-templates lists those there are."
    return find_row(session, TemplateRow, account, template_id, missing)


def default_template(session: Session, account: int, now: int) -> TemplateRow:
    """The account's first template with this name, made when it is first needed."""
    named = templates_of(account).where(TemplateRow.name == DEFAULT_TEMPLATE)
    found = session.scalars(named.order_by(None).order_by(TemplateRow.number).limit(1)).first()
    return found or create_template(session, account, DEFAULT_TEMPLATE, "generic", {}, now)


def templates_of(account: int) -> Select[TemplateRow]:
    return (
        select(TemplateRow)
        .where(TemplateRow.account_id == account)
        .order_by(TemplateRow.number.desc())
    )


def templates_named(session: Session, account: int, name: str) -> tuple[str, ...]:
    """The ids of the templates with this name."""
    query = select(TemplateRow.id).where(
        TemplateRow.account_id == account, is_same(TemplateRow.name, name)
    )
    return tuple(session.scalars(query))


# ── passes ────────────────────────────────────────────────────────────────────────────────────


def create_pass(
    session: Session, template: TemplateRow, ext_id: str, changes: Changes, now: int
) -> PassRow:
    """`ext_id` "" draws one. Raises Conflict for one that the account has already."""
    account = template.account_id
    ext_id = ext_id or secrets.token_hex(10)
    if _select_pass(session, account, ext_id) is not None:
        raise Conflict(f"There is a pass with the extId '{ext_id}' already.")
    pass_id = str(uuid.uuid4())
    tracker = new_tracker(account, SOURCE, now, None, references={"wallet_pass": pass_id})
    session.add(tracker)
    session.flush()
    wallet_pass = PassRow(
        tracker_id=tracker.id,
        tracker=tracker,
        id=pass_id,
        account_id=account,
        ext_id=ext_id,
        template=template,
        status=PassStatus.ISSUED,
        group_tags=[],
        balance=0,
        content={},
        details={},
        barcode=dict(template.definition.get("barcode") or {}),
        nfc={},
        created_at=now,
    )
    change_pass(session, wallet_pass, changes)
    session.add(wallet_pass)
    session.flush()
    return wallet_pass


def find_pass(session: Session, account: int, name: str) -> PassRow:
    """By UUID or extId. Raises NotFound, also for another account's."""
    wallet_pass = _select_pass(session, account, name)
    if wallet_pass is None:
        raise NotFound("Pass not found. Give its id or its extId.")
    return wallet_pass


def tracker_of(session: Session, account: int, name: str) -> int | None:
    """The tracker of the pass with this UUID or extId."""
    wallet_pass = _select_pass(session, account, name)
    return None if wallet_pass is None else wallet_pass.tracker_id


def _select_pass(session: Session, account: int, name: str) -> PassRow | None:
    name = trimmed(name)
    rows = session.scalars(select(PassRow).where(PassRow.account_id == account, named(name))).all()
    return next((row for row in rows if row.id == name.lower()), rows[0] if rows else None)


def named(name: str) -> Any:
    """The condition that a pass has this UUID or extId: each has an index of its own."""
    return or_(PassRow.id == name.lower(), PassRow.ext_id == name)


def passes_of(account: int) -> Select[PassRow]:
    return select(PassRow).where(PassRow.account_id == account).order_by(PassRow.tracker_id.desc())


def change_pass(session: Session, wallet_pass: PassRow, changes: Changes) -> None:
    """Apply what is set. Raises NotFound for an unknown event, InvalidRequest for dates between
    which the pass would never be valid."""
    for name, value in changes.items():
        if name in ("content", "details"):
            value = getattr(wallet_pass, name) | value
        elif name == "venue_event_id" and value is not None:
            value = find_event(session, wallet_pass.account_id, value).id
        setattr(wallet_pass, name, value)
    begin, end = wallet_pass.valid_from, wallet_pass.expires_at
    dated = not changes.keys().isdisjoint(("valid_from", "expires_at"))
    if dated and begin is not None and end is not None and begin >= end:
        raise InvalidRequest("validFrom must be before expiresAt: this pass would never be valid.")


def deactivate(wallet_pass: PassRow, now: int) -> None:
    if wallet_pass.status != PassStatus.DEACTIVATED:
        wallet_pass.status, wallet_pass.deactivated_at = PassStatus.DEACTIVATED, now


def reactivate(wallet_pass: PassRow) -> None:
    """Back to what it was: in a wallet, removed from one, or only issued."""
    if wallet_pass.status == PassStatus.DEACTIVATED:
        wallet_pass.deactivated_at = None
        wallet_pass.status = _life(wallet_pass)


def install(wallet_pass: PassRow, device_type: str, now: int) -> None:
    """A wallet has it now. A deactivated pass stays so."""
    wallet_pass.device_type, wallet_pass.added_at, wallet_pass.removed_at = device_type, now, None
    if wallet_pass.status != PassStatus.DEACTIVATED:
        wallet_pass.status = _life(wallet_pass)


def remove(wallet_pass: PassRow, now: int) -> None:
    """The wallet that had it has it no longer. Raises Conflict when none had."""
    if wallet_pass.added_at is None:
        raise Conflict("This pass is in no wallet.")
    wallet_pass.removed_at = now
    if wallet_pass.status != PassStatus.DEACTIVATED:
        wallet_pass.status = _life(wallet_pass)


def _life(wallet_pass: PassRow) -> PassStatus:
    if wallet_pass.added_at is None:
        return PassStatus.ISSUED
    return PassStatus.ACTIVE if wallet_pass.removed_at is None else PassStatus.REMOVED


def change_balance(wallet_pass: PassRow, change: int) -> None:
    """In hundredths. Raises InvalidRequest when it would be negative or too large."""
    balance = wallet_pass.balance + change
    if not 0 <= balance <= POINTS_MAX:
        raise InvalidRequest("The balance would be negative, or larger than 1,000,000,000.")
    wallet_pass.balance = balance


def delete_pass(session: Session, wallet_pass: PassRow, now: int) -> None:
    """Forget it at once and mark its tracker: the upkeep erases its scans."""
    forget_tracker(wallet_pass.tracker, now)
    session.execute(delete(AdmissionRow).where(AdmissionRow.tracker_id == wallet_pass.tracker_id))
    session.delete(wallet_pass)
    session.flush()
