"""Readers: the devices at the doors of an entity."""

import secrets
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from footfall.catalog.records import find_row
from footfall.core.errors import Conflict
from footfall.dialects.passentry.records.entities import default_entity
from footfall.dialects.passentry.records.tables import EntityRow, ReaderConfigurationRow, ReaderRow

READER_TYPE: Final = "PassentryReader"


def create_reader(
    session: Session, entity: EntityRow, reader_id: str, name: str, now: int, **fields: Any
) -> ReaderRow:
    """`reader_id` "" draws one. Raises Conflict for an id that the account has already."""
    reader_id = reader_id or secrets.token_hex(4).upper()
    if session.scalar(_readers(entity.account_id).where(ReaderRow.id == reader_id)) is not None:
        raise Conflict(f"There is a reader '{reader_id}' already. Choose another id.")
    reader = ReaderRow(
        id=reader_id,
        account_id=entity.account_id,
        entity_id=entity.id,
        name=name,
        created_at=now,
        **fields,
    )
    session.add(reader)
    session.flush()
    return reader


def reader_with_id(session: Session, account: int, reader_id: str, now: int) -> ReaderRow:
    """Made in the default entity when there is none."""
    found = session.scalar(_readers(account).where(ReaderRow.id == reader_id))
    if found is not None:
        return found
    entity = default_entity(session, account, now)
    return create_reader(session, entity, reader_id, reader_id, now, type=READER_TYPE)


def find_reader(session: Session, account: int, reader_id: str) -> ReaderRow:
    """Raises NotFound, also for another account's."""
    missing = "Reader not found. GET /api/v1/readers lists those there are."
    return find_row(session, ReaderRow, account, reader_id, missing)


def readers_of(account: int, entity: EntityRow | None = None) -> Select[ReaderRow]:
    query = _readers(account).order_by(ReaderRow.number)
    return query if entity is None else query.where(ReaderRow.entity_id == entity.id)


def _readers(account: int) -> Select[ReaderRow]:
    return select(ReaderRow).where(ReaderRow.account_id == account)


def readers_admitting_again(session: Session) -> tuple[list[str], int]:
    """Readers of all accounts that admit the same pass again at once, by name, and how many readers
    there are. What an external endpoint validates is its own matter."""
    again = (ReaderConfigurationRow.validity_seconds == 0) & (
        ReaderConfigurationRow.validation_type == "internal"
    )
    rows = session.execute(
        select(ReaderRow.name, again)
        .join(ReaderConfigurationRow, ReaderConfigurationRow.entity_id == ReaderRow.entity_id)
        .order_by(ReaderRow.number)
    ).all()
    return [name for name, admits in rows if admits], len(rows)
