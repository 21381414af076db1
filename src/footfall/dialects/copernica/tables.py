"""The tables of emailings, their destinations and links, profiles and subprofiles, and what all of
them share: finding, listing and changing rows. Every function takes the session of the
caller's transaction, so that a change happens whole or not at all.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from sqlalchemy import JSON, BigInteger, ColumnElement, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column, relationship

from footfall.catalog.tables import Base, TrackerRow
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.ids import ID_MAX

SOURCE: Final = "copernica"

INVALID: Final = "Invalid data provided"
"""The vendor's words for a body or a parameter that it cannot read."""

_IDS_AT_ONCE: Final = 500
_ID_FORM: Final = re.compile(r"[0-9]{1,19}")
_HASH_FORM: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")


class OwnedRow(Base):
    """What the rows of every table have. `id` grows with every row of its table and is
    never reused: lists are ordered by it, and on the wire it is a string of digits."""

    __abstract__ = True

    UNKNOWN: ClassVar[str] = "No entity with supplied ID"
    """The error of an id that its account has not."""
    WORD: ClassVar[str]
    """What the vendor calls it."""
    INDEXES: ClassVar[tuple[Index, ...]] = ()
    """Beside the one by which every list is read."""

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-2)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), sort_order=-1)
    created_at: Mapped[int] = mapped_column(BigInteger, sort_order=1)
    updated_at: Mapped[int] = mapped_column(BigInteger, sort_order=1)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 (it gets the class)
        by_account = Index(f"ix_{cls.__tablename__}_account", "account_id", "id")
        return (by_account, *cls.INDEXES, {"sqlite_autoincrement": True})


class EmailingRow(OwnedRow):
    """Stands on a tracker, one to one. `sent_at` is its time on the wire; `destinations` is how
    many it has, counted as they come. `target` and `from_address` as the wire has them."""

    __tablename__ = "copernica_emailings"

    tracker_id: Mapped[int] = mapped_column(
        ForeignKey("trackers.id", ondelete="CASCADE"), unique=True
    )
    sent_at: Mapped[int] = mapped_column(BigInteger)
    subject: Mapped[str]
    description: Mapped[str]
    from_address: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    document: Mapped[str | None]
    template: Mapped[str | None]
    type: Mapped[str]
    followup: Mapped[bool]
    test: Mapped[bool]
    contenttype: Mapped[str]
    target: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tags: Mapped[list[str]]
    destinations: Mapped[int] = mapped_column(default=0)

    tracker: Mapped[TrackerRow] = relationship(lazy="joined", innerjoin=True)


class ProfileRow(OwnedRow):
    """`secret` are 28 hexadecimal digits, unless a client sets another. `removed_at` is when it was
    removed: then its fields are empty texts, and no list has it."""

    __tablename__ = "copernica_profiles"
    WORD = "profile"

    secret: Mapped[str]
    fields: Mapped[dict[str, Any]]
    interests: Mapped[list[str]]
    removed_at: Mapped[int | None] = mapped_column(BigInteger)


class SubprofileRow(OwnedRow):
    __tablename__ = "copernica_subprofiles"
    WORD = "subprofile"
    UNKNOWN = "No subprofile with supplied ID"

    profile_id: Mapped[int] = mapped_column(
        ForeignKey("copernica_profiles.id", ondelete="CASCADE"), index=True
    )
    secret: Mapped[str]
    fields: Mapped[dict[str, Any]]
    removed_at: Mapped[int | None] = mapped_column(BigInteger)


class DestinationRow(OwnedRow):
    """One mail to one person. `hash` are the 32 hexadecimal digits by which Publisher knows it;
    Marketing Suite calls the first 16 of them the message's id. A profile that was deleted leaves
    its number behind, as it does in events."""

    __tablename__ = "copernica_destinations"
    INDEXES = (
        Index("ix_copernica_destinations_emailing", "emailing_id", "id"),
        Index("ix_copernica_destinations_profile", "account_id", "profile", "id"),
    )

    emailing_id: Mapped[int] = mapped_column(
        ForeignKey("copernica_emailings.id", ondelete="CASCADE")
    )
    hash: Mapped[str] = mapped_column(unique=True)
    profile: Mapped[int | None]
    subprofile: Mapped[int | None]


class LinkRow(OwnedRow):
    """A link of an emailing: each of its destinations has a click URL of its own for it."""

    __tablename__ = "copernica_links"
    INDEXES = (Index("ix_copernica_links_url", "emailing_id", "url", unique=True),)

    emailing_id: Mapped[int] = mapped_column(
        ForeignKey("copernica_emailings.id", ondelete="CASCADE")
    )
    url: Mapped[str]
    title: Mapped[str]


