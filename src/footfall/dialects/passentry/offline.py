"""Scans that readers made offline: uploaded, reported on, and where two doors admitted one pass.
Ours, in the vendor's style."""

import asyncio
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import decode, iso_time
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.core.events import Event
from footfall.dialects.passentry import ids, messages
from footfall.dialects.passentry.dialect import Call, links_of
from footfall.dialects.passentry.documents import (
    Document,
    Id,
    Page,
    PageQuery,
    Reference,
    Resource,
    Time,
    ToOne,
    clean,
    read_time,
    shown_time,
)
from footfall.dialects.passentry.external import Value
from footfall.dialects.passentry.records import offline as records
from footfall.dialects.passentry.records.readers import find_reader
from footfall.dialects.passentry.records.scans import FAILED, SUCCESSFUL
from footfall.dialects.passentry.records.tables import AdmissionRow, OfflineReaderRow
from footfall.dialects.passentry.scans import Detail, Medium, Status

SCANS_MAX: Final = 5000
AT_ONCE: Final = 100
"""Scans in one transaction: others wait for the catalog meanwhile, such as doors."""
BODY_BYTES_MAX: Final = 4 << 20
AGE_MS_MAX: Final = 400 * 86_400_000
"""How long before its upload a scan may have been made."""

Nonce = Annotated[str, Meta(min_length=1, max_length=100)]


class OfflineFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`scannedAt` by the device's clock; `status` what it decided at the door."""

    sequence: Annotated[int, Meta(ge=1, le=1 << 53)]
    nonce: Nonce
    scanned_at: Time
    scan_type: Medium
    scan_value: Value
    status: Status
    pass_id: Value | UnsetType | None = UNSET
    status_detail: Detail | UnsetType | None = UNSET


class _Named(msgspec.Struct, frozen=True):
    nonce: Nonce


class BatchFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`sentAt` by the device's clock, when it sends."""

    reader_id: Id
    sent_at: Time
    scans: Annotated[list[OfflineFields], Meta(max_length=SCANS_MAX)]


class BatchRequest(msgspec.Struct, frozen=True):
    """As documented. It is read as a `RawBatchRequest`: one scan that is not valid is refused by
    itself."""

    batch: BatchFields


class RawBatchFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`BatchFields` whose scans are not decoded yet."""

    reader_id: Id
    sent_at: Time
    scans: Annotated[list[msgspec.Raw], Meta(max_length=SCANS_MAX)]


class RawBatchRequest(msgspec.Struct, frozen=True):
    batch: RawBatchFields


class TakenBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`result`: recorded, duplicate or refused, then with a `reason`. Of what is recorded now, the
    server's own verdict beside the device's."""

    nonce: str
    result: str
    scan_id: str | None
    reason: str | UnsetType = UNSET
    server_status: str | UnsetType = UNSET
    server_status_detail: str | UnsetType = UNSET


