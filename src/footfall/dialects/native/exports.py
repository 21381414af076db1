"""`/exports`: files of any number of events, made in the background.

For what a single answer (`GET /events?format=…`) is too long: the server goes on after a restart,
and a download that broke off goes on with `Range`.
"""

from typing import Annotated, TypeVar

import msgspec
from litestar import Response
from litestar.response import Stream
from msgspec import Meta

from footfall.api.bodies import answer, decode
from footfall.api.fields import body_of
from footfall.api.files import answer_export
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.event_body import FILE_COLUMNS, SHOWN
from footfall.dialects.native.events import read_fields
from footfall.dialects.native.filters import FilteredRequest, read_filters, read_json
from footfall.dialects.native.ingest_body import SOURCE
from footfall.jobs.export import jobs
from footfall.jobs.runner import Step
from footfall.runtime.extracts import MEDIA_TYPES, Extract, Format


class ExportRequest(FilteredRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events, as in a report; without a window all of them. `fields` is all without any.
    `raw_cells` leaves text of a CSV as it is, also where a spreadsheet may calculate it."""

    format: Annotated[str, Meta(pattern=r"^(csv|ndjson|parquet)$(?!\n)")] = "ndjson"
    fields: list[str] = msgspec.field(default_factory=list)
    raw_cells: bool = False


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is queued, running, done, failed or expired; `problem` says why it failed. `progress`
    is from 0 to 1; `rows_total` null until they are counted, `file` null until it is there."""

    id: str
    format: str
    state: str
    progress: float
    rows: int
    rows_total: int | None
    bytes: int
    problem: str
    created_at: str
    ended_at: str | None
    expires_at: str
    file: str | None


class CreatedExport(Export, frozen=True, kw_only=True):
    """`notes` name ids of the filters that match nothing known."""

    notes: list[str]


class ExportList(msgspec.Struct, frozen=True):
    """The newest first; those that have expired are listed for a week."""

    exports: list[Export]


@operation(
    "POST /exports",
    "Have a file of events made in the background",
    body=ExportRequest,
    answer=CreatedExport,
    status=202,
    errors=(409,),
    scope=Scope.READ,
)
async def create_export(call: Call, raw: bytes) -> Response[bytes]:
    """Every event that was answered before this call, and no other. Without a body, all."""
    body, parts = decode(raw or b"{}", ExportRequest), call.api.parts
    window = body.window(call.now())
    filters = read_json(body.filters)
    wanted = read_filters(filters, call.account, window.zone, *body.bounds(window))
    fields = read_fields(",".join(body.fields)) or SHOWN
    columns = {name: FILE_COLUMNS[name] for name in fields}
    extract = Extract(
        query=wanted, columns=columns, format=Format(body.format), raw_cells=body.raw_cells
    )
    export = await parts.exports.create(SOURCE, extract)
    notes = await parts.unknown_ids(wanted, True)
    return answer(
        _body(CreatedExport, export, notes=notes), 202, {"Location": f"/exports/{export.id}"}
    )


@operation("GET /exports", "List exports, newest first", answer=ExportList)
def list_exports(call: Call) -> ExportList:
    exports = call.api.parts.exports.list(call.account, SOURCE)
    return ExportList([_body(Export, one) for one in exports])


@operation("GET /exports/{id}", "See how far an export is", answer=Export)
def get_export(call: Call, id: str) -> Export:
    return _body(Export, call.api.parts.exports.find(call.account, SOURCE, id))


@operation(
    "GET /exports/{id}/file",
    "Fetch the file, or the rest of it",
    media_type=MEDIA_TYPES[Format.NDJSON],
    also=(MEDIA_TYPES[Format.CSV], MEDIA_TYPES[Format.PARQUET]),
    errors=(409,),
)
async def fetch_export(call: Call, id: str) -> Stream:
    """The file, or what a broken download still needs of it (`Range`)."""
    return await answer_export(call, SOURCE, id, "events")


@operation("DELETE /exports/{id}", "Stop an export, or remove its file", status=204)
def delete_export(call: Call, id: str) -> None:
    """It may be somebody else's, so reading is not enough."""
    call.api.parts.exports.delete(call.account, SOURCE, id)


Body = TypeVar("Body", bound=Export)


def _body(type: type[Body], export: jobs.Export, **given: list[str]) -> Body:
    done = export.step is Step.DONE
    size, file = (export.size, f"/exports/{export.id}/file") if done else (0, None)
    return body_of(type, export, state=export.step, bytes=size, file=file, **given)
