"""The page's "Request Report": all impressions of any length of time, as a file that is made in
the background. The vendor offers it in its own pages only, so these paths are ours.

https://developers.everflow.io, docs/network/reporting/raw_impressions
"""

import asyncio
from typing import Annotated, Final

import msgspec
from litestar import Response
from litestar.response import Stream
from msgspec import UNSET, Meta

from footfall.api.bodies import answer
from footfall.api.fields import body_of
from footfall.api.files import answer_export
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.queries import EventFilter
from footfall.dialects.everflow.columns import FILE, columns
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.notes import Notes, read_notes
from footfall.dialects.everflow.raw_rows import read_filter
from footfall.dialects.everflow.records import SOURCE
from footfall.dialects.everflow.stream import IMPRESSIONS, StreamRequest
from footfall.dialects.everflow.view import NETWORKS
from footfall.jobs.export.jobs import Export
from footfall.jobs.runner import Step
from footfall.runtime.extracts import MEDIA_TYPES, Extract, Format

EXPORTS: Final = f"{NETWORKS}/reporting/impressions/export"

COLUMNS: Final = {
    "transaction_id": "id_digits",
    "unix_timestamp": "occurred_seconds",
    "occurred_at": "occurred_at",
    **columns(FILE),
}
"""Of a file, in their order → the column of the events."""


class ExportRequest(StreamRequest, frozen=True, kw_only=True):
    """As the stream's, for any length of time. `raw_cells` leaves text of a CSV as it is, also
    where a spreadsheet may calculate it."""

    format: Annotated[str, Meta(pattern=r"^(csv|ndjson|parquet)$(?!\n)")] = "csv"
    raw_cells: bool = False


class ExportShown(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is queued, running, done, failed or expired; `problem` says why it failed.
    `progress` is from 0 to 1, `rows_total` null until they are counted, `download_url` "" until
    the file is there. `notes` say what of the request is ignored, in the answer to it. Times in
    seconds since 1970."""

    id: str
    status: str
    format: str
    progress: float
    rows: int
    rows_total: int | None
    size_bytes: int
    problem: str
    time_created: int
    time_ended: int | None
    time_expires: int
    download_url: str
    notes: Notes = UNSET


@operation(
    f"POST {EXPORTS}",
    "All impressions as a file",
    body=ExportRequest,
    answer=ExportShown,
    status=202,
    scope=Scope.READ,
)
async def create_export(call: Call, body: ExportRequest, raw: bytes) -> Response[bytes]:
    """The same impressions as the stream's of this moment, all of them."""
    notes = await read_notes(call, body, raw)
    wanted = await asyncio.to_thread(read_filter, call, body, IMPRESSIONS, None)
    extract = Extract(
        query=wanted or EventFilter(account=call.account, below=0),  # no impression can match
        columns=COLUMNS,
        format=Format(body.format),
        raw_cells=body.raw_cells,
    )
    export = await call.api.parts.exports.create(SOURCE, extract)
    shown = _export_of(call, export, notes)
    return answer(shown, 202, {"Location": f"{EXPORTS}/{export.id}"})


@operation(f"GET {EXPORTS}/{{id}}", "How far an export is", answer=ExportShown)
def get_export(call: Call, id: str) -> ExportShown:
    """How far it is."""
    return _export_of(call, call.api.parts.exports.find(call.account, SOURCE, id))


@operation(
    f"GET {EXPORTS}/{{id}}/download",
    "The file of an export",
    media_type=MEDIA_TYPES[Format.CSV],
    also=(MEDIA_TYPES[Format.NDJSON], MEDIA_TYPES[Format.PARQUET]),
    errors=(400, 401, 403, 404, 429, 503, 409, 416),
    all_errors=True,
)
async def download_export(call: Call, id: str) -> Stream:
    """The file, or what a broken download still needs of it (`Range`)."""
    return await answer_export(call, SOURCE, id, "impressions")


@operation(f"DELETE {EXPORTS}/{{id}}", "Remove an export", status=204)
def delete_export(call: Call, id: str) -> None:
    """Stop it, or remove its file: a key that only reads removes nothing."""
    call.api.parts.exports.delete(call.account, SOURCE, id)


def _export_of(call: Call, export: Export, notes: Notes = UNSET) -> ExportShown:
    done = export.step is Step.DONE
    return body_of(
        ExportShown,
        export,
        status=export.step.value,
        size_bytes=export.size if done else 0,
        time_created=export.created_at // 1000,
        time_ended=None if export.ended_at is None else export.ended_at // 1000,
        time_expires=export.expires_at // 1000,
        download_url=f"{call.api.public_base}{EXPORTS}/{export.id}/download" if done else "",
        notes=notes,
    )
