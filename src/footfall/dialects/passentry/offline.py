"""Scans that readers made offline: uploaded, reported on, and where two doors admitted one pass."""

import asyncio

from litestar import get, post
from litestar.params import FromPath, RawBody

from footfall.api.bodies import answer, decode, iso_time
from footfall.core.accounts import Scope
from footfall.core.events import Event
from footfall.dialects.passentry import telling
from footfall.dialects.passentry.face import Answer, Asked, Face, OurFace, query_of
from footfall.dialects.passentry.nouns import offline as nouns
from footfall.dialects.passentry.nouns.readers import find_reader
from footfall.dialects.passentry.wire import offline as wire
from footfall.dialects.passentry.wire.documents import clean, read_paging, read_time

AT_ONCE = 100
"""Scans in one transaction: others wait for the catalog meanwhile, such as doors."""


@post(
    "/scans/batch",
    status_code=200,
    opt={"scope": Scope.CAPTURE},
    request_max_body_size=wire.BODY_BYTES_MAX,
)
async def upload_scans(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Up to 5,000 scans, each recorded or refused by itself; repeating it stores nothing twice.
    Interrupted, it can be repeated: what
    was taken comes back as `duplicate` with the same `scanId`."""
    received_at = face.parts.clock()
    batch = (await asyncio.to_thread(decode, body, wire.RawBatchRequest)).batch
    sent_at = read_time(batch.sent_at, "sentAt")
    scans = await asyncio.to_thread(wire.read_scans, batch, sent_at)
    upload = nouns.Upload(
        account=request.auth.account.id,
        reader=clean(batch.reader_id, "readerId"),
        sent_at=sent_at,
        received_at=received_at,
    )
    await asyncio.to_thread(_check_reader, face, upload)
    taken: list[nouns.Taken] = []
    for start in range(0, max(len(scans), 1), AT_ONCE):
        some = scans[start : start + AT_ONCE]
        async with face.parts.promises.open(len(some)) as ids:
            results, events = await asyncio.to_thread(
                _take,
                face,
                upload,
                some,
                ids,
                begins=start == 0,
                ends=start + AT_ONCE >= len(scans),
            )
            await face.parts.promises.keep(events)
        taken += results
    counts = [one.result for one in taken]
    meta = wire.BatchMeta(
        recorded=counts.count("recorded"),
        duplicates=counts.count("duplicate"),
        refused=counts.count("refused"),
        received_at=iso_time(received_at),
        skew_ms=upload.skew,
    )
    return answer(wire.BatchAnswer([wire.taken_body(one) for one in taken], meta))


def _check_reader(face: Face, upload: nouns.Upload) -> None:
    with face.reading() as session:
        find_reader(session, upload.account, upload.reader)


def _take(
    face: Face,
    upload: nouns.Upload,
    some: list[nouns.OfflineScan | nouns.Taken],
    ids: list[int],
    *,
    begins: bool,
    ends: bool,
) -> tuple[list[nouns.Taken], list[Event]]:
    with face.writing(claims=ends) as session:
        results, events = nouns.take(session, upload, some, ids, begins=begins)
        told = telling.tell_scans(session, face.base, events)
    if told:
        face.parts.wake_webhooks()
    return results, events


@get("/readers/{reader_id:str}/report", sync_to_thread=True)
def report(request: Asked, face: OurFace, reader_id: FromPath[str]) -> Answer:
    """What a reader's uploads came to: missing sequence numbers, skew of its clock, counts."""
    account = request.auth.account.id
    with face.reading() as session:
        row = find_reader(session, account, reader_id)
        data = wire.report_body(
            row.id,
            nouns.find_offline(session, account, row.id),
            nouns.sequences(session, account, row.id),
        )
    return answer(wire.ReportDocument(data))


@get("/scans/conflicts", sync_to_thread=True)
def list_conflicts(request: Asked, face: OurFace) -> Answer:
    """Double entries, the last received first, with both times and both verdicts."""
    query = query_of(request)
    paging = read_paging(query)
    since, until = (
        read_time(query[name], name) if query.get(name) else None
        for name in ("scannedAfter", "scannedBefore")
    )
    with face.reading() as session:
        found, total = nouns.conflicts(
            session,
            request.auth.account.id,
            page=paging.page,
            size=paging.size,
            wallet_pass=query.get("passId", ""),
            since=since,
            until=until,
        )
        data = [wire.conflict_body(one) for one in found]
    return answer(wire.ConflictList(data, paging.meta(total), face.links(request, paging, total)))


HANDLERS = (upload_scans, report, list_conflicts)
