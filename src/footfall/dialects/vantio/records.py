"""Vantio's resources: programs, users (student ambassadors), posters, referrals and earnings.

This file has their tables and what all of them share: ids, finding, listing. The verbs that make
and change them are in `campaigns.py` and `commissions.py`. Every function takes the session of the
caller's transaction, so that a change happens whole or not at all.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from footfall.catalog.records import find_row, new_id
from footfall.catalog.tables import Base, TrackerRow
from footfall.core.errors import InvalidRequest

SOURCE: Final = "vantio"

_ID_FORM: Final = re.compile(r"[a-z]{3,6}_[a-z0-9]{12,13}")
NO_ID: Final = "-"
"""The id of nothing."""


class Record(Base):
    """What every resource has. `number` grows with every row and is never reused: lists go by it.
    `details` is the vendor's `metadata`: a JSON object that is kept as it was given."""

    __abstract__ = True

    PREFIX: ClassVar[str]
    NAME: ClassVar[str]

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[int] = mapped_column(BigInteger, sort_order=1)
    updated_at: Mapped[int] = mapped_column(BigInteger, sort_order=1)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict, sort_order=1)


class ProgramRow(Record):
    """`commission` as the wire has it; `minimum_payout` in the smallest unit of `currency`."""

    __tablename__ = "vantio_programs"
    __table_args__ = (
        Index("ix_vantio_programs_account", "account_id", "number"),
        {"sqlite_autoincrement": True},
    )
    PREFIX = "prog_"
    NAME = "Program"

    name: Mapped[str]
    description: Mapped[str | None]
    landing_url: Mapped[str]
    commission: Mapped[dict[str, Any]]
    payout_schedule: Mapped[str]
    minimum_payout: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]


class UserRow(Record):
    __tablename__ = "vantio_users"
    __table_args__ = (
        Index("ix_vantio_users_account", "account_id", "number"),
        {"sqlite_autoincrement": True},
    )
    PREFIX = "user_"
    NAME = "User"

    program_id: Mapped[str] = mapped_column(ForeignKey("vantio_programs.id"), index=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str]
    profile_picture: Mapped[str | None]


class PosterRow(Record):
    """Stands on a tracker, one to one."""

    __tablename__ = "vantio_posters"
    __table_args__ = (
        Index("ix_vantio_posters_account", "account_id", "number"),
        {"sqlite_autoincrement": True},
    )
    PREFIX = "poster_"
    NAME = "Poster"

    program_id: Mapped[str] = mapped_column(ForeignKey("vantio_programs.id"), index=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("vantio_users.id"), index=True)
    tracker_id: Mapped[int] = mapped_column(
        ForeignKey("trackers.id", ondelete="CASCADE"), unique=True
    )
    location: Mapped[str | None]

    tracker: Mapped[TrackerRow] = relationship(lazy="joined", innerjoin=True)


class ReferralRow(Record):
    """`impression_id` and `poster_id` may outlive what they name: a poster can be deleted, and an
    account may keep events for some days only."""

    __tablename__ = "vantio_referrals"
    __table_args__ = (
        Index("ix_vantio_referrals_account", "account_id", "number"),
        Index("ix_vantio_referrals_impression", "account_id", "impression_id"),
        {"sqlite_autoincrement": True},
    )
    PREFIX = "ref_"
    NAME = "Referral"

    impression_id: Mapped[str]
    poster_id: Mapped[str]
    program_id: Mapped[str] = mapped_column(ForeignKey("vantio_programs.id"), index=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("vantio_users.id"), index=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str]
    profile_picture: Mapped[str | None]
    status: Mapped[str]
    verified_at: Mapped[int | None] = mapped_column(BigInteger)


class EarningRow(Record):
    """`amount` in the smallest unit of `currency`. `program_id` is the referral's."""

    __tablename__ = "vantio_earnings"
    __table_args__ = (
        Index("ix_vantio_earnings_account", "account_id", "number"),
        {"sqlite_autoincrement": True},
    )
    PREFIX = "earn_"
    NAME = "Earning"

    referral_id: Mapped[str] = mapped_column(ForeignKey("vantio_referrals.id"), index=True)
    program_id: Mapped[str] = mapped_column(ForeignKey("vantio_programs.id"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    type: Mapped[str | None]
    description: Mapped[str | None]
    status: Mapped[str]
    reference_id: Mapped[str | None]
    paid_at: Mapped[int | None] = mapped_column(BigInteger)


Row = TypeVar("Row", ProgramRow, UserRow, PosterRow, ReferralRow, EarningRow)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list: `limit` rows after `cursor` (the id of a row, "" for the start), past
    the next `offset` ones. `since` and `until` bound the creation, [since, until) in milliseconds
    since 1970."""

    limit: int
    offset: int = 0
    cursor: str = ""
    since: int | None = None
    until: int | None = None


def read_id(text: str) -> str:
    """The text, if it can be the id of a resource or an impression; else the id of nothing. What is
    not of our form (surrogates, NUL) goes to no database."""
    return text if _ID_FORM.fullmatch(text) else NO_ID


def find(session: Session, rows: type[Row], account: int, id: str) -> Row:
    """Raises NotFound, also for another account's."""
    missing = f"{rows.NAME} with the specified ID does not exist"
    return find_row(session, rows, account, read_id(id), missing)


def create(session: Session, rows: type[Row], account: int, now: int, **fields: Any) -> Row:
    """A new row, with a new id."""
    row = rows(id=new_id(rows.PREFIX), account_id=account, created_at=now, updated_at=now, **fields)
    session.add(row)
    session.flush()
    return row


def list_rows(
    session: Session, rows: type[Row], account: int, equal: Mapping[str, str], part: Part
) -> tuple[Sequence[Row], str | None]:
    """Oldest first, and the cursor of the next part, None at the end. New rows only come behind,
    so a part neither skips nor repeats. `equal` maps columns to the value that is requested.

    Raises InvalidRequest for an unknown cursor.
    """
    query = select(rows).where(
        rows.account_id == account,
        *(getattr(rows, column) == value for column, value in equal.items()),
        *created(rows, part.since, part.until),
    )
    if part.cursor:
        last = select(rows.number).where(rows.account_id == account)
        number = session.scalar(last.where(rows.id == read_id(part.cursor)))
        if number is None:
            raise InvalidRequest(
                "cursor is not the id of a row of this list: give the last id that you read, "
                "or start over."
            )
        query = query.where(rows.number > number)
    page = query.order_by(rows.number).offset(part.offset).limit(part.limit + 1)
    found = session.scalars(page).all()
    if len(found) <= part.limit:
        return found, None
    return found[: part.limit], found[part.limit - 1].id


def change(row: Record, now: int, fields: Mapping[str, Any]) -> None:
    """Set what differs; when nothing does, the row is as it was."""
    changed = {
        name: value
        for name, value in fields.items()
        # As JSON: to Python 1, 1.0 and true are equal.
        if msgspec.json.encode(getattr(row, name)) != msgspec.json.encode(value)
    }
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.updated_at = now


def created(rows: type[Record], since: int | None, until: int | None) -> list[ColumnElement[bool]]:
    """Conditions: made in [since, until), milliseconds since 1970."""
    conditions = []
    if since is not None:
        conditions.append(rows.created_at >= since)
    if until is not None:
        conditions.append(rows.created_at < until)
    return conditions
