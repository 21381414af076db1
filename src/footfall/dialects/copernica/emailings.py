"""Emailings, each on a tracker that no short link leads to.

The vendor documents reading them; its dashboard creates them, and here the API does in the same
style.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy.orm import Session

from footfall.catalog.records import forget_tracker, free_slug, new_tracker
from footfall.core.events import EventKind
from footfall.dialects.copernica import php
from footfall.dialects.copernica.dialect import Call
from footfall.dialects.copernica.endpoints import endpoint
from footfall.dialects.copernica.listing import Listed
from footfall.dialects.copernica.request_bodies import Id, Line, Time, read_columns
from footfall.dialects.copernica.resources import (
    change_row,
    create_row,
    delete_row,
    find_page,
    find_row,
)
from footfall.dialects.copernica.statistics import count_events
from footfall.dialects.copernica.tables import SOURCE, Condition, EmailingRow, change
from footfall.dialects.copernica.times import to_local

# ── bodies ────────────────────────────────────────────────────────────────────────────────────


class Address(msgspec.Struct, frozen=True):
    name: str
    email: str


class Source(msgspec.Struct, frozen=True):
    id: str
    type: str


class Target(msgspec.Struct, frozen=True):
    type: str
    sources: list[Source]


class Emailing(msgspec.Struct, frozen=True, kw_only=True):
    """As Publisher shows it. `tracker` is ours: what events are ingested for."""

    id: str
    timestamp: str
    document: str | None
    template: str | None
    subject: str
    description: str
    from_address: Address | None
    destinations: str
    testgroups: int = 0
    finalgroup: str | None = None
    type: str
    clicks: str
    impressions: str
    errors: str
    unsubscribes: str
    abuses: str
    contenttype: str
    target: Target | None
    tracker: str


class MarketingEmailing(msgspec.Struct, frozen=True, kw_only=True):
    """As Marketing Suite shows it in a list."""

    id: str
    timestamp: str
    template: str | None
    subject: str
    from_address: Address | None
    destinations: int
    type: str
    target: Target | None
    tracker: str


class TaggedEmailing(MarketingEmailing, frozen=True, kw_only=True):
    """And by itself."""

    tags: list[str]


class EmailingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST …/emailings`, and a change: what is left out stays as it is. `timestamp` is when the
    mails are sent, now unless it is given."""

    subject: Line | UnsetType = UNSET
    description: Line | UnsetType = UNSET
    from_address: Address | UnsetType | None = UNSET
    timestamp: Time | UnsetType = UNSET
    document: Id | UnsetType | None = UNSET
    template: Id | UnsetType | None = UNSET
    type: Literal["mass", "individual"] | UnsetType = UNSET
    followup: bool | UnsetType = UNSET
    test: bool | UnsetType = UNSET
    contenttype: Literal["html", "text", "both"] | UnsetType = UNSET
    target: Target | UnsetType | None = UNSET
    tags: Annotated[list[Line], Meta(max_length=100)] | UnsetType = UNSET


COUNTED: Final = ("clicks", "impressions", "errors", "unsubscribes", "abuses")

Counts = Mapping[str, int]
"""By the names of the lists of events: impressions, clicks, …"""


def emailing_body(call: Call, row: EmailingRow, counts: Counts) -> Emailing:
    counted: dict[str, Any] = {name: str(counts.get(name, 0)) for name in COUNTED}
    return Emailing(
        document=row.document,
        description=row.description,
        destinations=str(row.destinations),
        contenttype=row.contenttype,
        **_shared(call, row),
        **counted,
    )


def marketing_emailing_body(call: Call, row: EmailingRow) -> MarketingEmailing:
    return MarketingEmailing(destinations=row.destinations, **_shared(call, row))


def tagged_emailing_body(call: Call, row: EmailingRow) -> TaggedEmailing:
    return TaggedEmailing(destinations=row.destinations, tags=row.tags, **_shared(call, row))


def _shared(call: Call, row: EmailingRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "timestamp": to_local(row.sent_at, call.zone),
        "template": row.template,
        "subject": row.subject,
        "from_address": _as(row.from_address, Address),
        "type": row.type,
        "target": _as(row.target, Target),
        "tracker": str(row.tracker_id),
    }


