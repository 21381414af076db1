"""Everflow's resources: offers and what stands around them.

This file has their tables and what all of them share: finding, listing, changing. The verbs of
offers and coupons, which the hot path knows of, are in `offers.py`. Every function takes the
session of the caller's transaction, so that a change happens whole or not at all.

Ids are whole numbers, never reused and unique over the whole server, so that an id in a tracking
link alone tells the account. An offer has the id of the tracker that it stands on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column, relationship

from footfall.catalog.records import find_row
from footfall.catalog.tables import Base, TrackerRow
from footfall.core.errors import InvalidRequest, NotFound

SOURCE: Final = "everflow"

ACTIVE: Final = "active"
FOUND_AT_ONCE: Final = 500
ID_MAX: Final = (1 << 53) - 1
"""Beyond it clients in JavaScript lose digits."""


class Record(Base):
    """What every resource has. `name` is what people call it: of an employee the full name, of a
    coupon its code. `WORD` names it in messages."""

    __abstract__ = True

    WORD: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default=ACTIVE)
    created_at: Mapped[int] = mapped_column(BigInteger, sort_order=1)
    updated_at: Mapped[int] = mapped_column(BigInteger, sort_order=1)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - SQLAlchemy gives the class
        """Lists are read by account and id. The database gives no id twice."""
        return (
            Index(f"ix_{cls.__tablename__}_account", "account_id", "id"),
            {"sqlite_autoincrement": True},
        )


class CategoryRow(Record):
    __tablename__ = "everflow_categories"
    WORD = "category"


class OfferGroupRow(Record):
    __tablename__ = "everflow_offer_groups"
    WORD = "offer group"


class LabelRow(Record):
    """Offers have labels by their names."""

    __tablename__ = "everflow_labels"
    __table_args__ = (
        Index("ix_everflow_labels_name", "account_id", "name", unique=True),
        Index("ix_everflow_labels_account", "account_id", "id"),
        {"sqlite_autoincrement": True},
    )
    WORD = "label"


class BusinessUnitRow(Record):
    __tablename__ = "everflow_business_units"
    WORD = "business unit"


class ChannelRow(Record):
    __tablename__ = "everflow_channels"
    WORD = "channel"


class AffiliateTierRow(Record):
    __tablename__ = "everflow_affiliate_tiers"
    WORD = "affiliate tier"


class EmployeeRow(Record):
    """Whom the vendor calls a manager, by what the employee looks after."""

    __tablename__ = "everflow_employees"
    WORD = "employee"

    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str]


class AdvertiserRow(Record):
    __tablename__ = "everflow_advertisers"
    WORD = "advertiser"

    account_manager_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_employees.id"))
    sales_manager_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_employees.id"))
    internal_notes: Mapped[str]
    verification_token: Mapped[str] = mapped_column(server_default=text("''"), default="")
    """Conversions of its offers must have it; "" asks for none."""


class AffiliateRow(Record):
    """`billing_frequency`: how often it is paid, "" where nobody said."""

    __tablename__ = "everflow_affiliates"
    WORD = "affiliate"

    affiliate_manager_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_employees.id"))
    account_executive_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_employees.id"))
    affiliate_tier_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_affiliate_tiers.id"))
    billing_frequency: Mapped[str]
    internal_notes: Mapped[str]


class OfferRow(Record):
    """Stands on a tracker, whose id it has. `payout` and `revenue` in units of the currency."""

    __tablename__ = "everflow_offers"
    __table_args__ = (Index("ix_everflow_offers_account", "account_id", "id"),)
    WORD = "offer"

    id: Mapped[int] = mapped_column(ForeignKey("trackers.id", ondelete="CASCADE"), primary_key=True)
    advertiser_id: Mapped[int] = mapped_column(ForeignKey("everflow_advertisers.id"))
    offer_group_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_offer_groups.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_categories.id"))
    business_unit_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_business_units.id"))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_channels.id"))
    labels: Mapped[list[str]]
    project_id: Mapped[str]
    destination_url: Mapped[str]
    preview_url: Mapped[str]
    visibility: Mapped[str]
    currency_id: Mapped[str]
    payout_type: Mapped[str]
    payout: Mapped[float]
    revenue_type: Mapped[str]
    revenue: Mapped[float]
    view_through: Mapped[bool]
    internal_notes: Mapped[str]

    tracker: Mapped[TrackerRow] = relationship()


class OfferUrlRow(Record):
    """Another page that clicks on an offer may lead to."""

    __tablename__ = "everflow_offer_urls"
    WORD = "offer URL"

    offer_id: Mapped[int] = mapped_column(ForeignKey("everflow_offers.id", ondelete="CASCADE"))
    destination_url: Mapped[str]


class CreativeRow(Record):
    __tablename__ = "everflow_creatives"
    WORD = "creative"

    offer_id: Mapped[int] = mapped_column(ForeignKey("everflow_offers.id", ondelete="CASCADE"))
    creative_type: Mapped[str]
    resource_url: Mapped[str]
    html_code: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]


class CampaignRow(Record):
    __tablename__ = "everflow_campaigns"
    WORD = "campaign"

    internal_notes: Mapped[str]


class CouponRow(Record):
    """`folded` is the code without regard to case: one server knows a code once, because a page
    may send a code and nothing else."""

    __tablename__ = "everflow_coupons"
    WORD = "coupon code"

    folded: Mapped[str] = mapped_column(unique=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("everflow_offers.id", ondelete="CASCADE"))
    affiliate_id: Mapped[int | None] = mapped_column(ForeignKey("everflow_affiliates.id"))


class ConversionRow(Base):
    """A conversion that was counted: `key` is a hash of what it is known by. `click_id` is the
    event that it is attributed to, 0 for none, `event_id` the conversion's own."""

    __tablename__ = "everflow_conversions"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(
        ForeignKey("everflow_offers.id", ondelete="CASCADE"), index=True
    )
    click_id: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[int] = mapped_column(BigInteger)


