"""The tables that every face shares. A dialect's own nouns are in its `nouns.py`.

Times are milliseconds since 1970, UTC, as everywhere in Footfall.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from footfall.core.accounts import Account, ApiKey, Privacy, Scope
from footfall.core.events import EventKind
from footfall.core.trackers import Lock, Tracker, TrackerStatus


class Base(DeclarativeBase):
    """Named constraints, so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dict[str, Any]: JSON, dict[str, str]: JSON, list[str]: JSON}


class AccountRow(Base):
    __tablename__ = "accounts"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    privacy: Mapped[str]
    raw_days: Mapped[int | None]
    created_at: Mapped[int] = mapped_column(BigInteger)

    def to_account(self) -> Account:
        return Account(
            id=self.id,
            name=self.name,
            email=self.email,
            privacy=Privacy(self.privacy),
            raw_days=self.raw_days,
            created_at=self.created_at,
        )


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

    def to_key(self) -> ApiKey:
        return ApiKey(
            id=self.id,
            account=self.account_id,
            name=self.name,
            prefix=self.prefix,
            scopes=frozenset(Scope(scope) for scope in self.scopes),
            created_at=self.created_at,
            expires_at=self.expires_at,
            last_used_at=self.last_used_at,
            revoked_at=self.revoked_at,
        )


class TrackerRow(Base):
    """`deleted_at` marks a tracker whose events are being erased; the row goes when they are."""

    __tablename__ = "trackers"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    slug: Mapped[str | None] = mapped_column(unique=True)
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
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)

    def to_tracker(self) -> Tracker:
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
            privacy=Privacy(self.privacy),
        )


class IdempotencyRow(Base):
    """The answer to a request that its caller may repeat under the same key."""

    __tablename__ = "idempotency"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)
