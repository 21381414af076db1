"""Entities, the configuration of their readers, and the events that take place there."""

import secrets
import uuid
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from footfall.catalog.records import check_count, find_row
from footfall.catalog.secrets import KEY_SHOWN_LENGTH, new_secret, secret_hash
from footfall.catalog.tables import ApiKeyRow
from footfall.core.accounts import Scope
from footfall.core.errors import Conflict
from footfall.dialects.passentry.records.tables import (
    EntityRow,
    ReaderConfigurationRow,
    ReaderRow,
    VenueEventRow,
)

DEFAULT: Final = "default"
"""May stand for the id of the account's default entity."""

ENTITIES_MAX: Final = 500
EXTERNAL_TIMEOUT_MS: Final = 3000
READER_SCOPES: Final = (Scope.CAPTURE, Scope.READ)
"""What the key of an entity's readers may do: record scans, and read."""


def new_secret_key() -> str:
    """40 hex digits: the form of the vendor's own secrets."""
    return secrets.token_hex(20)


def default_entity(session: Session, account: int, now: int) -> EntityRow:
    """The account's own, made when it is first needed."""
    found = session.scalar(
        select(EntityRow).where(EntityRow.account_id == account, EntityRow.is_default.is_(True))
    )
    return found or _create(session, account, "Default", now, is_default=True)


def create_entity(session: Session, account: int, name: str, now: int) -> EntityRow:
    """Raises InvalidRequest when there are too many."""
    default_entity(session, account, now)
    too_many = f"There are {ENTITIES_MAX} entities, the most there may be."
    check_count(session, EntityRow, account, ENTITIES_MAX, too_many)
    return _create(session, account, name, now, is_default=False)


def _create(session: Session, account: int, name: str, now: int, *, is_default: bool) -> EntityRow:
    entity = EntityRow(
        id=str(uuid.uuid4()),
        account_id=account,
        name=name,
        is_default=is_default,
        created_at=now,
    )
    session.add(entity)
    session.flush()
    session.add(
        ReaderConfigurationRow(
            entity_id=entity.id,
            id=str(uuid.uuid4()),
            account_id=account,
            external_timeout_ms=EXTERNAL_TIMEOUT_MS,
            external_secret=new_secret_key(),
            updated_at=now,
        )
    )
    session.flush()
    return entity


def find_entity(session: Session, account: int, entity_id: str, now: int) -> EntityRow:
    """By id, or the word `default`. Raises NotFound, also for another account's."""
    if entity_id == DEFAULT:
        return default_entity(session, account, now)
    missing = "Entity not found. GET /api/v1/entities lists those there are."
    return find_row(session, EntityRow, account, entity_id, missing)


def entities_of(account: int) -> Select[EntityRow]:
    return select(EntityRow).where(EntityRow.account_id == account).order_by(EntityRow.number)


def delete_entity(session: Session, entity: EntityRow, now: int) -> None:
    """The key of its readers ends. Raises Conflict for the default one, and while it has readers
    or events."""
    if entity.is_default:
        raise Conflict("The default entity stays.")
    for rows in (ReaderRow, VenueEventRow):
        if session.scalar(select(rows.number).where(rows.entity_id == entity.id).limit(1)):
            raise Conflict("This entity has readers or events. Delete them first.")
    _revoke_key(session, configuration_of(session, entity), now)
    session.delete(entity)
    session.flush()


def _revoke_key(session: Session, configuration: ReaderConfigurationRow, now: int) -> None:
    if key := session.get(ApiKeyRow, configuration.api_key_id or 0):
        key.revoked_at = key.revoked_at or now


# ── the configuration of readers ──────────────────────────────────────────────────────────────


def configuration_of(session: Session, entity: EntityRow) -> ReaderConfigurationRow:
    row = session.get(ReaderConfigurationRow, entity.id)
    assert row is not None, "it is made with its entity"
    return row


def rotate_key(session: Session, configuration: ReaderConfigurationRow, now: int) -> str:
    """A new key for the entity's readers; the old one ends at once. The secret is returned: only
    its hash is kept."""
    _revoke_key(session, configuration, now)
    secret = new_secret()
    key = ApiKeyRow(
        account_id=configuration.account_id,
        name="readers",
        prefix=secret[:KEY_SHOWN_LENGTH],
        hash=secret_hash(secret),
        scopes=sorted(READER_SCOPES),
        created_at=now,
    )
    session.add(key)
    session.flush()
    configuration.api_key_id = key.id
    configuration.updated_at = now
    session.flush()
    return secret


def key_prefix(session: Session, configuration: ReaderConfigurationRow) -> str | None:
    """What may be shown of the readers' key, None when there is none."""
    if configuration.api_key_id is None:
        return None
    key = session.get(ApiKeyRow, configuration.api_key_id)
    return key.prefix if key is not None and key.revoked_at is None else None


# ── events at a venue ─────────────────────────────────────────────────────────────────────────


def create_event(
    session: Session, entity: EntityRow, name: str, now: int, **fields: Any
) -> VenueEventRow:
    event = VenueEventRow(
        id=str(uuid.uuid4()),
        account_id=entity.account_id,
        entity_id=entity.id,
        name=name,
        created_at=now,
        **fields,
    )
    session.add(event)
    session.flush()
    return event


def find_event(session: Session, account: int, event_id: str) -> VenueEventRow:
    """Raises NotFound, also for another account's."""
    missing = "Event not found. GET /api/v1/events lists those there are."
    return find_row(session, VenueEventRow, account, event_id, missing)


def events_of(account: int) -> Select[VenueEventRow]:
    return (
        select(VenueEventRow)
        .where(VenueEventRow.account_id == account)
        .order_by(VenueEventRow.number.desc())
    )
