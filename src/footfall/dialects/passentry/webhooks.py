"""Webhook subscriptions, what was sent to them, and what is to be sent again.

https://docs.passentry.com/api-reference/v1/webhook-subscriptions/guide
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from footfall.api.bodies import iso_time
from footfall.api.idempotency import SHOWS_SECRET
from footfall.api.operations import operation
from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.errors import NotFound
from footfall.core.ids import ID_MAX
from footfall.dialects.passentry.dialect import Call, Listing, may_see_secrets, required
from footfall.dialects.passentry.documents import (
    PER_PAGE_MAX,
    Document,
    Id,
    Page,
    PageQuery,
    Resource,
    read_positive,
    shown_time,
    texts_of,
)
from footfall.dialects.passentry.entities import find_entity
from footfall.dialects.passentry.ids import new_uuid
from footfall.dialects.passentry.messages import message_body
from footfall.dialects.passentry.records import webhooks as records
from footfall.dialects.passentry.records.entities import new_secret_key
from footfall.dialects.passentry.records.passes import SOURCE
from footfall.dialects.passentry.records.tables import EntityRow
from footfall.webhooks import outbox, subscriptions

EVENTS: Final = ("passScanned", "passCreated", "passInstalled", "passRemoved")
TEST: Final = "test"

EventName = Annotated[str, Meta(pattern=rf"^({'|'.join(EVENTS)})$(?!\n)")]
Url = Annotated[str, Meta(min_length=1, max_length=2048)]


class SubscriptionFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`entityId` makes it an entity's; its scope never changes."""

    url: Url | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    subscribed_events: (
        Annotated[list[EventName], Meta(min_length=1, max_length=len(EVENTS))] | UnsetType
    ) = UNSET
    entity_id: Id | UnsetType | None = UNSET


class SubscriptionRequest(msgspec.Struct, frozen=True, rename="camel"):
    webhook_subscription: SubscriptionFields


class SubscriptionAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`secretKey` is null for a key without the scope `write`. `disabledReason`, ours, is there
    when this server disabled it: the receiver answered 410, or took no message for days."""

    url: str
    secret_key: str | None
    enabled: bool
    scope_type: str
    scope_name: str
    subscribed_events: list[str]
    disabled_reason: str | UnsetType = UNSET


class SubscriptionResource(
    Resource[SubscriptionAttributes], frozen=True, tag_field="type", tag="webhookSubscription"
): ...


class SubscriptionDocument(Document[SubscriptionResource], frozen=True): ...


class SubscriptionList(Page[SubscriptionResource], frozen=True): ...


class SubscriptionsQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    entity_id: str | None = None


class DeliveryAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`status`: waiting, delivered or failed; `responseStatus` the receiver's last."""

    message_id: str
    webhook_type: str
    status: str
    attempts: int
    response_status: int | None
    problem: str | None
    created_at: str
    next_attempt_at: str | None
    ended_at: str | None


class DeliveryResource(
    Resource[DeliveryAttributes], frozen=True, tag_field="type", tag="webhookDelivery"
): ...


class DeliveryDocument(Document[DeliveryResource], frozen=True): ...


class DeliveriesMeta(msgspec.Struct, frozen=True, rename="camel"):
    """`nextBefore` is the `before` of the next page, null on the last."""

    results_per_page: int
    next_before: str | None


class DeliveryList(msgspec.Struct, frozen=True):
    data: list[DeliveryResource]
    meta: DeliveriesMeta


class DeliveriesQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    per_page: int | None = None
    before: str | None = None


def _body(call: Call, session: Session, row: WebhookRow) -> SubscriptionResource:
    name = call.caller.account.name
    if row.scope:
        name = session.scalar(select(EntityRow.name).where(EntityRow.id == row.scope)) or ""
    return SubscriptionResource(
        row.id,
        SubscriptionAttributes(
            url=row.url,
            secret_key=row.secret if may_see_secrets(call) else None,
            enabled=row.enabled,
            scope_type="entity" if row.scope else "organisation",
            scope_name=name,
            subscribed_events=row.events,
            disabled_reason=row.disabled_reason or UNSET,
        ),
    )


def delivery_body(row: DeliveryRow) -> DeliveryResource:
    waiting = row.next_at is not None
    return DeliveryResource(
        str(row.number),
        DeliveryAttributes(
            message_id=row.message_id,
            webhook_type=row.event,
            status="waiting" if waiting else "delivered" if row.delivered else "failed",
            attempts=row.attempts,
            response_status=row.status,
            problem=row.problem or None,
            created_at=iso_time(row.created_at),
            next_attempt_at=shown_time(row.next_at),
            ended_at=shown_time(row.ended_at),
        ),
    )


# ── subscriptions ─────────────────────────────────────────────────────────────────────────────


@operation(
    "POST /webhook-subscriptions",
    "Create a webhook subscription",
    body=SubscriptionRequest,
    answer=SubscriptionDocument,
    status=201,
    options=SHOWS_SECRET,
)
def create_subscription(call: Call, body: SubscriptionRequest) -> SubscriptionDocument:
    """At most 10 for the organisation and 10 for each entity; a URL once in each."""
    fields = body.webhook_subscription
    url = call.api.read_url(required(fields.url, "url"), "url")
    events = required(fields.subscribed_events, "subscribedEvents")
    entity_id = fields.entity_id or texts_of(call.query).get("entityId")
    with call.writing() as session:
        row = records.create_subscription(
            session,
            call.account,
            url,
            events,
            call.now(),
            scope=find_entity(call, session, entity_id).id if entity_id else "",
            enabled=True if fields.enabled is UNSET else fields.enabled,
        )
        return SubscriptionDocument(_body(call, session, row))


