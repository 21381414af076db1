"""Webhooks: who gets messages of referrals and earnings, and what is in them.

The vendor has them in its dashboard (https://docs.vantio.app, Settings → Webhooks) and names four
events; paths, payload and signature are ours. Messages are written in the transaction of their
change, and sent by `webhooks/delivery.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.api.bodies import answer, iso_time
from footfall.api.idempotency import SHOWS_SECRET
from footfall.api.operations import operation
from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.destinations import read_destination
from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.vantio import wire
from footfall.dialects.vantio.dialect import NEXT_CURSOR, Call
from footfall.dialects.vantio.questions import DELIVERIES_MAX, DeliveriesQuery
from footfall.dialects.vantio.records import SOURCE, EarningRow, ReferralRow, new_id, read_id
from footfall.dialects.vantio.requests import WebhookChange, WebhookRequest, read_fields
from footfall.webhooks import outbox

WEBHOOKS_MAX: Final = 20
NUMBER_LENGTH_MAX: Final = 18


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """`disabled_at` and `disabled_reason` say when and why this server disabled it, null when it
    did not: the receiver answered 410, or took no message for days."""

    id: str
    url: str
    events: list[str]
    enabled: bool
    disabled_at: str | None = None
    disabled_reason: str | None = None
    created_at: str
    updated_at: str


class WebhookWithSecret(Webhook, frozen=True, kw_only=True):
    """The secret signs every message. It is shown when it is made, and never again."""

    secret: str


class WebhookList(msgspec.Struct, frozen=True):
    webhooks: list[Webhook]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log: a message that was sent or is to be. `message_id` is the `id` of the
    payload and of the header `webhook-id`; `response_status` null: no answer came, or none yet.
    """

    number: int
    message_id: str
    event: str
    created_at: str
    attempts: int
    delivered: bool
    response_status: int | None
    problem: str | None
    next_attempt_at: str | None
    ended_at: str | None


