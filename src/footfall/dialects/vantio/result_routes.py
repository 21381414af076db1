"""Routes of what comes of a campaign: impressions, referrals, earnings, and the funnel of them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, RawBody
from sqlalchemy.orm import Session

from footfall.core.errors import NotFound
from footfall.core.events import Event, Verdict
from footfall.core.queries import CountQuery
from footfall.dialects.bodies import answer, decode, iso_time
from footfall.dialects.vantio import commissions, funnel, impressions, nouns, telling, wire
from footfall.dialects.vantio.face import Answer, Asked, Face, OurFace, answer_page, list_page
from footfall.dialects.vantio.nouns import EarningRow, PosterRow, ReferralRow
from footfall.dialects.vantio.questions import (
    EarningsQuery,
    FunnelQuery,
    ImpressionsQuery,
    ReferralsQuery,
    read_bound,
    read_query,
)
from footfall.dialects.vantio.requests import (
    CURRENCY,
    EarningChange,
    EarningRequest,
    ReferralChange,
    ReferralRequest,
    read_changes,
    read_fields,
)

NO_IMPRESSION = "Impression with the specified ID does not exist"


# ── impressions ───────────────────────────────────────────────────────────────────────────────


@get("/impressions")
async def list_impressions(request: Asked, face: OurFace) -> Answer:
    """Oldest first: https://docs.vantio.app/api-reference/impressions/list-impressions"""
    account = request.auth.account.id
    asked = read_query(request.query_params, ImpressionsQuery)
    tracker = None
    if asked.poster_id:
        tracker = await asyncio.to_thread(_tracker, face, account, asked.poster_id)
    query = impressions.list_impressions(account, asked, tracker, face.rows_max)
    if asked.poster_id and tracker is None:
        return answer_page(request, face, asked, wire.ImpressionList([]), None)
    page = await face.parts.reader.events(face.ends.shorten(query))
    face.ends.remember(query, page)
    rows = [wire.impression_body(event) for event in page.events]
    cursor = None if page.cursor is None else wire.impression_id(page.cursor)
    return answer_page(request, face, asked, wire.ImpressionList(rows), cursor)