def _rows(call: Call, session: Session, query: SubscriptionsQuery) -> Select[Any]:
    entity_id = query.entity_id
    scope = find_entity(call, session, entity_id).id if entity_id else None
    return records.subscriptions_of(call.account, scope)


list_subscriptions = Listing(
    rows=_rows,
    body=_body,
    answer=SubscriptionList,
    query=SubscriptionsQuery,
    size=5,
    writes=True,
).plain("GET /webhook-subscriptions", "Webhook subscriptions, newest first")


@operation(
    "GET /webhook-subscriptions/{webhook_id}",
    "One webhook subscription",
    answer=SubscriptionDocument,
)
def show_subscription(call: Call, webhook_id: str) -> SubscriptionDocument:
    with call.reading() as session:
        return SubscriptionDocument(_body(call, session, _find(call, session, webhook_id)))


def _find(call: Call, session: Session, webhook_id: str) -> WebhookRow:
    return subscriptions.find(session, call.account, SOURCE, webhook_id)


@operation(
    "PATCH /webhook-subscriptions/{webhook_id}",
    "Change a webhook subscription",
    body=SubscriptionRequest,
    answer=SubscriptionDocument,
)
def change_subscription(
    call: Call, webhook_id: str, body: SubscriptionRequest
) -> SubscriptionDocument:
    """What is sent; its scope stays. What waited is sent at once to a new URL, and when it is
    enabled again; after any other change it keeps its time."""
    fields = body.webhook_subscription
    url = UNSET if fields.url is UNSET else call.api.read_url(fields.url, "url")
    now = call.now()
    with call.writing() as session:
        row = _find(call, session, webhook_id)
        before = row.url, row.enabled
        if isinstance(url, str):
            records.check_url(session, row.account_id, row.scope, url, row.id)
            row.url = url
        if fields.enabled is not UNSET:
            row.enabled = fields.enabled
        if fields.subscribed_events is not UNSET:
            row.events = list(dict.fromkeys(fields.subscribed_events))
        row.updated_at = now
        if row.enabled and (row.url, row.enabled) != before:
            outbox.hurry(session, row, now)
        changed = SubscriptionDocument(_body(call, session, row))
    call.api.parts.wake_webhooks()
    return changed


@operation(
    "DELETE /webhook-subscriptions/{webhook_id}", "Delete a webhook subscription", status=204
)
def delete_subscription(call: Call, webhook_id: str) -> None:
    """With its log."""
    with call.writing() as session:
        records.delete_subscription(session, _find(call, session, webhook_id))


@operation(
    "PATCH /webhook-subscriptions/{webhook_id}/rotate-secret",
    "A new secret",
    answer=SubscriptionDocument,
)
def rotate_secret(call: Call, webhook_id: str) -> SubscriptionDocument:
    """The old one ends at once."""
    with call.writing() as session:
        row = _find(call, session, webhook_id)
        row.secret, row.updated_at = new_secret_key(), call.now()
        return SubscriptionDocument(_body(call, session, row))


# ── messages ──────────────────────────────────────────────────────────────────────────────────


@operation(
    "POST /webhook-subscriptions/{webhook_id}/test",
    "Send a test",
    answer=DeliveryDocument,
    status=202,
)
def send_test(call: Call, webhook_id: str) -> DeliveryDocument:
    """A message of the type `test`, for this subscription alone."""
    now = call.now()
    message_id = new_uuid(now)
    with call.writing() as session:
        row = DeliveryRow(
            message_id=message_id,
            webhook_id=_find(call, session, webhook_id).id,
            event=TEST,
            body=message_body(message_id, TEST, now),
            created_at=now,
            attempts=0,
            due_from=now,
            next_at=now,
            delivered=False,
            problem="",
        )
        session.add(row)
        session.flush()
    call.api.parts.wake_webhooks()
    return DeliveryDocument(delivery_body(row))


@operation(
    "GET /webhook-subscriptions/{webhook_id}/deliveries",
    "What was sent, newest first",
    query=DeliveriesQuery,
    answer=DeliveryList,
)
def list_deliveries(call: Call, webhook_id: str, query: DeliveriesQuery) -> DeliveryList:
    """`before` is the id of the last one that was read."""
    size = min(query.per_page or 25, PER_PAGE_MAX)
    before = read_positive(query.before, "before") if query.before else None
    with call.reading() as session:
        row = _find(call, session, webhook_id)
        rows = outbox.deliveries(session, row, limit=size + 1, before=before)
        data = [delivery_body(one) for one in rows[:size]]
    return DeliveryList(data, DeliveriesMeta(size, data[-1].id if len(rows) > size else None))


@operation(
    "POST /webhook-subscriptions/{webhook_id}/deliveries/{number}/replay",
    "Send a message once more",
    answer=DeliveryDocument,
    status=202,
)
def replay_delivery(call: Call, webhook_id: str, number: str) -> DeliveryDocument:
    """As it was, with its id."""
    if not (number.isascii() and number.isdigit() and len(number) < len(str(ID_MAX))):
        raise NotFound("There is no such delivery.")
    with call.writing() as session:
        row = _find(call, session, webhook_id)
        delivery = outbox.replay(session, row, int(number), call.now())
    call.api.parts.wake_webhooks()
    return DeliveryDocument(delivery_body(delivery))
