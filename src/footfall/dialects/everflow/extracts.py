"""The page's "Request Report": all impressions of any length of time, as a file that is made in
the background. The vendor offers it in its own pages only, so these paths are ours.

https://developers.everflow.io, docs/network/reporting/raw_impressions
"""

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta

from footfall.core.queries import EventFilter, Extract, Format
from footfall.dialects.everflow.face import PREFIX
from footfall.dialects.everflow.notes import Notes
from footfall.dialects.everflow.stream import StreamRequest
from footfall.jobs.export.jobs import Export, State

EXPORTS: Final = f"{PREFIX}/reporting/impressions/export"

MEDIA_TYPES: Final = {
    Format.CSV: "text/csv",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}

COLUMNS: Final = {
    "transaction_id": "id_digits",
    "unix_timestamp": "occurred_seconds",
    "occurred_at": "occurred_at",
    "network_offer_id": "offer",
    "network_offer_url_id": "offer_url",
    "network_advertiser_id": "advertiser",
    "network_affiliate_id": "affiliate",
    "creative_id": "creative",
    "campaign_id": "campaign",
    "coupon_code": "coupon",
    "project_id": "project",
    "source_id": "traffic_source",
    **{f"sub{n}": f"sub{n}" for n in range(1, 11)},
    **{f"adv{n}": f"adv{n}" for n in range(1, 11)},
    "user_ip": "ip",
    "url": "url",
    "referer": "referrer",
    "http_user_agent": "user_agent",
    "language": "language",
    "country_code": "country",
    "region": "region",
    "city": "city",
    "postal_code": "postal_code",
    "dma": "metro_code",
    "timezone": "time_zone",
    "isp": "isp",
    "carrier": "carrier",
    "connection_type": "connection_type",
    "device": "device",
    "device_make": "device_make",
    "device_model": "device_model",
    "platform": "os",
    "os_version": "os_version",
    "browser": "browser",
    "browser_version": "browser_version",
    "details": "metadata",
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


def extract_of(asked: ExportRequest, wanted: EventFilter) -> Extract:
    return Extract(
        query=wanted, columns=COLUMNS, format=Format(asked.format), raw_cells=asked.raw_cells
    )


def show_export(export: Export, public_base: str) -> ExportShown:
    done = export.state is State.DONE
    return ExportShown(
        id=export.id,
        status=export.state.value,
        format=export.format.value,
        progress=export.progress,
        rows=export.rows,
        rows_total=export.rows_total,
        size_bytes=export.size if done else 0,
        problem=export.problem,
        time_created=export.created_at // 1000,
        time_ended=None if export.ended_at is None else export.ended_at // 1000,
        time_expires=export.expires_at // 1000,
        download_url=f"{public_base}{EXPORTS}/{export.id}/download" if done else "",
    )
