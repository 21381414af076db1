"""Webhooks: who gets messages of referrals and earnings, and what is in them.

The vendor has them in its dashboard (https://docs.vantio.app, Settings → Webhooks) and names four
events; paths, payload and signature are ours. Messages are written in the transaction of their
change, and sent by `webhooks/delivery.py`.
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from msgspec import Meta
from sqlalchemy.orm import Session

from footfall.api.bodies import answer, iso_time
from footfall.api.fields import body_of, change_type
from footfall.api.idempotency import SHOWS_SECRET
from footfall.api.operations import operation
from footfall.catalog.records import new_id
from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.destinations import read_destination
from footfall.dialects.vantio.commissions import Earning, Referral, earning_body, referral_body
from footfall.dialects.vantio.dialect import NEXT_CURSOR, Call, Deleted, resource
from footfall.dialects.vantio.queries import DELIVERIES_MAX, DeliveriesQuery
from footfall.dialects.vantio.records import SOURCE, EarningRow, ReferralRow, read_id
from footfall.dialects.vantio.requests import Link, read_fields
from footfall.webhooks import outbox, subscriptions

WEBHOOKS_MAX: Final = 20
EVENTS: Final = (
    "referral.created",
    "referral.status_changed",
    "earning.created",
    "earning.status_changed",
)

WebhookEvent = Annotated[str, Meta(pattern=rf"^({'|'.join(EVENTS).replace('.', '[.]')})$(?!\n)")]


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /webhooks`. Without `events` it gets all."""

    url: Link
    events: Annotated[list[WebhookEvent], Meta(min_length=1, max_length=20)] = msgspec.field(
        default_factory=lambda: list(EVENTS)
    )
    enabled: bool = True


WebhookChange = change_type(WebhookRequest, "`PUT /webhooks/{id}`.")


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
    data: Referral | Earning
    previous_status: str | None


def send(session: Session, row: ReferralRow | EarningRow, now: int, previous: str | None) -> None:
    """Write what happened to a referral or an earning into the outbox, for those who want it.
    `previous` is the status before, None when it was created."""
    data: Referral | Earning
    if isinstance(row, ReferralRow):
        resource, data = "referral", referral_body(row)
    else:
        resource, data = "earning", earning_body(row)
    event = f"{resource}.created" if previous is None else f"{resource}.status_changed"
    id = new_id("evt_")

    def body() -> bytes:
        created = iso_time(now)
        return msgspec.json.encode(
            Message(id=id, type=event, created_at=created, data=data, previous_status=previous)
        )

    outbox.post(session, row.account_id, SOURCE, event, id, body, now=now)


def sent_body(row: DeliveryRow) -> Sent:
    return body_of(
        Sent,
        row,
        response_status=row.status,
        problem=row.problem or None,
        next_attempt_at=None if row.next_at is None else iso_time(row.next_at),
    )


# ── operations ────────────────────────────────────────────────────────────────────────────────


def _find(call: Call, session: Session, id: str) -> WebhookRow:
    return subscriptions.find(session, call.account, SOURCE, read_id(id))


def _wake(call: Call, _: object) -> None:
    call.api.parts.wake_webhooks()


WEBHOOKS = resource("/webhooks", WebhookRow, Webhook, find=_find, saved=_wake)
WITH_SECRET = resource("/webhooks", WebhookRow, WebhookWithSecret, find=_find)
get_webhook = WEBHOOKS.get("Get a webhook")


list_webhooks = WEBHOOKS.list(
    "List webhooks",
    WebhookList,
    lambda call: subscriptions.subscriptions_of(call.account, SOURCE).order_by(
        WebhookRow.created_at, WebhookRow.id
    ),
)
"""All of them, oldest first."""


def _fields(call: Call, body: msgspec.Struct) -> dict[str, Any]:
    fields = read_fields(body)
    if "url" in fields:
        fields["url"] = read_destination(fields["url"], call.api.rules, "url")
    return fields


@WITH_SECRET.create("Create a webhook", WebhookRequest, options=SHOWS_SECRET)
def create_webhook(call: Call, session: Session, body: WebhookRequest) -> WebhookRow:
    """The answer shows the secret."""
    row = WebhookRow(
        id=new_id("hook_"),
        account_id=call.account,
        source=SOURCE,
        secret=outbox.new_standard_secret(),
        **_fields(call, body),
    )
    too_many = f"There are {WEBHOOKS_MAX} webhooks already, the most there may be. Delete one."
    return subscriptions.add(session, call.now(), WEBHOOKS_MAX, too_many, row)


@WEBHOOKS.change("PUT", "Change a webhook", WebhookChange)
def change_webhook(call: Call, session: Session, row: WebhookRow, body: msgspec.Struct) -> None:
    """Messages that wait go to a new address at once."""
    subscriptions.change(session, row, call.now(), _fields(call, body))


@WEBHOOKS.delete("Delete a webhook", answer=Deleted)
def delete_webhook(session: Session, row: WebhookRow) -> Deleted:
    """With its log, and with what was still to be sent."""
    session.delete(row)
    return Deleted(row.id)


@WITH_SECRET.act("POST /rotate-secret", "Give a webhook a new secret", options=SHOWS_SECRET)
def rotate_secret(call: Call, row: WebhookRow) -> None:
    """Shown in the answer. Every message from now on is signed with it."""
    row.secret, row.updated_at = outbox.new_standard_secret(), call.now()


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
        row = outbox.replay(
            session, _find(call, session, id), subscriptions.read_number(number), call.now()
        )
        sent = sent_body(row)
    call.api.parts.wake_webhooks()
    return sent