class AffiliateKeyRow(Base):
    """An API key that sees one affiliate's own rows and nothing else. It has no scope."""

    __tablename__ = "everflow_affiliate_keys"

    key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    affiliate_id: Mapped[int] = mapped_column(ForeignKey("everflow_affiliates.id"))


class NetworkRow(Base):
    """What the vendor calls a network is an account. There is no row while all is as at first:
    see `network`."""

    __tablename__ = "everflow_networks"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    impression_package: Mapped[bool]
    timezone_id: Mapped[int]
    currency_id: Mapped[str]


Row = TypeVar("Row", bound=Record)


def network(session: Session, account: int) -> NetworkRow:
    """An account's settings here, the usual ones while nobody chose others."""
    return session.get(NetworkRow, account) or NetworkRow(
        account_id=account, impression_package=True, timezone_id=67, currency_id="USD"
    )


def find(session: Session, rows: type[Row], account: int, id: int) -> Row:
    """Raises NotFound, also for another account's."""
    return find_row(session, rows, account, id, f"There is no {rows.WORD} {id}.")


def list_rows(
    session: Session,
    rows: type[Row],
    account: int,
    equal: Mapping[str, Any],
    page: int,
    size: int,
    more: Iterable[ColumnElement[bool]] = (),
    *,
    newest_first: bool = False,
) -> tuple[Sequence[Row], int]:
    """A page (from 1) of the rows by id, and how many there are on all pages. New rows only come
    behind, so a page that was read stays as it is. `equal` maps columns to values, `more` are
    further conditions."""
    conditions = [rows.account_id == account, *more]
    conditions += [getattr(rows, column) == value for column, value in equal.items()]
    count = session.scalar(select(func.count()).select_from(rows).where(*conditions)) or 0
    start = (page - 1) * size
    if start >= count:
        return [], count
    order = rows.id.desc() if newest_first else rows.id
    query = select(rows).where(*conditions).order_by(order).offset(start).limit(size)
    return session.scalars(query).all(), count


def rows_of(session: Session, rows: type[Row], account: int) -> Sequence[Row]:
    """All of an account, by id."""
    return session.scalars(select(rows).where(rows.account_id == account).order_by(rows.id)).all()


Names = tuple[frozenset[str], Mapping[str, Sequence[str]]]
"""All ids, and the ids of each name: ids as text."""


def names_of(session: Session, rows: type[Row], account: int) -> Names:
    """Of all of an account."""
    ids, named = set(), defaultdict(list)
    for id, name in session.execute(select(rows.id, rows.name).where(rows.account_id == account)):
        ids.add(str(id))
        named[name].append(str(id))
    return frozenset(ids), named


def find_all(session: Session, rows: type[Row], account: int, ids: Iterable[int]) -> dict[int, Row]:
    """Those of the account that are there, by id."""
    wanted = [id for id in ids if 0 < id <= ID_MAX]
    found: dict[int, Row] = {}
    for start in range(0, len(wanted), FOUND_AT_ONCE):
        some = wanted[start : start + FOUND_AT_ONCE]
        query = select(rows).where(rows.account_id == account, rows.id.in_(some))
        found.update((row.id, row) for row in session.scalars(query))
    return found


def change(row: Record, now: int, fields: Mapping[str, Any]) -> None:
    """Set what differs; when nothing does, the row is as it was."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.updated_at = now


_BY_TABLE: Final = {rows.__tablename__: rows for rows in Record.__subclasses__()}
REFERENCES: Final[Mapping[str, type[Record]]] = {
    column.name: _BY_TABLE[key.column.table.name]
    for rows in _BY_TABLE.values()
    for column in rows.__table__.columns
    for key in column.foreign_keys
    if key.column.table.name in _BY_TABLE
}
"""Columns that name another resource of the same account."""


def check_references(session: Session, account: int, fields: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for what is not there, or is another account's."""
    for column, rows in REFERENCES.items():
        if (id := fields.get(column)) is not None:
            try:
                find(session, rows, account, id)
            except NotFound as error:
                raise InvalidRequest(f"{column}: {error.message}") from None
