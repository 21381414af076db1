"""Webhook subscriptions, what was sent to them, and what is to be sent again."""

from typing import Any

from litestar import delete, get, patch, post
from litestar.params import FromPath, RawBody
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.api.bodies import answer, decode
from footfall.api.idempotency import SHOWS_SECRET
from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.errors import NotFound
from footfall.core.ids import ID_MAX
from footfall.dialects.passentry.face import (
    Answer,
    Asked,
    OurFace,
    may_see_secrets,
    query_of,
    required,
)
from footfall.dialects.passentry.ids import new_uuid
from footfall.dialects.passentry.nouns import webhooks as nouns
from footfall.dialects.passentry.nouns.entities import find_entity, new_secret_key, page
from footfall.dialects.passentry.nouns.passes import SOURCE
from footfall.dialects.passentry.nouns.tables import EntityRow
from footfall.dialects.passentry.wire import webhooks as wire
from footfall.dialects.passentry.wire.documents import PER_PAGE_MAX, read_paging, read_positive
from footfall.webhooks import outbox

PER_PAGE_DEFAULT = 5


@post("/webhook-subscriptions", opt=SHOWS_SECRET, sync_to_thread=True)
def create_subscription(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """At most 10 for the organisation and 10 for each entity; a URL once in each."""
    asked = decode(body, wire.SubscriptionRequest).webhook_subscription
    url = face.read_url(required(asked.url, "url"), "url")
    events = required(asked.subscribed_events, "subscribedEvents")
    entity_id = asked.entity_id or query_of(request).get("entityId") or ""
    account, now = request.auth.account.id, face.parts.clock()
    with face.writing() as session:
        scope = find_entity(session, account, entity_id, now).id if entity_id else ""
        row = nouns.create_subscription(
            session,
            account,
            url,
            events,
            now,
            scope=scope,
            enabled=True if asked.enabled is UNSET else asked.enabled,
        )
        return _subscription(request, session, row, 201)


def _subscription(request: Asked, session: Session, row: WebhookRow, status: int = 200) -> Answer:
    body = _body(request, session, row)
    return answer(wire.SubscriptionDocument(body), status)


def _body(request: Asked, session: Session, row: WebhookRow) -> wire.SubscriptionResource:
    name = request.auth.account.name
    if row.scope:
        query = select(EntityRow.name).where(EntityRow.id == row.scope)
        name = session.scalar(query) or ""
    return wire.subscription_body(row, name, secrets=may_see_secrets(request))


@get("/webhook-subscriptions", sync_to_thread=True)
def list_subscriptions(request: Asked, face: OurFace) -> Answer:
    """Newest first; `entityId` for those of an entity."""
    query = query_of(request)
    account, paging = request.auth.account.id, read_paging(query, PER_PAGE_DEFAULT)
    with face.writing() as session:
        scope = None
        if entity_id := query.get("entityId"):
            scope = find_entity(session, account, entity_id, face.parts.clock()).id
        rows, total = page(
            session, nouns.subscriptions_of(account, scope), paging.page, paging.size
        )
        data = [_body(request, session, row) for row in rows]
    return answer(
        wire.SubscriptionList(data, paging.meta(total), face.links(request, paging, total))
    )


@get("/webhook-subscriptions/{webhook_id:str}", sync_to_thread=True)
def show_subscription(request: Asked, face: OurFace, webhook_id: FromPath[str]) -> Answer:
    """One subscription."""
    with face.reading() as session:
        return _subscription(request, session, _find(request, session, webhook_id))


def _find(request: Asked, session: Session, webhook_id: str) -> WebhookRow:
    return outbox.find_webhook(session, request.auth.account.id, SOURCE, webhook_id)


@patch("/webhook-subscriptions/{webhook_id:str}", sync_to_thread=True)
def change_subscription(
    request: Asked, face: OurFace, webhook_id: FromPath[str], body: RawBody
) -> Answer:
    """What is sent; its scope stays. What waited is sent at once to a new URL, and when it is
    enabled again; after any other change it keeps its time."""
    asked = decode(body, wire.SubscriptionRequest).webhook_subscription
    url = UNSET if asked.url is UNSET else face.read_url(asked.url, "url")
    now = face.parts.clock()
    with face.writing() as session:
        row = _find(request, session, webhook_id)
        before = row.url, row.enabled
        if isinstance(url, str):
            nouns.check_url(session, row.account_id, row.scope, url, row.id)
            row.url = url
        if asked.enabled is not UNSET:
            row.enabled = asked.enabled
        if asked.subscribed_events is not UNSET:
            row.events = list(dict.fromkeys(asked.subscribed_events))
        row.updated_at = now
        if row.enabled and (row.url, row.enabled) != before:
            outbox.hurry(session, row, now)
        response = _subscription(request, session, row)
    face.parts.wake_webhooks()
    return response


@delete("/webhook-subscriptions/{webhook_id:str}", status_code=204, sync_to_thread=True)
def delete_subscription(request: Asked, face: OurFace, webhook_id: FromPath[str]) -> None:
    """With its log."""
    with face.writing() as session:
        nouns.delete_subscription(session, _find(request, session, webhook_id))


@patch("/webhook-subscriptions/{webhook_id:str}/rotate-secret", sync_to_thread=True)
def rotate_secret(request: Asked, face: OurFace, webhook_id: FromPath[str]) -> Answer:
    """A new secret; the old one ends at once."""
    with face.writing() as session:
        row = _find(request, session, webhook_id)
        row.secret, row.updated_at = new_secret_key(), face.parts.clock()
        return _subscription(request, session, row)


@post("/webhook-subscriptions/{webhook_id:str}/test", status_code=202, sync_to_thread=True)
def send_test(request: Asked, face: OurFace, webhook_id: FromPath[str]) -> Answer:
    """A message of the type `test`, for this subscription alone."""
    now = face.parts.clock()
    message_id = new_uuid(now)
    with face.writing() as session:
        row = DeliveryRow(
            message_id=message_id,
            webhook_id=_find(request, session, webhook_id).id,
            event=wire.TEST,
            body=wire.message_body(message_id, wire.TEST, now),
            created_at=now,
            attempts=0,
            due_from=now,
            next_at=now,
            delivered=False,
            problem="",
        )
        session.add(row)
        session.flush()
    face.parts.wake_webhooks()
    return _delivery(row)


def _delivery(row: Any) -> Answer:
    return answer(wire.DeliveryDocument(wire.delivery_body(row)), 202)


@get("/webhook-subscriptions/{webhook_id:str}/deliveries", sync_to_thread=True)
def list_deliveries(request: Asked, face: OurFace, webhook_id: FromPath[str]) -> Answer:
    """Newest first; `before` is the id of the last one that was read."""
    query = query_of(request)
    size = min(read_positive(query.get("perPage"), "perPage", 25), PER_PAGE_MAX)
    before = read_positive(query.get("before"), "before", 0) or None
    with face.reading() as session:
        row = _find(request, session, webhook_id)
        rows = outbox.deliveries(session, row, limit=size + 1, before=before)
        data = [wire.delivery_body(one) for one in rows[:size]]
    meta = wire.DeliveriesMeta(size, data[-1].id if len(rows) > size else None)
    return answer(wire.DeliveryList(data, meta))


@post(
    "/webhook-subscriptions/{webhook_id:str}/deliveries/{number:str}/replay",
    status_code=202,
    sync_to_thread=True,
)
def replay_delivery(
    request: Asked, face: OurFace, webhook_id: FromPath[str], number: FromPath[str]
) -> Answer:
    """Send a message once more, as it was, with its id."""
    if not (number.isascii() and number.isdigit() and len(number) < len(str(ID_MAX))):
        raise NotFound("There is no such delivery.")
    with face.writing() as session:
        row = _find(request, session, webhook_id)
        delivery = outbox.replay(session, row, int(number), face.parts.clock())
    face.parts.wake_webhooks()
    return _delivery(delivery)


HANDLERS = (
    create_subscription,
    list_subscriptions,
    show_subscription,
    change_subscription,
    delete_subscription,
    rotate_secret,
    send_test,
    list_deliveries,
    replay_delivery,
)
