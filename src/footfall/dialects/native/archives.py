"""Months of events as Parquet files: `/archives`."""

import asyncio
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from footfall.core.accounts import AgeBy
from footfall.core.errors import InvalidRequest
from footfall.dialects.native.deletions import JobAccepted, ask
from footfall.dialects.native.dialect import Call, admin_operation
from footfall.jobs.archive.manifests import Month
from footfall.jobs.deletion.jobs import Kind, Plan


class ArchiveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`before` is the first month that is not archived, `age_by` what its months are months of.
    `remove`: its raw rows go then."""

    before: Annotated[str, Meta(pattern=r"^20[2-9]\d-(0[1-9]|1[0-2])$(?!\n)")]
    age_by: AgeBy = AgeBy.RECEIVED
    remove: bool = False


class ArchivedFile(msgspec.Struct, frozen=True):
    month: str
    file: str
    rows: int
    bytes: int
    sha256: str
    first_id: int
    last_id: int
    made_at: int
    raw_removed: bool


class Manifest(msgspec.Struct, frozen=True):
    account: int
    age_by: Literal["received_at", "occurred_at"]
    schema: int
    columns: list[str]
    files: list[ArchivedFile]


@admin_operation(
    "POST /archives",
    "Write months as Parquet files",
    body=ArchiveRequest,
    answer=JobAccepted,
    status=202,
    errors=(409,),
)
async def create_archive(call: Call, body: ArchiveRequest) -> JobAccepted:
    archives = call.api.parts.deletions.archives
    if Month.read(body.before) > Month.of(call.now()):
        raise InvalidRequest("before: a month is archived when it is over; this one is to come.")
    await asyncio.to_thread(archives.check_months, call.account, body.age_by)
    plan = Plan(before=body.before, age_by=body.age_by, remove=body.remove)
    about = f"archive before {body.before}"
    about += " by occurred_at" if body.age_by is AgeBy.OCCURRED else ""
    about += ", raw rows removed" if body.remove else ""
    return await ask(call, Kind.ARCHIVE, plan, about)


@admin_operation("GET /archives", "The files of archives", answer=Manifest)
def get_archives(call: Call) -> Manifest:
    manifest = call.api.parts.deletions.archives.manifest(call.account)
    return msgspec.convert(manifest, Manifest, from_attributes=True)
