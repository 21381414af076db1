"""Scans on the wire. https://docs.passentry.com/api-reference/v1/scans/get-scans, …/create-scan,
…/log-scan, and …/documentation/guides/validation-options/guide."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import iso_time
from footfall.core.events import Event
from footfall.core.ids import received_at
from footfall.core.queries import Group
from footfall.dialects.passentry import ids
from footfall.dialects.passentry.nouns import scans
from footfall.dialects.passentry.nouns.scans import VALUE_LENGTH_MAX, Outcome
from footfall.dialects.passentry.wire.documents import (
    Id,
    Links,
    PageQuery,
    Paging,
    Reference,
    Time,
    ToOne,
    pages,
)
from footfall.dialects.passentry.wire.passes import PassResource, Points, shown_points
from footfall.dialects.passentry.wire.readers import ReaderResource

SHOWN: Final = (
    "reader",
    "wallet_pass",
    "scan_medium",
    "scan_value",
    "scan_status",
    "scan_status_detail",
    "validation",
)
"""The columns that a list of scans shows."""

Value = Annotated[str, Meta(min_length=1, max_length=VALUE_LENGTH_MAX)]
ValueRead = Annotated[str, Meta(min_length=1)]
"""What a reader read, however long: see `VALUE_LENGTH_MAX`."""

Medium = Annotated[str, Meta(pattern=r"^(nfc|barcode)$(?!\n)")]
Status = Annotated[str, Meta(pattern=r"^(successful|failed)$(?!\n)")]
Detail = Annotated[str, Meta(max_length=500)]


# ── requests ──────────────────────────────────────────────────────────────────────────────────


class PointsFields(msgspec.Struct, frozen=True):
    """Points to add, negative to redeem."""

    balance: Points


class ScanFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    reader_id: Id
    pass_id: ValueRead
    scan_type: Medium
    loyalty: PointsFields | UnsetType | None = UNSET


class ScanRequest(msgspec.Struct, frozen=True):
    scan: ScanFields


class LogFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    reader_id: Id
    scan_type: Medium
    status: Status
    scan_value: ValueRead
    status_detail: Detail | UnsetType | None = UNSET
    pass_id: Value | UnsetType | None = UNSET
    loyalty: PointsFields | UnsetType | None = UNSET


class LogRequest(msgspec.Struct, frozen=True):
    scan: LogFields


class ScanQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`newReader=true`: a reader that is unknown is made, in the default entity."""

    new_reader: str | None = None


class ScansQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    entity: str | None = None
    reader_id: str | None = None
    pass_id: str | None = None
    validation_type: str | None = None
    scan_type: str | None = None
    status: str | None = None
    event_id: str | None = None
    pass_template_name: str | None = None
    group_tag: str | None = None
    created_after: Time | None = None
    created_before: Time | None = None


# ── external validation ───────────────────────────────────────────────────────────────────────


class ExternalScan(msgspec.Struct, frozen=True, rename="camel"):
    reader_id: str
    scan_type: str
    scan_value: str
    scanned_at: str


class ExternalQuestion(msgspec.Struct, frozen=True):
    """What is asked of the endpoint that validates."""

    scan: ExternalScan


class Instructions(msgspec.Struct, frozen=True):
    message: str