class BatchMeta(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`skewMs`: how far the device's clock is behind ours."""

    recorded: int
    duplicates: int
    refused: int
    received_at: str
    skew_ms: int


class BatchAnswer(msgspec.Struct, frozen=True):
    """In the order of the upload."""

    scans: list[TakenBody]
    meta: BatchMeta


class SequenceRange(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Both ends are missing too."""

    first: int
    last: int


class ReportAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    uploads: int
    recorded: int
    duplicates: int
    refused: int
    greatest_sequence: int
    repeated_sequences: int
    missing_sequences: list[SequenceRange]
    more_missing: bool
    last_upload_at: str | None
    last_sent_at: str | None
    skew_ms_last: int | None
    skew_ms_least: int | None
    skew_ms_most: int | None


class ReportResource(
    Resource[ReportAttributes], frozen=True, tag_field="type", tag="readerReport"
): ...


class ReportDocument(Document[ReportResource], frozen=True): ...


class AdmissionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`at` by our clock, `deviceTime` by the device's (null for a scan made online).
    `deviceVerdict` is what happened at the door, `serverVerdict` what should have."""

    scan_id: str
    reader_id: str
    offline: bool
    at: str
    device_time: str | None
    sequence: int | None
    device_verdict: str
    server_verdict: str


class ConflictAttributes(msgspec.Struct, frozen=True, rename="camel"):
    pass_ext_id: str
    seconds_apart: float
    first: AdmissionBody
    second: AdmissionBody


class ConflictRelationships(msgspec.Struct, frozen=True, rename={"wallet_pass": "pass"}):
    wallet_pass: ToOne


class ConflictResource(
    Resource[ConflictAttributes], frozen=True, tag_field="type", tag="scanConflict"
):
    """`id` is that of the second scan."""

    relationships: ConflictRelationships


class ConflictList(Page[ConflictResource], frozen=True): ...


class ConflictsQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """`scanned_after` and `scanned_before` bound the second scan, [after, before)."""

    pass_id: str | None = None
    scanned_after: Time | None = None
    scanned_before: Time | None = None


def read_scans(batch: RawBatchFields, sent_at: int) -> list[records.OfflineScan | records.Taken]:
    """Each scan, or its refusal, in the order of the upload."""
    return [_read_scan(raw, sent_at) for raw in batch.scans]


def _read_scan(raw: msgspec.Raw, sent_at: int) -> records.OfflineScan | records.Taken:
    try:
        one = decode(bytes(raw), OfflineFields)
        at = read_time(one.scanned_at, "scannedAt")
        if at < sent_at - AGE_MS_MAX:
            raise InvalidRequest("scannedAt is more than 400 days before sentAt.")
    except InvalidRequest as error:
        return records.Taken(nonce=_nonce_of(raw), result="refused", reason=error.message)
    return records.OfflineScan(
        sequence=one.sequence,
        nonce=one.nonce,
        device_at=at,
        medium=one.scan_type,
        value=one.scan_value,
        wallet_pass=one.pass_id or "",
        successful=one.status == "successful",
        detail=one.status_detail or "",
    )


def _nonce_of(raw: msgspec.Raw) -> str:
    """The nonce of a scan that is not valid, "" where it has none that is."""
    try:
        return decode(bytes(raw), _Named).nonce
    except InvalidRequest:
        return ""


def taken_body(taken: records.Taken) -> TakenBody:
    recorded = taken.result == "recorded"
    return TakenBody(
        nonce=taken.nonce,
        result=taken.result,
        scan_id=ids.to_uuid(taken.event) if taken.event else None,
        reason=taken.reason or UNSET,
        server_status=(FAILED if taken.server_detail else SUCCESSFUL) if recorded else UNSET,
        server_status_detail=taken.server_detail if recorded else UNSET,
    )


def report_body(
    reader: str, row: OfflineReaderRow | None, sequences: records.Sequences
) -> ReportResource:
    """`row` None: nothing was uploaded yet."""
    counts = ("uploads", "recorded", "duplicates", "refused")
    return ReportResource(
        reader,
        ReportAttributes(
            **{name: getattr(row, name, 0) for name in counts},
            greatest_sequence=sequences.greatest,
            repeated_sequences=sequences.repeated,
            missing_sequences=[SequenceRange(*one) for one in sequences.missing],
            more_missing=sequences.more,
            last_upload_at=shown_time(row.received_at if row else None),
            last_sent_at=shown_time(row.sent_at if row else None),
            skew_ms_last=row.skew_last if row else None,
            skew_ms_least=row.skew_least if row else None,
            skew_ms_most=row.skew_most if row else None,
        ),
    )


def _admission(row: AdmissionRow) -> AdmissionBody:
    return AdmissionBody(
        scan_id=ids.to_uuid(row.event_id),
        reader_id=row.reader_id,
        offline=row.offline,
        at=iso_time(row.at),
        device_time=shown_time(row.device_at),
        sequence=row.sequence if row.offline else None,
        device_verdict="successful",
        server_verdict="doubleEntry" if row.double_of is not None else "admitted",
    )


def conflict_body(conflict: records.Conflict) -> ConflictResource:
    first, second = conflict.first, conflict.second
    return ConflictResource(
        ids.to_uuid(second.event_id),
        ConflictAttributes(
            conflict.ext_id,
            (second.at - first.at) / 1000,
            _admission(first),
            _admission(second),
        ),
        ConflictRelationships(ToOne(Reference(conflict.pass_id, "pass"))),
    )


# ── operations ────────────────────────────────────────────────────────────────────────────────


@operation(
    "POST /scans/batch",
    "Upload scans that were made offline",
    body=BatchRequest,
    body_bytes_max=BODY_BYTES_MAX,
    answer=BatchAnswer,
    scope=Scope.CAPTURE,
)
async def upload_scans(call: Call, raw: bytes) -> BatchAnswer:
    """Up to 5,000 scans, each recorded or refused by itself; repeating it stores nothing twice.
    Interrupted, it can be repeated: what was taken comes back as `duplicate` with the same
    `scanId`."""
    received_at = call.now()
    batch = (await asyncio.to_thread(decode, raw, RawBatchRequest)).batch
    sent_at = read_time(batch.sent_at, "sentAt")
    scans = await asyncio.to_thread(read_scans, batch, sent_at)
    upload = records.Upload(
        account=call.account,
        reader=clean(batch.reader_id, "readerId"),
        sent_at=sent_at,
        received_at=received_at,
    )
    await asyncio.to_thread(_check_reader, call, upload)
    taken: list[records.Taken] = []
    for start in range(0, max(len(scans), 1), AT_ONCE):
        some = scans[start : start + AT_ONCE]
        async with call.api.parts.pending_events.open(len(some)) as ids:
            results, events = await asyncio.to_thread(
                _take,
                call,
                upload,
                some,
                ids,
                begins=start == 0,
                ends=start + AT_ONCE >= len(scans),
            )
            await call.api.parts.pending_events.keep(events)
        taken += results
    counts = [one.result for one in taken]
    meta = BatchMeta(
        recorded=counts.count("recorded"),
        duplicates=counts.count("duplicate"),
        refused=counts.count("refused"),
        received_at=iso_time(received_at),
        skew_ms=upload.skew,
    )
    return BatchAnswer([taken_body(one) for one in taken], meta)


def _check_reader(call: Call, upload: records.Upload) -> None:
    with call.reading() as session:
        find_reader(session, upload.account, upload.reader)


def _take(
    call: Call,
    upload: records.Upload,
    some: list[records.OfflineScan | records.Taken],
    ids: list[int],
    *,
    begins: bool,
    ends: bool,
) -> tuple[list[records.Taken], list[Event]]:
    with call.api.parts.catalog.writing(claims=ends) as session:
        results, events = records.take(session, upload, some, ids, begins=begins)
        waiting = messages.queue_scans(session, call.api.base, events)
    if waiting:
        call.api.parts.wake_webhooks()
    return results, events


@operation(
    "GET /readers/{reader_id}/report", "What a reader's uploads came to", answer=ReportDocument
)
def report(call: Call, reader_id: str) -> ReportDocument:
    """Missing sequence numbers, skew of its clock, counts."""
    with call.reading() as session:
        row = find_reader(session, call.account, reader_id)
        uploads = records.find_offline(session, call.account, row.id)
        sequences = records.sequences(session, call.account, row.id)
        return ReportDocument(report_body(row.id, uploads, sequences))


@operation("GET /scans/conflicts", "Double entries", query=ConflictsQuery, answer=ConflictList)
def list_conflicts(call: Call, query: ConflictsQuery) -> ConflictList:
    """The last received first, with both times and both verdicts."""
    paging = query.paging()
    after, before = query.scanned_after, query.scanned_before
    with call.reading() as session:
        found, total = records.conflicts(
            session,
            call.account,
            page=paging.page,
            size=paging.size,
            wallet_pass=query.pass_id or "",
            since=read_time(after, "scannedAfter") if after else None,
            until=read_time(before, "scannedBefore") if before else None,
        )
    data = [conflict_body(one) for one in found]
    return ConflictList(data, paging.meta(total), links_of(call, paging, total))
