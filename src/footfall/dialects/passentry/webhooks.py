"""Webhook subscriptions, what was sent to them, and what is to be sent again.

https://docs.passentry.com/api-reference/v1/webhook-subscriptions/guide
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from footfall.api.fields import body_of
from footfall.api.idempotency import SHOWS_SECRET
from footfall.api.operations import operation
from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.errors import Conflict
from footfall.dialects.passentry.dialect import Call, Listing, may_see_secrets, required, resource
from footfall.dialects.passentry.documents import (
    PER_PAGE_MAX,
    Document,
    Id,
    Page,
    PageQuery,
    Resource,
    as_it_is,
    read_fields,
    read_positive,
    shown_time,
    texts_of,
)
from footfall.dialects.passentry.entities import find_entity
from footfall.dialects.passentry.ids import new_uuid
from footfall.dialects.passentry.messages import message_body
from footfall.dialects.passentry.records.entities import new_secret_key
from footfall.dialects.passentry.records.passes import SOURCE
from footfall.dialects.passentry.records.tables import EntityRow
from footfall.webhooks import outbox, subscriptions

EVENTS: Final = ("passScanned", "passCreated", "passInstalled", "passRemoved")
TEST: Final = "test"
PER_SCOPE_MAX: Final = 10
TOO_MANY: Final = (
    f"There are {PER_SCOPE_MAX} webhook subscriptions, the most there may be for an organisation,"
    " and for an entity."
)

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
    attributes = body_of(
        SubscriptionAttributes,
        row,
        secret_key=row.secret if may_see_secrets(call) else None,
        scope_type="entity" if row.scope else "organisation",
        scope_name=name,
        subscribed_events=row.events,
        disabled_reason=row.disabled_reason or UNSET,
    )
    return SubscriptionResource(row.id, attributes)


def delivery_body(row: DeliveryRow) -> DeliveryResource:
    waiting = row.next_at is not None
    attributes = body_of(
        DeliveryAttributes,
        row,
        webhook_type=row.event,
        status="waiting" if waiting else "delivered" if row.delivered else "failed",
        response_status=row.status,
        problem=row.problem or None,
        next_attempt_at=shown_time(row.next_at),
    )
    return DeliveryResource(str(row.number), attributes)


# ── subscriptions ─────────────────────────────────────────────────────────────────────────────


def _find(session: Session, account: int, id: str) -> WebhookRow:
    return subscriptions.find(session, account, SOURCE, id)


SUBSCRIPTIONS = resource(
    "/webhook-subscriptions",
    "webhook_id",
    WebhookRow,
    SubscriptionDocument,
    _find,
    _body,
    saved=lambda call, _: call.api.parts.wake_webhooks(),
)
show_subscription = SUBSCRIPTIONS.get("One webhook subscription")


def _read(call: Call, body: SubscriptionRequest) -> dict[str, Any]:
    """What is set, by column. Raises InvalidRequest, UnsafeDestination."""
    reads = {
        "url": call.api.read_url,
        "enabled": as_it_is,
        "subscribed_events": lambda events, _: list(dict.fromkeys(events)),
        "entity_id": as_it_is,
    }
    return read_fields(body.webhook_subscription, reads, {"subscribed_events": "events"})


def _check_url(session: Session, row: WebhookRow, url: str) -> None:
    """Raises Conflict when another subscription of the scope has this URL."""
    others = subscriptions.subscriptions_of(row.account_id, SOURCE, row.scope)
    if session.scalar(others.where(WebhookRow.url == url, WebhookRow.id != row.id)) is not None:
        raise Conflict("There is a webhook subscription with this URL already.")


@SUBSCRIPTIONS.create(
    "Create a webhook subscription", SubscriptionRequest, read=_read, options=SHOWS_SECRET
)
def create_subscription(call: Call, session: Session, body: dict[str, Any]) -> WebhookRow:
    """At most 10 for the organisation and 10 for each entity; a URL once in each."""
    url = required(body.get("url"), "url")
    required(body.get("events"), "subscribedEvents")
    entity_id = body.pop("entity_id", None) or texts_of(call.query).get("entityId")
    now = call.now()
    row = WebhookRow(
        id=new_uuid(now),
        account_id=call.account,
        source=SOURCE,
        scope=find_entity(call, session, entity_id).id if entity_id else "",
        secret=new_secret_key(),
        **body,
    )
    _check_url(session, row, url)
    return subscriptions.add(session, now, PER_SCOPE_MAX, TOO_MANY, row)


def _rows(call: Call, session: Session, query: SubscriptionsQuery) -> Select[Any]:
    entity_id = query.entity_id
    scope = find_entity(call, session, entity_id).id if entity_id else None
    rows = subscriptions.subscriptions_of(call.account, SOURCE, scope)
    return rows.order_by(WebhookRow.id.desc())


list_subscriptions = Listing(
    rows=_rows,
    body=_body,
    answer=SubscriptionList,
    query=SubscriptionsQuery,
    size=5,
    writes=True,
).plain("GET /webhook-subscriptions", "Webhook subscriptions, newest first")


@SUBSCRIPTIONS.change("PATCH", "Change a webhook subscription", SubscriptionRequest, read=_read)
def change_subscription(
    call: Call, session: Session, row: WebhookRow, body: dict[str, Any]
) -> None:
    """What is sent; its scope stays. What waited is sent at once to a new URL, and when it is
    enabled again; after any other change it keeps its time."""
    body.pop("entity_id", None)
    if "url" in body:
        _check_url(session, row, body["url"])
    subscriptions.change(session, row, call.now(), body)


@SUBSCRIPTIONS.delete("Delete a webhook subscription", status=204)
def delete_subscription(session: Session, row: WebhookRow) -> None:
    """With its log, and with what was still to be sent."""
    session.delete(row)


@SUBSCRIPTIONS.act("PATCH /rotate-secret", "A new secret")
def rotate_secret(call: Call, row: WebhookRow) -> None:
    """The old one ends at once."""
    row.secret, row.updated_at = new_secret_key(), call.now()


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
            webhook_id=_find(session, call.account, webhook_id).id,
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
        row = _find(session, call.account, webhook_id)
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
    with call.writing() as session:
        row = _find(session, call.account, webhook_id)
        delivery = outbox.replay(session, row, subscriptions.read_number(number), call.now())
    call.api.parts.wake_webhooks()
    return DeliveryDocument(delivery_body(delivery))
