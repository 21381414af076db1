"""The outbox: messages are written in the transaction that they are about, so that a change and its
message exist both or neither. `delivery.py` sends them; what became of each stays for a while.
"""

import hashlib
import hmac
import secrets
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.errors import NotFound

LOG_DEFAULT: Final = 50
EVENTS_AT_ONCE: Final = 5_000
_OF_EVENTS: Final = uuid.UUID("6f0d3c3e-0f0a-4c53-9f5b-3b1f5d7f0c1e")
STANDARD: Final = "whsec_"
"""How a secret begins whose messages are signed as Standard Webhooks has it."""

KEY_BYTES: Final = 32


def message_of(event_id: int) -> str:
    """The id of the message about an event. An erasure finds the message by it."""
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


def new_standard_secret() -> str:
    """`whsec_` and a key in base64."""
    return STANDARD + b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def headers_of(
    secret: str, message_id: str, event: str, attempt: int, now: int, body: bytes
) -> dict[str, str]:
    """The headers of a message at an attempt, the first being 1. A secret of Standard Webhooks
    signs id, time and body, so that an old message cannot be sent once more by somebody else;
    another secret signs the body alone, in the header of the vendor whose webhooks these are.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Event": event,
        "X-Webhook-Attempt": str(attempt),
    }
    if not secret.startswith(STANDARD):
        signed = {"X-Webhook-Id": message_id, "X-Webhook-Signature": sign(secret, body)}
        return headers | signed
    seconds = str(now // 1000)
    content = b".".join((message_id.encode(), seconds.encode(), body))
    code = hmac.new(_key_of(secret), content, hashlib.sha256).digest()
    return {
        **headers,
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{b64encode(code).decode()}",
    }


def _key_of(secret: str) -> bytes:
    """Earlier secrets have base64 for URLs, without its padding. What is none signs as it is."""
    text = secret.removeprefix(STANDARD).replace("-", "+").replace("_", "/")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return secret.encode()


def sign(secret: str, body: bytes) -> str:
    """HMAC-SHA256 of the body with the webhook's secret, in lower-case hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


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
    """Its waiting messages are due at once: its address was changed, or it was enabled again. What
    was known of its receiver is forgotten."""
    webhook.failing_since = None
    if webhook.enabled:
        webhook.disabled_at = webhook.disabled_reason = None
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.webhook_id == webhook.id, DeliveryRow.next_at.is_not(None))
        .values(next_at=now)
    )
