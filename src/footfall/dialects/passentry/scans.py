"""Scans at the door. https://docs.passentry.com/api-reference/v1/scans/create-scan, …/log-scan, and
…/documentation/guides/validation-options/guide."""

from typing import Annotated

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import answer, iso_time
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.ids import received_at
from footfall.dialects.passentry import external, gate, ids
from footfall.dialects.passentry.bodies import (
    Points,
    read_points,
    shown_points,
)
from footfall.dialects.passentry.dialect import Call
from footfall.dialects.passentry.documents import (
    Id,
    clean,
    read_id,
)
from footfall.dialects.passentry.external import Instructions, Value
from footfall.dialects.passentry.records import scans as records

ValueRead = Annotated[str, Meta(min_length=1)]
"""What a reader read, however long: see `VALUE_LENGTH_MAX`."""

Medium = Annotated[str, Meta(pattern=r"^(nfc|barcode)$(?!\n)")]
Status = Annotated[str, Meta(pattern=r"^(successful|failed)$(?!\n)")]
Detail = Annotated[str, Meta(max_length=500)]


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


def scan_info(outcome: records.Outcome) -> ScanInfo:
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
    outcome: records.Outcome, points: int | None, message: str = ""
) -> ValidationResponse:
    """`points` to be added, `message` the external endpoint's own."""
    status, detail = outcome.event.scan_status, outcome.event.scan_status_detail
    text = message or (f"Sorry: {detail}" if status == records.FAILED else "Welcome")
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


def _scan(fields: ScanFields | LogFields, value: str) -> records.Scan:
    """Raises InvalidRequest."""
    return records.Scan(
        reader=clean(fields.reader_id, "readerId"),
        medium=fields.scan_type,
        value=value,
        points=read_points(fields.loyalty.balance) if fields.loyalty else None,
    )


@operation(
    "POST /scans",
    "Validate and record a scan",
    query=ScanQuery,
    body=ScanRequest,
    answer=ScanAnswer,
    scope=Scope.CAPTURE,
    inline=True,
)
async def create_scan(call: Call, body: ScanRequest, query: ScanQuery) -> Response[bytes]:
    """Validate and record, in one transaction: two gates never both admit one pass.

    Always 200, also when the pass is refused or the reader unknown.
    """
    fields = body.scan
    scan = _scan(fields, fields.pass_id)
    decision = None

    def respond(outcome: records.Outcome) -> Response[bytes]:
        message = ""
        if decision is not None:
            agreed = decision.successful == (outcome.event.scan_status == records.SUCCESSFUL)
            message = decision.message if agreed else ""
        response = validation_response(outcome, scan.points, message)
        return answer(ScanAnswer(response, scan_info(outcome)))

    attempt = gate.Attempt(call.account, scan, respond=respond)
    if (query.new_reader or "").lower() == "true":
        call.caller.require(Scope.WRITE)
        attempt.new_reader = read_id(fields.reader_id, "readerId")
    outcome = await call.api.gate.decide(attempt)
    if isinstance(outcome, gate.AskOutside):
        # Called outside of any transaction, and while no id is open: nobody waits for it.
        outbound = call.api.parts.outbound
        decision = await external.ask(outbound, outcome.door, scan, call.now())
        attempt.decision = decision
        outcome = await call.api.gate.decide(attempt)
    assert isinstance(outcome, records.Outcome)
    return respond(outcome)


@operation(
    "POST /scans/log",
    "Record a scan that another system validated",
    body=LogRequest,
    answer=LogAnswer,
    scope=Scope.CAPTURE,
    inline=True,
)
async def log_scan(call: Call, body: LogRequest) -> Response[bytes]:
    fields = body.scan
    scan = _scan(fields, fields.scan_value)
    decision = external.Decision(
        successful=fields.status == records.SUCCESSFUL,
        detail=fields.status_detail or "",
        wallet_pass=fields.pass_id or "",
    )

    def respond(outcome: records.Outcome) -> Response[bytes]:
        return answer(LogAnswer(scan_info(outcome)))

    attempt = gate.Attempt(call.account, scan, decision, respond=respond)
    outcome = await call.api.gate.decide(attempt)
    assert isinstance(outcome, records.Outcome)
    return respond(outcome)
