"""Referrals and earnings, and the funnel from scans to them."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response
from msgspec import UNSET, UnsetType
from sqlalchemy.orm import Session

from footfall.api.bodies import answer, iso_time
from footfall.api.fields import body_of
from footfall.api.operations import operation
from footfall.core.errors import NotFound
from footfall.core.events import Verdict
from footfall.core.queries import EventFilter
from footfall.core.reports import counting
from footfall.dialects.vantio import commissions, funnel, records, webhooks
from footfall.dialects.vantio.commissions import Earning, Referral, earning_body, referral_body
from footfall.dialects.vantio.dialect import Call, create_once, list_of, resource
from footfall.dialects.vantio.impressions import NO_IMPRESSION, find_impression
from footfall.dialects.vantio.queries import (
    EarningsQuery,
    EarningStatus,
    FunnelQuery,
    ReferralsQuery,
    ReferralStatus,
    read_bound,
)
from footfall.dialects.vantio.records import EarningRow, ReferralRow
from footfall.dialects.vantio.requests import (
    CURRENCY,
    Amount,
    Currency,
    Details,
    Email,
    Id,
    Key,
    Line,
    Link,
    Name,
    Prose,
    Reference,
    read_changes,
    read_fields,
)


def _changing(change: Callable[..., None]) -> Callable[..., None]:
    """The change of a referral or an earning; the message of its new status is written in the same
    transaction."""

    def changed(call: Call, session: Session, row: Any, body: msgspec.Struct) -> None:
        before, now = row.status, call.now()
        change(session, row, now, **read_changes(body, row.details))
        if row.status != before:
            webhooks.send(session, row, now, before)

    return changed


def _wake(call: Call, _: object) -> None:
    call.api.parts.wake_webhooks()


# ── referrals ─────────────────────────────────────────────────────────────────────────────────


class ReferralRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /referrals`. Program and student are those of the impression."""

    impression_id: Id
    first_name: Name
    last_name: Name
    email: Email
    profile_picture: Link | None = None
    metadata: Details | None = None
    idempotency_key: Key | None = None


class ReferralChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /referrals/{id}`."""

    first_name: Name | UnsetType = UNSET
    last_name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    profile_picture: Link | UnsetType | None = UNSET
    status: ReferralStatus | UnsetType = UNSET
    verified_at: Line | UnsetType | None = UNSET
    metadata: Details | UnsetType | None = UNSET


class ReferralList(msgspec.Struct, frozen=True):
    referrals: list[Referral]


# https://docs.vantio.app/api-reference/referrals/list-referrals and the pages beside it
REFERRALS = resource(
    "/referrals", ReferralRow, Referral, body=lambda *of: referral_body(of[-1]), saved=_wake
)
list_referrals = list_of(
    REFERRALS,
    ReferralsQuery,
    ReferralList,
    ("status", "program_id", "student_id", "impression_id"),
)
get_referral = REFERRALS.get("Get a referral")
change_referral = REFERRALS.change("PUT", "Change a referral", ReferralChange)(
    _changing(commissions.change_referral)
)


@operation("POST /referrals", "Create a referral", body=ReferralRequest, answer=Referral)
async def create_referral(call: Call, body: ReferralRequest) -> Response[bytes]:
    """https://docs.vantio.app/api-reference/referrals/create-referral"""
    fields = read_fields(body, "impression_id", "idempotency_key")
    event = await find_impression(call, body.impression_id)

    def make(session: Session, now: int) -> Referral:
        if event is None:
            raise NotFound(NO_IMPRESSION)
        origin = commissions.Origin(
            impression_id=body.impression_id,
            poster_id=event.poster,
            program_id=event.program,
            student_id=event.ambassador,
        )
        row = commissions.create_referral(session, call.account, now, origin, **fields)
        webhooks.send(session, row, now, None)
        return referral_body(row)

    return await asyncio.to_thread(create_once, call, body.idempotency_key, body, make)


# ── earnings ──────────────────────────────────────────────────────────────────────────────────


class EarningRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /earnings`. `amount` in the smallest unit of `currency`."""

    referral_id: Id
    amount: Amount
    currency: Currency | None = None
    type: Line | None = None
    description: Prose | None = None
    metadata: Details | None = None
    idempotency_key: Key | None = None


class EarningChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /earnings/{id}`."""

    amount: Amount | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    type: Line | UnsetType | None = UNSET
    description: Prose | UnsetType | None = UNSET
    status: EarningStatus | UnsetType = UNSET
    reference_id: Reference | UnsetType | None = UNSET
    metadata: Details | UnsetType | None = UNSET


