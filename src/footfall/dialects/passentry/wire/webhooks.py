"""Webhook subscriptions and messages on the wire.

https://docs.passentry.com/api-reference/v1/webhook-subscriptions/guide, …/webhooks/pass-scanned
"""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import iso_time
from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.dialects.passentry.wire.documents import (
    Id,
    Links,
    PageMeta,
    PageQuery,
    Reference,
    ToOne,
)
from footfall.dialects.passentry.wire.passes import PassResource
from footfall.dialects.passentry.wire.readers import ReaderResource
from footfall.dialects.passentry.wire.scans import ScanResource

EVENTS: Final = ("passScanned", "passCreated", "passInstalled", "passRemoved")
TEST: Final = "test"

EventName = Annotated[str, Meta(pattern=rf"^({'|'.join(EVENTS)})$(?!\n)")]
Url = Annotated[str, Meta(min_length=1, max_length=2048)]


# ── subscriptions ─────────────────────────────────────────────────────────────────────────────


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
    msgspec.Struct, frozen=True, tag_field="type", tag="webhookSubscription"
):
    id: str
    attributes: SubscriptionAttributes


class SubscriptionDocument(msgspec.Struct, frozen=True):
    data: SubscriptionResource


class SubscriptionList(msgspec.Struct, frozen=True):
    data: list[SubscriptionResource]
    meta: PageMeta
    links: Links


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


class DeliveryResource(msgspec.Struct, frozen=True, tag_field="type", tag="webhookDelivery"):
    id: str
    attributes: DeliveryAttributes


class DeliveryDocument(msgspec.Struct, frozen=True):
    data: DeliveryResource


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


def subscription_body(row: WebhookRow, scope_name: str, *, secrets: bool) -> SubscriptionResource:
    return SubscriptionResource(
        row.id,
        SubscriptionAttributes(
            url=row.url,
            secret_key=row.secret if secrets else None,
            enabled=row.enabled,
            scope_type="entity" if row.scope else "organisation",
            scope_name=scope_name,
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
            next_attempt_at=None if row.next_at is None else iso_time(row.next_at),
            ended_at=None if row.ended_at is None else iso_time(row.ended_at),
        ),
    )


# ── messages ──────────────────────────────────────────────────────────────────────────────────


class MessageAttributes(msgspec.Struct, frozen=True, rename="camel"):
    """The vendor writes `timeStamp`."""

    time_stamp: str
    webhook_type: str


class MessageRelationships(
    msgspec.Struct, frozen=True, kw_only=True, rename={"wallet_pass": "pass"}
):
    scan: ToOne | UnsetType = UNSET
    wallet_pass: ToOne | UnsetType = UNSET
    reader: ToOne | UnsetType = UNSET


class MessageResource(msgspec.Struct, frozen=True, tag_field="type", tag="webhook"):
    id: str
    attributes: MessageAttributes
    relationships: MessageRelationships | UnsetType = UNSET


class MessageDocument(msgspec.Struct, frozen=True):
    data: MessageResource
    included: list[ScanResource | PassResource | ReaderResource] | UnsetType = UNSET


def message_body(
    message_id: str,
    event: str,
    now: int,
    *,
    scan: ScanResource | None = None,
    wallet_pass: PassResource | None = None,
    reader: ReaderResource | None = None,
) -> bytes:
    """A message about a scan, or about a pass alone."""
    included: Sequence[ScanResource | PassResource | ReaderResource] = [
        one for one in (scan, wallet_pass, reader) if one is not None
    ]
    relationships = MessageRelationships()
    if scan is not None:
        relationships = MessageRelationships(
            scan=ToOne(Reference(scan.id, "scan")),
            wallet_pass=scan.relationships.wallet_pass,
            reader=scan.relationships.reader,
        )
    elif wallet_pass is not None:
        relationships = MessageRelationships(wallet_pass=ToOne(Reference(wallet_pass.id, "pass")))
    resource = MessageResource(
        message_id,
        MessageAttributes(iso_time(now), event),
        relationships if included else UNSET,
    )
    return msgspec.json.encode(MessageDocument(resource, list(included) if included else UNSET))
