"""The shared tables, and OpenQR's nouns."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _trackers()
    _idempotency()
    _openqr_names()
    _openqr_codes()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("privacy", sa.String, nullable=False),
        sa.Column("raw_days", sa.Integer),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("prefix", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("last_used_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_api_keys_account_id_accounts"
        ),
        sa.UniqueConstraint("hash", name="uq_api_keys_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_keys_account_id", "api_keys", ["account_id"])


def _trackers() -> None:
    op.create_table(
        "trackers",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("slug", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("destination", sa.String, nullable=False),
        sa.Column("destinations", sa.JSON, nullable=False),
        sa.Column("utm", sa.JSON, nullable=False),
        sa.Column("references", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("pause_until", sa.BigInteger),
        sa.Column("password_hash", sa.String),
        sa.Column("pin_hash", sa.String),
        sa.Column("lock_hint", sa.String, nullable=False),
        sa.Column("privacy", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_trackers"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_trackers_account_id_accounts"
        ),
        sa.UniqueConstraint("slug", name="uq_trackers_slug"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trackers_account_id", "trackers", ["account_id"])


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("request_hash", sa.String, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_idempotency"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_idempotency_account_id_accounts"
        ),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])


def _openqr_names() -> None:
    op.create_table(
        "openqr_folders",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_openqr_folders"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_openqr_folders_account_id_accounts"
        ),
    )
    op.create_index("ix_openqr_folders_name", "openqr_folders", ["account_id", "name"], unique=True)
    op.create_table(
        "openqr_themes",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("style", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_openqr_themes"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_openqr_themes_account_id_accounts"
        ),
    )
    op.create_index("ix_openqr_themes_name", "openqr_themes", ["account_id", "name"], unique=True)


def _openqr_codes() -> None:
    op.create_table(
        "openqr_codes",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("tracker_id", sa.Integer),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("payload", sa.String, nullable=False),
        sa.Column("label", sa.String),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("folder_id", sa.String),
        sa.Column("theme_id", sa.String),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_openqr_codes"),
        sa.UniqueConstraint("id", name="uq_openqr_codes_id"),
        sa.UniqueConstraint("tracker_id", name="uq_openqr_codes_tracker_id"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_openqr_codes_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["tracker_id"],
            ["trackers.id"],
            name="fk_openqr_codes_tracker_id_trackers",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["folder_id"],
            ["openqr_folders.id"],
            name="fk_openqr_codes_folder_id_openqr_folders",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["theme_id"],
            ["openqr_themes.id"],
            name="fk_openqr_codes_theme_id_openqr_themes",
            ondelete="SET NULL",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_openqr_codes_account", "openqr_codes", ["account_id", "number"])
    op.create_index("ix_openqr_codes_folder_id", "openqr_codes", ["folder_id"])
    op.create_index("ix_openqr_codes_theme_id", "openqr_codes", ["theme_id"])
