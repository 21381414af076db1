"""What rows of every API have alike: ids, finding, limits, the trackers that some stand on."""

import secrets
import string
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from footfall.catalog.slugs import new_slug
from footfall.catalog.tables import TrackerRow
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.events import EventKind

_ALPHABET: Final = string.ascii_lowercase + string.digits
_ID_LENGTH: Final = 12

Row = TypeVar("Row")


def new_id(prefix: str) -> str:
    """The prefix and 12 random letters and digits: 62 bits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def find_row(session: Session, rows: type[Row], account: int, id: Any, missing: str) -> Row:
    """By `id`. Raises NotFound, also for another account's: its message is `missing`."""
    columns: Any = rows
    row = session.scalar(select(columns).where(columns.account_id == account, columns.id == id))
    if row is None:
        raise NotFound(missing)
    found: Row = row
    return found


def check_count(session: Session, rows: Any, account: int, most: int, message: str) -> None:
    """Raises InvalidRequest where the account has as many as it may."""
    count = session.scalar(select(func.count()).where(rows.account_id == account)) or 0
    if count >= most:
        raise InvalidRequest(message)


def new_tracker(
    account: int,
    source: str,
    now: int,
    slug: str | None,
    *,
    kind: EventKind = EventKind.SCAN,
    destination: str = "",
    **fields: Any,
) -> TrackerRow:
    """What reports back, of this API; its privacy is the account's where `fields` say no other."""
    return TrackerRow(
        account_id=account,
        slug=slug,
        kind=kind.value,
        source=source,
        destination=destination,
        created_at=now,
        updated_at=now,
        **{"privacy": "", **fields},
    )


def slug_taken(session: Session, slug: str) -> bool:
    return session.scalar(select(TrackerRow.id).where(TrackerRow.slug == slug)) is not None


def free_slug(session: Session, draw_slug: Callable[[], str] = new_slug) -> str:
    """A random one; one that is taken is drawn again."""
    while slug_taken(session, slug := draw_slug()):
        pass
    return slug


def forget_tracker(tracker: TrackerRow, now: int) -> None:
    """Its link stops at once; the upkeep erases its events."""
    tracker.slug, tracker.deleted_at = None, now
