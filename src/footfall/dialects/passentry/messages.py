"""Messages to webhooks, written in the transaction that they are about.

https://docs.passentry.com/api-reference/v1/webhooks/pass-scanned
"""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.api.bodies import iso_time
from footfall.core.events import Event
from footfall.core.ids import received_at
from footfall.dialects.passentry.bodies import (
    PassResource,
    ReaderResource,
    ScanResource,
    included_body,
    reader_body,
    scan_body,
)
from footfall.dialects.passentry.documents import Document, Reference, Resource, ToOne
from footfall.dialects.passentry.ids import new_uuid
from footfall.dialects.passentry.records.passes import SOURCE
from footfall.dialects.passentry.records.tables import PassRow, ReaderRow
from footfall.dialects.passentry.records.webhooks import wants
from footfall.webhooks import outbox

SCANNED = "passScanned"


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


class MessageResource(Resource[MessageAttributes], frozen=True, tag_field="type", tag="webhook"):
    relationships: MessageRelationships | UnsetType = UNSET


class MessageDocument(Document[MessageResource], frozen=True):
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


def queue_scans(session: Session, base: str, events: Sequence[Event]) -> bool:
    """`passScanned` for each of them. True when messages wait."""
    wanted: dict[tuple[int, str], bool] = {}
    waiting = False
    for event in events:
        place = event.account, event.entity
        if place not in wanted:
            wanted[place] = wants(session, event.account, _scopes(event.entity), SCANNED)
        if wanted[place]:
            waiting |= queue_scan(session, base, event)
    return waiting


def _scopes(entity: str) -> tuple[str, ...]:
    """The whole account's subscriptions, and those of the entity where it happened."""
    return ("", entity) if entity else ("",)


def queue_scan(session: Session, base: str, event: Event) -> bool:
    """`passScanned`, also for a scan that a door refused. True when messages wait."""
    now = received_at(event.id)
    message_id = outbox.message_of(event.id)

    def body() -> bytes:
        wallet_pass = session.get(PassRow, event.tracker) if event.tracker else None
        reader = session.scalar(
            select(ReaderRow).where(
                ReaderRow.account_id == event.account, ReaderRow.id == event.reader
            )
        )
        return message_body(
            message_id,
            SCANNED,
            now,
            scan=scan_body(event),
            wallet_pass=None
            if wallet_pass is None
            else included_body(wallet_pass, base, times=True),
            reader=None if reader is None else reader_body(reader),
        )

    return outbox.post(
        session,
        event.account,
        SOURCE,
        SCANNED,
        message_id,
        body,
        now=now,
        scopes=_scopes(event.entity),
    )


def queue_pass(session: Session, base: str, event: str, row: PassRow, now: int) -> bool:
    """`passCreated`, `passInstalled` or `passRemoved`: a pass belongs to no entity, so the whole
    account's subscriptions get it."""
    message_id = new_uuid(now)

    def body() -> bytes:
        shown = included_body(row, base, times=True)
        return message_body(message_id, event, now, wallet_pass=shown)

    return outbox.post(session, row.account_id, SOURCE, event, message_id, body, now=now)
