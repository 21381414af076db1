"""Lists of codes: pages, filters, and the tags in use."""

import base64
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import TableValuedAlias, exists, func, or_, select, true
from sqlalchemy.orm import Session

from footfall.catalog.searching import Folded, is_same, matches
from footfall.catalog.tables import TrackerRow
from footfall.core.errors import InvalidRequest
from footfall.core.trackers import TrackerStatus
from footfall.dialects.openqr.records import CodeRow, FolderRow, codes_of

NO_FOLDER: Final = "none"
TAGS_MAX: Final = 1_000


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which codes: all of it must hold. `search` is part of a label, slug, destination or payload,
    in any case; `folder` an id or name, or `none`; `tags` are all of them on the code. A `status`
    is of dynamic codes, as a scan meets it at `now` (milliseconds since 1970)."""

    search: str = ""
    folder: str = ""
    tags: tuple[str, ...] = ()
    status: TrackerStatus | None = None
    now: int = 0
    dynamic_only: bool = False


def list_codes(
    session: Session, account: int, wanted: Filter, *, limit: int, cursor: str = ""
) -> tuple[Sequence[CodeRow], str | None]:
    """Newest first, and the cursor of the next page. Codes made meanwhile come before every
    cursor, so a page neither skips nor repeats. Raises InvalidRequest for an unknown folder."""
    query = codes_of(account)
    if cursor:
        query = query.where(CodeRow.number < read_cursor(cursor))
    if wanted.dynamic_only:
        query = query.where(CodeRow.tracker_id.is_not(None))
    if wanted.search:
        names = (CodeRow.label, TrackerRow.slug)
        query = query.where(
            matches(wanted.search, names, (TrackerRow.destination, CodeRow.payload))
        )
    if wanted.folder:
        folder = _find_folder_id(session, account, wanted.folder)
        query = query.where(CodeRow.folder_id.is_(folder))
    for tag in wanted.tags:
        tags = _tags()
        query = query.where(exists().select_from(tags).where(is_same(tags.c.value, tag)))
    if wanted.status is not None:
        paused = TrackerRow.is_paused_at(wanted.now)
        query = query.where(paused if wanted.status is TrackerStatus.PAUSED else ~paused)
    rows = session.scalars(query.order_by(CodeRow.number.desc()).limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], write_cursor(rows[limit - 1].number)


def count_tags(session: Session, account: int) -> tuple[list[tuple[str, int]], bool]:
    """The tags in use and how many codes have each, the most used first; and whether that is all
    of them: there are at most `TAGS_MAX`. Tags that differ in case alone are one."""
    tags = _tags()
    codes = func.count()
    shown = func.min(tags.c.value)
    query = codes_of(account).join(tags, true()).with_only_columns(shown, codes)
    ordered = query.group_by(Folded(tags.c.value)).order_by(codes.desc(), shown)
    found = [(str(tag), int(n)) for tag, n in session.execute(ordered.limit(TAGS_MAX + 1))]
    return found[:TAGS_MAX], len(found) <= TAGS_MAX


def _tags() -> TableValuedAlias:
    """A row for each tag of the code beside it."""
    return func.json_each(CodeRow.tags).table_valued("value")


def _find_folder_id(session: Session, account: int, folder: str) -> str | None:
    """None for codes in no folder. Raises InvalidRequest."""
    if folder == NO_FOLDER:
        return None
    rows = session.execute(
        select(FolderRow.id).where(
            FolderRow.account_id == account,
            or_(FolderRow.id == folder, is_same(FolderRow.name, folder)),
        )
    )
    ids = [id for (id,) in rows]
    if not ids:
        raise InvalidRequest(
            f"There is no folder '{folder}'. GET /v1/folders lists those there are."
        )
    return folder if folder in ids else ids[0]


def write_cursor(number: int) -> str:
    return base64.urlsafe_b64encode(f"n{number}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> int:
    """Raises InvalidRequest."""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        if plain[:1] != "n" or len(plain) > 19:
            raise ValueError(plain)
        return int(plain[1:])
    except ValueError:
        raise InvalidRequest("cursor is not one of ours: give next_cursor as it came.") from None