Person = TypeVar("Person", ProfileRow, SubprofileRow)
Row = TypeVar("Row", EmailingRow, ProfileRow, SubprofileRow, DestinationRow, LinkRow)
Condition = ColumnElement[bool]


class Part(msgspec.Struct, frozen=True):
    """Which rows of a list: `limit` after the first `start`, and whether all are counted."""

    start: int
    limit: int
    total: bool


def read_id(text: str) -> int | None:
    """The number that a path or body names; None for what cannot be one of ours."""
    number = int(text) if _ID_FORM.fullmatch(text) else 0
    return number if 0 < number <= ID_MAX else None


def find(session: Session, rows: type[Row], account: int, text: str) -> Row:
    """By the number in `text`, a destination also by its hash. Raises NotFound with the vendor's
    words, also for another account's."""
    condition: Condition | None = None
    if (number := read_id(text)) is not None:
        condition = rows.id == number
    if rows is DestinationRow and _HASH_FORM.fullmatch(text):
        # All that begin with it: `g` is what follows the last hexadecimal digit.
        begins = (DestinationRow.hash >= text) & (DestinationRow.hash < text + "g")
        condition = begins if condition is None else condition | begins
    row = None
    if condition is not None:
        query = select(rows).where(rows.account_id == account, condition)
        row = session.scalars(query.order_by(rows.id)).first()
    if row is None:
        raise NotFound(rows.UNKNOWN)
    return row


def find_many(session: Session, rows: Any, account: int, ids: Iterable[int]) -> dict[int, Any]:
    """By id: those of these ids that the account has."""
    wanted = sorted(ids)
    found: dict[int, Any] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        some = [id for id in wanted[start : start + _IDS_AT_ONCE] if id <= ID_MAX]
        query = select(rows).where(rows.account_id == account, rows.id.in_(some))
        if rows in (ProfileRow, SubprofileRow):
            query = query.where(rows.removed_at.is_(None))
        found.update((row.id, row) for row in session.scalars(query))
    return found


class Removed(InvalidRequest):
    """A profile or subprofile that was removed cannot be removed again."""


def find_present(session: Session, rows: type[Person], account: int, text: str) -> Person:
    """As `find`. Raises Removed for one that was removed."""
    row = find(session, rows, account, text)
    if row.removed_at is not None:
        raise Removed(f"This {rows.WORD} has already been removed")
    return row


class Group(msgspec.Struct, frozen=True):
    """What the vendor keeps profiles or subprofiles in. There is one of each kind."""

    name: str
    unknown: str


GROUP_ID: Final = "1"
DATABASE: Final = Group("Footfall", "No database with supplied ID")
COLLECTION: Final = Group("Footfall", "No collection with given ID")


def check_group(group: Group, text: str) -> None:
    """A group is named by its id or by its name in any case. Raises NotFound for another one."""
    if text != GROUP_ID and text.casefold() != group.name.casefold():
        raise NotFound(group.unknown)


NAMED: Final[Mapping[str, Group | type[OwnedRow]]] = {
    "emailing": EmailingRow,
    "destination": DestinationRow,
    "message": DestinationRow,
    "profile": ProfileRow,
    "subprofile": SubprofileRow,
    "database": DATABASE,
    "collection": COLLECTION,
}
"""After each of these words a path has an id, of one of these."""


def check_named(session: Session, account: int, word: str, id: str, *, deleting: bool) -> None:
    """Raises NotFound or Removed where the id that follows this word in a path is not one of the
    account's: the vendor says so before it says anything of the rest of the path."""
    named: Any = NAMED[word]
    if isinstance(named, Group):
        check_group(named, id)
    elif deleting and named in (ProfileRow, SubprofileRow):
        find_present(session, named, account, id)
    else:
        find(session, named, account, id)


def list_rows(
    session: Session,
    rows: type[Row],
    account: int,
    conditions: Sequence[Condition],
    part: Part,
    order: Sequence[Any] = (),
) -> tuple[Sequence[Row], int | None]:
    """By id or in this order, and how many there are in all, None unless that is requested. By id
    new rows only come behind, so no part of the list skips or repeats."""
    wanted = (rows.account_id == account, *conditions)
    query = select(rows).where(*wanted).order_by(*(order or [rows.id]))
    query = query.offset(part.start).limit(part.limit)
    found = session.scalars(query).all() if part.limit else []
    if not part.total:
        return found, None
    return found, session.scalar(select(func.count()).select_from(rows).where(*wanted))


def change(row: OwnedRow, now: int, fields: Mapping[str, Any]) -> None:
    """Set what differs; when nothing does, the row is as it was."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.updated_at = now
