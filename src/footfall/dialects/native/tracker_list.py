"""What every tracker is: the resource of the API that made it, with its own id and name."""

from typing import Any, Final

from sqlalchemy import Select, String, cast, func, select

from footfall.catalog.tables import TrackerRow
from footfall.dialects.copernica.tables import EmailingRow
from footfall.dialects.everflow.records import OfferRow
from footfall.dialects.native.ingest_body import SOURCE
from footfall.dialects.openqr.records import CodeRow
from footfall.dialects.passentry.records.tables import PassRow
from footfall.dialects.vantio.records import PosterRow

RESOURCES: Final = {
    SOURCE: "tracker",
    "openqr": "code",
    "vantio": "poster",
    "passentry": "pass",
    "copernica": "emailing",
    "everflow": "offer",
}
"""By source: what a tracker is there."""

_STANDING: Final[tuple[tuple[Any, Any, Any, Any], ...]] = (
    (CodeRow, CodeRow.tracker_id, CodeRow.id, CodeRow.label),
    (PosterRow, PosterRow.tracker_id, PosterRow.id, PosterRow.location),
    (PassRow, PassRow.tracker_id, PassRow.id, PassRow.ext_id),
    (EmailingRow, EmailingRow.tracker_id, EmailingRow.id, EmailingRow.subject),
    (OfferRow, OfferRow.id, OfferRow.id, OfferRow.name),
)
"""The tables that stand on a tracker, one to one: table, tracker, id, name."""

ID: Final = func.coalesce(
    *(cast(id, String) for _, _, id, _ in _STANDING), cast(TrackerRow.id, String)
)
NAME: Final = func.coalesce(
    func.nullif(TrackerRow.name, ""), *(name for _, _, _, name in _STANDING), ""
)


def select_trackers(account: int) -> Select[TrackerRow, str, str]:
    """The account's trackers, each with the id and the name of its resource. A row of each table is
    found by its key, so a page costs the same however many there are."""
    query = select(TrackerRow, ID, NAME).where(
        TrackerRow.account_id == account, TrackerRow.deleted_at.is_(None)
    )
    for table, tracker, _, _ in _STANDING:
        query = query.outerjoin(table, tracker == TrackerRow.id)
    return query
