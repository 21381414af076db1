"""The tables that every API shares. A dialect's own resources are in its `records.py`.

Times are milliseconds since 1970, UTC, as everywhere in Footfall.
"""

from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import JSON, BigInteger, ColumnElement, ForeignKey, Index, MetaData, and_, or_
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from footfall.core.accounts import Account, ApiKey, Member, Privacy
from footfall.core.events import EventKind
from footfall.core.trackers import DeletedTracker, Lock, Tracker, TrackerStatus

NAMING: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Of constraints and indexes, so that migrations can address them."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict[str, Any]: JSON, dict[str, str]: JSON, list[str]: JSON}


Shown = TypeVar("Shown", bound=msgspec.Struct)


def of_row(shown: type[Shown], row: Base, **given: Any) -> Shown:
    """The struct of a row: every field is `given`, or the column of its name, in the field's type.
    An `account` is the column `account_id`."""
    values = {
        name: given[name] if name in given else getattr(row, _COLUMNS.get(name, name))
        for name in shown.__struct_fields__
    }
    return msgspec.convert(values, shown)


_COLUMNS: Final = {"account": "account_id"}


class AccountRow(Base):
    __tablename__ = "accounts"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    privacy: Mapped[str]
    raw_days: Mapped[int | None]
    age_by: Mapped[str] = mapped_column(default="received_at", server_default="received_at")
    rollup_months: Mapped[int | None]
    created_at: Mapped[int] = mapped_column(BigInteger)

    def to_account(self) -> Account:
        return of_row(Account, self)


class ApiKeyRow(Base):
    __tablename__ = "api_keys"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    creations_per_hour: Mapped[int | None]

    def to_key(self) -> ApiKey:
        return of_row(ApiKey, self)


class MemberRow(Base):
    """A person who signs in. Without a password it is somebody invited who has not come yet."""

    __tablename__ = "members"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    role: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)
    last_seen_at: Mapped[int | None] = mapped_column(BigInteger)

    def to_member(self) -> Member:
        return of_row(Member, self, joined=self.password_hash is not None)


class SessionRow(Base):
    """A member's browser. `hash` is the SHA-256 of what its cookie holds."""

    __tablename__ = "sessions"

    hash: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class InvitationRow(Base):
    """A link that works once: a member chooses a password with it. Without a member it makes the
    account's first owner. `hash` is the SHA-256 of what the link holds. `invited_by` is the member
    who made it, null for a key, the command line and a member who was removed."""

    __tablename__ = "invitations"

    hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), index=True
    )
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)


class TrackerRow(Base):
    """`deleted_at` marks a tracker whose events are being erased; the row goes when they are.
    `privacy` "" is the account's own mode. Of `event_metadata` and `event_id_parameter` see
    `Tracker`."""

    __tablename__ = "trackers"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    slug: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str | None]
    kind: Mapped[str]
    source: Mapped[str]
    destination: Mapped[str]
    destinations: Mapped[dict[str, str]] = mapped_column(default=dict)
    utm: Mapped[dict[str, str]] = mapped_column(default=dict)
    references: Mapped[dict[str, str]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(default=TrackerStatus.ACTIVE.value)
    pause_until: Mapped[int | None] = mapped_column(BigInteger)
    password_hash: Mapped[str | None]
    pin_hash: Mapped[str | None]
    lock_hint: Mapped[str] = mapped_column(default="")
    privacy: Mapped[str]
    event_metadata: Mapped[str | None]
    event_id_parameter: Mapped[str | None]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)

    @classmethod
    def is_paused_at(cls, now: int) -> ColumnElement[bool]:
        """`Tracker.paused_at` as SQL; `now` in milliseconds since 1970."""
        by_hand = and_(cls.pause_until.is_(None), cls.status == TrackerStatus.PAUSED.value)
        return or_(by_hand, and_(cls.pause_until.is_not(None), cls.pause_until > now))

    def to_deleted(self) -> DeletedTracker:
        return DeletedTracker(self.account_id, self.id, self.source, self.deleted_at or 0)

    def to_tracker(self, account_privacy: Privacy = Privacy.COARSE) -> Tracker:
        lock = None
        if self.password_hash or self.pin_hash:
            lock = Lock(self.password_hash, self.pin_hash, self.lock_hint)
        return Tracker(
            id=self.id,
            account=self.account_id,
            slug=self.slug or "",
            kind=EventKind(self.kind),
            source=self.source,
            destination=self.destination,
            destinations=self.destinations,
            utm=tuple(self.utm.items()),
            references=self.references,
            status=TrackerStatus(self.status),
            pause_until=self.pause_until,
            lock=lock,
            privacy=Privacy(self.privacy) if self.privacy else account_privacy,
            metadata=self.event_metadata or "",
            event_id_parameter=self.event_id_parameter or "",
        )


class PendingEventRow(Base):
    """An event that a committed transaction promised. It goes once the event is journalled."""

    __tablename__ = "promised_events"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event: Mapped[bytes]


class WebhookRow(Base):
    """Who gets which messages. `source` is the API that sends them, `scope` a part of the account
    there ("" for all of it). The secret signs what is sent, so it is kept as it is.

    `failing_since`: the first failure after the receiver last took a message. `disabled_at` and
    `disabled_reason` are set when we disabled it because of its receiver.
    """

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_account", "account_id", "source", "scope"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    source: Mapped[str]
    scope: Mapped[str] = mapped_column(default="")
    url: Mapped[str]
    secret: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=True)
    events: Mapped[list[str]]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    failing_since: Mapped[int | None] = mapped_column(BigInteger)
    disabled_at: Mapped[int | None] = mapped_column(BigInteger)
    disabled_reason: Mapped[str | None]


class DeliveryRow(Base):
    """One message to one webhook: the outbox while `next_at` is set, the log for a while after.

    `message_id` is the same in every attempt, `due_from` when the first was due. `status` is the
    receiver's last HTTP status, null when it did not answer; `problem` says what was wrong.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_due", "next_at", "number"),
        Index("ix_webhook_deliveries_webhook", "webhook_id", "number"),
        Index("ix_webhook_deliveries_order", "webhook_id", "next_at", "number"),
        Index("ix_webhook_deliveries_ended_at", "ended_at"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str]
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    event: Mapped[str]
    body: Mapped[bytes]
    created_at: Mapped[int] = mapped_column(BigInteger)
    due_from: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    delivered: Mapped[bool] = mapped_column(default=False)
    status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(default="")

    webhook: Mapped[WebhookRow] = relationship()


class IdempotencyRow(Base):
    """The answer to a request that its caller may repeat under the same key."""

    __tablename__ = "idempotency"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)
