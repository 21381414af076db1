"""The rows of PassEntry's resources. Times are milliseconds since 1970, UTC; points are
hundredths.

entity ─┬─ reader configuration          template ── pass ── tracker
        ├─ reader ── offline reader                   │
        └─ venue event                                └─ admission
"""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from footfall.catalog.tables import Base, TrackerRow


class EntityRow(Base):
    """A part of an account, such as a venue. One of them is the default."""

    __tablename__ = "passentry_entities"
    __table_args__ = (
        Index("ix_passentry_entities_account", "account_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[int] = mapped_column(BigInteger)


class ReaderConfigurationRow(Base):
    """What the readers of an entity go by: one each, made with the entity.

    `validity_seconds` 0: a pass may be read again at once. `external_secret` signs what is sent
    of `external_url`, so it is kept as it is; of the key of the readers only a hash is kept, in
    `api_keys`. `nfc_private_key` is for the readers, who ask for it.
    """

    __tablename__ = "passentry_reader_configurations"

    entity_id: Mapped[str] = mapped_column(
        ForeignKey("passentry_entities.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    nfc_private_key: Mapped[str | None]
    google_collector_id: Mapped[str | None]
    apple_pass_type_id: Mapped[str | None]
    google_key_version: Mapped[int | None]
    api_key_id: Mapped[int | None] = mapped_column(ForeignKey("api_keys.id"))
    validation_type: Mapped[str] = mapped_column(default="internal")
    validity_seconds: Mapped[int] = mapped_column(default=0)
    installed_only: Mapped[bool] = mapped_column(default=False)
    external_url: Mapped[str | None]
    external_timeout_ms: Mapped[int]
    external_secret: Mapped[str]
    updated_at: Mapped[int] = mapped_column(BigInteger)


class ReaderRow(Base):
    """A device at a door. Its id is its owner's own text."""

    __tablename__ = "passentry_readers"
    __table_args__ = (
        Index("ix_passentry_readers_id", "account_id", "id", unique=True),
        Index("ix_passentry_readers_entity", "entity_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    entity_id: Mapped[str] = mapped_column(ForeignKey("passentry_entities.id", ondelete="CASCADE"))
    name: Mapped[str]
    type: Mapped[str]
    password_hash: Mapped[str | None]
    logged_in: Mapped[bool] = mapped_column(default=False)
    qr_enabled: Mapped[bool] = mapped_column(default=False)
    mifare_classic_nfc_enabled: Mapped[bool] = mapped_column(default=False)
    scan_enabled: Mapped[bool] = mapped_column(default=True)
    redeem_enabled: Mapped[bool] = mapped_column(default=False)
    add_points_enabled: Mapped[bool] = mapped_column(default=False)
    ndef_tag_scanning_enabled: Mapped[bool] = mapped_column(default=False)
    last_seen_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)


class VenueEventRow(Base):
    """Something that takes place, to which passes belong."""

    __tablename__ = "passentry_events"
    __table_args__ = (
        Index("ix_passentry_events_account", "account_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    entity_id: Mapped[str] = mapped_column(
        ForeignKey("passentry_entities.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    venue: Mapped[str | None]
    starts_at: Mapped[int | None] = mapped_column(BigInteger)
    ends_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)


class TemplateRow(Base):
    """`definition` is the template as it was given."""

    __tablename__ = "passentry_templates"
    __table_args__ = (
        Index("ix_passentry_templates_account", "account_id", "number"),
        Index("ix_passentry_templates_name", "account_id", "name"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    type: Mapped[str]
    definition: Mapped[dict[str, Any]]
    created_at: Mapped[int] = mapped_column(BigInteger)


class PassRow(Base):
    """A pass and its tracker, one to one: `tracker_id` grows with every pass, so lists go by it.

    `group_tag` is the first of the `group_tags`; `content` maps a field of the template to its
    text; `barcode`, `nfc` and `details` (design, places, …) are as they were given. `balance` is in
    hundredths of a point.
    """

    __tablename__ = "passentry_passes"
    __table_args__ = (
        Index("ix_passentry_passes_account", "account_id", "tracker_id"),
        Index("ix_passentry_passes_id", "account_id", "id", unique=True),
        Index("ix_passentry_passes_ext_id", "account_id", "ext_id", unique=True),
    )

    tracker_id: Mapped[int] = mapped_column(
        ForeignKey("trackers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    ext_id: Mapped[str]
    template_id: Mapped[str] = mapped_column(ForeignKey("passentry_templates.id"), index=True)
    venue_event_id: Mapped[str | None] = mapped_column(
        ForeignKey("passentry_events.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[str]
    device_type: Mapped[str | None]
    group_tag: Mapped[str | None]
    group_tags: Mapped[list[str]] = mapped_column(default=list)
    valid_from: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[int | None] = mapped_column(BigInteger)
    removed_at: Mapped[int | None] = mapped_column(BigInteger)
    deactivated_at: Mapped[int | None] = mapped_column(BigInteger)
    latest_message: Mapped[str | None]
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    barcode: Mapped[dict[str, Any]] = mapped_column(default=dict)
    nfc: Mapped[dict[str, Any]] = mapped_column(default=dict)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    tracker: Mapped[TrackerRow] = relationship()
    template: Mapped[TemplateRow] = relationship(lazy="joined")


class AdmissionRow(Base):
    """A pass that was let in somewhere at `at`, by a device or by this server.

    Admissions of a pass are ordered by (`at`, `reader_id`, `sequence`, `nonce`). `double_of` is the
    event of the admission before it, when that was less than `window_ms` earlier: the server's
    verdict, the same in whatever order admissions become known.
    """

    __tablename__ = "passentry_admissions"
    __table_args__ = (
        Index("ix_passentry_admissions_pass", "tracker_id", "at"),
        Index("ix_passentry_admissions_double", "account_id", "double_of", "event_id"),
    )

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    tracker_id: Mapped[int] = mapped_column(ForeignKey("trackers.id", ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(BigInteger)
    reader_id: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger, default=0)
    nonce: Mapped[str] = mapped_column(default="")
    window_ms: Mapped[int] = mapped_column(BigInteger)
    offline: Mapped[bool]
    device_at: Mapped[int | None] = mapped_column(BigInteger)
    double_of: Mapped[int | None] = mapped_column(BigInteger)


class OfflineReaderRow(Base):
    """What the uploads of a reader came to. Skews are in milliseconds: how far its clock is
    behind ours."""

    __tablename__ = "passentry_offline_readers"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    reader_id: Mapped[str] = mapped_column(primary_key=True)
    uploads: Mapped[int] = mapped_column(default=0)
    recorded: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    skew_last: Mapped[int] = mapped_column(BigInteger)
    skew_least: Mapped[int] = mapped_column(BigInteger)
    skew_most: Mapped[int] = mapped_column(BigInteger)
    sent_at: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[int] = mapped_column(BigInteger)


class OfflineScanRow(Base):
    """A scan of an upload, known by its reader's nonce: `digest` tells whether a repetition is
    the same scan."""

    __tablename__ = "passentry_offline_scans"
    __table_args__ = (
        Index("ix_passentry_offline_scans_nonce", "account_id", "reader_id", "nonce", unique=True),
        Index("ix_passentry_offline_scans_sequence", "account_id", "reader_id", "sequence"),
    )

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    reader_id: Mapped[str]
    nonce: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes]
