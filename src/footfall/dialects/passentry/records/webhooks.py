"""Subscriptions of an account, or of one of its entities: who wants which events."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from footfall.catalog.tables import WebhookRow
from footfall.dialects.passentry.records.passes import SOURCE
from footfall.webhooks.subscriptions import subscriptions_of


def wants(session: Session, account: int, scopes: Sequence[str], event: str) -> bool:
    """Whether anybody subscribes to this event."""
    query = subscriptions_of(account, SOURCE).where(
        WebhookRow.scope.in_(scopes), WebhookRow.enabled.is_(True)
    )
    return any(event in row.events for row in session.scalars(query))


def delete_of_entity(session: Session, account: int, entity: str) -> None:
    for row in session.scalars(subscriptions_of(account, SOURCE, entity)).all():
        session.delete(row)
