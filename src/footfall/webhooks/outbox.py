"""The outbox: messages are written in the transaction that they tell of, so that a change and its
message exist both or neither. `delivery.py` sends them; what became of each stays for a while.
"""

import hashlib
import hmac
import uuid
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.errors import NotFound

LOG_DEFAULT: Final = 50
EVENTS_AT_ONCE: Final = 5_000
_OF_EVENTS: Final = uuid.UUID("6f0d3c3e-0f0a-4c53-9f5b-3b1f5d7f0c1e")


def message_of(event_id: int) -> str:
    """The id of the message that tells of an event. An erasure finds the message by it."""
    return str(uuid.uuid5(_OF_EVENTS, str(event_id)))


def post(
    session: Session,
    account: int,
    source: str,
    event: str,
    message_id: str,
    body: Callable[[], bytes],
    *,
    now: int,
    scopes: Sequence[str] = ("",),
) -> bool:
    """Write one message for each webhook that wants this event; True when there is any.

    `message_id` names what happened: it is the same in every attempt, so a receiver can tell a
    repetition. `body` is only made when somebody wants it.
    """
    wanted = [
        webhook
        for webhook in session.scalars(
            select(WebhookRow).where(
                WebhookRow.account_id == account,
                WebhookRow.source == source,
                WebhookRow.scope.in_(scopes),
                WebhookRow.enabled.is_(True),
            )
        )
        if event in webhook.events
    ]
    if not wanted:
        return False
    content = body()
    session.add_all(
        DeliveryRow(
            message_id=message_id,
            webhook_id=webhook.id,
            event=event,
            body=content,
            created_at=now,
            due_from=now,
            next_at=now,
        )
        for webhook in wanted
    )
    return True


def sign(secret: str, body: bytes) -> str:
    """HMAC-SHA256 of the body with the webhook's secret, in lower-case hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def find_webhook(session: Session, account: int, source: str, webhook_id: str) -> WebhookRow:
    """Raises NotFound, also for another account's."""
    row = session.get(WebhookRow, webhook_id)
    if row is None or row.account_id != account or row.source != source:
        raise NotFound("There is no such webhook. List them to see the ids.")
    return row


def deliveries(
    session: Session, webhook: WebhookRow, *, limit: int = LOG_DEFAULT, before: int | None = None
) -> Sequence[DeliveryRow]:
    """What was sent or is to be sent, newest first; `before` is a `number` to go on from."""
    query = select(DeliveryRow).where(DeliveryRow.webhook_id == webhook.id)
    if before is not None:
        query = query.where(DeliveryRow.number < before)
    return session.scalars(query.order_by(DeliveryRow.number.desc()).limit(limit)).all()


def replay(session: Session, webhook: WebhookRow, number: int, now: int) -> DeliveryRow:
    """Send a logged message once more, as it was. Raises NotFound."""
    row = session.get(DeliveryRow, number)
    if row is None or row.webhook_id != webhook.id:
        raise NotFound("There is no such delivery: it may be past the days that the log is kept.")
    # Never the moment that it had: an attempt under way tells by it that this came after it.
    row.due_from = max(now, row.due_from + 1)
    row.next_at, row.attempts = now, 0
    row.ended_at, row.delivered = None, False
    return row


def has_messages(session: Session, account: int) -> bool:
    """Whether anything was sent, or is to be, for an account."""
    of_account = DeliveryRow.webhook_id == WebhookRow.id, WebhookRow.account_id == account
    return bool(session.scalar(select(exists().where(*of_account))))


def withdraw(session: Session, account: int, events: Sequence[int]) -> int:
    """Remove the messages that tell of these events, sent or not; how many."""
    webhooks = select(WebhookRow.id).where(WebhookRow.account_id == account)
    removed = 0
    for start in range(0, len(events), EVENTS_AT_ONCE):
        some = [message_of(id) for id in events[start : start + EVENTS_AT_ONCE]]
        gone = session.execute(
            delete(DeliveryRow)
            .where(DeliveryRow.webhook_id.in_(webhooks), DeliveryRow.message_id.in_(some))
            .returning(DeliveryRow.number)
        )
        removed += len(gone.all())
    return removed


def hurry(session: Session, webhook: WebhookRow, now: int) -> None:
    """Its waiting messages are due at once: its address was changed, or it was enabled again."""
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.webhook_id == webhook.id, DeliveryRow.next_at.is_not(None))
        .values(next_at=now)
    )