def _as(value: Any, type: Any) -> Any:
    return None if value is None else msgspec.convert(value, type)


# ── endpoints ─────────────────────────────────────────────────────────────────────────────────


@endpoint("GET", "{product}/emailings", "List emailings", row=Emailing, ms=MarketingEmailing)
async def list_emailings(call: Call) -> Listed:
    """Filters as `rest-get-publisher-emailings` has them."""
    conditions = _filters(call.parameters)
    page = await asyncio.to_thread(
        lambda: find_page(
            call, EmailingRow, where=lambda _: conditions, window=("fromdate", "todate")
        )
    )
    if call.product == "ms":
        return page.listed(call, partial(marketing_emailing_body, call))
    counts = await count_events(call, list(page.rows))
    return page.listed(call, lambda row: emailing_body(call, row, counts[row.id]))


def _filters(query: php.Values) -> list[Condition]:
    conditions: list[Condition] = []
    if type := php.to_text(query.get("type")):
        conditions.append(EmailingRow.type == type)
    for name, column in (("followups", EmailingRow.followup), ("test", EmailingRow.test)):
        given = php.to_text(query.get(name)).lower()
        if given in ("yes", "no"):
            conditions.append(column.is_(given == "yes"))
    if php.to_text(query.get("mindestinations")):
        conditions.append(EmailingRow.destinations >= php.to_int(query["mindestinations"], 0))
    if php.to_text(query.get("maxdestinations")):
        conditions.append(EmailingRow.destinations <= php.to_int(query["maxdestinations"], 0))
    return conditions


@endpoint("POST", "{product}/emailings", "Create an emailing", body=EmailingRequest, creates=True)
def post_emailing(call: Call, body: EmailingRequest) -> Response[Any]:
    fields = read_columns(body, call.zone)
    return create_row(
        call,
        "emailing",
        lambda session, now: create_emailing(session, call.account, now, fields).id,
    )


@endpoint("GET", "{product}/emailing/{id}", "An emailing", answer=Emailing, ms=TaggedEmailing)
async def get_emailing(call: Call) -> Emailing | TaggedEmailing:
    row = await asyncio.to_thread(find_row, call, EmailingRow)
    if call.product == "ms":
        return tagged_emailing_body(call, row)
    counts = await count_events(call, [row])
    return emailing_body(call, row, counts[row.id])


@endpoint("PUT POST", "{product}/emailing/{id}", "Change an emailing", body=EmailingRequest)
def change_emailing(call: Call, body: EmailingRequest) -> Response[Any]:
    fields = read_columns(body, call.zone)
    return change_row(call, EmailingRow, lambda row, now: change(row, now, fields))


@endpoint("DELETE", "{product}/emailing/{id}", "Delete an emailing, erase its events")
def remove_emailing(call: Call) -> Response[Any]:
    """Its events are erased; its links still lead where they did."""
    answered = delete_row(call, EmailingRow, delete_emailing)
    call.api.parts.wake_upkeep()
    return answered


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


_EMPTY: Final[dict[str, Any]] = {
    "subject": "",
    "description": "",
    "from_address": None,
    "document": None,
    "template": None,
    "type": "mass",
    "followup": False,
    "test": False,
    "contenttype": "html",
    "target": None,
    "tags": [],
}


def create_emailing(
    session: Session, account: int, now: int, fields: dict[str, Any]
) -> EmailingRow:
    """Its events hold what the account's privacy mode allows."""
    row = EmailingRow(
        account_id=account,
        created_at=now,
        updated_at=now,
        destinations=0,
        **{**_EMPTY, "sent_at": now, **fields},
    )
    # The slug keeps the tracker in memory; without a destination no short link leads to it.
    row.tracker = new_tracker(account, SOURCE, now, free_slug(session), kind=EventKind.OPEN)
    session.add(row)
    session.flush()
    row.tracker.references = {"emailing": str(row.id)}
    session.flush()
    return row


def delete_emailing(session: Session, row: EmailingRow, now: int) -> None:
    """Forget it with its destinations and links, and mark its tracker: the upkeep erases its
    events. Pixels in mails that are out remain images."""
    session.delete(row)
    forget_tracker(row.tracker, now)
    session.flush()