class ExternalVerdict(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    status: Annotated[str, Meta(pattern=r"^(success|successful|failed)$(?!\n)")]
    status_detail: Annotated[str, Meta(max_length=500)] | None = None
    reader_instructions: Instructions | None = None
    pass_id: Value | None = None


class ExternalAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The verdict in `validationResponse`; `passId` inside it or beside it."""

    validation_response: ExternalVerdict
    pass_id: Value | None = None


# ── answers ───────────────────────────────────────────────────────────────────────────────────


class LoyaltyChange(msgspec.Struct, frozen=True, rename="camel"):
    """Texts, as the vendor has them."""

    balance_change: str
    updated_balance: str
    operation: str


class ValidationResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    status: str
    status_detail: str
    reader_instructions: Instructions
    loyalty: LoyaltyChange | UnsetType = UNSET


class ScanInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    scan_id: str
    scan_type: str
    scan_value: str
    validation_type: str
    status: str
    status_detail: str
    scanned_at: str
    pass_id: str | None
    pass_ext_id: str | None
    reader_id: str


class ScanAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """`POST /scans`: plain JSON, no JSON:API."""

    validation_response: ValidationResponse
    scan_info: ScanInfo


class LogAnswer(msgspec.Struct, frozen=True, rename="camel"):
    scan_info: ScanInfo


class ScanAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    scan_type: str
    scan_value: str
    validation_type: str
    status: str
    status_detail: str | None
    scanned_at: str


class ScanRelationships(msgspec.Struct, frozen=True, rename={"wallet_pass": "pass"}):
    wallet_pass: ToOne
    reader: ToOne


class ScanResource(msgspec.Struct, frozen=True, tag_field="type", tag="scan"):
    id: str
    attributes: ScanAttributes
    relationships: ScanRelationships


class ScansMeta(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Over the whole filter, not the page."""

    total_scans: int
    successful_scans: int
    failed_scans: int
    readers_count: int
    total_count: int
    results_per_page: int
    current_page: int
    total_pages: int


class ScanList(msgspec.Struct, frozen=True):
    data: list[ScanResource]
    meta: ScansMeta
    included: list[PassResource | ReaderResource]
    links: Links


def scan_body(event: Event) -> ScanResource:
    return ScanResource(
        ids.to_uuid(event.id),
        ScanAttributes(
            scan_type=event.scan_medium,
            scan_value=event.scan_value,
            validation_type=event.validation,
            status=event.scan_status,
            status_detail=event.scan_status_detail or None,
            scanned_at=iso_time(event.occurred_at),
        ),
        ScanRelationships(
            ToOne(Reference(event.wallet_pass, "pass") if event.wallet_pass else None),
            ToOne(Reference(event.reader, "reader") if event.reader else None),
        ),
    )


def scans_meta(groups: Iterable[Group], paging: Paging) -> ScansMeta:
    """From the counts by (status, reader)."""
    found = list(groups)
    total = sum(group.events for group in found)
    successful = sum(group.events for group in found if group.values[0] == scans.SUCCESSFUL)
    return ScansMeta(
        total_scans=total,
        successful_scans=successful,
        failed_scans=total - successful,
        readers_count=len({group.values[1] for group in found} - {""}),
        total_count=total,
        results_per_page=paging.size,
        current_page=paging.page,
        total_pages=pages(total, paging.size),
    )


def scan_info(outcome: Outcome) -> ScanInfo:
    event, card = outcome.event, outcome.card
    return ScanInfo(
        scan_id=ids.to_uuid(event.id),
        scan_type=event.scan_medium,
        scan_value=event.scan_value,
        validation_type=event.validation,
        status=event.scan_status,
        status_detail=event.scan_status_detail,
        scanned_at=iso_time(received_at(event.id)),
        pass_id=None if card is None else card.id,
        pass_ext_id=None if card is None else card.ext_id,
        reader_id=event.reader,
    )


def validation_response(
    outcome: Outcome, points: int | None, message: str = ""
) -> ValidationResponse:
    """`points` that were asked to be added, `message` the external endpoint's own."""
    status, detail = outcome.event.scan_status, outcome.event.scan_status_detail
    text = message or (f"Sorry: {detail}" if status == scans.FAILED else "Welcome")
    if outcome.balance is None or points is None:
        return ValidationResponse(
            status=status, status_detail=detail, reader_instructions=Instructions(text)
        )
    balance = str(shown_points(outcome.balance))
    return ValidationResponse(
        status=status,
        status_detail=detail,
        reader_instructions=Instructions(message or f"The new balance is {balance}"),
        loyalty=LoyaltyChange(
            str(shown_points(abs(points))), balance, "subtract" if points < 0 else "add"
        ),
    )


def readers_of(events: Sequence[Event]) -> list[str]:
    return list(dict.fromkeys(event.reader for event in events if event.reader))


def passes_of(events: Sequence[Event]) -> list[str]:
    return list(dict.fromkeys(event.wallet_pass for event in events if event.wallet_pass))