class SentList(msgspec.Struct, frozen=True):
    deliveries: list[Sent]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The payload. `previous_status` null: the object was created."""

    id: str
    type: str
    created_at: str
    data: wire.Referral | wire.Earning
    previous_status: str | None


def send(session: Session, row: ReferralRow | EarningRow, now: int, previous: str | None) -> None:
    """Write what happened to a referral or an earning into the outbox, for those who want it.
    `previous` is the status before, None when it was created."""
    data: wire.Referral | wire.Earning
    if isinstance(row, ReferralRow):
        resource, data = "referral", wire.referral_body(row)
    else:
        resource, data = "earning", wire.earning_body(row)
    event = f"{resource}.created" if previous is None else f"{resource}.status_changed"
    id = new_id("evt_")

    def body() -> bytes:
        created = iso_time(now)
        return msgspec.json.encode(
            Message(id=id, type=event, created_at=created, data=data, previous_status=previous)
        )

    outbox.post(session, row.account_id, SOURCE, event, id, body, now=now)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


def add_webhook(
    session: Session, account: int, now: int, *, url: str, events: list[str], enabled: bool
) -> WebhookRow:
    """Raises InvalidRequest when there are too many."""
    if len(all_webhooks(session, account)) >= WEBHOOKS_MAX:
        raise InvalidRequest(
            f"There are {WEBHOOKS_MAX} webhooks already, the most there may be. Delete one."
        )
    row = WebhookRow(
        id=new_id("hook_"),
        account_id=account,
        source=SOURCE,
        url=url,
        secret=outbox.new_standard_secret(),
        enabled=enabled,
        events=events,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row


def all_webhooks(session: Session, account: int) -> Sequence[WebhookRow]:
    """All, oldest first."""
    return session.scalars(
        select(WebhookRow)
        .where(WebhookRow.account_id == account, WebhookRow.source == SOURCE)
        .order_by(WebhookRow.created_at, WebhookRow.id)
    ).all()


def update_webhook(
    session: Session, webhook: WebhookRow, now: int, fields: Mapping[str, Any]
) -> None:
    """What waits goes to a new address at once, and when a webhook is enabled again."""
    before = webhook.url, webhook.enabled
    for name, value in fields.items():
        setattr(webhook, name, value)
    webhook.updated_at = now
    if webhook.enabled and (webhook.url, webhook.enabled) != before:
        outbox.hurry(session, webhook, now)
    session.flush()


def webhook_body(row: WebhookRow) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=row.events,
        enabled=row.enabled,
        disabled_at=None if row.disabled_at is None else iso_time(row.disabled_at),
        disabled_reason=row.disabled_reason,
        created_at=iso_time(row.created_at),
        updated_at=iso_time(row.updated_at),
    )


def webhook_with_secret(row: WebhookRow) -> WebhookWithSecret:
    return WebhookWithSecret(**msgspec.structs.asdict(webhook_body(row)), secret=row.secret)


def sent_body(row: DeliveryRow) -> Sent:
    return Sent(
        number=row.number,
        message_id=row.message_id,
        event=row.event,
        created_at=iso_time(row.created_at),
        attempts=row.attempts,
        delivered=row.delivered,
        response_status=row.status,
        problem=row.problem or None,
        next_attempt_at=None if row.next_at is None else iso_time(row.next_at),
        ended_at=None if row.ended_at is None else iso_time(row.ended_at),
    )


# ── operations ────────────────────────────────────────────────────────────────────────────────


@operation("GET /webhooks", "List webhooks", answer=WebhookList)
def list_webhooks(call: Call) -> WebhookList:
    """All of them, oldest first."""
    with call.reading() as session:
        return WebhookList([webhook_body(row) for row in all_webhooks(session, call.account)])


@operation(
    "POST /webhooks",
    "Create a webhook",
    body=WebhookRequest,
    answer=WebhookWithSecret,
    options=SHOWS_SECRET,
)
def create_webhook(call: Call, body: WebhookRequest) -> WebhookWithSecret:
    """The answer shows the secret."""
    fields = read_fields(body)
    fields["url"] = read_destination(fields["url"], call.api.rules, "url")
    with call.writing() as session:
        row = add_webhook(session, call.account, call.now(), **fields)
        return webhook_with_secret(row)


@operation("GET /webhooks/{id}", "Get a webhook", answer=Webhook)
def get_webhook(call: Call, id: str) -> Webhook:
    with call.reading() as session:
        return webhook_body(_find(call, session, id))


@operation("PUT /webhooks/{id}", "Change a webhook", body=WebhookChange, answer=Webhook)
def change_webhook(call: Call, id: str, body: WebhookChange) -> Webhook:
    """Change what is sent. Messages that wait go to a new address at once."""
    fields = read_fields(body)
    if "url" in fields:
        fields["url"] = read_destination(fields["url"], call.api.rules, "url")
    with call.writing() as session:
        row = _find(call, session, id)
        update_webhook(session, row, call.now(), fields)
        changed = webhook_body(row)
    call.api.parts.wake_webhooks()
    return changed


@operation("DELETE /webhooks/{id}", "Delete a webhook", answer=wire.Deleted)
def delete_webhook(call: Call, id: str) -> wire.Deleted:
    """With its log, and with what was still to be sent."""
    with call.writing() as session:
        session.delete(_find(call, session, id))
    return wire.Deleted(id)


@operation(
    "POST /webhooks/{id}/rotate-secret",
    "Give a webhook a new secret",
    answer=WebhookWithSecret,
    options=SHOWS_SECRET,
)
def rotate_secret(call: Call, id: str) -> WebhookWithSecret:
    """A new secret, shown in the answer. Every message from now on is signed with it."""
    with call.writing() as session:
        row = _find(call, session, id)
        row.secret, row.updated_at = outbox.new_standard_secret(), call.now()
        return webhook_with_secret(row)


@operation("GET /webhooks/{id}/deliveries", "What was sent", query=DeliveriesQuery, answer=SentList)
def list_deliveries(call: Call, id: str, query: DeliveriesQuery) -> Response[bytes]:
    """What was sent and what is to be sent, newest first."""
    limit = min(query.limit, DELIVERIES_MAX)
    with call.reading() as session:
        webhook = _find(call, session, id)
        rows = outbox.deliveries(session, webhook, limit=limit + 1, before=query.cursor)
    cursor = str(rows[limit - 1].number) if len(rows) > limit else None
    page = SentList([sent_body(row) for row in rows[:limit]])
    return answer(page, headers={NEXT_CURSOR: cursor} if cursor else None)


@operation(
    "POST /webhooks/{id}/deliveries/{number}/replay", "Send a message once more", answer=Sent
)
def replay_delivery(call: Call, id: str, number: str) -> Sent:
    """Send a message of the log once more, as it was."""
    with call.writing() as session:
        row = outbox.replay(session, _find(call, session, id), _read_number(number), call.now())
        sent = sent_body(row)
    call.api.parts.wake_webhooks()
    return sent


def _find(call: Call, session: Session, id: str) -> WebhookRow:
    return outbox.find_webhook(session, call.account, SOURCE, read_id(id))


def _read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_LENGTH_MAX):
        raise NotFound("There is no such delivery. List them to see their numbers.")
    return int(text)
