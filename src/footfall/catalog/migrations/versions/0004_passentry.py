"""PassEntry: entities, readers, templates, passes, admissions and offline scans."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _create_entities()
    _create_reader_configurations()
    _create_readers()
    _create_events()
    _create_templates()
    _create_passes()
    _create_admissions()
    _create_offline_readers()
    _create_offline_scans()


def _create_entities() -> None:
    op.create_table(
        "passentry_entities",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passentry_entities_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_passentry_entities"),
        sa.UniqueConstraint("id", name="uq_passentry_entities_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_passentry_entities_account", "passentry_entities", ["account_id", "number"])


def _create_reader_configurations() -> None:
    op.create_table(
        "passentry_reader_configurations",
        sa.Column("entity_id", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("nfc_private_key", sa.String),
        sa.Column("google_collector_id", sa.String),
        sa.Column("apple_pass_type_id", sa.String),
        sa.Column("google_key_version", sa.Integer),
        sa.Column("api_key_id", sa.Integer),
        sa.Column("validation_type", sa.String, nullable=False),
        sa.Column("validity_seconds", sa.Integer, nullable=False),
        sa.Column("installed_only", sa.Boolean, nullable=False),
        sa.Column("external_url", sa.String),
        sa.Column("external_timeout_ms", sa.Integer, nullable=False),
        sa.Column("external_secret", sa.String, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_passentry_reader_configurations_account_id_accounts",
        ),
        sa.ForeignKeyConstraint(
            ["api_key_id"],
            ["api_keys.id"],
            name="fk_passentry_reader_configurations_api_key_id_api_keys",
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["passentry_entities.id"],
            name="fk_passentry_reader_configurations_entity_id_passentry_entities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entity_id", name="pk_passentry_reader_configurations"),
        sa.UniqueConstraint("id", name="uq_passentry_reader_configurations_id"),
    )


def _create_readers() -> None:
    op.create_table(
        "passentry_readers",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("entity_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("logged_in", sa.Boolean, nullable=False),
        sa.Column("qr_enabled", sa.Boolean, nullable=False),
        sa.Column("mifare_classic_nfc_enabled", sa.Boolean, nullable=False),
        sa.Column("scan_enabled", sa.Boolean, nullable=False),
        sa.Column("redeem_enabled", sa.Boolean, nullable=False),
        sa.Column("add_points_enabled", sa.Boolean, nullable=False),
        sa.Column("ndef_tag_scanning_enabled", sa.Boolean, nullable=False),
        sa.Column("last_seen_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passentry_readers_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["passentry_entities.id"],
            name="fk_passentry_readers_entity_id_passentry_entities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_passentry_readers"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_passentry_readers_entity", "passentry_readers", ["entity_id", "number"])
    op.create_index(
        "ix_passentry_readers_id", "passentry_readers", ["account_id", "id"], unique=True
    )


def _create_events() -> None:
    op.create_table(
        "passentry_events",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("entity_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("venue", sa.String),
        sa.Column("starts_at", sa.BigInteger),
        sa.Column("ends_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passentry_events_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["passentry_entities.id"],
            name="fk_passentry_events_entity_id_passentry_entities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_passentry_events"),
        sa.UniqueConstraint("id", name="uq_passentry_events_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_passentry_events_account", "passentry_events", ["account_id", "number"])
    op.create_index("ix_passentry_events_entity_id", "passentry_events", ["entity_id"])


def _create_templates() -> None:
    op.create_table(
        "passentry_templates",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passentry_templates_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_passentry_templates"),
        sa.UniqueConstraint("id", name="uq_passentry_templates_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_passentry_templates_account", "passentry_templates", ["account_id", "number"]
    )
    op.create_index("ix_passentry_templates_name", "passentry_templates", ["account_id", "name"])


def _create_passes() -> None:
    op.create_table(
        "passentry_passes",
        sa.Column("tracker_id", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("ext_id", sa.String, nullable=False),
        sa.Column("template_id", sa.String, nullable=False),
        sa.Column("venue_event_id", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("device_type", sa.String),
        sa.Column("group_tag", sa.String),
        sa.Column("group_tags", sa.JSON, nullable=False),
        sa.Column("valid_from", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.BigInteger),
        sa.Column("removed_at", sa.BigInteger),
        sa.Column("deactivated_at", sa.BigInteger),
        sa.Column("latest_message", sa.String),
        sa.Column("balance", sa.BigInteger, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("barcode", sa.JSON, nullable=False),
        sa.Column("nfc", sa.JSON, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passentry_passes_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["passentry_templates.id"],
            name="fk_passentry_passes_template_id_passentry_templates",
        ),
        sa.ForeignKeyConstraint(
            ["tracker_id"],
            ["trackers.id"],
            name="fk_passentry_passes_tracker_id_trackers",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["venue_event_id"],
            ["passentry_events.id"],
            name="fk_passentry_passes_venue_event_id_passentry_events",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("tracker_id", name="pk_passentry_passes"),
        sa.UniqueConstraint("id", name="uq_passentry_passes_id"),
    )
    op.create_index("ix_passentry_passes_account", "passentry_passes", ["account_id", "tracker_id"])
    op.create_index(
        "ix_passentry_passes_ext_id", "passentry_passes", ["account_id", "ext_id"], unique=True
    )
    op.create_index("ix_passentry_passes_id", "passentry_passes", ["account_id", "id"], unique=True)
    op.create_index("ix_passentry_passes_template_id", "passentry_passes", ["template_id"])
    op.create_index("ix_passentry_passes_venue_event_id", "passentry_passes", ["venue_event_id"])


def _create_admissions() -> None:
    op.create_table(
        "passentry_admissions",
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("tracker_id", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reader_id", sa.String, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("nonce", sa.String, nullable=False),
        sa.Column("window_ms", sa.BigInteger, nullable=False),
        sa.Column("offline", sa.Boolean, nullable=False),
        sa.Column("device_at", sa.BigInteger),
        sa.Column("double_of", sa.BigInteger),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passentry_admissions_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["tracker_id"],
            ["trackers.id"],
            name="fk_passentry_admissions_tracker_id_trackers",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("event_id", name="pk_passentry_admissions"),
    )
    op.create_index(
        "ix_passentry_admissions_double",
        "passentry_admissions",
        ["account_id", "double_of", "event_id"],
    )
    op.create_index("ix_passentry_admissions_pass", "passentry_admissions", ["tracker_id", "at"])


def _create_offline_readers() -> None:
    op.create_table(
        "passentry_offline_readers",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("reader_id", sa.String, nullable=False),
        sa.Column("uploads", sa.Integer, nullable=False),
        sa.Column("recorded", sa.Integer, nullable=False),
        sa.Column("duplicates", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("skew_last", sa.BigInteger, nullable=False),
        sa.Column("skew_least", sa.BigInteger, nullable=False),
        sa.Column("skew_most", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passentry_offline_readers_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("account_id", "reader_id", name="pk_passentry_offline_readers"),
    )


def _create_offline_scans() -> None:
    op.create_table(
        "passentry_offline_scans",
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("reader_id", sa.String, nullable=False),
        sa.Column("nonce", sa.String, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passentry_offline_scans_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("event_id", name="pk_passentry_offline_scans"),
    )
    op.create_index(
        "ix_passentry_offline_scans_nonce",
        "passentry_offline_scans",
        ["account_id", "reader_id", "nonce"],
        unique=True,
    )
    op.create_index(
        "ix_passentry_offline_scans_sequence",
        "passentry_offline_scans",
        ["account_id", "reader_id", "sequence"],
    )
