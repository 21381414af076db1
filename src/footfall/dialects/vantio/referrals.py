"""What comes of a campaign: impressions, referrals, earnings, and the funnel of them."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from litestar import Response
from sqlalchemy.orm import Session

from footfall.api.bodies import answer, iso_time
from footfall.api.notes import renamed
from footfall.api.operations import operation
from footfall.core.errors import NotFound
from footfall.core.events import Event, Verdict
from footfall.core.queries import CountQuery, EventFilter
from footfall.dialects.vantio import commissions, funnel, impressions, records, webhooks, wire
from footfall.dialects.vantio.dialect import Call, Reading, answer_page, create_once
from footfall.dialects.vantio.questions import (
    EarningsQuery,
    FunnelQuery,
    ImpressionsQuery,
    ReferralsQuery,
    read_bound,
)
from footfall.dialects.vantio.records import EarningRow, PosterRow, ReferralRow
from footfall.dialects.vantio.requests import (
    CURRENCY,
    EarningChange,
    EarningRequest,
    ReferralChange,
    ReferralRequest,
    read_changes,
    read_fields,
)

NO_IMPRESSION: Final = "Impression with the specified ID does not exist"


# ── impressions ───────────────────────────────────────────────────────────────────────────────


@operation(
    "GET /impressions", "List impressions", query=ImpressionsQuery, answer=wire.ImpressionList
)
async def list_impressions(call: Call, query: ImpressionsQuery) -> Response[bytes]:
    """Oldest first: https://docs.vantio.app/api-reference/impressions/list-impressions"""
    tracker = None
    if query.poster_id:
        tracker = await asyncio.to_thread(_tracker, call, query.poster_id)
    of_events = impressions.list_impressions(call.account, query, tracker, call.api.rows_max)
    if query.poster_id and tracker is None:
        notes = await _notes(call, query, empty=True)
        return answer_page(call, query, wire.ImpressionList([]), None, notes)
    page = await call.api.parts.reader.events(call.api.ends.shorten(of_events))
    call.api.ends.remember(of_events, page)
    rows = [wire.impression_body(event) for event in page.events]
    cursor = None if page.cursor is None else wire.impression_id(page.cursor)
    first = not (query.cursor or query.offset)
    notes = await _notes(call, query, empty=not rows) if first else []
    return answer_page(call, query, wire.ImpressionList(rows), cursor, notes)


async def _notes(call: Call, query: ImpressionsQuery, *, empty: bool) -> list[str]:
    """Of ids that are unknown."""
    named = {
        "poster": query.poster_id,
        "program": query.program_id,
        "ambassador": query.student_id,
    }
    values = {column: (id,) for column, id in named.items() if id}
    wanted = EventFilter(account=call.account, values=values)
    return renamed(await call.api.parts.unknown_ids(wanted, empty), impressions.PARAMETERS)


@operation("GET /impressions/{id}", "Get an impression", answer=wire.Impression)
async def get_impression(call: Call, id: str) -> wire.Impression:
    """https://docs.vantio.app/api-reference/impressions/get-impression"""
    event = await _find_impression(call, id)
    if event is None:
        raise NotFound(NO_IMPRESSION)
    return wire.impression_body(event)


def _tracker(call: Call, poster_id: str) -> int | None:
    with call.reading() as session:
        try:
            return records.find(session, PosterRow, call.account, poster_id).tracker_id
        except NotFound:
            return None


async def _find_impression(call: Call, id: str) -> Event | None:
    query = impressions.one_impression(call.account, id)
    page = None if query is None else await call.api.parts.reader.events(query)
    return page.events[0] if page and page.events else None


# ── referrals ─────────────────────────────────────────────────────────────────────────────────

# https://docs.vantio.app/api-reference/referrals/list-referrals and …/get-referral
list_referrals, get_referral = Reading(
    path="/referrals",
    one="a referral",
    rows=ReferralRow,
    query=ReferralsQuery,
    filters=("status", "program_id", "student_id", "impression_id"),
    page=wire.ReferralList,
    body=lambda row, _: wire.referral_body(row),
    detail=lambda row, _: wire.referral_body(row),
    answer=wire.Referral,
).operations()