class EarningList(msgspec.Struct, frozen=True):
    earnings: list[Earning]


class ChangedEarning(Earning, frozen=True, kw_only=True):
    """The answer to a change: the vendor's page has this one field more than the others."""

    updated_at: str


def _changed_body(_: Call, __: Session, row: EarningRow) -> ChangedEarning:
    return body_of(ChangedEarning, row, metadata=row.details)


# https://docs.vantio.app/api-reference/earnings/list-earnings and the pages beside it
EARNINGS = resource("/earnings", EarningRow, Earning, body=lambda *of: earning_body(of[-1]))
list_earnings = list_of(
    EARNINGS, EarningsQuery, EarningList, ("status", "program_id", "referral_id")
)
get_earning = EARNINGS.get("Get an earning")
change_earning = resource(
    "/earnings", EarningRow, ChangedEarning, body=_changed_body, saved=_wake
).change("PUT", "Change an earning", EarningChange)(_changing(commissions.change_earning))


@operation("POST /earnings", "Create an earning", body=EarningRequest, answer=Earning)
def create_earning(call: Call, body: EarningRequest) -> Response[bytes]:
    """https://docs.vantio.app/api-reference/earnings/create-earning"""
    fields = read_fields(body, "idempotency_key")
    fields["currency"] = body.currency or CURRENCY

    def make(session: Session, now: int) -> Earning:
        row = commissions.create_earning(session, call.account, now, **fields)
        webhooks.send(session, row, now, None)
        return earning_body(row)

    return create_once(call, body.idempotency_key, body, make)


# ── the funnel ────────────────────────────────────────────────────────────────────────────────


@operation(
    "GET /funnel",
    "From scans to earnings",
    query=FunnelQuery,
    answer=funnel.Funnel,
    errors=(413,),
)
async def get_funnel(call: Call, query: FunnelQuery) -> Response[bytes]:
    """What the List Impressions page counts by hand: scans → referrals → converted → earnings,
    each by its own time."""
    program_id = records.read_id(query.program_id) if query.program_id else None
    bounds = commissions.Bounds(
        account=call.account,
        program_id=program_id,
        since=read_bound(query.since, "since"),
        until=read_bound(query.until, "until"),
    )

    wanted = EventFilter(
        account=bounds.account,
        sources=(records.SOURCE,),
        verdicts=(Verdict.COUNTED,),
        values={} if program_id is None else {"program": (program_id,)},
        since=bounds.since,
        until=bounds.until,
    )
    by = (funnel.COLUMNS[query.group_by],)
    scans = await call.api.parts.reader.report(counting(wanted, by))

    def add_up() -> bytes:
        """On a thread: of a hundred thousand groups this takes half a second."""
        with call.reading() as session:
            total, stages = funnel.add_up(
                [(group.values[0], group.counts.events) for group in scans.groups],
                commissions.count_referrals(session, bounds, query.group_by),
                commissions.sum_earnings(session, bounds, query.group_by),
            )
        return msgspec.json.encode(
            funnel.Funnel(
                group_by=query.group_by,
                since=None if bounds.since is None else iso_time(bounds.since),
                until=None if bounds.until is None else iso_time(bounds.until),
                total=total,
                groups=stages,
            )
        )

    return answer(await asyncio.to_thread(add_up))
