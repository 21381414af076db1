"""Referrals and earnings: who signed up, and what an ambassador gets for it.

    referral   pending → converted → verified
               pending, converted → rejected
    earning    pending → processing → paid or failed,  failed → processing

Amounts are whole numbers of a currency's smallest unit.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from footfall.api.fields import body_of
from footfall.core.errors import InvalidRequest
from footfall.dialects.vantio.records import (
    EarningRow,
    ReferralRow,
    UserRow,
    change,
    create,
    created,
    find,
)

REFERRAL_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "pending": ("converted", "rejected"),
    "converted": ("verified", "rejected"),
    "verified": (),
    "rejected": (),
}
CONVERTED: Final = ("converted", "verified")

EARNING_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "pending": ("processing",),
    "processing": ("paid", "failed"),
    "failed": ("processing",),
    "paid": (),
}
"""A payment that failed is tried again."""


class Origin(msgspec.Struct, frozen=True):
    """Where a referral came from: an impression, and the resources it names."""

    impression_id: str
    poster_id: str
    program_id: str
    student_id: str


def _step(steps: Mapping[str, tuple[str, ...]], old: str, new: str) -> None:
    """Raise InvalidRequest unless this status may follow, or is the same again."""
    if new == old or new in steps[old]:
        return
    after = " or ".join(steps[old])
    allowed = f"after {old} comes {after}" if after else f"{old} is final"
    raise InvalidRequest(f"status cannot change from {old} to {new}: {allowed}.")


def create_referral(
    session: Session, account: int, now: int, origin: Origin, **fields: Any
) -> ReferralRow:
    """Raises NotFound when the impression is older than the catalog, as after a restore."""
    find(session, UserRow, account, origin.student_id)
    found = msgspec.structs.asdict(origin)
    return create(session, ReferralRow, account, now, status="pending", **found, **fields)


def change_referral(session: Session, referral: ReferralRow, now: int, **fields: Any) -> None:
    """`verified_at` is the given time, else now, when the referral is verified.

    Raises InvalidRequest.
    """
    status = fields.get("status", referral.status)
    _step(REFERRAL_STEPS, referral.status, status)
    verified_at = fields.pop("verified_at", None)
    if verified_at is not None and status != "verified":
        raise InvalidRequest(
            "verified_at is for a referral that is verified: send status 'verified' with it."
        )
    if status == "verified":
        given = (verified_at, referral.verified_at, now)  # 0 is a time too
        fields["verified_at"] = next(one for one in given if one is not None)
    change(referral, now, fields)
    session.flush()


def create_earning(
    session: Session, account: int, now: int, referral_id: str, **fields: Any
) -> EarningRow:
    """The vendor's clients may make an earning first and convert its referral then.

    Raises NotFound for an unknown referral, InvalidRequest for one that is rejected.
    """
    referral = find(session, ReferralRow, account, referral_id)
    if referral.status == "rejected":
        raise InvalidRequest(f"The referral {referral.id} is rejected: it earns nothing.")
    return create(
        session,
        EarningRow,
        account,
        now,
        referral_id=referral.id,
        program_id=referral.program_id,
        status="pending",
        **fields,
    )


def change_earning(session: Session, earning: EarningRow, now: int, **fields: Any) -> None:
    """`paid_at` is when it became paid. Amount and currency change at any time: a payout that was
    less than the amount is corrected afterwards. Raises InvalidRequest."""
    status = fields.get("status", earning.status)
    _step(EARNING_STEPS, earning.status, status)
    if status == "paid" and earning.status != "paid":
        fields["paid_at"] = now
    change(earning, now, fields)
    session.flush()


# ── answers ───────────────────────────────────────────────────────────────────────────────────


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    impression_id: str
    first_name: str
    last_name: str
    email: str
    profile_picture: str | None
    status: str
    program_id: str
    student_id: str
    created_at: str
    verified_at: str | None
    updated_at: str
    metadata: dict[str, Any]


class Earning(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` in the smallest unit of `currency`; `reference_id` is the payout's."""

    id: str
    referral_id: str
    amount: int
    currency: str
    type: str | None
    description: str | None
    status: str
    reference_id: str | None
    created_at: str
    paid_at: str | None
    metadata: dict[str, Any]


def referral_body(row: ReferralRow) -> Referral:
    return body_of(Referral, row, metadata=row.details)


def earning_body(row: EarningRow) -> Earning:
    return body_of(Earning, row, metadata=row.details)


# ── counts ────────────────────────────────────────────────────────────────────────────────────

KEYS: Final = {
    "program": ReferralRow.program_id,
    "poster": ReferralRow.poster_id,
    "student": ReferralRow.student_id,
}
"""What referrals, and the earnings on them, are grouped by."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """`program_id` None is all programs; [since, until) in milliseconds since 1970."""

    account: int
    program_id: str | None = None
    since: int | None = None
    until: int | None = None


def count_referrals(session: Session, bounds: Bounds, by: str) -> list[tuple[str, int, int]]:
    """(group, referrals, those that are converted or verified) of what was created in the time."""
    key = KEYS[by]
    query = select(key, func.count(), func.count().filter(ReferralRow.status.in_(CONVERTED))).where(
        *_bounded(bounds, ReferralRow)
    )
    return [(group, all, some) for group, all, some in session.execute(query.group_by(key))]


def sum_earnings(session: Session, bounds: Bounds, by: str) -> list[tuple[str, str, int, int, int]]:
    """(group, currency, earnings, sum of their amounts, sum of those that are paid) of what was
    created in the time."""
    key = KEYS[by]
    paid = func.sum(EarningRow.amount).filter(EarningRow.status == "paid")
    query = (
        select(key, EarningRow.currency, func.count(), func.sum(EarningRow.amount), paid)
        .join(ReferralRow, ReferralRow.id == EarningRow.referral_id)
        .where(*_bounded(bounds, EarningRow))
        .group_by(key, EarningRow.currency)
    )
    return [
        (group, currency, earnings, amount, paid or 0)
        for group, currency, earnings, amount, paid in session.execute(query)
    ]


def _bounded(
    bounds: Bounds, rows: type[ReferralRow] | type[EarningRow]
) -> list[ColumnElement[bool]]:
    conditions = [rows.account_id == bounds.account, *created(rows, bounds.since, bounds.until)]
    if bounds.program_id is not None:
        conditions.append(rows.program_id == bounds.program_id)
    return conditions