@operation("POST /referrals", "Create a referral", body=ReferralRequest, answer=wire.Referral)
async def create_referral(call: Call, body: ReferralRequest) -> Response[bytes]:
    """https://docs.vantio.app/api-reference/referrals/create-referral"""
    fields = read_fields(body, "impression_id", "idempotency_key")
    event = await _find_impression(call, body.impression_id)

    def make(session: Session, now: int) -> wire.Referral:
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
        return wire.referral_body(row)

    return await asyncio.to_thread(create_once, call, body.idempotency_key, body, make)


@operation("PUT /referrals/{id}", "Change a referral", body=ReferralChange, answer=wire.Referral)
def change_referral(call: Call, id: str, body: ReferralChange) -> wire.Referral:
    """https://docs.vantio.app/api-reference/referrals/update-referral"""
    row = _change(call, ReferralRow, id, body, commissions.change_referral)
    return wire.referral_body(row)


# ── earnings ──────────────────────────────────────────────────────────────────────────────────

# https://docs.vantio.app/api-reference/earnings/list-earnings and …/get-earning
list_earnings, get_earning = Reading(
    path="/earnings",
    one="an earning",
    rows=EarningRow,
    query=EarningsQuery,
    filters=("status", "program_id", "referral_id"),
    page=wire.EarningList,
    body=lambda row, _: wire.earning_body(row),
    detail=lambda row, _: wire.earning_body(row),
    answer=wire.Earning,
).operations()


@operation("POST /earnings", "Create an earning", body=EarningRequest, answer=wire.Earning)
def create_earning(call: Call, body: EarningRequest) -> Response[bytes]:
    """https://docs.vantio.app/api-reference/earnings/create-earning"""
    fields = read_fields(body, "idempotency_key")
    fields["currency"] = body.currency or CURRENCY

    def make(session: Session, now: int) -> wire.Earning:
        row = commissions.create_earning(session, call.account, now, **fields)
        webhooks.send(session, row, now, None)
        return wire.earning_body(row)

    return create_once(call, body.idempotency_key, body, make)


class ChangedEarning(wire.Earning, frozen=True, kw_only=True):
    """The answer to a change: the vendor's page has this one field more than the others."""

    updated_at: str


@operation("PUT /earnings/{id}", "Change an earning", body=EarningChange, answer=ChangedEarning)
def change_earning(call: Call, id: str, body: EarningChange) -> ChangedEarning:
    """https://docs.vantio.app/api-reference/earnings/update-earning"""
    row = _change(call, EarningRow, id, body, commissions.change_earning)
    shown = msgspec.structs.asdict(wire.earning_body(row))
    return ChangedEarning(**shown, updated_at=iso_time(row.updated_at))


Result = TypeVar("Result", ReferralRow, EarningRow)


def _change(
    call: Call,
    rows: type[Result],
    id: str,
    body: ReferralChange | EarningChange,
    change: Callable[..., None],
) -> Result:
    """Change a referral or an earning; the messages of its new status are written in the same
    transaction."""
    now = call.now()
    with call.writing() as session:
        row = records.find(session, rows, call.account, id)
        before = row.status
        change(session, row, now, **read_changes(body, row.details))
        if row.status != before:
            webhooks.send(session, row, now, before)
    call.api.parts.wake_webhooks()
    return row


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

    groups = await call.api.parts.reader.count(
        CountQuery(
            account=bounds.account,
            sources=(records.SOURCE,),
            verdicts=(Verdict.COUNTED,),
            values={} if program_id is None else {"program": (program_id,)},
            since=bounds.since,
            until=bounds.until,
            by=(funnel.COLUMNS[query.group_by],),
        )
    )

    def add_up() -> bytes:
        """On a thread: of a hundred thousand groups this takes half a second."""
        with call.reading() as session:
            total, stages = funnel.add_up(
                [(group.values[0], group.events) for group in groups],
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
