"""Subscriptions: which URL of an account, or of one of its entities, gets which events."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.errors import Conflict, InvalidRequest
from footfall.dialects.passentry.ids import new_uuid
from footfall.dialects.passentry.records.entities import new_secret_key
from footfall.dialects.passentry.records.passes import SOURCE

PER_SCOPE_MAX: Final = 10


def create_subscription(
    session: Session,
    account: int,
    url: str,
    events: Sequence[str],
    now: int,
    *,
    scope: str = "",
    enabled: bool = True,
) -> WebhookRow:
    """Raises InvalidRequest when the scope has as many as it may, Conflict for a URL that it has
    already."""
    check_url(session, account, scope, url)
    others = session.scalars(subscriptions_of(account, scope)).all()
    if len(others) >= PER_SCOPE_MAX:
        raise InvalidRequest(
            f"There are {PER_SCOPE_MAX} webhook subscriptions, the most there may be for an "
            "organisation, and for an entity."
        )
    row = WebhookRow(
        id=new_uuid(now),
        account_id=account,
        source=SOURCE,
        scope=scope,
        url=url,
        secret=new_secret_key(),
        enabled=enabled,
        events=list(dict.fromkeys(events)),
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row


def check_url(session: Session, account: int, scope: str, url: str, own: str = "") -> None:
    """Raises Conflict when another subscription of the scope than `own` has this URL."""
    query = subscriptions_of(account, scope).where(WebhookRow.url == url, WebhookRow.id != own)
    if session.scalar(query) is not None:
        raise Conflict("There is a webhook subscription with this URL already.")


def subscriptions_of(account: int, scope: str | None = None) -> Select[WebhookRow]:
    """Newest first; `scope` "" for the account's own, None for all."""
    query = select(WebhookRow).where(WebhookRow.account_id == account, WebhookRow.source == SOURCE)
    if scope is not None:
        query = query.where(WebhookRow.scope == scope)
    return query.order_by(WebhookRow.id.desc())


def wants(session: Session, account: int, scopes: Sequence[str], event: str) -> bool:
    """Whether anybody subscribes to this event."""
    query = select(WebhookRow.events).where(
        WebhookRow.account_id == account,
        WebhookRow.source == SOURCE,
        WebhookRow.scope.in_(scopes),
        WebhookRow.enabled.is_(True),
    )
    return any(event in events for events in session.scalars(query))


def delete_subscription(session: Session, row: WebhookRow) -> None:
    """What it waited for is not sent."""
    session.execute(delete(DeliveryRow).where(DeliveryRow.webhook_id == row.id))
    session.delete(row)
    session.flush()


def delete_of_entity(session: Session, account: int, entity: str) -> None:
    for row in session.scalars(subscriptions_of(account, entity)).all():
        delete_subscription(session, row)