@get("/impressions/{id:str}")
async def get_impression(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """https://docs.vantio.app/api-reference/impressions/get-impression"""
    event = await _find_impression(request, face, id)
    if event is None:
        raise NotFound(NO_IMPRESSION)
    return answer(wire.impression_body(event))


def _tracker(face: Face, account: int, poster_id: str) -> int | None:
    with face.parts.catalog.reading() as session:
        try:
            return nouns.find(session, PosterRow, account, poster_id).tracker_id
        except NotFound:
            return None


async def _find_impression(request: Asked, face: Face, id: str) -> Event | None:
    query = impressions.one_impression(request.auth.account.id, id)
    page = None if query is None else await face.parts.reader.events(query)
    return page.events[0] if page and page.events else None


# ── referrals ─────────────────────────────────────────────────────────────────────────────────


@get("/referrals", sync_to_thread=True)
def list_referrals(request: Asked, face: OurFace) -> Answer:
    """Oldest first. https://docs.vantio.app/api-reference/referrals/list-referrals"""
    asked = read_query(request.query_params, ReferralsQuery)
    rows, cursor = list_page(
        request,
        face,
        ReferralRow,
        asked,
        status=asked.status,
        program_id=asked.program_id,
        student_id=asked.student_id,
        impression_id=asked.impression_id,
    )
    content = wire.ReferralList([wire.referral_body(row) for row in rows])
    return answer_page(request, face, asked, content, cursor)


@post("/referrals", status_code=200)
async def create_referral(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """https://docs.vantio.app/api-reference/referrals/create-referral"""
    asked = decode(body, ReferralRequest)
    fields = read_fields(asked, "impression_id", "idempotency_key")
    event = await _find_impression(request, face, asked.impression_id)

    def make(session: Session, now: int) -> wire.Referral:
        if event is None:
            raise NotFound(NO_IMPRESSION)
        origin = commissions.Origin(
            impression_id=asked.impression_id,
            poster_id=event.poster,
            program_id=event.program,
            student_id=event.ambassador,
        )
        row = commissions.create_referral(session, request.auth.account.id, now, origin, **fields)
        telling.tell(session, row, now, None)
        return wire.referral_body(row)

    return await asyncio.to_thread(face.create_once, request, asked.idempotency_key, asked, make)


@get("/referrals/{id:str}", sync_to_thread=True)
def get_referral(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """https://docs.vantio.app/api-reference/referrals/get-referral"""
    with face.parts.catalog.reading() as session:
        row = nouns.find(session, ReferralRow, request.auth.account.id, id)
        return answer(wire.referral_body(row))


@put("/referrals/{id:str}", sync_to_thread=True)
def change_referral(request: Asked, face: OurFace, id: FromPath[str], body: RawBody) -> Answer:
    """https://docs.vantio.app/api-reference/referrals/update-referral"""
    asked = decode(body, ReferralChange)
    row = change_and_tell(request, face, ReferralRow, id, asked, commissions.change_referral)
    return answer(wire.referral_body(row))


# ── earnings ──────────────────────────────────────────────────────────────────────────────────


@get("/earnings", sync_to_thread=True)
def list_earnings(request: Asked, face: OurFace) -> Answer:
    """Oldest first. https://docs.vantio.app/api-reference/earnings/list-earnings"""
    asked = read_query(request.query_params, EarningsQuery)
    rows, cursor = list_page(
        request,
        face,
        EarningRow,
        asked,
        status=asked.status,
        program_id=asked.program_id,
        referral_id=asked.referral_id,
    )
    content = wire.EarningList([wire.earning_body(row) for row in rows])
    return answer_page(request, face, asked, content, cursor)


@post("/earnings", status_code=200, sync_to_thread=True)
def create_earning(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """https://docs.vantio.app/api-reference/earnings/create-earning"""
    asked = decode(body, EarningRequest)
    fields = read_fields(asked, "idempotency_key")
    fields["currency"] = asked.currency or CURRENCY

    def make(session: Session, now: int) -> wire.Earning:
        row = commissions.create_earning(session, request.auth.account.id, now, **fields)
        telling.tell(session, row, now, None)
        return wire.earning_body(row)

    return face.create_once(request, asked.idempotency_key, asked, make)


@get("/earnings/{id:str}", sync_to_thread=True)
def get_earning(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """https://docs.vantio.app/api-reference/earnings/get-earning"""
    with face.parts.catalog.reading() as session:
        row = nouns.find(session, EarningRow, request.auth.account.id, id)
        return answer(wire.earning_body(row))


class ChangedEarning(wire.Earning, frozen=True, kw_only=True):
    """The answer to a change: the vendor's page has this one field more than the others."""

    updated_at: str


@put("/earnings/{id:str}", sync_to_thread=True)
def change_earning(request: Asked, face: OurFace, id: FromPath[str], body: RawBody) -> Answer:
    """https://docs.vantio.app/api-reference/earnings/update-earning"""
    asked = decode(body, EarningChange)
    row = change_and_tell(request, face, EarningRow, id, asked, commissions.change_earning)
    shown = msgspec.structs.asdict(wire.earning_body(row))
    return answer(ChangedEarning(**shown, updated_at=iso_time(row.updated_at)))


# ── the funnel ────────────────────────────────────────────────────────────────────────────────


@get("/funnel")
async def get_funnel(request: Asked, face: OurFace) -> Answer:
    """What the List Impressions page counts by hand: scans → referrals → converted → earnings,
    each by its own time."""
    asked = read_query(request.query_params, FunnelQuery)
    program_id = nouns.read_id(asked.program_id) if asked.program_id else None
    bounds = commissions.Bounds(
        account=request.auth.account.id,
        program_id=program_id,
        since=read_bound(asked.since, "since"),
        until=read_bound(asked.until, "until"),
    )

    groups = await face.parts.reader.count(
        CountQuery(
            account=bounds.account,
            sources=(nouns.SOURCE,),
            verdicts=(Verdict.COUNTED,),
            values={} if program_id is None else {"program": (program_id,)},
            since=bounds.since,
            until=bounds.until,
            by=(funnel.COLUMNS[asked.group_by],),
        )
    )

    def add_up() -> bytes:
        """On a thread: of a hundred thousand groups this takes half a second."""
        with face.parts.catalog.reading() as session:
            total, stages = funnel.add_up(
                [(group.values[0], group.events) for group in groups],
                commissions.count_referrals(session, bounds, asked.group_by),
                commissions.sum_earnings(session, bounds, asked.group_by),
            )
        return msgspec.json.encode(
            funnel.Funnel(
                group_by=asked.group_by,
                since=None if bounds.since is None else iso_time(bounds.since),
                until=None if bounds.until is None else iso_time(bounds.until),
                total=total,
                groups=stages,
            )
        )

    return answer(await asyncio.to_thread(add_up))


Result = TypeVar("Result", ReferralRow, EarningRow)


def change_and_tell(
    request: Asked,
    face: Face,
    rows: type[Result],
    id: str,
    asked: ReferralChange | EarningChange,
    change: Callable[..., None],
) -> Result:
    """Change a referral or an earning; who wants to know of its new status is told in the same
    transaction."""
    now = face.parts.clock()
    with face.parts.catalog.writing() as session:
        row = nouns.find(session, rows, request.auth.account.id, id)
        before = row.status
        change(session, row, now, **read_changes(asked, row.details))
        if row.status != before:
            telling.tell(session, row, now, before)
    face.parts.wake_webhooks()
    return row


ROUTES = [
    list_impressions,
    get_impression,
    list_referrals,
    create_referral,
    get_referral,
    change_referral,
    list_earnings,
    create_earning,
    get_earning,
    change_earning,
    get_funnel,
]
