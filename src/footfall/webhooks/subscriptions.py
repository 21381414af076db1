"""Subscriptions: which URL gets the messages of which events. An API's own are of its source, those
of a part of an account of its scope."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from footfall.catalog.tables import WebhookRow
from footfall.core.errors import InvalidRequest, NotFound
from footfall.webhooks import outbox

NUMBER_DIGITS_MAX: Final = 18


def subscriptions_of(account: int, source: str, scope: str | None = None) -> Select[WebhookRow]:
    """Without an order; `scope` "" for the account's own, None for all."""
    query = select(WebhookRow).where(WebhookRow.account_id == account, WebhookRow.source == source)
    return query if scope is None else query.where(WebhookRow.scope == scope)


def find(session: Session, account: int, source: str, id: str) -> WebhookRow:
    """Raises NotFound, also for another account's."""
    row = session.scalar(subscriptions_of(account, source).where(WebhookRow.id == id))
    if row is None:
        raise NotFound("There is no such webhook. List them to see the ids.")
    return row


def add(session: Session, now: int, most: int, too_many: str, row: WebhookRow) -> WebhookRow:
    """Raises InvalidRequest, with this message, when its scope has as many as it may."""
    others = subscriptions_of(row.account_id, row.source, row.scope or "").subquery()
    if (session.scalar(select(func.count()).select_from(others)) or 0) >= most:
        raise InvalidRequest(too_many)
    row.created_at = row.updated_at = now
    session.add(row)
    session.flush()
    return row


def change(session: Session, webhook: WebhookRow, now: int, fields: Mapping[str, Any]) -> None:
    """What waits goes to a new address at once, and when a webhook is enabled again."""
    before = webhook.url, webhook.enabled
    for name, value in fields.items():
        setattr(webhook, name, value)
    webhook.updated_at = now
    if webhook.enabled and (webhook.url, webhook.enabled) != before:
        outbox.hurry(session, webhook, now)
    session.flush()


def read_number(text: str) -> int:
    """Of a delivery, in a path. Raises NotFound."""
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX):
        raise NotFound("There is no such delivery. List them to see their numbers.")
    return int(text)
